"""Whoever was enrolled before they were in Entra has arrived there, and is who they are."""

from dataclasses import replace
from itertools import product

import pytest

from shared.contracts.messages.queues import SCOPE_CHANGES
from shared.domain.errors import DirectoryUnavailable, LedgerConflict
from shared.domain.person.enrolment import Enrolment, State
from shared.domain.person.people import UserRef
from shared.domain.person.policy import Topology
from shared.domain.person.reasons import Reason
from shared.domain.rollout.state import Phase
from shared.use_cases.onboarding.adopt_arrivals import adopt_arrivals, find_arrivals
from shared.use_cases.onboarding.take_events import take_events
from shared.use_cases.tick import tick
from tests.support.course import Clock, set_up, standing, ungated, write_all
from tests.support.enrolments import BREAK_GLASS, HOUR, NOW, provisional
from tests.support.stage import Stage, a_stage, an_id, messages, upn_of
from tests.support.waves import document


def expected(number: int, state: State = State.APPLIED, **user: str) -> Enrolment:
    """Somebody known by their UPN alone, unless more is given."""
    return provisional(
        state,
        key=f"upn:{upn_of(number)}",
        user=UserRef(user_principal_name=upn_of(number), **user),
    )


async def test_where_nobody_is_expected_nobody_is_looked_for(stage: Stage) -> None:
    person = stage.arrive(1)
    assert await find_arrivals(stage.world) == []
    assert await adopt_arrivals([], stage.world, NOW) == []
    assert await adopt_arrivals([person], stage.world, NOW) == []
    assert not [point for point in stage.turns.points if point.startswith("directory")]


async def test_people_are_found_by_their_anchor_where_it_is_known_and_else_by_their_name(
    stage: Stage,
) -> None:
    await stage.store(expected(1, source_anchor="anchor-1=="), expected(2), expected(3))
    for number in (1, 2):
        stage.arrive(number, synced=True)
    found = await find_arrivals(stage.world)
    assert {one.object_id for one in found} == {an_id(1), an_id(2)}


async def test_who_was_found_in_ad_is_recognised_by_sid_whatever_the_anchor(stage: Stage) -> None:
    """Given a tenant whose anchor is another attribute, when they are synced, then it is them."""
    person = stage.arrive(1, synced=True)
    await stage.store(expected(1, source_anchor="of-the-worker=", sid=person.ref.sid or ""))
    assert [one.object_id for one in await find_arrivals(stage.world)] == [an_id(1)]
    (adopted,) = await adopt_arrivals([person], stage.world, NOW)
    assert (adopted.key, adopted.user.source_anchor) == (an_id(1), "anchor-1==")


async def test_a_name_of_two_people_is_nobodys_arrival(stage: Stage) -> None:
    await stage.store(expected(1))
    twin = stage.arrive(1)
    stage.tenant.put(replace(twin, ref=replace(twin.ref, object_id=an_id(2))))
    assert await find_arrivals(stage.world) == []


async def test_whoever_arrives_goes_on_under_their_object_id(stage: Stage) -> None:
    waited = expected(1)
    await stage.store(waited)
    person = stage.arrive(1, synced=True)
    (adopted,) = await adopt_arrivals([person], stage.world, NOW)
    assert adopted == await stage.person(1) == await stage.person(waited.key)
    assert (adopted.state, adopted.steps[-1].reason) == (State.APPLIED, Reason.ARRIVED_IN_ENTRA)
    assert adopted.user.source_anchor == "anchor-1=="
    assert await stage.world.ledger.provisional() == []


async def test_whoever_turns_out_not_to_be_eligible_is_taken_out_again(stage: Stage) -> None:
    await stage.store(expected(1, State.REQUESTED), expected(2))
    people = [stage.arrive(1, guest=True), stage.arrive(2, BREAK_GLASS)]
    guest, excluded = await adopt_arrivals(people, stage.world, NOW)
    assert (guest.state, guest.reason) == (State.WITHDRAWN, Reason.GUEST)
    assert excluded.steps[-1].reason is Reason.EXCLUDED_GROUP


async def test_somebody_who_is_gone_before_their_groups_are_read_has_not_arrived(
    stage: Stage,
) -> None:
    await stage.store(expected(1))
    person = stage.arrive(1)
    stage.tenant.remove(an_id(1))
    assert await adopt_arrivals([person], stage.world, NOW) == []
    assert len(await stage.world.ledger.provisional()) == 1


