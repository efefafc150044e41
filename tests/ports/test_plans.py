"""Plans that were shown, with everybody in them, by the page."""

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from shared.domain.errors import InvalidMessage
from shared.ports.plans import PlannedPerson, Plans
from tests.support.ports.kept import Kept, Opening
from tests.support.ports.people import NOW
from tests.support.ports.plans import PLAN, everybody_in, planned_people


@pytest.fixture
def plans(tables: Kept) -> Plans:
    return tables.plans


async def test_a_plan_that_was_never_kept_is_not_found(plans: Plans) -> None:
    for fingerprint in ("f00d", r"what/\#?%' ever"):
        assert await plans.find(fingerprint) is None
        assert await plans.people(fingerprint, 0) == []


async def test_a_plan_is_found_again_with_everybody_in_order_by_the_page(
    plans: Plans,
) -> None:
    people = list(planned_people(4500))
    await plans.keep(PLAN, iter(people))
    assert await plans.find(PLAN.fingerprint) == PLAN
    pages = await everybody_in(plans, PLAN.fingerprint)
    assert [len(page) for page in pages] == [2000, 2000, 500]
    assert [person for page in pages for person in page] == people


async def test_a_plan_of_nobody_is_a_plan(plans: Plans) -> None:
    await plans.keep(PLAN, [])
    assert await plans.find(PLAN.fingerprint) == PLAN
    assert await plans.people(PLAN.fingerprint, 0) == []


async def test_a_plan_kept_again_changes_nothing(plans: Plans) -> None:
    await plans.keep(PLAN, planned_people(3))
    later = replace(PLAN, planned_at=NOW + timedelta(hours=1), actor="grace")
    await plans.keep(later, planned_people(2, "otherwise"))
    assert await plans.find(PLAN.fingerprint) == PLAN
    assert await everybody_in(plans, PLAN.fingerprint) == [list(planned_people(3))]


async def test_a_plan_whose_keeping_was_interrupted_is_not_found_and_can_be_kept(
    plans: Plans,
) -> None:
    """What the first try left behind is not taken for the second one's."""

    def interrupted() -> Iterator[PlannedPerson]:
        yield from planned_people(60_000)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        await plans.keep(PLAN, interrupted())
    assert await plans.find(PLAN.fingerprint) is None
    assert await plans.people(PLAN.fingerprint, 0) == []
    again = replace(PLAN, planned_at=NOW + timedelta(minutes=1))
    await plans.keep(again, planned_people(3, "otherwise"))
    assert await plans.find(PLAN.fingerprint) == again
    assert await everybody_in(plans, PLAN.fingerprint) == [list(planned_people(3, "otherwise"))]


async def test_of_two_who_keep_the_same_plan_at_once_one_is_whole(opening: Opening) -> None:
    mine, yours = PLAN, replace(PLAN, planned_at=NOW + timedelta(seconds=1), actor="grace")
    async with (
        opening() as one,
        opening() as other,
    ):
        await asyncio.gather(
            one.plans.keep(mine, planned_people(2500, "mine")),
            other.plans.keep(yours, planned_people(2500, "yours")),
        )
        kept = await one.plans.find(PLAN.fingerprint)
        pages = await everybody_in(one.plans, PLAN.fingerprint)
    assert kept in (mine, yours)
    whose = "mine" if kept == mine else "yours"
    assert [person for page in pages for person in page] == list(planned_people(2500, whose))


async def test_a_plan_that_no_row_can_hold_is_refused_with_its_size(plans: Plans) -> None:
    large = replace(PLAN, document_text="x" * 600_000)
    with pytest.raises(InvalidMessage, match=r"plan: takes 1,\d\d\d,\d\d\d bytes"):
        await plans.keep(large, [])
