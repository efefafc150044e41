"""Events of one person in any order: no date is not "now", and a last day ahead is waited for."""

from dataclasses import replace
from datetime import datetime, timedelta
from itertools import permutations

import pytest

from shared.domain.person.enrolment import (
    Cause,
    CauseKind,
    Claim,
    Enrolment,
    Exclusion,
    State,
)
from shared.domain.person.onboarding import decide
from shared.domain.person.reasons import Reason
from shared.domain.person.request import Action, Lookup, Request
from tests.support.enrolments import (
    CLOUD_ANNA,
    DAY,
    HOUR,
    NOBODY,
    NOW,
    POLICY,
    enrolment,
    found,
    reasons,
    request,
)


def decided(
    asked: Request, finding: Lookup, current: Enrolment | None = None, now: datetime = NOW
) -> Enrolment:
    return decide(asked, finding, current, POLICY, now)


@pytest.mark.parametrize("finding", [found(CLOUD_ANNA), NOBODY], ids=["in Entra", "nowhere"])
def test_no_date_is_not_now(finding: Lookup) -> None:
    """Given somebody who starts in three days, when an event without a day comes, they wait."""
    waiting = decided(request(effective_date=NOW + 3 * DAY), finding)
    again = decided(request(occurred_at=NOW + HOUR, key="event-2"), finding, waiting)
    assert (again.state, again.due) == (State.WAITING, NOW + 3 * DAY)
    sooner = request(occurred_at=NOW + 2 * HOUR, effective_date=NOW - DAY, key="event-3")
    assert decided(sooner, finding, again).state is State.REQUESTED


def test_a_start_that_is_put_off_is_waited_for_in_any_order() -> None:
    first = request(effective_date=NOW + DAY)
    later = request(occurred_at=NOW + HOUR, effective_date=NOW + 5 * DAY, key="event-2")
    ways = []
    for order in ([first, later], [later, first]):
        current = None
        for asked in order:
            current = decided(asked, found(CLOUD_ANNA), current)
        ways.append((current.state, current.due) if current else None)
    assert ways == [(State.WAITING, NOW + 5 * DAY)] * 2


LAST_DAY = NOW + 10 * DAY
LEAVES = request(
    Action.OFFBOARD, occurred_at=NOW + HOUR, effective_date=LAST_DAY, key="event-leave"
)


def test_a_leaver_stays_in_until_the_end_of_their_last_day() -> None:
    applied = decided(request(), found(CLOUD_ANNA))
    staying = decided(LEAVES, found(CLOUD_ANNA), applied)
    assert (staying.state, staying.claims) == (applied.state, applied.claims)
    assert reasons(staying)[-1] is Reason.LAST_DAY_AHEAD
    assert not staying.is_kept_out(LAST_DAY)
    assert staying.is_kept_out(LAST_DAY + DAY)

    gone = decided(LEAVES, found(CLOUD_ANNA), staying, now=LAST_DAY + DAY)
    assert gone.state is State.WITHDRAWING
    assert gone.is_kept_out(LAST_DAY)


def test_a_leaver_of_today_leaves_now() -> None:
    applied = decided(request(), found(CLOUD_ANNA))
    today = replace(LEAVES, effective_date=NOW - HOUR)
    assert decided(today, found(CLOUD_ANNA), applied).state is State.WITHDRAWING


@pytest.mark.parametrize("after", [LAST_DAY - DAY, LAST_DAY + 2 * DAY], ids=["before", "after"])
@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_joining_leaving_and_staying_after_all_come_to_the_same_in_any_order(
    order: tuple[int, ...], after: datetime
) -> None:
    """Given three events of one person, in whatever order, then they are in."""
    stays = request(occurred_at=NOW + 2 * HOUR, key="event-stay")
    events = [request(), LEAVES, stays]
    current = None
    for place in order:
        current = decided(events[place], found(CLOUD_ANNA), current)
    assert current is not None
    assert current.state is State.REQUESTED
    assert not current.is_kept_out(after)


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_joining_and_leaving_later_come_to_the_same_in_either_order(order: tuple[int, ...]) -> None:
    events = [request(), LEAVES]
    current = None
    for place in order:
        current = decided(events[place], found(CLOUD_ANNA), current)
    assert current is not None
    assert current.state is State.REQUESTED
    assert current.is_kept_out(LAST_DAY + DAY)


def test_somebody_who_waits_and_leaves_later_is_still_a_leaver_when_asked_for_again() -> None:
    waiting = decided(request(effective_date=NOW + 3 * DAY), found(CLOUD_ANNA))
    leaving = decided(LEAVES, found(CLOUD_ANNA), waiting)
    again = request(occurred_at=leaving.event_time, effective_date=NOW + 3 * DAY)
    asked = decided(again, found(CLOUD_ANNA), leaving, now=NOW + 4 * DAY)
    assert asked.state is State.REQUESTED
    assert asked.is_kept_out(LAST_DAY + DAY)


LEFT = Exclusion(Reason.OFFBOARDED, "hr", begins=LAST_DAY)
INCLUDED = Claim(Cause(CauseKind.OVERRIDE, "needed", "olga"), LAST_DAY + 9 * DAY)
OUT_FOR_A_TIME = Exclusion(Reason.EXCLUDED_BY_OPERATOR, "olga", until=LAST_DAY + 9 * DAY)
LEAVERS = {
    "leaves": enrolment(State.WAITING, exclusion=LEFT),
    "leaves, and is included all the same": enrolment(
        State.WAITING, set_aside=LEFT, claims=(INCLUDED,)
    ),
    "leaves, and is kept out for a time": enrolment(
        State.WAITING, exclusion=OUT_FOR_A_TIME, set_aside=LEFT
    ),
}


@pytest.mark.parametrize("then", [LAST_DAY - DAY, LAST_DAY, LAST_DAY + DAY, LAST_DAY + 20 * DAY])
@pytest.mark.parametrize(
    "later", [timedelta(), DAY], ids=["in its own time", "in a newer listing's"]
)
@pytest.mark.parametrize("kind", [one for one in CauseKind if one is not CauseKind.FOUND])
@pytest.mark.parametrize("leaver", LEAVERS)
def test_what_the_product_asks_for_again_lifts_nothing_that_was_said(
    leaver: str, kind: CauseKind, later: timedelta, then: datetime
) -> None:
    """Given a leaver, when they are asked for again, then all that keeps them out stays."""
    known = LEAVERS[leaver]
    again = request(
        occurred_at=known.event_time + later, cause=Cause(kind, "before", "hr"), is_repeated=True
    )
    for finding in (found(CLOUD_ANNA), NOBODY):
        asked = decided(again, finding, known, now=then)
        assert (asked.exclusion, asked.set_aside) == (known.exclusion, known.set_aside)
