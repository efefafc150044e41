"""A gate that nobody has heard of: given to the registry, it is everywhere."""

import io
import json
from dataclasses import replace
from datetime import timedelta

import jsonschema_rs
import pytest
from rich.console import Console

from cli.render.rollout import gates_view
from shared.adapters.tables.json_columns import JsonColumns
from shared.contracts.api.plan_views import PlanView
from shared.contracts.api.rollout_views import EvaluationsView
from shared.contracts.documents.rollout_document import RolloutLanguage, json_schema, read
from shared.domain.errors import InvalidMessage
from shared.domain.person.enrolment import Cause, CauseKind, Claim, State
from shared.domain.rollout.evaluation import evaluate
from shared.domain.rollout.gate import Evaluation, Gate, Outcome, Result
from shared.domain.rollout.gates.kind import (
    FAILURE_LIMIT,
    GateKind,
    Guide,
    Prospect,
    Sample,
    Unit,
    Whole,
    kind_of,
    minimum_sample,
    registry_of,
    threshold,
)
from shared.domain.rollout.gates.look import Look
from shared.domain.rollout.gates.registry import GATES
from shared.domain.rollout.progress import judge
from shared.domain.rollout.state import Phase
from shared.use_cases.rollout.look_at_gates import look_at_gates
from shared.use_cases.views.describe_plan import describe_plan
from shared.use_cases.views.describe_rollout import evaluation_view
from tests.support.documented_tables import filled_in, pages
from tests.support.enrolments import enrolment
from tests.support.plans import Situation
from tests.support.stage import a_stage
from tests.support.waves import LATER, NOW, document, measured, rollout, under, wave


def _judge(gate: Gate, look: Look) -> Result:
    failed = look.people({State.FAILED})
    outcome = Outcome.FAILED if failed > gate.threshold else Outcome.PASSED
    text = f"{failed} are stuck"
    return Result(gate=gate, outcome=outcome, value=failed, sample=failed, text=text)


def _doubt(_gate: Gate, prospect: Prospect) -> str | None:
    return None if prospect.adds else "nobody can get stuck"


STUCK = GateKind(
    name="stuckPeople",
    meaning="How many of the wave's people may have failed.",
    summary="People who failed.",
    standard=True,
    parameters=(
        FAILURE_LIMIT,
        threshold(2, "At most so many people.", Whole(0, 9)),
        minimum_sample(1, "With fewer people in the wave the gate is inconclusive."),
    ),
    judge=_judge,
    condition=lambda gate: f"at most {gate.threshold:g} people stuck",
    doubt=_doubt,
    unit=Unit.PEOPLE,
    sample=Sample.WAVE,
    guide=Guide(
        threshold="at most {} stuck",
        window="",
        looks_at="the wave's people who failed",
        passes="at most the threshold",
        fails="more",
        inconclusive="never",
        cause="they were refused",
        remedy="`sspr user` of one of them",
    ),
)
KINDS = registry_of(*GATES.values(), STUCK)
LANGUAGE = RolloutLanguage(KINDS)
GATE = Gate(kind="stuckPeople", threshold=2, window=timedelta())
UNDER = under(GATE)
TEXT = """\
schema: sspr-rollout/rollout/1
name: sspr
scope: {group: 2f7c1c6e-6a5e-4a07-9f0c-2c8d6a1b7e11, topology: cloud}
waves:
  - {name: pilot, count: 5}
  - {name: others, percent: 100, gates: {stuckPeople: {threshold: 4}}}
"""


def seen(failed: int) -> Evaluation:
    """A look at a wave with this gate alone, and so many who failed."""
    facts = measured({State.FAILED: failed})
    return evaluate(UNDER, facts, LATER, KINDS)


def test_the_schema_has_a_key_for_it_with_the_bounds_of_its_parameters() -> None:
    schema = LANGUAGE.json_schema()
    part = schema["$defs"]["StuckPeople"]
    assert schema["$defs"]["Gates"]["properties"]["stuckPeople"]["description"] == (
        "Standard. People who failed."
    )
    assert part["description"] == STUCK.meaning
    assert list(part["properties"]) == ["failureLimit", "threshold", "minimumSample"]
    assert part["properties"]["threshold"] == {
        "default": 2,
        "description": "At most so many people.",
        "maximum": 9,
        "minimum": 0,
        "title": "Threshold",
        "type": "integer",
    }
    jsonschema_rs.meta.validate(schema)


