"""Describe operations and plans: what operators asked for, and what they were shown of it."""

from collections.abc import Sequence

from shared.contracts.operator_api import (
    OperationView,
    PlannedPersonView,
    PlanPeople,
    PlanView,
)
from shared.ports import Operation, PlannedPerson, World


def operation_view(operation: Operation) -> OperationView:
    """The operation as it stands."""
    return OperationView(
        key=operation.key,
        kind=operation.kind,
        actor=operation.actor,
        requested_at=operation.requested_at,
        state=operation.state,
        result=operation.result,
        problem=operation.problem,
    )


async def find_plan(fingerprint: str, world: World) -> PlanView | None:
    """The plan as it was shown; None where none has this fingerprint."""
    kept = await world.plans.find(fingerprint)
    return PlanView.model_validate(kept.summary) if kept else None


async def list_plan_people(fingerprint: str, page: int, world: World) -> PlanPeople | None:
    """A page of a plan's people, from 0; None where no plan has this fingerprint."""
    found = await world.plans.people(fingerprint, page)
    if not found and await world.plans.find(fingerprint) is None:
        return None
    return _page(found, page)


def _page(people: Sequence[PlannedPerson], page: int) -> PlanPeople:
    return PlanPeople(
        people=tuple(
            PlannedPersonView(
                object_id=one.object_id, action=one.action, wave=one.wave, reason=one.reason
            )
            for one in people
        ),
        next_page=page + 1 if people else None,
    )
