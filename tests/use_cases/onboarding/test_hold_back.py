"""The brake: whom a sender moves beyond its rate is held, told of, and waits for an operator."""

import json
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from structlog.typing import EventDict

from shared.contracts.messages.onboarding_event import LISTED, OFFBOARDED, ONBOARDED
from shared.contracts.messages.queues import ONBOARDING_EVENTS, SCOPE_CHANGES
from shared.domain.errors import LedgerConflict
from shared.domain.person.brake import Brake, Brakes, Direction, Rate
from shared.domain.person.enrolment import State
from shared.domain.person.reasons import Reason
from shared.ports.world import World
from shared.use_cases.decide_held_events import drop, let_through, list_held_events
from shared.use_cases.message import Message
from shared.use_cases.onboarding.take_events import take_events
from shared.use_cases.views.describe_people import describe_event, describe_status
from shared.use_cases.write_control import is_stopped
from shared.use_cases.writing.apply_scope_changes import apply_scope_changes
from tests.support.enrolments import DAY, HOUR, NOW
from tests.support.stage import Stage, a_stage, an_id, from_door, messages, said

THREE = Rate(3, HOUR)
WHY = {"actor": "olga", "reason": "Leeds opens"}


def braked(stage: Stage, brake: Brake = Brake(THREE, THREE), world: World | None = None) -> World:  # noqa: B008
    return replace(world or stage.world, brakes=Brakes({"report": brake}))


def event(
    number: int,
    kind: str = ONBOARDED,
    *,
    id_: str | None = None,
    source: str = "hr/report",
    **data: Any,
) -> dict[str, Any]:
    return from_door(
        {
            "specversion": "1.0",
            "id": id_ or f"{kind}-{number}",
            "source": source,
            "type": kind,
            "data": {"employeeId": str(number), **data},
        }
    )


def sent(*events: dict[str, Any], at: datetime = NOW) -> list[Message]:
    return messages(*events, enqueued_at=at)


async def states(stage: Stage, count: int) -> list[str | None]:
    known = await stage.another().ledger.load([an_id(number) for number in range(1, count + 1)])
    found = [known.get(an_id(number)) for number in range(1, count + 1)]
    return [str(one.state) if one else None for one in found]


@pytest.fixture
def company(stage: Stage) -> Stage:
    for number in range(1, 11):
        stage.arrive(number)
    return stage


IN, OUT = ["requested"] * 3, [None] * 2


async def test_those_beyond_the_rate_are_not_enrolled_but_kept_and_told_of(
    company: Stage, signals: list[EventDict]
) -> None:
    world = braked(company)
    await take_events(sent(*map(event, range(1, 6))), world, NOW)
    assert await states(company, 5) == IN + OUT
    (told,) = said(signals, "events-held")
    assert told == {"source": "report", "direction": "joining", "people": 2, "most": "3 in 1 h"}
    page = await list_held_events("", world)
    assert [one.source for one in page.events] == ["report"] * 2
    assert {json.loads(one.body)["data"]["employeeId"] for one in page.events} == {"4", "5"}
    assert (await describe_status(world, NOW)).held_events == 2
    key = page.events[0].key
    described = await describe_event(key, world, NOW)
    assert described is not None
    assert described.outcome == Reason.HELD
    assert "more people at once" in described.text.casefold()


async def test_it_holds_over_copies_batches_instances_and_restarts(
    company: Stage, signals: list[EventDict]
) -> None:
    one, another = braked(company), braked(company, world=company.another())
    await take_events(sent(event(1), event(2)), one, NOW)
    await take_events(sent(event(3), event(4)), another, NOW)
    # The same again, as the broker may deliver it, in any process.
    for world in (one, another):
        await take_events(sent(*map(event, range(1, 5))), world, NOW + HOUR / 2)
    await take_events(sent(event(5)), one, NOW + HOUR / 2)
    assert await states(company, 5) == IN + OUT
    assert [told["people"] for told in said(signals, "events-held")] == [1, 1]


async def test_an_hour_later_others_pass_and_whoever_is_held_stays_held(company: Stage) -> None:
    world = braked(company)
    await take_events(sent(*map(event, range(1, 6))), world, NOW)
    later = NOW + HOUR
    await take_events(sent(*map(event, range(4, 8)), at=later), world, later)
    assert await states(company, 7) == [*IN, *OUT, "requested", "requested"]


