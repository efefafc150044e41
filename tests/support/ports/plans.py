"""A plan that was shown, with as many people in it as a test wants."""

from collections.abc import Iterator, Sequence

from shared.contracts.api.plan_views import PlanView
from shared.ports.plans import KeptPlan, PlannedPerson, Plans
from tests.support.cli_samples import plan
from tests.support.ports.people import NOW, object_id

PLAN = KeptPlan(
    fingerprint="f00d" * 16,
    document_text="name: contoso # für alle\n",
    planned_at=NOW,
    actor="ada",
    shown=PlanView.model_validate(plan()),
)


def planned_people(count: int, reason: str = "in-wave") -> Iterator[PlannedPerson]:
    for number in range(count):
        wave = None if number % 3 else "Wave 人"
        yield PlannedPerson(
            object_id=object_id(number), action="add", wave=wave, reason=f"{reason} {number}"
        )


async def everybody_in(plans: Plans, fingerprint: str) -> list[Sequence[PlannedPerson]]:
    pages: list[Sequence[PlannedPerson]] = []
    while page := await plans.people(fingerprint, len(pages)):
        pages.append(page)
    return pages
