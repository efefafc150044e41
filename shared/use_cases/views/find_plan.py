"""Describe plans: what operators were shown of them, and everybody in them."""

from collections.abc import Mapping

from shared.contracts.api.plan_views import PlannedPersonView, PlanPeople, PlanView
from shared.ports.plans import PlannedPerson
from shared.ports.world import World
from shared.use_cases.views.names_in_entra import names_in_entra


async def find_plan(fingerprint: str, world: World) -> PlanView | None:
    """Finds the plan as it was shown, or None if no plan has this fingerprint."""
    kept = await world.plans.find(fingerprint)
    return kept.shown if kept else None


async def list_plan_people(fingerprint: str, page: int, world: World) -> PlanPeople | None:
    """Lists a page of a plan's people, counted from 0; None if no plan has this fingerprint.

    A plan is kept by object ids: names change hands, and are looked up for whoever reads it.
    """
    found = await world.plans.people(fingerprint, page)
    if not found and await world.plans.find(fingerprint) is None:
        return None
    names, missing = await names_in_entra([one.object_id for one in found], world.directory)
    people = tuple(_view(one, names) for one in found)
    return PlanPeople(people=people, next_page=page + 1 if people else None, names_missing=missing)


def _view(person: PlannedPerson, names: Mapping[str, str]) -> PlannedPersonView:
    return PlannedPersonView(
        object_id=person.object_id,
        user_principal_name=names.get(person.object_id),
        action=person.action,
        wave=person.wave,
        reason=person.reason,
    )