async def test_whoever_is_in_already_is_not_counted_however_often_they_are_sent(
    company: Stage,
) -> None:
    world = braked(company)
    for night in range(4):
        at = NOW + night * DAY
        batch = [event(number, id_=f"{night}-{number}") for number in range(1, 4)]
        await take_events(sent(*batch, at=at), world, at)
    await take_events(sent(event(4), at=NOW + 3 * DAY + HOUR), world, NOW + 3 * DAY + HOUR)
    assert await states(company, 4) == [*IN, "requested"]


async def test_a_newer_event_of_somebody_held_takes_the_place_of_the_older_one(
    company: Stage, signals: list[EventDict]
) -> None:
    world = braked(company)
    await take_events(sent(*map(event, range(1, 6))), world, NOW)
    later = NOW + DAY
    await take_events(sent(event(4, id_="newer"), at=later), world, later)
    page = await list_held_events("", world)
    assert len(page.events) == 2
    assert {json.loads(one.body)["id"] for one in page.events} == {"newer", f"{ONBOARDED}-5"}
    assert len(said(signals, "events-held")) == 1
    # The older one that comes late changes nothing.
    await take_events(sent(event(4)), world, later)
    assert await list_held_events("", world) == page


async def test_an_operator_lets_some_through_and_they_are_enrolled_whatever_the_brake_says(
    company: Stage,
) -> None:
    world = braked(company)
    await take_events(sent(*map(event, range(1, 6))), world, NOW)
    keys = [one.key for one in (await list_held_events("", world)).events]
    done = await let_through([*keys, "unknown"], world, NOW + HOUR / 2, **WHY)
    assert (done.done, done.left) == (tuple(keys), ("unknown",))
    assert all(one.let_through for one in (await list_held_events("", world)).events)

    await take_events(company.deliver(ONBOARDING_EVENTS), world, NOW + HOUR / 2)

    assert await states(company, 5) == ["requested"] * 5
    assert (await list_held_events("", world)).events == ()
    receipt = await world.ledger.receipt(keys[0])
    assert receipt is not None
    assert receipt.outcome is Reason.ONBOARDED
    entries = await world.audit.records("messages", 0, 9)
    assert "let-through-held-event" in str(entries)


async def test_whoever_was_let_through_is_not_asked_about_a_second_time(company: Stage) -> None:
    """The hour has a limit of its own, for what nobody was shown."""
    rules = replace(company.world.tenant_rules, additions_per_hour=3)
    world = braked(company, world=replace(company.world, tenant_rules=rules))
    await take_events(sent(*map(event, range(1, 6))), world, NOW)
    await apply_scope_changes(company.deliver(SCOPE_CHANGES), world, NOW)
    keys = [one.key for one in (await list_held_events("", world)).events]
    await let_through(keys, world, NOW, **WHY)
    await take_events(company.deliver(ONBOARDING_EVENTS), world, NOW)
    await apply_scope_changes(company.deliver(SCOPE_CHANGES), world, NOW)
    assert not await is_stopped(world)
    assert await states(company, 5) == ["applied"] * 5


async def test_what_was_let_through_is_sent_again_should_its_message_have_been_lost(
    company: Stage,
) -> None:
    world = braked(company)
    await take_events(sent(*map(event, range(1, 5))), world, NOW)
    (key,) = [one.key for one in (await list_held_events("", world)).events]
    company.turns.fail("outbox.return_messages", ConnectionError("the broker is away"))
    with pytest.raises(ConnectionError):
        await let_through([key], world, NOW, **WHY)
    assert company.broker.messages(ONBOARDING_EVENTS) == ()
    assert (await drop([key], world, NOW, **WHY)).left == (key,)
    await let_through([key], world, NOW, **WHY)
    await take_events(company.deliver(ONBOARDING_EVENTS), world, NOW)
    assert await states(company, 4) == ["requested"] * 4


async def test_an_operator_drops_some_and_they_are_kept_whole_and_not_enrolled(
    company: Stage,
) -> None:
    world = braked(company)
    await take_events(sent(*map(event, range(1, 6))), world, NOW)
    keys = [one.key for one in (await list_held_events("", world)).events]
    assert (await drop(keys, world, NOW, **WHY)).done == tuple(keys)
    assert (await list_held_events("", world)).events == ()
    refused = await world.ledger.refused(9)
    assert {one.key for one in refused} == set(keys)
    assert all(one.outcome is Reason.DISCARDED and "olga" in one.detail for one in refused)
    assert await states(company, 5) == IN + OUT


