"""Plans that were shown and may be applied."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from shared.contracts.api.plan_views import PlanView


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedPerson:
    """One line of a plan for people to read."""

    object_id: str
    action: str
    """`add`, `remove`, `skip`, `drift`, or `lose`: has SSPR, and would not have it by the group."""
    wave: str | None
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptPlan:
    """A plan that was shown to an operator."""

    fingerprint: str
    document_text: str
    planned_at: datetime
    actor: str
    shown: PlanView
    """What the operator saw; kept as it is, so that a field that it gains needs a default."""


class Plans(Protocol):
    """Plans that may be applied, by their fingerprint."""

    async def keep(self, plan: KeptPlan, people: Iterable[PlannedPerson]) -> None:
        """Keeps a plan and everybody in it; a plan kept again changes nothing."""

    async def find(self, fingerprint: str) -> KeptPlan | None:
        """Returns the plan with this fingerprint, or None if there is none."""

    async def people(self, fingerprint: str, page: int) -> Sequence[PlannedPerson]:
        """Returns a page of a plan's people, from 0; it is empty after the last page."""
