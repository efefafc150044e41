"""Who may be enrolled is what the tenant says, and what the document in force adds to it."""

from dataclasses import replace
from datetime import timedelta

import pytest

from shared.domain.person.people import Attribute
from shared.domain.person.policy import AttributeRule
from shared.domain.rollout.measurements import WorkerSight
from shared.domain.rollout.state import Phase
from shared.use_cases.policy_in_force import policy_in_force
from tests.support.course import standing, ungated
from tests.support.enrolments import BREAK_GLASS, NOW, POLICY
from tests.support.stage import Stage, an_id
from tests.support.waves import document


async def test_before_the_first_document_the_tenants_rules_hold(stage: Stage) -> None:
    assert await policy_in_force(stage.world) == POLICY


def sight(worker: str, days: int, domains: tuple[str, ...] | None) -> WorkerSight:
    return WorkerSight(
        worker=worker,
        seen_at=NOW + timedelta(days=days),
        directory_answers=True,
        sync_succeeded=None,
        domains=domains,
    )


@pytest.mark.parametrize(
    ("sights", "served"),
    [
        ([], None),
        ([sight("old", 0, None)], None),
        ([sight("a", 0, ("x", "y")), sight("b", 1, ("y", "z")), sight("old", 1, None)], {"y"}),
        ([sight("gone", 0, ("x",)), sight("b", 8, ("y",))], {"y"}),
    ],
)
async def test_the_domains_are_served_that_every_worker_says_it_serves(
    stage: Stage, sights: list[WorkerSight], served: set[str] | None
) -> None:
    """Given one queue for all, then any may be asked; who is long silent does not count."""
    await stage.world.workers.sighted(sights)
    assert (await policy_in_force(stage.world)).served_domains == served


async def test_the_documents_rules_come_on_top_and_the_tenants_stay(stage: Stage) -> None:
    rule = AttributeRule(Attribute.DEPARTMENT, frozenset({"legal"}))
    of = document(
        ungated("pilot", 1),
        excluded_group_ids=frozenset({"a group"}),
        excluded_attributes=(rule,),
        excluded_object_ids=frozenset({an_id(1)}),
        population_group_ids=frozenset({"the population"}),
    )
    await stage.applies(standing(of, Phase.SOAKING, 1))
    assert await policy_in_force(stage.world) == replace(
        POLICY,
        excluded_group_ids=frozenset({BREAK_GLASS, "a group"}),
        excluded_attributes=(rule,),
        excluded_object_ids=frozenset({an_id(1)}),
        population_group_ids=frozenset({"the population"}),
    )


async def test_another_document_takes_the_place_of_the_one_before(stage: Stage) -> None:
    excluding = document(ungated("pilot", 1), excluded_object_ids=frozenset({an_id(1)}))
    await stage.applies(standing(excluding, Phase.SOAKING, 1))
    await stage.applies(standing(document(ungated("pilot", 1)), Phase.ABORTED, 1))
    assert (await policy_in_force(stage.world)).excluded_object_ids == frozenset()
