"""The scope plan: who is to be put in, who taken out, who is left alone and why."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from shared.domain.errors import UnsafePlan
from shared.domain.person.enrolment import CauseKind
from shared.domain.person.reasons import Reason
from shared.domain.rollout.cohort import Cut
from shared.domain.rollout.document import Document, DriftAction


@dataclass(frozen=True, slots=True)
class Addition:
    """Somebody to be put in, and what wants them."""

    object_id: str
    kind: CauseKind
    reference: str
    """The wave's name, or what else the cause refers to."""
    department: str


@dataclass(frozen=True, slots=True)
class Removal:
    """Somebody to be taken out."""

    object_id: str
    reason: Reason


@dataclass(frozen=True, slots=True)
class Skip:
    """Somebody whom a wave, a rule or a claim wants in, and who may not be."""

    object_id: str
    reason: Reason
    wave: str | None
    kind: str = ""
    """Of an excluded kind of account, the document's name for it."""


@dataclass(frozen=True, slots=True)
class Drift:
    """A membership that is not as it was, by nobody's word; see the reason for which way."""

    object_id: str
    reason: Reason
    """`ADDED_BY_HAND`, `REMOVED_BY_HAND`, `NO_LONGER_MEMBER` or `FORMER_GROUP`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ScopePlan:
    """The difference between what is wanted and what is."""

    additions: tuple[Addition, ...]
    removals: tuple[Removal, ...]
    skips: tuple[Skip, ...]
    drift: tuple[Drift, ...]
    kept: int
    """People who are in and stay in."""
    awaited: int
    """People who are wanted and still on their way out; they can be put in once they are out."""
    overdue: tuple[Addition, ...] = ()
    """Those of whom that takes too long, and who are flagged for it: nobody waits for them."""
    eligible: int
    """People who may be in, whether anything wants them or not."""
    listed: int
    """People whom the directory listed."""
    cuts: tuple[Cut, ...]
    """Where each wave cuts: as fixed for those that have begun, as it would today for the rest."""
    fingerprint: str
    """SHA-256 of what would be done, under which document and from which phase."""


def unsafe(plan: ScopePlan, document: Document) -> tuple[str, ...]:
    """Returns why the plan is not to be carried out without an operator's word.

    It is empty if the plan may be carried out. Memberships that are repaired because the document
    says so count like any other change. Who goes by a rollback does not: it was asked for.
    """
    return tuple(_dangers(plan, document))


def raise_if_unsafe(plan: ScopePlan, document: Document) -> None:
    """Lets only a safe plan pass.

    Raises:
        UnsafePlan: with every reason.
    """
    if reasons := unsafe(plan, document):
        raise UnsafePlan("; ".join(reasons))


def repairs_of(plan: ScopePlan, document: Document) -> tuple[Drift, ...]:
    """Returns the changes by somebody else's hand that the document has undone.

    Whoever was seen in a group that another one has taken the place of is put into that, whatever
    the document says of hands. Whom nothing wants is put back by nobody.
    """
    actions = {
        Reason.REMOVED_BY_HAND: document.on_removed_by_hand,
        Reason.ADDED_BY_HAND: document.on_added_by_hand,
        Reason.NO_LONGER_MEMBER: DriftAction.REPORT,
        Reason.FORMER_GROUP: DriftAction.REPAIR,
    }
    return tuple(one for one in plan.drift if actions[one.reason] is DriftAction.REPAIR)


def were_in(plan: ScopePlan) -> int:
    """Returns how many people were in before anything of the plan is done."""
    return plan.kept + len(plan.removals)


def unasked_removals(plan: ScopePlan) -> int:
    """Returns how many people go whom no operator has rolled back."""
    return sum(one.reason is not Reason.ROLLED_BACK for one in plan.removals)


def _dangers(plan: ScopePlan, document: Document) -> Iterator[str]:
    strangers = _repaired(plan, Reason.ADDED_BY_HAND, document.on_added_by_hand)
    put_back = _repaired(plan, Reason.REMOVED_BY_HAND, document.on_removed_by_hand)
    put_back += _repaired(plan, Reason.FORMER_GROUP, DriftAction.REPAIR)
    in_before = were_in(plan)
    if not plan.listed:
        yield "the directory listed nobody"
    if not plan.eligible and in_before:
        yield f"nobody is eligible any more, though {in_before:,} people are in scope"
    if too_many := document.removals.exceeded_by(
        unasked_removals(plan) + strangers, in_before + strangers
    ):
        yield f"removals: {too_many}"
    if too_many := document.removals.exceeded_by(strangers + put_back, in_before):
        yield f"repairs of what somebody changed by hand: {too_many}"
    # Wave by wave: that all of them together mean everybody is what a rollout is for.
    largest = max(Counter((one.kind, one.reference) for one in plan.additions).values(), default=0)
    if too_many := document.additions.exceeded_by(largest + put_back, plan.eligible):
        yield f"additions: {too_many}"


def _repaired(plan: ScopePlan, reason: Reason, action: DriftAction) -> int:
    if action is DriftAction.REPORT:
        return 0
    return sum(one.reason is reason for one in plan.drift)
