"""The port `Plans`, in memory."""

from collections.abc import Iterable, Sequence

from shared.adapters.memory.as_json import AsJson
from shared.adapters.memory.storage import Storage
from shared.adapters.memory.turns import Pause, straight_on
from shared.ports.plans import KeptPlan, PlannedPerson

_PLAN = AsJson(KeptPlan, "Plan")
_PAGE = 2_000


class MemoryPlans:
    """Plans with their people, kept wholly or not at all."""

    def __init__(self, storage: Storage, pause: Pause = straight_on, *, page: int = _PAGE) -> None:
        """Opens this storage; `page` is how many people a page has."""
        self._storage = storage
        self._pause = pause
        self._page = page

    async def keep(self, plan: KeptPlan, people: Iterable[PlannedPerson]) -> None:
        """Keeps a plan and everybody in it; a plan kept again changes nothing.

        Raises:
            InvalidMessage: the document and the summary are larger than the ledger takes.
        """
        await self._pause("plans.keep")
        whole = _PLAN.of(plan), tuple(people)
        await self._pause("plans.keep commit")
        self._storage.plans.setdefault(plan.fingerprint, whole)
        await self._pause("plans.keep done")

    async def find(self, fingerprint: str) -> KeptPlan | None:
        """Returns the plan with this fingerprint; None where there is none."""
        await self._pause("plans.find")
        kept = self._storage.plans.get(fingerprint)
        return _PLAN.read(kept[0]) if kept else None

    async def people(self, fingerprint: str, page: int) -> Sequence[PlannedPerson]:
        """Returns a page of a plan's people, counted from 0; empty after the last."""
        await self._pause("plans.people")
        kept = self._storage.plans.get(fingerprint)
        people = kept[1] if kept else ()
        return list(people[page * self._page : (page + 1) * self._page])
