"""The forecast of resets, from the ledger, by what people are grouped by, and one by one."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from shared.contracts.api.forecast_views import ForecastOn, ForecastPage
from shared.contracts.api.words import ForecastBy
from shared.domain.errors import InvalidMessage
from shared.domain.person.documented_methods import SMS_AND_VOICE_END
from shared.domain.person.enrolment import Cause, CauseKind, Claim, Enrolment, State
from shared.domain.person.methods import HeldMethods
from shared.domain.person.people import UserRef
from shared.domain.rollout.resets import Reset, ResetOutcome
from shared.use_cases.views.describe_reset_forecast import (
    describe_reset_forecast,
    list_forecast_people,
)
from shared.use_cases.views.part_of_people import MOST_LISTED
from tests.support.enrolments import NOW, SCOPE, enrolment
from tests.support.stage import Stage, an_id, upn_of

PILOT = Claim(Cause(CauseKind.WAVE, "pilot", "clock"))


def held(number: int, methods: str, state: State = State.RESETTABLE, **changes: Any) -> Enrolment:
    known: dict[str, Any] = {
        "key": an_id(number),
        "user": UserRef(object_id=an_id(number), user_principal_name=upn_of(number)),
        "held": HeldMethods(frozenset(methods.split())),
    }
    return enrolment(state, **(known | changes))


@pytest.fixture
async def crowded(stage: Stage) -> Stage:
    for number, department in enumerate(["IT", "IT", "Sales", "Sales"], start=1):
        person = stage.arrive(number, SCOPE)
        stage.tenant.put(replace(person, department=department))
    await stage.store(
        held(1, "mobilePhone", claims=(PILOT,)),
        held(2, "mobilePhone email", claims=(PILOT,)),
        held(3, "mobilePhone passKeySynced"),
        held(4, "", State.EFFECTIVE),
        held(5, "mobilePhone", State.WITHDRAWN),
    )
    stage.tenant.resets = [
        Reset(NOW - timedelta(days=1), an_id(1), ResetOutcome.SUCCEEDED),
        Reset(NOW - timedelta(days=2), an_id(2), ResetOutcome.SUCCEEDED),
        Reset(NOW - timedelta(days=2), an_id(3), ResetOutcome.SUCCEEDED),
        Reset(NOW - timedelta(days=2), an_id(4), ResetOutcome.BLOCKED),
    ]
    return stage


@pytest.mark.parametrize(
    ("group_by", "groups"),
    [
        (
            ForecastBy.METHOD,
            [("mobilePhone", 3, 2), ("passKeySynced", 1, 1), ("email", 1, 0), ("none", 1, 0)],
        ),
        (ForecastBy.WAVE, [("", 2, 1), ("pilot", 2, 1)]),
        (ForecastBy.DEPARTMENT, [("IT", 2, 1), ("Sales", 2, 1)]),
    ],
)
async def test_everybody_in_scope_is_foretold_by_group(
    crowded: Stage, group_by: ForecastBy, groups: list[tuple[str, int, int]]
) -> None:
    found = await describe_reset_forecast(
        ForecastOn(on=SMS_AND_VOICE_END, group_by=group_by), crowded.world, NOW
    )
    whole = found.whole
    assert (whole.people, whole.can_today, whole.can_then, whole.lose) == (4, 3, 1, 2)
    assert [(one.group, one.people, one.lose) for one in found.groups] == groups
    assert (found.saved_by_one_more, found.resets_in_thirty_days) == (2, 3)
    assert found.calls_in_thirty_days == 2.0
    assert {one.methods for one in found.losing} == {
        ("mobilePhone",),
        ("mobilePhone", "passKeySynced"),
    }


async def test_the_people_are_listed_one_by_one(crowded: Stage) -> None:
    found = await list_forecast_people(ForecastPage(on=SMS_AND_VOICE_END), crowded.world, NOW)
    assert found.next is None
    people = found.people
    changes = {one.user_principal_name: (one.change, one.ended) for one in people}
    assert changes == {
        upn_of(1): ("loses", ("mobilePhone",)),
        upn_of(2): ("keeps", ("mobilePhone",)),
        upn_of(3): ("loses", ("mobilePhone",)),
        upn_of(4): ("never", ()),
    }


async def test_more_people_than_an_answer_holds_are_in_the_next_one(stage: Stage) -> None:
    people = [
        enrolment(
            State.EFFECTIVE, key=an_id(number), user=UserRef(object_id=an_id(number)), held=None
        )
        for number in range(MOST_LISTED + 1)
    ]
    await stage.store(*people)
    first = await list_forecast_people(ForecastPage(on=SMS_AND_VOICE_END), stage.world, NOW)
    more = ForecastPage(on=SMS_AND_VOICE_END, after=first.next)
    last = await list_forecast_people(more, stage.world, NOW)
    assert (len(first.people), len(last.people), last.next) == (MOST_LISTED, 1, None)


async def test_a_day_that_is_over_is_refused_by_name(stage: Stage) -> None:
    yesterday = (NOW - timedelta(days=1)).date()
    with pytest.raises(InvalidMessage, match="on: "):
        await describe_reset_forecast(ForecastOn(on=yesterday), stage.world, NOW)


async def test_of_nobody_nothing_is_foretold(stage: Stage) -> None:
    found = await describe_reset_forecast(ForecastOn(on=SMS_AND_VOICE_END), stage.world, NOW)
    assert (found.whole.people, found.groups, found.calls_in_thirty_days) == (0, (), None)


@pytest.mark.parametrize(
    ("asked", "numbers", "calls"),
    [
        ({"method": "sms"}, (3, 3, 1, 2), 2.0),
        ({"method": "passkey,email"}, (2, 2, 1, 1), 1.0),
        ({"onlyMethod": "sms"}, (2, 2, 0, 2), 2.0),
        ({"method": "passkey", "onlyMethod": "mobilePhone"}, (1, 1, 0, 1), 1.0),
        ({"method": "windowsHelloForBusiness"}, (0, 0, 0, 0), 0.0),
    ],
)
async def test_the_forecast_of_those_with_certain_methods_counts_these_alone(
    crowded: Stage, asked: dict[str, str], numbers: tuple[int, ...], calls: float
) -> None:
    """And takes the rate of calls from everybody, since the resets are everybody's."""
    query = ForecastOn.read_object({"on": str(SMS_AND_VOICE_END), **asked})
    found = await describe_reset_forecast(query, crowded.world, NOW)
    whole = found.whole
    assert (whole.people, whole.can_today, whole.can_then, whole.lose) == numbers
    assert found.calls_in_thirty_days == calls
    part = ForecastPage.read_object({"on": str(SMS_AND_VOICE_END), **asked})
    assert len((await list_forecast_people(part, crowded.world, NOW)).people) == numbers[0]