async def test_the_result_that_comes_while_they_are_adopted_is_not_lost(stage: Stage) -> None:
    """What is decided here is of an enrolment that has gone on; the next look decides again."""
    waited = expected(1, State.REQUESTED)
    await stage.store(waited)
    person = stage.arrive(1, synced=True)
    applied = waited.moved(State.APPLIED, Reason.ADDED, NOW)
    stage.turns.at("ledger.adopt", lambda: stage.store(applied))
    with pytest.raises(LedgerConflict):
        await adopt_arrivals([person], stage.world, NOW)
    assert await stage.world.ledger.provisional() == [applied]
    (adopted,) = await adopt_arrivals([person], stage.world, NOW)
    assert adopted.state is State.APPLIED


async def test_two_who_adopt_the_same_arrival_at_once_agree(stage: Stage) -> None:
    await stage.store(expected(1))
    person = stage.arrive(1, synced=True)
    stage.turns.at("ledger.adopt joined", lambda: adopt_arrivals([person], stage.another(), NOW))
    (adopted,) = await adopt_arrivals([person], stage.world, NOW)
    assert await stage.person(1) == adopted
    assert (await stage.world.ledger.totals()).by_state == {State.APPLIED: 1}


async def test_a_crash_half_way_leaves_a_person_who_is_found_again(stage: Stage) -> None:
    await stage.store(expected(1))
    stage.arrive(1)
    stage.turns.fail("ledger.adopt joined", ConnectionError("the process has ended"))
    with pytest.raises(ConnectionError):
        await adopt_arrivals(await find_arrivals(stage.world), stage.world, NOW)
    await adopt_arrivals(await find_arrivals(stage.world), stage.world, NOW)
    assert await stage.world.ledger.provisional() == []
    assert (await stage.world.ledger.totals()).by_state == {State.APPLIED: 1}
    assert stage.broker.messages(SCOPE_CHANGES) == ()


async def test_nobody_is_adopted_while_entra_is_away(stage: Stage) -> None:
    await stage.store(expected(1))
    person = stage.arrive(1)
    stage.turns.fail("directory.memberships", DirectoryUnavailable("away"))
    with pytest.raises(DirectoryUnavailable):
        await adopt_arrivals([person], stage.world, NOW)
    assert len(await stage.world.ledger.provisional()) == 1


NAMES: dict[str, dict[str, str]] = {
    "upn": {"userPrincipalName": upn_of(1)},
    "employee id": {"employeeId": "1"},
}


@pytest.mark.parametrize("has_rollout", [True, False], ids=["in a rollout", "without one"])
@pytest.mark.parametrize("topology", [Topology.NESTED, Topology.CLOUD])
@pytest.mark.parametrize("actions", ["on off", "off on", "on off on", "off on off"])
@pytest.mark.parametrize("names", list(product(NAMES, repeat=3)))
async def test_somebody_told_of_by_two_names_is_where_the_newest_word_has_them(
    names: tuple[str, ...], actions: str, topology: Topology, *, has_rollout: bool
) -> None:
    """Given events by either name, whenever the person arrives, then the last of them counts."""
    said = list(zip(actions.split(), names, strict=False))
    for arrives_after in range(len(said) + 1):
        stage = a_stage(topology=topology)
        if has_rollout:
            waves = replace(document(ungated("all", 2)), topology=topology)
            await set_up(stage, standing(waves, Phase.COMPLETED, 1), 2)
            stage.tenant.remove(an_id(1))
        now = NOW
        for number, (action, name) in enumerate(said):
            if number == arrives_after:
                stage.arrive(1)
            body = NAMES[name] | {"action": f"{action}board"}
            await take_events(messages(body, enqueued_at=now), stage.another(), now)
            await write_all(stage, now)
            now += HOUR / 10
        stage.arrive(1)
        for _ in range(4):
            await tick(stage.another(), Clock(now))
            await write_all(stage, now)
            now += HOUR / 3
        person = await stage.person(1)
        wanted = actions.endswith("on")
        is_in = (person.state.is_coming, an_id(1) in stage.scope)
        assert is_in == (wanted, wanted), (arrives_after, person.state, person.reason)
