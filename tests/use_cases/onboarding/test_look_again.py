"""A hint that somebody has come to be: told to whoever waits for them, and to nobody else."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from shared.contracts.messages.queues import SCOPE_CHANGES
from shared.domain.errors import DirectoryUnavailable
from shared.domain.person.enrolment import State
from shared.domain.person.reasons import Reason
from shared.domain.person.request import Action, Request
from shared.use_cases.onboarding.enroll import enroll_requests
from shared.use_cases.onboarding.look_again import look_again
from tests.support.enrolments import DAY, NOW, request
from tests.support.stage import Stage, an_id, upn_of


def hint(number: int) -> Request:
    return request(Action.LOOK_AGAIN, identifier=upn_of(number), key=f"hint-{number}")


async def enrol(stage: Stage, number: int, **changes: Any) -> None:
    await enroll_requests([request(identifier=upn_of(number), **changes)], stage.world, NOW)
    stage.broker.take(SCOPE_CHANGES)


async def test_without_hints_nobody_is_asked(stage: Stage) -> None:
    assert await look_again([], stage.world, NOW) == []
    assert stage.turns.points == []


async def test_while_nobody_waits_entra_is_not_asked(stage: Stage) -> None:
    stage.arrive(1)
    assert await look_again([hint(1), hint(2)], stage.world, NOW) == [None, None]
    assert not [point for point in stage.turns.points if point.startswith("directory")]


async def test_whoever_waited_for_their_account_arrives(stage: Stage) -> None:
    await enrol(stage, 1)
    stage.arrive(1)
    stage.arrive(2)
    found, other, nobody = await look_again([hint(1), hint(2), hint(3)], stage.world, NOW)
    assert found is not None
    assert found.key == an_id(1)
    assert other is None
    assert nobody is None
    assert await stage.world.ledger.load([an_id(2)]) == {}


async def test_whoever_waits_for_their_first_day_is_asked_for_again_and_waits_on(
    stage: Stage,
) -> None:
    stage.arrive(1)
    await enrol(stage, 1, effective_date=NOW + DAY)
    (found,) = await look_again([hint(1)], stage.world, NOW)
    assert found is not None
    assert (found.state, found.reason) == (State.WAITING, Reason.HIRE_DATE_AHEAD)
    (found,) = await look_again([hint(1)], stage.world, NOW + DAY)
    assert found is not None
    assert found.state is State.REQUESTED
    assert len(stage.broker.messages(SCOPE_CHANGES)) == 1


async def test_a_hint_at_two_people_is_told_to_neither(stage: Stage) -> None:
    await enrol(stage, 1)
    for number in (1, 2):
        stage.arrive(number)
    shared_name = request(Action.LOOK_AGAIN, identifier="9")
    for number in (1, 2):
        person = stage.tenant.people[an_id(number)]
        stage.tenant.put(replace(person, ref=replace(person.ref, employee_id="9")))
    assert await look_again([shared_name], stage.world, NOW) == [None]


async def test_the_hint_comes_again_where_entra_is_away(stage: Stage) -> None:
    await enrol(stage, 1)
    stage.arrive(1)
    stage.turns.fail("directory.find_people", DirectoryUnavailable("away"))
    with pytest.raises(DirectoryUnavailable):
        await look_again([hint(1)], stage.world, NOW)
    (found,) = await look_again([hint(1)], stage.world, NOW + timedelta(minutes=1))
    assert found is not None