def test_a_document_is_read_with_its_defaults_and_with_what_a_wave_says() -> None:
    pilot, others = LANGUAGE.read(TEXT).waves
    assert [gate.kind for gate in pilot.gates][-1] == "stuckPeople"
    assert pilot.gates[-1].threshold == 2
    assert (others.gates[-1].threshold, others.gates[-1].failure_limit) == (4, 3)


def test_a_mistake_in_it_is_found_on_its_line() -> None:
    [found] = LANGUAGE.findings(TEXT.replace("threshold: 4", "threshold: 10"))
    assert str(found) == "line 6: waves[1].gates.stuckPeople.threshold: write at most 9"
    [unknown] = LANGUAGE.findings(TEXT.replace("stuckPeople", "stuckpeople"))
    assert "did you mean `stuckPeople`?" in unknown.reason
    small = TEXT.replace("count: 5", "count: 5, gates: {stuckPeople: {minimumSample: 6}}")
    assert "gate stuckPeople wants 6 people" in str(*LANGUAGE.findings(small))


def test_the_language_that_is_published_knows_nothing_of_it() -> None:
    assert "stuckPeople" not in json.dumps(json_schema())
    with pytest.raises(InvalidMessage, match="no such key"):
        read(TEXT)


def test_an_evaluation_has_its_verdict_and_a_failure_pauses_the_rollout() -> None:
    assert seen(2).outcome is Outcome.PASSED
    assert seen(3).outcome is Outcome.FAILED
    paused = judge(UNDER, seen(3), LATER).pause
    assert paused
    assert paused.detail == "gate stuckPeople failed: 3 are stuck"


async def test_the_clock_looks_at_it_and_keeps_what_it_said() -> None:
    stage = a_stage()
    claim = Claim(Cause(CauseKind.WAVE, "pilot", "clock"))
    await stage.store(enrolment(State.FAILED, claims=(claim,)))
    strict = under(replace(GATE, threshold=0))
    stored = await stage.world.rollouts.replace(None, strict, action="apply", now=NOW)
    after, _ = await look_at_gates(stored, stage.world, LATER, KINDS)
    assert after.rollout.phase is Phase.PAUSED
    [kept] = await stage.world.rollouts.evaluations(1)
    assert kept.decision == "paused: gate stuckPeople failed: 1 are stuck"


def test_what_is_stored_of_it_is_read_again() -> None:
    columns = JsonColumns(Evaluation, "Evaluation")
    assert columns.read(columns.of(seen(3))) == seen(3)


def test_it_is_inconclusive_where_another_version_wrote_it() -> None:
    [result] = evaluate(UNDER, measured(), LATER).results
    assert (result.outcome, result.text) == (
        Outcome.INCONCLUSIVE,
        "this version knows no such gate",
    )
    assert kind_of("stuckPeople", GATES).condition(GATE) == result.text


def test_a_plan_shows_what_it_asks_and_what_stands_against_it() -> None:
    view = planned()
    asked = {gate.gate: gate.text for gate in view.waves[0].gates}
    assert asked == {"stuckPeople": "at most 2 people stuck"}
    assert "wave pilot, gate stuckPeople: nobody can get stuck" in view.warnings


def planned() -> PlanView:
    of = rollout(Phase.PLANNED, document(wave("pilot", GATE)), started=0)
    plan = Situation(of).plan(through=1)
    return describe_plan(plan, of, None, registered={}, claimed={}, now=LATER, kinds=KINDS)


def test_the_command_line_shows_its_numbers_in_its_unit() -> None:
    looked = EvaluationsView(evaluations=(evaluation_view(seen(3), KINDS),))
    console = Console(record=True, width=160, file=io.StringIO(), color_system=None)
    console.print(gates_view(looked))
    [line] = [line for line in console.export_text().splitlines() if "stuckPeople" in line]
    assert line.split()[:4] == ["failed", "stuckPeople", "3", "2"]


def test_the_documentation_has_a_row_for_it_in_each_of_its_tables() -> None:
    rows = {
        "rollout-document": "| `stuckPeople` | yes | at most 2 stuck | | 1 person | 3 |",
        "rollouts": "| `stuckPeople` | the wave's people who failed | at most the threshold | more "
        "| never |",
        "operations": "| `stuckPeople` | they were refused | `sspr user` of one of them |",
    }
    made = {page.stem: filled_in(page.read_text(), tables) for page, tables in pages(KINDS).items()}
    assert [name for name, row in rows.items() if f"\n{row}\n" not in made[name]] == []


def test_two_kinds_cannot_have_one_name() -> None:
    with pytest.raises(ValueError, match="two kinds"):
        registry_of(STUCK, STUCK)
