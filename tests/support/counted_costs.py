"""What a rollout to so many people takes: messages and rows, counted on the world in memory.

`python -m tests.support.counted_costs 3000` counts a rollout without a worker, in one wave, until
everybody can reset a password.
"""

import asyncio
import json
import sys
from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import structlog

from shared.contracts.api.operation_orders import ApplyOrder, PlanOrder
from shared.domain.person.people import Person, UserRef
from shared.domain.person.policy import Topology
from shared.ports.operations import Operation
from shared.use_cases.rollout.apply_plan import apply_plan
from shared.use_cases.rollout.plan_rollout import plan_rollout
from tests.support.stage import Stage, a_stage, an_id, upn_of
from tests.support.tour import BEGIN, GROUP, Tour

DOCUMENT = {
    "schema": "sspr-rollout/rollout/1",
    "name": "counted",
    "scope": {"group": GROUP, "topology": "cloud"},
    "waves": [{"name": "everyone", "percent": 100, "soak": "0s"}],
}
HOURS = 4


@dataclass
class Counts:
    """Of one rollout."""

    messages: Counter[str] = field(default_factory=Counter)
    """By queue."""
    people: int = 0
    audit_records: int = 0


def counted(people: int) -> Counts:
    """Roll out to so many, and count."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(50))
    return asyncio.run(_counted(people))


async def _counted(people: int) -> Counts:
    stage, counts = _company(people), Counts()
    _count_messages(stage, counts)
    tour = Tour(stage, BEGIN)
    plan = await plan_rollout(
        PlanOrder(document=json.dumps(DOCUMENT)), stage.world, BEGIN, actor="a"
    )
    order = ApplyOrder(plan=plan.fingerprint)
    asked = Operation(key="apply", actor="a", requested_at=BEGIN, order=order)
    await apply_plan(order, asked, stage.world, BEGIN)
    await tour.pass_time(timedelta(hours=HOURS), timedelta(minutes=30))
    partitions = stage.storage.partitions.values()
    counts.people = sum(len(one.people) for one in partitions)
    counts.audit_records = sum(len(one.chain.records) for one in partitions)
    return counts


def _company(people: int) -> Stage:
    stage = a_stage(scope_group_id=GROUP, excluded_group_ids=frozenset(), topology=Topology.CLOUD)
    for number in range(people + 1):
        ref = UserRef(object_id=an_id(number), user_principal_name=upn_of(number))
        stage.tenant.put(Person(ref=ref, synced=False), administrator=number == 0)
        stage.tenant.registered.add(ref.object_id or "")
    return stage


def _count_messages(stage: Stage, counts: Counts) -> None:
    send = stage.broker.send

    def counting(queue: str, *given: Any, **more: Any) -> None:
        counts.messages[queue] += 1
        send(queue, *given, **more)

    type(stage.broker).send = staticmethod(counting)  # type: ignore[method-assign,assignment]


if __name__ == "__main__":
    sys.stdout.write(f"{counted(int(sys.argv[1]))}\n")
