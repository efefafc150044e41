"""A plan as it is kept, with its people."""

from collections.abc import Mapping
from dataclasses import replace

from shared.adapters.tables.tables import Tables
from shared.contracts.api.counts import CountView
from shared.contracts.api.plan_views import GateNeeds, LosingView, PlannedWave, PlanView
from shared.ports.plans import KeptPlan, PlannedPerson
from tests.support.golden_rows.golden import ADA, BOB, DAY, NOW, Golden

COUNT = CountView(reason="guest", text="A guest.", people=2)
SHOWN = PlanView(
    fingerprint="f00d",
    name="contoso",
    digest="d1",
    planned_at=NOW,
    listed=9,
    eligible=8,
    kept=1,
    additions=3,
    waves=(
        PlannedWave(
            name="pilot",
            selection="5 %",
            soak="P3D",
            begun=True,
            additions=3,
            departments={"IT": 3},
            prompts=2,
            able=1,
            losing=(LosingView(on=DAY, people=1),),
            gates=(GateNeeds(gate="visible", text="95 % seen in Entra"),),
        ),
    ),
    other_additions=(COUNT,),
    skips=(COUNT,),
    removals=(COUNT,),
    drift=(COUNT,),
    unsafe=("additions: too many",),
    warnings=("wave all adds nobody",),
)
_WAVE_BEFORE = SHOWN.waves[0].model_copy(update={"able": 0, "losing": ()})
PLAN = KeptPlan(
    fingerprint="f00d",
    document_text="name: contoso # für alle\n",
    planned_at=NOW,
    actor="ada",
    shown=SHOWN,
)
PLAN_BEFORE_FORECASTS = replace(PLAN, shown=SHOWN.model_copy(update={"waves": (_WAVE_BEFORE,)}))
"""As it was kept before plans told who can reset."""
PEOPLE = [
    PlannedPerson(object_id=ADA, action="add", wave="pilot", reason="in-wave"),
    PlannedPerson(object_id=BOB, action="skip", wave=None, reason="guest"),
]


async def _write_plan(tables: Tables) -> None:
    await tables.plans.keep(PLAN, PEOPLE)


async def _expect_plan(tables: Tables, plan: KeptPlan = PLAN) -> None:
    assert await tables.plans.find(PLAN.fingerprint) == plan
    assert list(await tables.plans.people(PLAN.fingerprint, 0)) == PEOPLE


async def _expect_plan_before_forecasts(tables: Tables) -> None:
    await _expect_plan(tables, PLAN_BEFORE_FORECASTS)


GOLDEN: Mapping[str, Golden] = {
    "plan": Golden(_write_plan, _expect_plan_before_forecasts, written_today=False),
    "plan-with-forecasts": Golden(_write_plan, _expect_plan),
}
