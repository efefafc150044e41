"""A plan is drawn of everything that a document would do, shown and kept, and nothing is done."""

import pytest

from shared.contracts.api.plan_views import PlanView
from shared.domain.errors import DirectoryUnavailable, InvalidMessage, NotPossible, UnsafePlan
from shared.domain.person.enrolment import Cause, CauseKind, Claim, State
from shared.domain.person.reasons import Reason
from shared.domain.rollout.state import Phase
from shared.use_cases.rollout.plan_rollout import MOST_STRATA
from tests.support.course import (
    gated,
    member,
    plans,
    populate,
    put_into_force,
    ring_text,
    shown,
    staged,
    standing,
    states,
    text_of,
)
from tests.support.enrolments import NOW, SCOPE
from tests.support.processes import Death, ProcessDied, deaths, process
from tests.support.stage import Stage, a_stage, an_id
from tests.support.waves import document

TWO_WAVES = text_of(ring_text("pilot", 1, 2), {"name": "all", "percent": 100})


async def plan(stage: Stage, text: str = TWO_WAVES) -> PlanView:
    return await plans(text, stage.world)


async def kept_people(stage: Stage, fingerprint: str) -> set[tuple[str, str, str | None, str]]:
    people = await stage.another().plans.people(fingerprint, 0)
    return {(one.object_id, one.action, one.wave, one.reason) for one in people}


async def test_a_plan_tells_of_everybody_and_touches_nobody(stage: Stage) -> None:
    populate(stage, 3)
    stage.arrive(4, enabled=False)
    summary = await plan(stage)
    assert (summary.listed, summary.eligible, summary.additions) == (5, 3, 3)
    assert [(one.name, one.additions) for one in summary.waves] == [
        ("pilot", 2),
        ("all", 1),
    ]
    assert {(one.reason, one.people) for one in summary.skips} == {
        ("administrator", 1),
        ("disabled", 1),
    }
    assert states(stage) == {}
    assert stage.storage.rollout is None


async def test_a_plan_is_kept_with_everybody_in_it(stage: Stage) -> None:
    populate(stage, 2)
    stage.arrive(4, enabled=False)
    summary = await plan(stage)
    kept = await stage.another().plans.find(summary.fingerprint)
    assert kept is not None
    assert (kept.document_text, kept.actor, kept.planned_at) == (TWO_WAVES, "ada", NOW)
    assert kept.shown == summary
    assert await kept_people(stage, summary.fingerprint) == {
        (an_id(1), "add", "pilot", "wave"),
        (an_id(2), "add", "pilot", "wave"),
        (an_id(4), "skip", "all", "disabled"),
        (an_id(0), "skip", "all", "administrator"),
    }


async def test_removals_drift_and_those_asked_for_by_name_are_in_it_too(stage: Stage) -> None:
    populate(stage, 5)
    await put_into_force(stage, TWO_WAVES)
    by_event = Claim(Cause(CauseKind.EVENT, "event-1", "hr"))
    await stage.store(
        member(1, State.VISIBLE, "gone", claims=()),
        member(2, State.VISIBLE),
        member(3, State.WITHDRAWN, claims=(by_event,)),
    )
    stage.tenant.join(SCOPE, an_id(1), an_id(4))
    summary = await plan(stage, text_of(ring_text("later", 9)))
    people = await kept_people(stage, summary.fingerprint)
    assert people == {
        (an_id(1), "remove", None, "no-longer-wanted"),
        (an_id(2), "drift", None, "removed-by-hand"),
        (an_id(3), "add", None, "event"),
        (an_id(4), "drift", None, "added-by-hand"),
    }
    assert [one.reason for one in summary.other_additions] == ["event"]


async def test_before_the_first_rollout_nobodys_membership_is_drift(stage: Stage) -> None:
    populate(stage, 2)
    stage.tenant.join(SCOPE, an_id(2))
    assert (await plan(stage, text_of(ring_text("pilot", 1)))).drift == ()


