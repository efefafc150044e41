"""A rollout on a stage: whom it is about, how it came to be, and what has become of it."""

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from shared.contracts.api.operation_orders import ApplyOrder, OperationOrder, PlanOrder
from shared.contracts.api.plan_views import AppliedView, PlanView
from shared.contracts.messages.operation_request import OperationRequest
from shared.contracts.messages.queues import SCOPE_CHANGES
from shared.contracts.messages.scope_change import ScopeChange
from shared.domain.person.enrolment import Cause, CauseKind, Claim, Enrolment, Provenance, State
from shared.domain.person.people import UserRef
from shared.domain.person.policy import SourceOfAuthority
from shared.domain.person.reasons import Reason
from shared.domain.rollout.cohort import NOBODY
from shared.domain.rollout.document import Document, Ring, Wave
from shared.domain.rollout.state import Phase, Rollout
from shared.ports.operations import Operation
from shared.ports.world import World
from shared.use_cases.message import Message
from shared.use_cases.rollout.advance_rollout import advance_rollout
from shared.use_cases.rollout.apply_plan import apply_plan
from shared.use_cases.rollout.plan_rollout import plan_rollout
from shared.use_cases.writing.apply_scope_changes import apply_scope_changes
from tests.support.enrolments import BREAK_GLASS, NOW, SCOPE, enrolment
from tests.support.stage import Stage, a_stage, an_id, upn_of
from tests.support.waves import document, gate, wave

ADMINISTRATOR = 0
"""The number of the one administrator."""


@dataclass(slots=True)
class Clock:
    """Tells the time that the test has made it."""

    now: datetime = NOW

    def __call__(self) -> datetime:
        return self.now

    def advance(self, time: timedelta) -> None:
        """Let time pass."""
        self.now += time


def ids(numbers: Iterable[int]) -> frozenset[str]:
    """The object ids of people with these numbers."""
    return frozenset(map(an_id, numbers))


def ring(*numbers: int) -> Ring:
    """A wave's selection of people by their numbers."""
    return Ring(ids(numbers))


def gated(name: str, *numbers: int) -> Wave:
    """A wave of these people that has to become visible."""
    return wave(name, gate(), selection=ring(*numbers))


def ungated(name: str, *numbers: int) -> Wave:
    """A wave of these people without gates."""
    return wave(name, selection=ring(*numbers))


def populate(stage: Stage, people: int) -> None:
    """Cloud users numbered from 1, the administrator, and the group that is left out."""
    stage.tenant.join(BREAK_GLASS)
    stage.arrive(ADMINISTRATOR, administrator=True)
    for number in range(1, people + 1):
        stage.arrive(number)


async def set_up(stage: Stage, rollout: Rollout, people: int) -> None:
    """Let there be so many people, and this rollout."""
    populate(stage, people)
    await stage.applies(rollout)


async def staged(rollout: Rollout, people: int) -> Stage:
    """A stage of its own with so many people and this rollout, for stories told many times."""
    stage = a_stage()
    await set_up(stage, rollout, people)
    return stage


def standing(of: Document, phase: Phase, started: int, **changes: Any) -> Rollout:
    """A rollout by rings, in that phase since `NOW`, of which so many waves have begun."""
    return Rollout(
        document=of,
        version=1,
        phase=phase,
        since=NOW,
        actor="ada",
        started=started,
        cuts=(NOBODY,) * started,
        **changes,
    )


def planned_of(*waves: Wave) -> Rollout:
    """A rollout of these waves of which none has begun."""
    return standing(document(*waves), Phase.PLANNED, 0)


def member(number: int, state: State, wave_name: str = "pilot", **changes: Any) -> Enrolment:
    """A cloud user whom that wave put in."""
    cause = Cause(CauseKind.WAVE, wave_name, "clock")
    known: dict[str, Any] = {
        "key": an_id(number),
        "user": UserRef(object_id=an_id(number), user_principal_name=upn_of(number)),
        "reason": Reason.IN_WAVE,
        "cause": cause,
        "claims": (Claim(cause),),
        "source_of_authority": SourceOfAuthority.CLOUD,
        "provenance": Provenance.OURS,
    }
    return enrolment(state, **(known | changes))


async def rollout_of(stage: Stage) -> Rollout:
    """The rollout as it stands now."""
    stored = await stage.another().rollouts.current()
    assert stored is not None
    return stored.rollout


def states(stage: Stage) -> dict[str, State]:
    """Everybody who is remembered, and their state."""
    partitions = stage.storage.partitions.values()
    return {key: one.state for part in partitions for key, one in part.people.items()}


def in_state(stage: Stage, *wanted: State) -> frozenset[str]:
    """Who is in one of these states."""
    return frozenset(key for key, state in states(stage).items() if state in wanted)


def queued(stage: Stage) -> Counter[str]:
    """How often everybody stands in a scope change that waits."""
    changes = (ScopeChange.read(one.body) for one in stage.broker.messages(SCOPE_CHANGES))
    return Counter(key for change in changes for key in change.person_keys)


async def write_all(stage: Stage, now: datetime) -> None:
    """Have the scope changes that wait written, until there are none."""
    while messages := stage.deliver(SCOPE_CHANGES):
        await apply_scope_changes(messages, stage.another(), now)


async def advance(stage: Stage, clock: Clock) -> None:
    """One step of the clock's, undisturbed, by another process."""
    await advance_rollout(stage.another(), clock)


def audited(stage: Stage) -> list[str]:
    """What has been done to the rollout, in order; the test's own first step is called `test`."""
    return [json.loads(one.content)["action"] for one in stage.storage.rollout_chain.records]


def text_of(*waves: Mapping[str, Any], **parts: Any) -> str:
    """A rollout document as an operator hands it in; its waves soak for two hours."""
    whole = {
        "schema": "sspr-rollout/rollout/1",
        "name": "contoso",
        "scope": {"group": SCOPE, "topology": "nested"},
        "waves": [{"soak": "PT2H", **one} for one in waves],
    }
    return json.dumps(whole | parts)


def ring_text(name: str, *numbers: int) -> dict[str, Any]:
    """A wave of these people, as text."""
    return {"name": name, "people": sorted(ids(numbers))}


def asks(order: OperationOrder, key: str = "operation-1") -> Operation:
    """What an operator has ordered."""
    return Operation(key=key, actor="ada", requested_at=NOW, order=order)


async def plans(text: str, world: World) -> PlanView:
    """Have a document planned."""
    return await plan_rollout(PlanOrder(document=text), world, NOW, actor="ada")


async def shown(stage: Stage, text: str) -> str:
    """The fingerprint of a plan that an operator has been shown."""
    return (await plans(text, stage.another())).fingerprint


async def applies(order: ApplyOrder, world: World, key: str = "apply-1") -> AppliedView:
    """Have a plan applied."""
    return await apply_plan(order, asks(order, key), world, NOW)


async def put_into_force(stage: Stage, text: str) -> None:
    """Have a document planned and applied."""
    await applies(ApplyOrder(plan=await shown(stage, text)), stage.another())


async def ask(stage: Stage, operation: Operation) -> Message:
    """Have an operation kept; answers with the message that has it done."""
    await stage.another().operations.keep(operation)
    return Message(OperationRequest(operation_key=operation.key).text())


async def operation_of(stage: Stage, key: str = "operation-1") -> Operation:
    """An operation as it stands."""
    operation = await stage.another().operations.find(key)
    assert operation is not None
    return operation
