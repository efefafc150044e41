"""Which plans are not to be carried out without an operator's word, and why."""

from dataclasses import replace
from typing import Any

import pytest

from shared.domain.errors import UnsafePlan
from shared.domain.person.enrolment import CauseKind
from shared.domain.person.reasons import Reason
from shared.domain.plan.scope_plan import (
    Addition,
    Drift,
    Removal,
    ScopePlan,
    raise_if_unsafe,
    repairs_of,
    unsafe,
)
from shared.domain.rollout.document import DriftAction, Limit
from tests.support.plans import a_document, an_id

FREE = a_document()
STRICT = a_document(additions=Limit(people=20), removals=Limit(share=0.05))
REPAIRING = replace(
    STRICT, on_added_by_hand=DriftAction.REPAIR, on_removed_by_hand=DriftAction.REPAIR
)


def a_plan(added: int = 0, removed: int = 0, **changes: Any) -> ScopePlan:
    """A plan among a thousand people, all of them eligible, of whom 100 stay in."""
    given = ScopePlan(
        additions=tuple(Addition(an_id(n), CauseKind.WAVE, "w1", "") for n in range(added)),
        removals=tuple(Removal(an_id(n), Reason.DISABLED) for n in range(removed)),
        skips=(),
        drift=(),
        kept=100,
        awaited=0,
        eligible=1000,
        listed=1000,
        cuts=(),
        fingerprint="",
    )
    return replace(given, **changes)


def drift(count: int, reason: Reason) -> tuple[Drift, ...]:
    return tuple(Drift(an_id(number), reason) for number in range(count))


def test_a_plan_within_its_document_s_limits_is_safe() -> None:
    assert unsafe(a_plan(added=20, removed=5), STRICT) == ()


def test_a_listing_of_nobody_is_unsafe() -> None:
    empty = a_plan(listed=0, eligible=0, kept=0)
    assert unsafe(empty, FREE) == ("the directory listed nobody",)


def test_it_is_unsafe_that_nobody_is_eligible_though_somebody_is_in() -> None:
    said = "nobody is eligible any more, though 112 people are in scope"
    assert unsafe(a_plan(removed=12, eligible=0), FREE) == (said,)
    assert unsafe(a_plan(eligible=0, kept=0), FREE) == ()


def test_removals_are_measured_by_those_who_are_in() -> None:
    assert unsafe(a_plan(removed=11), STRICT) == (
        "removals: 11 of 111 people, more than the 5% allowed",
    )
    assert unsafe(a_plan(removed=11, kept=1000), STRICT) == ()


def test_who_goes_by_a_rollback_is_not_held_against_the_limit() -> None:
    gone = tuple(Removal(an_id(n), Reason.ROLLED_BACK) for n in range(100, 300))
    plan = a_plan(removed=10)
    assert unsafe(replace(plan, removals=plan.removals + gone), STRICT) == ()
    plan = a_plan(removed=16)
    assert unsafe(replace(plan, removals=plan.removals + gone), STRICT) == (
        "removals: 16 of 316 people, more than the 5% allowed",
    )


def test_additions_are_measured_wave_by_wave() -> None:
    plan = a_plan(added=15)
    others = tuple(Addition(an_id(100 + n), CauseKind.WAVE, "w2", "") for n in range(15))
    assert unsafe(replace(plan, additions=plan.additions + others), STRICT) == ()


def test_additions_are_measured_by_those_who_are_eligible() -> None:
    assert unsafe(a_plan(added=21), STRICT) == ("additions: 21 people, more than the 20 allowed",)
    shared = a_document(additions=Limit(share=0.05))
    assert unsafe(a_plan(added=50), shared) == ()
    assert unsafe(a_plan(added=51), shared) == (
        "additions: 51 of 1,000 people, more than the 5% allowed",
    )


def test_drift_counts_where_the_document_has_it_repaired() -> None:
    strangers = a_plan(drift=drift(11, Reason.ADDED_BY_HAND))
    missing = a_plan(drift=drift(21, Reason.REMOVED_BY_HAND))
    assert unsafe(strangers, STRICT) == unsafe(missing, STRICT) == ()
    repairs = "repairs of what somebody changed by hand"
    assert unsafe(strangers, REPAIRING) == (
        "removals: 11 of 111 people, more than the 5% allowed",
        f"{repairs}: 11 of 100 people, more than the 5% allowed",
    )
    assert unsafe(missing, REPAIRING) == (
        f"{repairs}: 21 of 100 people, more than the 5% allowed",
        "additions: 21 people, more than the 20 allowed",
    )


@pytest.mark.parametrize("action", DriftAction)
def test_whoever_was_seen_in_the_group_of_before_is_repaired_whatever_is_said_of_hands(
    action: DriftAction,
) -> None:
    of = replace(STRICT, on_added_by_hand=action, on_removed_by_hand=action)
    owed = a_plan(drift=drift(10, Reason.FORMER_GROUP))
    assert (repairs_of(owed, of), unsafe(owed, of)) == (owed.drift, ())
    many = a_plan(drift=drift(21, Reason.FORMER_GROUP))
    repairs = "repairs of what somebody changed by hand"
    assert unsafe(many, of) == (
        f"{repairs}: 21 of 100 people, more than the 5% allowed",
        "additions: 21 people, more than the 20 allowed",
    )


@pytest.mark.parametrize("action", DriftAction)
def test_whom_nothing_wants_any_more_is_reported_and_put_back_by_nobody(
    action: DriftAction,
) -> None:
    of = replace(STRICT, on_added_by_hand=action, on_removed_by_hand=action)
    gone = a_plan(drift=drift(99, Reason.NO_LONGER_MEMBER))
    assert (repairs_of(gone, of), unsafe(gone, of)) == ((), ())


def test_an_unsafe_plan_is_refused_with_every_reason() -> None:
    raise_if_unsafe(a_plan(added=20), STRICT)
    with pytest.raises(UnsafePlan, match=r"^removals: 11 of .* allowed; additions: 21 people, .*"):
        raise_if_unsafe(a_plan(added=21, removed=11), STRICT)
