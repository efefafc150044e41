"""Describe plans: what operators were shown of them, and everybody in them."""

from collections.abc import Mapping, Sequence

from shared.contracts.api.plan_views import PlannedPersonView, PlanPeople, PlanView
from shared.domain.errors import DirectoryUnavailable
from shared.ports.plans import PlannedPerson
from shared.ports.world import World

_NOT_ASKED = "Entra could not be asked for the names of some people; ask again"


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
    names, missing = await _names(found, world)
    people = tuple(_view(one, names) for one in found)
    return PlanPeople(people=people, next_page=page + 1 if people else None, names_missing=missing)


async def _names(
    people: Sequence[PlannedPerson], world: World
) -> tuple[Mapping[str, str], str | None]:
    """Returns names by object id, and why there are none."""
    if not people:
        return {}, None
    try:
        return await world.directory.names([one.object_id for one in people]), None
    except DirectoryUnavailable:
        return {}, _NOT_ASKED


def _view(person: PlannedPerson, names: Mapping[str, str]) -> PlannedPersonView:
    return PlannedPersonView(
        object_id=person.object_id,
        user_principal_name=names.get(person.object_id),
        action=person.action,
        wave=person.wave,
        reason=person.reason,
    )
