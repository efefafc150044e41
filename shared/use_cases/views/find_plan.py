"""Describe plans: what operators were shown of them, and everybody in them."""

from shared.contracts.api.plan_views import PlannedPersonView, PlanPeople, PlanView
from shared.ports.world import World


async def find_plan(fingerprint: str, world: World) -> PlanView | None:
    """Finds the plan as it was shown, or None if no plan has this fingerprint."""
    kept = await world.plans.find(fingerprint)
    return kept.shown if kept else None


async def list_plan_people(fingerprint: str, page: int, world: World) -> PlanPeople | None:
    """Lists a page of a plan's people, counted from 0; None if no plan has this fingerprint."""
    found = await world.plans.people(fingerprint, page)
    if not found and await world.plans.find(fingerprint) is None:
        return None
    people = tuple(map(PlannedPersonView.model_validate, found))
    return PlanPeople(people=people, next_page=page + 1 if people else None)
