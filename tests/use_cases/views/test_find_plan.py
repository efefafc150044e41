"""A plan is found again as it was shown, with everybody in it, page by page."""

from shared.adapters.memory.plans import MemoryPlans
from shared.contracts.api.plan_views import PlanView
from shared.domain.errors import DirectoryUnavailable
from shared.ports.plans import KeptPlan, PlannedPerson
from shared.use_cases.views.find_plan import find_plan, list_plan_people
from tests.support.course import plans, populate, ring_text, text_of
from tests.support.enrolments import NOW
from tests.support.stage import Stage, an_id

UNKNOWN = "0" * 64


async def _shown(stage: Stage) -> PlanView:
    populate(stage, 1)
    return await plans(text_of(ring_text("pilot", 1)), stage.another())


async def keep(stage: Stage, people: int) -> None:
    """A plan of so many people, by the fingerprint `plan`."""
    shown = await _shown(stage)
    plan = KeptPlan(fingerprint="plan", document_text="", planned_at=NOW, actor="ada", shown=shown)
    lines = (
        PlannedPerson(object_id=an_id(number), action="add", wave="pilot", reason="wave")
        for number in range(people)
    )
    await MemoryPlans(stage.storage).keep(plan, lines)


async def test_a_plan_is_shown_again_as_it_was(stage: Stage) -> None:
    populate(stage, 2)
    text = text_of(ring_text("pilot", 1, 2))
    plan = await plans(text, stage.another())
    assert await find_plan(plan.fingerprint, stage.world) == plan


async def test_a_plan_that_was_never_shown_is_none(stage: Stage) -> None:
    assert await find_plan(UNKNOWN, stage.world) is None
    assert await list_plan_people(UNKNOWN, 0, stage.world) is None


async def test_everybody_is_listed_page_by_page_up_to_an_empty_one(stage: Stage) -> None:
    await keep(stage, 2_001)
    sizes, following = [], []
    for page in range(3):
        view = await list_plan_people("plan", page, stage.world)
        assert view is not None
        sizes.append(len(view.people))
        following.append(view.next_page)
    assert following == [1, 2, None]
    assert sizes == [2_000, 1, 0]


async def test_a_line_says_who_and_why(stage: Stage) -> None:
    await keep(stage, 1)
    view = await list_plan_people("plan", 0, stage.world)
    assert view is not None
    (person,) = view.people
    assert (person.object_id, person.action, person.wave) == (an_id(0), "add", "pilot")


async def test_a_line_has_the_name_that_entra_has_now(stage: Stage) -> None:
    await keep(stage, 3)
    view = await list_plan_people("plan", 0, stage.world)
    assert view is not None
    there = {one.object_id: one.ref.user_principal_name for one in stage.tenant.people.values()}
    named = {one.object_id: one.user_principal_name for one in view.people}
    # Of those whom the plan names some are not there any more, and have no name.
    assert named == {an_id(number): there.get(an_id(number)) for number in range(3)}
    assert {name is None for name in named.values()} == {True, False}
    assert view.names_missing is None


async def test_without_entra_everybody_is_listed_and_it_says_why_names_are_missing(
    stage: Stage,
) -> None:
    await keep(stage, 2)
    stage.turns.fail("directory.names", DirectoryUnavailable("Graph is away"))
    view = await list_plan_people("plan", 0, stage.world)
    assert view is not None
    assert [one.object_id for one in view.people] == [an_id(0), an_id(1)]
    assert {one.user_principal_name for one in view.people} == {None}
    assert view.names_missing is not None


async def test_a_plan_that_touches_nobody_has_an_empty_page(stage: Stage) -> None:
    await keep(stage, 0)
    view = await list_plan_people("plan", 0, stage.world)
    assert view is not None
    assert (view.people, view.next_page) == ((), None)
