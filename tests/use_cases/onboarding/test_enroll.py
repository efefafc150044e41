"""Requests become decisions: by what Entra knows, under the policy in force, oldest first."""

from dataclasses import replace
from datetime import timedelta
from functools import partial

import pytest

from shared.contracts.messages.queues import SCOPE_CHANGES
from shared.contracts.messages.scope_change import ScopeChange
from shared.domain.errors import LedgerConflict
from shared.domain.person.enrolment import Provenance, State
from shared.domain.person.policy import SourceOfAuthority
from shared.domain.person.reasons import Reason
from shared.domain.person.request import Action, Request
from shared.domain.rollout.state import Phase
from shared.use_cases.onboarding.enroll import enroll_requests
from tests.support.enrolments import BREAK_GLASS, NOW, SCOPE, request
from tests.support.stage import Stage, an_id, upn_of
from tests.support.waves import THREE, rollout


def asking(number: int, action: Action = Action.ONBOARD, minutes: int = 0) -> Request:
    at = NOW + timedelta(minutes=minutes)
    key = f"event-{number}-{minutes}"
    return request(action, identifier=upn_of(number), occurred_at=at, key=key)


async def test_nobody_asked_for_is_nothing_to_ask_anybody(stage: Stage) -> None:
    assert await enroll_requests([], stage.world, NOW) == []
    assert stage.turns.points == []


async def test_cloud_and_synced_people_are_told_apart(stage: Stage) -> None:
    stage.arrive(1)
    stage.arrive(2, synced=True)
    cloud, synced = await enroll_requests([asking(1), asking(2)], stage.world, NOW)
    assert cloud.source_of_authority is SourceOfAuthority.CLOUD
    assert cloud.provenance is Provenance.OURS
    assert synced.source_of_authority is SourceOfAuthority.ON_PREMISES
    assert synced.provenance is Provenance.UNKNOWN
    (change,) = stage.deliver(SCOPE_CHANGES)
    assert set(ScopeChange.read(change.body).person_keys) == {an_id(1), an_id(2)}


async def test_whoever_may_not_be_enrolled_is_told_why_and_nobody_is_sent(stage: Stage) -> None:
    stage.arrive(1, guest=True)
    stage.arrive(2, administrator=True)
    stage.arrive(3, BREAK_GLASS)
    stage.arrive(4, licensed=False)
    stage.arrive(5, enabled=False)
    found = await enroll_requests([asking(n) for n in range(1, 6)], stage.world, NOW)
    assert [(one.state, one.reason) for one in found] == [
        (State.EXCLUDED, reason)
        for reason in (
            Reason.GUEST,
            Reason.ADMINISTRATOR,
            Reason.EXCLUDED_GROUP,
            Reason.UNLICENSED,
            Reason.DISABLED,
        )
    ]
    assert stage.broker.messages(SCOPE_CHANGES) == ()


async def test_the_document_in_force_has_its_say(stage: Stage) -> None:
    stage.arrive(1)
    keeping_out = replace(THREE, excluded_object_ids=frozenset({an_id(1)}))
    await stage.applies(rollout(Phase.PLANNED, keeping_out, started=0))
    (found,) = await enroll_requests([asking(1)], stage.world, NOW)
    assert (found.state, found.reason) == (State.EXCLUDED, Reason.EXCLUDED_PERSON)


async def test_a_member_of_before_is_remembered_and_left_alone(stage: Stage) -> None:
    stage.arrive(1, SCOPE)
    (found,) = await enroll_requests([asking(1)], stage.world, NOW)
    assert (found.state, found.provenance) == (State.VISIBLE, Provenance.PREEXISTING)
    assert stage.broker.messages(SCOPE_CHANGES) == ()


async def test_whoever_is_in_no_directory_is_looked_for_on_premises(stage: Stage) -> None:
    (found,) = await enroll_requests([asking(1)], stage.world, NOW)
    assert found.is_provisional
    assert (found.state, found.source_of_authority) == (
        State.REQUESTED,
        SourceOfAuthority.ON_PREMISES,
    )