async def test_leavers_are_counted_by_themselves_and_held_aloud(
    company: Stage, signals: list[EventDict]
) -> None:
    """Given a sender that says of everybody that they leave, then the most stay, and it is told."""
    world = braked(company, Brake(Rate(None), THREE))
    await take_events(sent(*map(event, range(1, 6))), world, NOW)
    later = NOW + HOUR
    left = [event(number, OFFBOARDED) for number in range(1, 6)]
    await take_events(sent(*left, at=later), world, later)
    known = await company.another().ledger.load([an_id(number) for number in range(1, 6)])
    assert [known[an_id(number)].exclusion is None for number in range(1, 6)] == [
        *[False] * 3,
        *[True] * 2,
    ]
    (told,) = said(signals, "events-held")
    assert (told["direction"], told["people"]) == ("leaving", 2)
    keys = [one.key for one in (await list_held_events("", world)).events]
    await let_through(keys, world, later, **WHY)
    await take_events(company.deliver(ONBOARDING_EVENTS), world, later)
    assert (await company.person(5)).is_kept_out(later)


async def test_last_days_that_were_told_of_one_by_one_end_together(company: Stage) -> None:
    """Given contracts that all end on one day, when it is over, then nobody is held."""
    world = braked(company, Brake(Rate(None), Rate(1, HOUR)))
    await take_events(sent(*map(event, range(1, 4))), world, NOW)
    last = (NOW + 10 * DAY).date().isoformat()
    for number in range(1, 4):
        at = NOW + number * DAY
        told = event(number, OFFBOARDED, effectiveDate=last)
        await take_events(sent(told, at=at), world, at)
    company.broker.pass_time(20 * DAY)
    await take_events(company.deliver(ONBOARDING_EVENTS), world, NOW + 20 * DAY)
    assert all([(await company.person(n)).is_kept_out(NOW + 20 * DAY) for n in range(1, 4)])
    assert (await list_held_events("", world)).events == ()


async def test_a_leaver_who_is_held_does_not_leave_at_the_end_of_the_last_day_either(
    company: Stage,
) -> None:
    world = braked(company, Brake(Rate(None), Rate(1, HOUR)))
    await take_events(sent(event(1), event(2)), world, NOW)
    last = (NOW + 10 * DAY).date().isoformat()
    told = [event(number, OFFBOARDED, effectiveDate=last) for number in (1, 2)]
    await take_events(sent(*told, at=NOW + HOUR), world, NOW + HOUR)
    assert len(company.broker.messages(ONBOARDING_EVENTS)) == 1
    (key,) = [one.key for one in (await list_held_events("", world)).events]
    await let_through([key], world, NOW + DAY, **WHY)
    await take_events(company.deliver(ONBOARDING_EVENTS), world, NOW + DAY)
    assert len(company.broker.messages(ONBOARDING_EVENTS)) == 2


async def test_whoever_is_let_through_after_they_left_stays_out(company: Stage) -> None:
    world = braked(company)
    await take_events(sent(*map(event, range(1, 5))), world, NOW)
    (key,) = [one.key for one in (await list_held_events("", world)).events]
    await take_events(sent(event(4, OFFBOARDED), at=NOW + DAY), world, NOW + DAY)
    await let_through([key], world, NOW + 2 * DAY, **WHY)
    await take_events(company.deliver(ONBOARDING_EVENTS), world, NOW + 2 * DAY)
    assert (await company.person(4)).is_kept_out(NOW + 2 * DAY)
    assert (await list_held_events("", world)).events == ()


