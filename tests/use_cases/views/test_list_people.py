"""Lists of people by their state and by what they have registered."""

from typing import Any

import pytest

from shared.contracts.api.people_views import ListedPerson, ListPeople
from shared.domain.errors import InvalidMessage
from shared.domain.person.enrolment import Enrolment, State
from shared.domain.person.methods import HeldMethods
from shared.domain.person.people import UserRef
from shared.use_cases.views.list_people import list_people
from tests.support.enrolments import NOW, enrolment, provisional
from tests.support.stage import Stage, an_id, upn_of


def held(number: int, methods: str | None, state: State = State.RESETTABLE) -> Enrolment:
    return enrolment(
        state,
        key=an_id(number),
        user=UserRef(object_id=an_id(number), user_principal_name=upn_of(number)),
        held=None if methods is None else HeldMethods(frozenset(methods.split())),
    )


@pytest.fixture
async def crowded(stage: Stage) -> Stage:
    await stage.store(
        held(1, "mobilePhone"),
        held(2, "mobilePhone email"),
        held(3, "mobilePhone passKeySynced"),
        held(4, "", State.EFFECTIVE),
        held(5, "mobilePhone", State.WITHDRAWN),
        held(6, None, State.VISIBLE),
        provisional(State.WAITING),
    )
    return stage


async def listed(stage: Stage, **asked: Any) -> dict[str | None, ListedPerson]:
    found: dict[str | None, ListedPerson] = {}
    page: int | None = 0
    while page is not None:
        query = ListPeople.read_object({**asked, "page": page})
        answer = await list_people(query, stage.world, NOW)
        found |= {one.user_principal_name: one for one in answer.people}
        page = answer.next_page
    return found


@pytest.mark.parametrize(
    ("asked", "meant"),
    [
        ({}, {1, 2, 3, 4, 6}),
        ({"method": "sms"}, {1, 2, 3}),
        ({"method": "MOBILEPHONE"}, {1, 2, 3}),
        ({"method": "email,passkey"}, {2, 3}),
        ({"onlyMethod": "sms"}, {1, 3}),
        ({"onlyMethod": "sms,email"}, {1, 2, 3}),
        ({"onlyMethod": "passkey"}, set[int]()),
        ({"method": "sms", "state": "withdrawn"}, {5}),
        ({"state": "visible"}, {6}),
        ({"method": "ofTomorrow"}, set[int]()),
    ],
)
async def test_only_those_are_listed_who_are_asked_for(
    crowded: Stage, asked: dict[str, str], meant: set[int]
) -> None:
    assert set(await listed(crowded, **asked)) == {upn_of(number) for number in meant}


async def test_each_method_says_whether_it_counts(crowded: Stage) -> None:
    found = await listed(crowded)
    said = found[upn_of(3)].held
    assert said is not None
    assert [(one.name, one.text) for one in said] == [
        ("mobilePhone", "counts until 2027-02-01"),
        ("passKeySynced", "does not count for a reset"),
    ]
    assert found[upn_of(6)].held is None
    assert found[upn_of(4)].held == ()


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("method", ""),
        ("method", "sms,"),
        ("method", "sms' or 1 eq 1"),
        ("method", "a" * 61),
        ("onlyMethod", ",".join(["sms"] * 200)),
        ("page", "16"),
        ("state", "gone"),
    ],
)
def test_a_query_beyond_its_bounds_is_refused_by_name(field: str, value: str) -> None:
    with pytest.raises(InvalidMessage, match=f"{field}: "):
        ListPeople.read_object({field: value})
