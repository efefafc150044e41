"""People, documents, standings and rollouts for the tests of planning."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from shared.domain.person.enrolment import Cause, CauseKind, Claim, Provenance, State
from shared.domain.person.people import Candidate, Memberships, Person, UserRef
from shared.domain.person.policy import Policy
from shared.domain.person.reasons import Reason
from shared.domain.person.summary import EnrolmentSummary
from shared.domain.plan.planning import plan_scope
from shared.domain.plan.scope_plan import ScopePlan
from shared.domain.rollout.cohort import Cut
from shared.domain.rollout.document import Document, Selection
from shared.domain.rollout.state import Phase, Rollout
from tests.support.enrolments import DAY, NOW, POLICY
from tests.support.waves import document, wave

RING_GROUP = "5c09e000-0000-0000-0000-000000000007"


def an_id(number: int) -> str:
    return f"{number:08x}-0000-0000-0000-000000000000"


def candidate(
    number: int, *group_ids: str, holds_role: bool = False, **attributes: Any
) -> Candidate:
    """Somebody of the tenant, eligible unless the attributes say otherwise."""
    person = Person(ref=UserRef(object_id=an_id(number)), **attributes)
    return Candidate(person, Memberships(frozenset(group_ids), holds_role))


def a_document(*selections: Selection, **changes: Any) -> Document:
    """A document with these waves, called w1, w2 and so on."""
    waves = [wave(f"w{place}", selection=one) for place, one in enumerate(selections, 1)]
    return document(*waves, **changes)


def a_rollout(
    of: Document, *cuts: Cut, phase: Phase = Phase.SOAKING, rolled_back: Iterable[str] = ()
) -> Rollout:
    """A rollout of which as many waves have begun as there are cuts."""
    return Rollout(
        document=of,
        version=1,
        phase=phase,
        since=NOW,
        actor="test",
        started=len(cuts),
        cuts=cuts,
        rolled_back=frozenset(rolled_back),
    )


def claim(kind: CauseKind, reference: str = "", until: datetime | None = None) -> Claim:
    return Claim(Cause(kind, reference, "test"), until)


def summary(number: int, state: State, *claims: Claim, **changes: Any) -> EnrolmentSummary:
    """Somebody whom we enrolled and who reached that state a day ago."""
    given = EnrolmentSummary(
        key=an_id(number),
        state=state,
        reason=Reason.ONBOARDED,
        provenance=Provenance.OURS,
        since=NOW - DAY,
        claims=claims,
    )
    return replace(given, **changes)


@dataclass(frozen=True)
class Situation:
    """Everything that a plan is made from."""

    rollout: Rollout
    people: tuple[Candidate, ...] = ()
    summaries: tuple[EnrolmentSummary, ...] = ()
    members: frozenset[str] | None = None
    policy: Policy = POLICY
    refills: bool = False

    def plan(self, *, through: int | None = None) -> ScopePlan:
        """The plan of the waves that have begun, or of so many."""
        return plan_scope(
            iter(self.people),
            {one.key: one for one in self.summaries},
            self.members,
            self.rollout,
            self.rollout.document.governs(self.policy),
            NOW,
            through=self.rollout.started if through is None else through,
            refills=self.refills,
        )

    def carried_out(self, plan: ScopePlan) -> "Situation":
        """The situation once everybody has been put in or taken out as planned."""
        summaries = {one.key: one for one in self.summaries}
        for gone in plan.removals:
            out = summaries[gone.object_id]
            summaries[gone.object_id] = replace(out, state=State.WITHDRAWN, since=NOW, claims=())
        for new in plan.additions:
            wanted = Claim(Cause(new.kind, new.reference, "test"))
            summaries[new.object_id] = EnrolmentSummary(
                new.object_id, State.REQUESTED, Reason.IN_WAVE, Provenance.OURS, NOW, (wanted,)
            )
        return replace(self, summaries=tuple(summaries.values()))