async def test_whatever_comes_from_no_source_has_a_brake_of_its_own(company: Stage) -> None:
    brakes = Brakes({"report": Brake(THREE, THREE)}, Brake(Rate(2, HOUR), Rate(None)))
    world = replace(company.world, brakes=brakes)
    plain = [{"employeeId": str(number)} for number in (1, 2, 3)]
    posing = event(4, source="hr/nobody")
    await take_events([*messages(plain), *sent(posing)], world, NOW)
    page = await list_held_events("", world)
    assert [one.source for one in page.events] == ["queue", "queue"]
    # A plain event of a list is known by its place; let through, it is still the same event.
    plain_keys = [one.key for one in page.events if "specversion" not in one.body]
    await let_through(plain_keys, world, NOW, **WHY)
    await take_events(company.deliver(ONBOARDING_EVENTS), world, NOW)
    assert (await company.person(3)).state is State.REQUESTED
    receipt = await world.ledger.receipt(plain_keys[0])
    assert receipt is not None
    assert receipt.outcome is Reason.ONBOARDED


async def test_whoever_is_but_listed_is_not_counted(company: Stage) -> None:
    world = braked(company)
    await take_events(sent(*(event(number, LISTED) for number in range(1, 9))), world, NOW)
    await take_events(sent(*map(event, range(8, 11))), world, NOW)
    assert (await list_held_events("", world)).events == ()
    assert len(company.broker.messages(SCOPE_CHANGES)) == 1


async def test_where_the_count_cannot_be_kept_nobody_is_enrolled_and_all_comes_again(
    company: Stage,
) -> None:
    world = braked(company)
    company.turns.fail("held_events.admit", LedgerConflict("others kept counting"))
    with pytest.raises(LedgerConflict):
        await take_events(sent(*map(event, range(1, 6))), world, NOW)
    assert await states(company, 5) == [None] * 5
    await take_events(sent(*map(event, range(1, 6))), world, NOW)
    assert await states(company, 5) == IN + OUT


BATCHES = st.lists(
    st.tuples(
        st.lists(st.integers(1, 10), min_size=1, max_size=6),
        st.sampled_from([ONBOARDED, OFFBOARDED]),
        st.integers(0, 90),
    ),
    min_size=1,
    max_size=8,
)


@given(batches=BATCHES, most=st.integers(1, 4))
async def test_nobody_is_lost_and_no_more_are_moved_than_the_rate_allows(
    batches: list[tuple[list[int], str, int]], most: int
) -> None:
    stage = a_stage()
    for number in range(1, 11):
        stage.arrive(number)
    rate = Rate(most, HOUR)
    world = braked(stage, Brake(rate, rate))
    at, moved = NOW, list[tuple[datetime, str, int]]()
    before: dict[int, bool] = {}
    for turn, (numbers, kind, minutes) in enumerate(batches):
        at += timedelta(minutes=minutes)
        batch = [event(n, kind, id_=f"{turn}-{place}") for place, n in enumerate(numbers)]
        await take_events(sent(*batch, at=at), world, at)
        known = await stage.another().ledger.load([an_id(n) for n in range(1, 11)])
        after = {n: bool((p := known.get(an_id(n))) and p.state.is_coming) for n in range(1, 11)}
        moved += [(at, kind, n) for n in after if after[n] != before.get(n, False)]
        before = after
        for n in set(numbers):
            key = an_id(n)
            is_held = await world.held_events.find(
                "report",
                Direction.JOINING if kind == ONBOARDED else Direction.LEAVING,
                [key],
            )
            assert is_held or known.get(key) is not None
    for moment, kind, _ in moved:
        within = {n for when, what, n in moved if what == kind and moment - HOUR < when <= moment}
        assert len(within) <= most


@pytest.mark.parametrize("comes_again", [False, True])
async def test_whoever_arrives_while_they_are_held_is_let_through_by_the_event(
    company: Stage, comes_again: bool
) -> None:
    """Held under an employee id, they are known by their object id since."""
    world = braked(company, Brake(Rate(1), Rate(1)))
    late = event(77)
    await take_events(sent(event(1), late), world, NOW)
    (held,) = (await list_held_events("", world)).events
    company.arrive(77)
    if comes_again:
        later = NOW + HOUR / 2
        await take_events(sent(late), braked(company, Brake(Rate(1), Rate(1))), later)
        (again,) = (await list_held_events("", world)).events
        assert (again.key, again.held_at) == (held.key, held.held_at)
        assert again.person_key == an_id(77)
    await let_through([held.key], world, NOW + HOUR / 2, **WHY)
    await take_events(company.deliver(ONBOARDING_EVENTS), world, NOW + HOUR / 2)
    assert (await company.person(77)).state is State.REQUESTED
    assert (await list_held_events("", world)).events == ()
