"""Whose groups Entra does not say is in none for nobody: who asks asks again, and decides then.

A replica that does not know somebody yet answers 404 about their groups. `overlooked` are those of
whom it says so once.
"""

from collections.abc import Mapping
from typing import Any

import pytest

from shared.domain.errors import GroupsUnsaid
from shared.domain.person.enrolment import Cause, CauseKind, Claim, Provenance, State
from shared.domain.person.people import UserRef
from shared.domain.person.reasons import Reason
from shared.use_cases.known_memberships import known_memberships
from shared.use_cases.onboarding.resume_waiting import resume_waiting
from shared.use_cases.onboarding.take_events import take_events
from shared.use_cases.rollout.look_up import LookUp
from shared.use_cases.views.describe_forecast import describe_forecast
from tests.support.enrolments import NOW, SCOPE, enrolment
from tests.support.stage import Stage, an_id, messages, upn_of

JOINS: Mapping[str, Any] = {"employeeId": "1"}
LEAVES: Mapping[str, Any] = {"employeeId": "1", "action": "offboard"}


async def test_they_are_those_of_everybody_or_of_nobody(stage: Stage) -> None:
    people = [stage.arrive(number).object_id for number in (1, 2)]
    stage.tenant.overlooked.add(an_id(2))
    with pytest.raises(GroupsUnsaid, match="which groups somebody is in; ask again"):
        await known_memberships(people, stage.world.directory)
    known = await known_memberships(people, stage.world.directory)
    assert known.keys() == set(people)


async def test_of_several_it_says_how_many_and_of_nobody_it_asks_nobody(stage: Stage) -> None:
    with pytest.raises(GroupsUnsaid, match="which groups 2 people are in"):
        await known_memberships([an_id(1), an_id(2)], stage.world.directory)
    points = list(stage.turns.points)
    assert await known_memberships([], stage.world.directory) == {}
    assert stage.turns.points == points


@pytest.mark.parametrize(
    ("event", "state", "provenance"),
    [
        (JOINS, State.VISIBLE, Provenance.PREEXISTING),
        (LEAVES, State.WITHDRAWING, Provenance.PREEXISTING),
    ],
    ids=["joins", "leaves"],
)
async def test_an_event_is_taken_again(
    stage: Stage, event: Mapping[str, Any], state: State, provenance: Provenance
) -> None:
    """Given a member of before: who leaves would be taken for out, who joins for put in by us."""
    stage.arrive(1, SCOPE)
    stage.tenant.overlooked.add(an_id(1))
    with pytest.raises(GroupsUnsaid):
        await take_events(messages(event), stage.world, NOW)
    assert await stage.another().ledger.load([an_id(1)]) == {}
    await take_events(messages(event), stage.another(), NOW)
    person = await stage.person(1)
    assert (person.state, person.provenance) == (state, provenance)


async def test_of_those_who_wait_the_others_go_on(stage: Stage) -> None:
    for number in (1, 2):
        stage.arrive(number)
    await stage.store(waiting(1), waiting(2))
    stage.tenant.overlooked.add(an_id(1))
    await resume_waiting(stage.world, NOW)
    assert [(await stage.person(number)).state for number in (1, 2)] == [
        State.WAITING,
        State.REQUESTED,
    ]
    await resume_waiting(stage.another(), NOW)
    assert (await stage.person(1)).state is State.REQUESTED


def waiting(number: int) -> Any:
    return enrolment(
        State.WAITING,
        Provenance.UNKNOWN,
        key=an_id(number),
        user=UserRef(object_id=an_id(number), user_principal_name=upn_of(number)),
        reason=Reason.HIRE_DATE_AHEAD,
        source_of_authority=None,
        due=NOW,
        claims=(Claim(Cause(CauseKind.EVENT, "e", "hr")),),
    )


async def test_who_is_looked_up_to_be_decided_about_is_not_guessed_at(stage: Stage) -> None:
    """Source of the looks: `sspr events forget` and `sspr recover`."""
    stage.arrive(1, SCOPE)
    stage.tenant.overlooked.add(an_id(1))
    look_up = LookUp(stage.world)
    with pytest.raises(GroupsUnsaid):
        await look_up.candidates([an_id(1)])
    found = await look_up.candidates([an_id(1)])
    assert SCOPE in found[an_id(1)].memberships.group_ids


async def test_nobody_is_foretold_by_groups_that_are_not_known(stage: Stage) -> None:
    person = stage.arrive(1, SCOPE)
    stage.tenant.overlooked.add(an_id(1))
    with pytest.raises(GroupsUnsaid):
        await describe_forecast([person], stage.world, NOW)
    (forecast,) = await describe_forecast([person], stage.world, NOW)
    assert forecast.member
