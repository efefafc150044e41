"""A forecast tells in a sentence what would become of somebody whom nothing has asked for yet."""

from dataclasses import replace
from typing import Any

import pytest

from shared.contracts.api.people_views import ForecastView
from shared.domain.errors import DirectoryUnavailable
from shared.domain.person.people import Attribute
from shared.domain.person.reasons import Reason
from shared.domain.rollout.cohort import EVERYBODY
from shared.domain.rollout.document import Count, Document, Share
from shared.domain.rollout.state import Phase
from shared.use_cases.views.describe_forecast import describe_forecast
from tests.support.course import ADMINISTRATOR, populate, standing, ungated
from tests.support.enrolments import DAY, NOW, SCOPE
from tests.support.stage import Stage, an_id
from tests.support.waves import document, wave

PILOT, EARLY = ungated("pilot", 1), ungated("early", 2)
OF = document(PILOT, EARLY)
HIRING = replace(OF, new_hires_since=(NOW - DAY).date())


async def forecast(stage: Stage, number: int = 1) -> ForecastView:
    (view,) = await describe_forecast([stage.tenant.people[an_id(number)]], stage.world, NOW)
    return view


async def under(
    stage: Stage, of: Document = OF, phase: Phase = Phase.SOAKING, started: int = 1, **changes: Any
) -> None:
    populate(stage, 3)
    await stage.applies(standing(of, phase, started, **changes))


async def test_of_nobody_nothing_is_asked(stage: Stage) -> None:
    assert await describe_forecast([], stage.world, NOW) == ()
    assert stage.turns.points == []


async def test_without_a_rollout_there_is_nothing_to_come(stage: Stage) -> None:
    populate(stage, 1)
    view = await forecast(stage)
    assert (view.text, view.position, view.wave) == ("There is no rollout.", None, None)
    assert view.employee_id == "1"


async def test_a_wave_that_has_begun_asks_for_its_people_at_the_next_look(stage: Stage) -> None:
    await under(stage)
    view = await forecast(stage)
    assert (view.wave, view.begun, view.new_hire, view.refusal) == ("pilot", True, False, None)
    assert view.text == (
        "Wave pilot (a ring of 1) means this person; it has begun and asks for them at the next "
        "look."
    )
    assert view.position is not None
    assert 0 <= view.position < 1


async def test_a_wave_that_has_not_begun_would_put_them_in(stage: Stage) -> None:
    await under(stage)
    view = await forecast(stage, 2)
    assert (view.wave, view.begun) == ("early", False)
    assert view.text.endswith("would put this person in; it has not begun.")


async def test_while_the_rollout_is_paused_they_wait(stage: Stage) -> None:
    await under(stage, phase=Phase.PAUSED)
    assert (await forecast(stage)).text.endswith("it has begun and waits: the rollout is paused.")


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"phase": Phase.ABORTED}, "The rollout was aborted; it puts nobody in any more."),
        (
            {"rolled_back": frozenset({"pilot"}), "phase": Phase.PAUSED},
            "Wave pilot (a ring of 1) means this person, and was rolled back.",
        ),
    ],
)
async def test_a_rollout_that_was_stopped_says_so(
    stage: Stage, changes: dict[str, Any], text: str
) -> None:
    await under(stage, **changes)
    assert (await forecast(stage)).text == text


async def test_whom_no_wave_means_is_told_so(stage: Stage) -> None:
    await under(stage)
    view = await forecast(stage, 3)
    assert (view.wave, view.text) == (None, "No wave of the rollout means this person.")


@pytest.mark.parametrize(
    ("phase", "onward"),
    [
        (Phase.SOAKING, "asks for them at the next look"),
        (Phase.PAUSED, "waits: the rollout is paused"),
    ],
)
async def test_a_new_hire_waits_for_no_wave(stage: Stage, phase: Phase, onward: str) -> None:
    await under(stage, HIRING, phase)
    person = stage.tenant.people[an_id(3)]
    stage.tenant.put(replace(person, hire_date=NOW, department="Sales"))
    view = await forecast(stage, 3)
    assert (view.new_hire, view.department) == (True, "Sales")
    assert view.text == f"The rule for new hires means this person and {onward}."


async def test_who_may_not_be_enrolled_is_told_why(stage: Stage) -> None:
    await under(stage)
    view = await forecast(stage, ADMINISTRATOR)
    assert (view.refusal, view.refusal_text) == (
        Reason.ADMINISTRATOR,
        Reason.ADMINISTRATOR.text,
    )
    assert view.text == f"Not eligible: {Reason.ADMINISTRATOR.text}"


async def test_the_documents_rules_count_and_not_the_tenants_alone(stage: Stage) -> None:
    await under(stage, replace(OF, excluded_object_ids=frozenset({an_id(1)})))
    assert (await forecast(stage)).refusal == Reason.EXCLUDED_PERSON


async def test_whom_somebody_else_put_in_is_pointed_out(stage: Stage) -> None:
    await under(stage)
    stage.tenant.join(SCOPE, an_id(1))
    view = await forecast(stage)
    assert view.member
    assert view.text.startswith("Somebody else put this person into the scope group. Wave pilot")


@pytest.mark.parametrize(
    ("selections", "sure"),
    [
        ((Count(1),), "it may be none"),
        ((Count(1), Share(1.0)), "w2 (100 %) does at the latest"),
    ],
)
async def test_what_only_a_plan_can_tell_is_said_to_depend_on_everybody(
    stage: Stage, selections: tuple[Count | Share, ...], sure: str
) -> None:
    waves = (wave(f"w{place}", selection=one) for place, one in enumerate(selections, 1))
    await under(stage, document(*waves), Phase.PLANNED, 0)
    view = await forecast(stage)
    assert view.wave is None
    assert f"depends on everybody else; {sure}. `sspr plan`" in view.text


async def test_a_cut_that_is_fixed_needs_no_plan_even_where_it_is_balanced(stage: Stage) -> None:
    balanced = document(wave("all", selection=Share(0.5)), balance=Attribute.DEPARTMENT)
    populate(stage, 1)
    rollout = standing(balanced, Phase.SOAKING, 1)
    await stage.applies(replace(rollout, cuts=(EVERYBODY,)))
    assert (await forecast(stage)).wave == "all"


async def test_each_is_told_of(stage: Stage) -> None:
    await under(stage)
    people = [stage.tenant.people[an_id(number)] for number in (1, 2, 3)]
    views = await describe_forecast(people, stage.world, NOW)
    assert [one.object_id for one in views] == [an_id(1), an_id(2), an_id(3)]


async def test_while_graph_is_away_no_forecast_is_made_up(stage: Stage) -> None:
    await under(stage)
    stage.turns.fail("directory.memberships", DirectoryUnavailable("Graph is away"))
    with pytest.raises(DirectoryUnavailable):
        await forecast(stage)
