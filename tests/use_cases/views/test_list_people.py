"""Lists of people by their state and by what they have registered."""

from typing import Any

import pytest

from shared.contracts.api.people_views import ListedPerson, ListPeople
from shared.domain.errors import InvalidMessage
from shared.domain.person.enrolment import Enrolment, State
from shared.domain.person.methods import HeldMethods
from shared.domain.person.people import UserRef
from shared.use_cases.views import part_of_people
from shared.use_cases.views.list_people import list_people
from shared.use_cases.views.part_of_people import MOST_LISTED
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
    while True:
        answer = await list_people(ListPeople.read_object(asked), stage.world, NOW)
        found |= {one.user_principal_name: one for one in answer.people}
        if answer.next is None:
            return found
        asked["after"] = answer.next


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


async def test_an_answer_holds_at_most_a_thousand_and_the_next_goes_on_after_them(
    stage: Stage,
) -> None:
    """Given one more than an answer holds, all meant, each is in exactly one answer."""
    await stage.store(*(held(number, "email") for number in range(MOST_LISTED + 1)))
    first = await list_people(ListPeople(), stage.world, NOW)
    last = await list_people(ListPeople(after=first.next), stage.world, NOW)
    assert (len(first.people), len(last.people), last.next) == (MOST_LISTED, 1, None)
    keys = {one.key for answer in (first, last) for one in answer.people}
    assert len(keys) == MOST_LISTED + 1


async def test_an_answer_is_filled_from_more_than_one_part_of_the_ledger_and_no_further(
    stage: Stage,
) -> None:
    """Given two of three who are meant, then the answer is cut where it is full."""
    people = [held(number, "email" if number % 3 else None) for number in range(1_800)]
    await stage.store(*people)
    first = await list_people(ListPeople(method="email"), stage.world, NOW)
    last = await list_people(ListPeople(method="email", after=first.next), stage.world, NOW)
    assert (len(first.people), len(last.people), last.next) == (MOST_LISTED, 200, None)
    assert len({one.key for answer in (first, last) for one in answer.people}) == 1_200


async def test_where_few_are_meant_an_answer_ends_before_it_has_read_everybody(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Given nobody who is meant, then an answer is empty and says where to go on."""
    monkeypatch.setattr(part_of_people, "MOST_READ", 2 * MOST_LISTED)
    await stage.store(*(held(number, "email") for number in range(2 * MOST_LISTED + 1)))
    first = await list_people(ListPeople(method="sms"), stage.world, NOW)
    assert (first.people, first.next is None) == ((), False)
    last = await list_people(ListPeople(method="sms", after=first.next), stage.world, NOW)
    assert (last.people, last.next) == ((), None)


def test_an_older_sspr_asks_by_the_page_and_is_told_to_be_replaced() -> None:
    """It would read no `nextPage`, take that for the end, and miss people."""
    with pytest.raises(InvalidMessage, match=r"page: .*install the sspr that belongs to this app"):
        ListPeople.read_object({"page": "0"})


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("method", ""),
        ("method", "sms,"),
        ("method", "sms' or 1 eq 1"),
        ("method", "a" * 61),
        ("onlyMethod", ",".join(["sms"] * 200)),
        ("page", "1"),
        ("after", "person-7"),
        ("after", "' or 1 eq 1 or RowKey gt 'person|0000"),
        ("state", "gone"),
    ],
)
def test_a_query_beyond_its_bounds_is_refused_by_name(field: str, value: str) -> None:
    with pytest.raises(InvalidMessage, match=f"{field}: "):
        ListPeople.read_object({field: value})
