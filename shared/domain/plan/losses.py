"""Losses: who has SSPR by today's choice and would not have it by the group."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from hashlib import sha256

from shared.domain.person.methods import Ability, ResetRules
from shared.domain.person.people import Candidate, Registration
from shared.domain.person.reasons import Reason
from shared.domain.plan.scope_plan import ScopePlan


@dataclass(frozen=True, slots=True)
class Loss:
    """Somebody who would lose SSPR."""

    object_id: str
    reason: Reason | None
    """Why they are not put in; None where no wave reaches them."""
    kind: str = ""
    """Of an excluded kind of account, the document's name for it."""
    able: bool = False
    """Whether they could reset a password today, by the registration report."""


def depends_on_choice(candidate: Candidate) -> bool:
    """Tells whether the choice between none, a group and all gives or takes anything.

    A guest's password is elsewhere, and so is that of somebody at home in another tenant. For
    administrators a policy of their own holds, whatever is chosen. A disabled account resets
    nothing.
    """
    person = candidate.person
    is_elsewhere = person.guest or person.external_member
    return person.enabled and not is_elsewhere and not candidate.memberships.holds_directory_role


def covered_by(
    candidates: Mapping[str, Candidate], object_ids: Collection[str] | None
) -> frozenset[str]:
    """Returns those of these people for whom SSPR is on by the choice; None means everybody."""
    ids = candidates.keys() if object_ids is None else candidates.keys() & set(object_ids)
    return frozenset(one for one in ids if depends_on_choice(candidates[one]))


def losses_of(
    covered: Iterable[str],
    staying: Collection[str],
    plan: ScopePlan,
    *,
    rows: Mapping[str, Registration],
    rules: ResetRules,
    day: date,
) -> tuple[Loss, ...]:
    """Returns whoever SSPR is on for and who is not in the group once the plan is carried out.

    Args:
        covered: Whom SSPR is on for today.
        staying: Who is in the group, or on the way into it, before anything of the plan is done.
        plan: What the document would do, through its last wave.
        rows: The registration report, by object id.
        rules: Which methods count for a reset.
        day: The day, in UTC.
    """
    gone = {one.object_id: one.reason for one in plan.removals}
    inside = (set(staying) | {one.object_id for one in plan.additions}) - gone.keys()
    skipped = {one.object_id: (one.reason, one.kind) for one in plan.skips}
    losing = sorted(one for one in covered if one not in inside)

    def loss(object_id: str) -> Loss:
        reason, kind = skipped.get(object_id, (gone.get(object_id), ""))
        row = rows.get(object_id)
        able = (
            row is not None
            and row.sspr_enabled
            and row.sspr_registered
            and rules.ability(row.held, day) is not Ability.CANNOT
        )
        return Loss(object_id, reason, kind, able)

    return tuple(map(loss, losing))


def losses_fingerprint(plan: ScopePlan, came_from: str, losses: Iterable[Loss]) -> str:
    """Returns the SHA-256 of what would be done, from where, and who loses by it."""
    digest = sha256(f"adopt\0{plan.fingerprint}\0{came_from}\0".encode())
    for line in _lines(losses):
        digest.update(line.encode())
    return digest.hexdigest()


def _lines(losses: Iterable[Loss]) -> Iterator[str]:
    for one in losses:
        yield f"{one.object_id}\0{one.reason or ''}\0"
