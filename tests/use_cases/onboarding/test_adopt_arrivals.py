"""Whoever was enrolled before they were in Entra has arrived there, and is who they are."""

from dataclasses import replace

import pytest

from shared.contracts.messages.queues import SCOPE_CHANGES
from shared.domain.errors import DirectoryUnavailable, LedgerConflict
from shared.domain.person.enrolment import Enrolment, State
from shared.domain.person.people import UserRef
from shared.domain.person.reasons import Reason
from shared.use_cases.onboarding.adopt_arrivals import adopt_arrivals, find_arrivals
from tests.support.enrolments import BREAK_GLASS, NOW, provisional
from tests.support.stage import Stage, an_id, upn_of


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
