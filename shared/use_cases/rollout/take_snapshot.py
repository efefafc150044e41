"""Take a snapshot: everybody, with what a rollout's rules ask about, in a few listings."""

import asyncio
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from datetime import datetime

from shared.domain.errors import NotThere
from shared.domain.person.conversion import account_of, is_converted
from shared.domain.person.people import Candidate, Identifier, IdentifierKind, Memberships, Person
from shared.domain.person.policy import Policy, SourceOfAuthority, TenantRules, Topology
from shared.domain.person.summary import EnrolmentSummary
from shared.domain.plan.planning import plan_scope
from shared.domain.plan.scope_plan import ScopePlan
from shared.domain.rollout.document import Document
from shared.domain.rollout.measurements import served_domains
from shared.domain.rollout.state import Rollout
from shared.ports.world import World

LISTED_NOBODY = "the directory listed nobody; nobody was touched"


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The tenant and the ledger as they were when they were read."""

    candidates: Mapping[str, Candidate]
    members: frozenset[str]
    """Who is in the scope group, directly or not."""
    summaries: Mapping[str, EnrolmentSummary]
    served_domains: frozenset[str] | None = None
    """The AD domains whose people the workers can put into scope; None: nobody has said."""

    def converted(self, topology: Topology) -> Mapping[str, SourceOfAuthority]:
        """Returns whose source of authority is another than was known, with the new one."""
        people = ((key, self.candidates.get(key)) for key in self.summaries)
        return {
            key: account_of(candidate.person)
            for key, candidate in people
            if candidate and is_converted(self.summaries[key], candidate.person, topology)
        }

    def plan(
        self,
        rollout: Rollout,
        tenant: TenantRules,
        now: datetime,
        *,
        through: int,
        members: Collection[str] | None = None,
        refills: bool = False,
    ) -> ScopePlan:
        """Returns the difference between what is wanted and this snapshot.

        Args:
            rollout: Where the rollout is, or would be.
            tenant: The tenant's rules; the document's come on top.
            now: The time, in UTC.
            through: How many waves are taken as begun.
            members: Who counts as seen in the scope group; None where drift is not the question.
            refills: Whether the group is in the place of another one.
        """
        return plan_scope(
            self.candidates.values(),
            self.summaries,
            members,
            rollout,
            self.policy(rollout.document, tenant),
            now,
            through=through,
            refills=refills,
        )

    def policy(self, document: Document, tenant: TenantRules) -> Policy:
        """Returns the rules that hold for everybody listed here."""
        return replace(document.governs(tenant), served_domains=self.served_domains)


async def take_snapshot(world: World, document: Document) -> Snapshot:
    """Lists everybody, the members of the groups that matter, and what the ledger knows.

    Raises:
        NotThere: a group that matters is not there, or no administrator, or nobody at all; who
            lacks it would be taken for somebody else.
        DirectoryUnavailable: Graph did not answer.
    """
    # The ledger first: whoever moves on meanwhile is planned for as they were, and decided anew.
    summaries = {one.key: one async for page in world.ledger.summaries() for one in page}
    members, memberships = await _memberships(world, document)
    none = Memberships()
    candidates = {
        person.object_id: Candidate(person, memberships.get(person.object_id, none))
        async for page in world.directory.everybody()
        for person in page
    }
    if not candidates:
        raise NotThere(LISTED_NOBODY)
    for person in await _overlooked(world, candidates.keys(), summaries.values()):
        candidates[person.object_id] = Candidate(person, memberships.get(person.object_id, none))
    served = served_domains(await world.workers.sights())
    return Snapshot(candidates, members, summaries, served)


async def find_missing(world: World, document: Document) -> str | None:
    """Says what every plan needs and the directory does not show; None if nothing is missing.

    It costs the listings of the groups, and one page of everybody.

    Raises:
        DirectoryUnavailable: Graph did not answer.
    """
    try:
        await _memberships(world, document)
    except NotThere as error:
        return str(error)
    async for page in world.directory.everybody():
        if page:
            return None
    return LISTED_NOBODY


async def _overlooked(
    world: World, listed: AbstractSet[str], summaries: Iterable[EnrolmentSummary]
) -> Sequence[Person]:
    """Finds, by object id, those who are in and were not listed.

    A listing may lag, or be short.
    """
    missing = [one.key for one in summaries if one.is_in and one.key not in listed]
    if not missing:
        return []
    asked = [Identifier(IdentifierKind.OBJECT_ID, key) for key in missing]
    found = await world.directory.find_people(asked)
    return [person for people in found.values() for person in people]


async def _memberships(
    world: World, document: Document
) -> tuple[frozenset[str], Mapping[str, Memberships]]:
    """Returns who is in the scope group, and for each person which of the groups they are in."""
    directory, scope = world.directory, world.tenant_rules.scope_group_id
    group_ids = sorted({scope} | document.group_ids | world.tenant_rules.excluded_group_ids)
    administrators, *listed = await asyncio.gather(
        directory.administrator_ids(), *(directory.group_member_ids(one) for one in group_ids)
    )
    if not administrators:
        raise NotThere("the registration report shows no administrator; nobody was touched")
    members_of = dict(zip(group_ids, listed, strict=True))
    for group_id, ids in members_of.items():
        if ids is None:
            raise NotThere(f"group {group_id} is not there; nobody was touched")
    groups_of: dict[str, list[str]] = defaultdict(list)
    for group_id, ids in members_of.items():
        for object_id in ids or ():
            groups_of[object_id].append(group_id)
    return members_of[scope] or frozenset(), _shared(groups_of, administrators)


def _shared(
    groups_of: Mapping[str, Collection[str]], administrators: Collection[str]
) -> Mapping[str, Memberships]:
    """Returns everybody's memberships, one object shared by all who have the same."""
    kinds: dict[tuple[tuple[str, ...], bool], Memberships] = {}
    memberships: dict[str, Memberships] = {}
    for object_id in groups_of.keys() | set(administrators):
        kind = tuple(groups_of.get(object_id, ())), object_id in administrators
        if kind not in kinds:
            kinds[kind] = Memberships(frozenset(kind[0]), holds_directory_role=kind[1])
        memberships[object_id] = kinds[kind]
    return memberships