async def test_who_is_in_by_an_earlier_wave_of_the_same_name_is_pointed_out(stage: Stage) -> None:
    populate(stage, 3)
    await stage.store(member(3, State.VISIBLE, "pilot"))
    (warning, *_) = (await plan(stage)).warnings
    assert warning.startswith("wave pilot: 1 person is in by an earlier wave of that name")


async def test_the_same_world_has_the_same_fingerprint_and_another_one_another(
    stage: Stage,
) -> None:
    populate(stage, 3)
    first = await shown(stage, TWO_WAVES)
    assert await shown(stage, TWO_WAVES) == first
    stage.arrive(4)
    assert await shown(stage, TWO_WAVES) != first


# What cannot be planned


@pytest.mark.parametrize(
    ("field", "scope"),
    [
        ("scope.group", {"group": an_id(1), "topology": "nested"}),
        ("scope.topology", {"group": SCOPE, "topology": "cloud"}),
    ],
)
async def test_a_document_of_another_scope_is_refused(
    stage: Stage, field: str, scope: dict[str, str]
) -> None:
    populate(stage, 1)
    with pytest.raises(InvalidMessage) as refused:
        await plan(stage, text_of(ring_text("pilot", 1), scope=scope))
    assert refused.value.field == field


async def test_what_is_no_document_is_refused_before_anybody_is_listed(stage: Stage) -> None:
    with pytest.raises(InvalidMessage):
        await plan(stage, "name: contoso")
    assert stage.turns.points == []


async def test_a_group_that_is_not_there_is_no_empty_one(stage: Stage) -> None:
    populate(stage, 1)
    with pytest.raises(UnsafePlan, match="is not there"):
        await plan(stage, text_of({"name": "desk", "group": an_id(77)}))


async def test_a_wave_that_has_begun_stays_in_its_place() -> None:
    stage = await staged(standing(document(gated("pilot", 1)), Phase.SOAKING, 1), 1)
    with pytest.raises(NotPossible):
        await plan(stage, text_of(ring_text("another", 1), salt="salt"))


@pytest.mark.parametrize("departments", [MOST_STRATA, MOST_STRATA + 1])
async def test_a_rollout_is_balanced_across_so_many_values_and_no_more(
    stage: Stage, departments: int
) -> None:
    populate(stage, 0)
    # Of the administrator nobody knows the department, and they are not eligible.
    for number in range(1, departments + 1):
        stage.arrive(number, department=f"department {number}")
    text = text_of({"name": "half", "percent": 50}, balance="department")
    if departments <= MOST_STRATA:
        await plan(stage, text)
        return
    with pytest.raises(InvalidMessage) as refused:
        await plan(stage, text)
    assert refused.value.field == "balance"


@pytest.mark.parametrize(
    "call",
    ["directory.administrator_ids", "directory.everybody", "directory.registered"],
)
async def test_while_graph_is_away_nothing_is_kept(stage: Stage, call: str) -> None:
    populate(stage, 1)
    stage.turns.fail(call, DirectoryUnavailable("Graph is away"))
    with pytest.raises(DirectoryUnavailable):
        await plan(stage, text_of(ring_text("pilot", 1)))
    assert stage.storage.plans == {}


async def test_planning_that_dies_anywhere_is_done_again_to_the_same_end() -> None:
    async def dies(death: Death) -> None:
        stage = a_stage()
        populate(stage, 2)
        try:
            first = await plans(TWO_WAVES, process(stage, death))
        except ProcessDied:
            first = await plans(TWO_WAVES, stage.another())
        assert stage.storage.plans.keys() == {first.fingerprint}
        assert len(await kept_people(stage, first.fingerprint)) == 3
        assert states(stage) == {}

    for death in deaths():
        await dies(death)


async def test_how_many_would_be_asked_to_register_is_told(stage: Stage) -> None:
    populate(stage, 3)
    stage.tenant.registered.add(an_id(1))
    summary = await plan(stage)
    assert [one.prompts for one in summary.waves] == [1, 1]
    assert Reason.ADMINISTRATOR in {one.reason for one in summary.skips}