async def test_one_name_of_two_people_enrols_neither(stage: Stage) -> None:
    twin = stage.arrive(1)
    stage.tenant.put(replace(twin, ref=replace(twin.ref, object_id=an_id(2))))
    (found,) = await enroll_requests([asking(1)], stage.world, NOW)
    assert (found.state, found.reason) == (State.FAILED, Reason.AMBIGUOUS)


async def test_what_is_asked_in_one_batch_is_decided_in_the_order_in_which_it_happened(
    stage: Stage,
) -> None:
    stage.arrive(1)
    batch = [asking(1, Action.OFFBOARD, minutes=1), asking(1, minutes=2), asking(1)]
    found = await enroll_requests(batch, stage.world, NOW + timedelta(hours=1))
    assert {one.key for one in found} == {an_id(1)}
    assert [step.reason for step in found[0].steps] == [
        Reason.ONBOARDED,
        Reason.OFFBOARDED,
        Reason.ONBOARDED,
    ]
    assert found[0].state is State.REQUESTED


async def test_two_names_of_one_person_are_one_person(stage: Stage) -> None:
    stage.arrive(1)
    by_number = replace(asking(1, minutes=1), identifier=request(identifier="1").identifier)
    found = await enroll_requests([asking(1), by_number], stage.world, NOW)
    assert found[0] == found[1]
    assert len(await stage.world.ledger.in_state(frozenset(State))) == 1


async def test_somebody_who_vanishes_between_two_looks_is_decided_about_at_the_next(
    stage: Stage,
) -> None:
    stage.arrive(1)

    async def vanish() -> None:
        stage.tenant.remove(an_id(1))

    stage.turns.at("directory.memberships", vanish)
    assert await enroll_requests([asking(1)], stage.world, NOW) == []
    (found,) = await enroll_requests([asking(1)], stage.another(), NOW)
    assert found.is_provisional


async def test_whoever_was_waiting_under_their_name_arrives_with_the_next_event(
    stage: Stage,
) -> None:
    await enroll_requests([asking(1)], stage.world, NOW)
    stage.arrive(1)
    (found,) = await enroll_requests([asking(1, minutes=1)], stage.world, NOW)
    assert found.key == an_id(1)
    assert await stage.world.ledger.provisional() == []
    reasons = [step.reason for step in found.steps]
    assert reasons[:2] == [Reason.ONBOARDED, Reason.ARRIVED_IN_ENTRA]


async def test_a_crash_before_the_writers_are_told_is_made_good_by_the_next_delivery(
    stage: Stage,
) -> None:
    stage.arrive(1)
    stage.turns.fail("outbox.send_scope_changes", ConnectionError("the process has ended"))
    with pytest.raises(ConnectionError):
        await enroll_requests([asking(1)], stage.world, NOW)
    assert stage.broker.messages(SCOPE_CHANGES) == ()
    await enroll_requests([asking(1)], stage.world, NOW)
    assert len(stage.broker.messages(SCOPE_CHANGES)) == 1


async def test_whoever_is_disturbed_without_end_gives_up_and_nobody_is_sent(stage: Stage) -> None:
    stage.arrive(1)
    await enroll_requests([asking(1)], stage.world, NOW)
    stage.broker.take(SCOPE_CHANGES)
    person = await stage.person(1)
    for number in range(1, 11):
        changed = replace(person, attempts=number)
        stage.turns.at("ledger.amend commit", partial(stage.store, changed))
    with pytest.raises(LedgerConflict):
        await enroll_requests([asking(1, Action.OFFBOARD, minutes=1)], stage.world, NOW)
    assert stage.broker.messages(SCOPE_CHANGES) == ()
    assert (await stage.person(1)).state is State.REQUESTED
