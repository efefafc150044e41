"""Any message on any queue beside a good one: that one is done, and of the others there is a trace.

Through the app's own triggers, on a world in memory: bodies of any bytes and any JSON, application
properties, content types and subjects of any kind.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import azure.functions as func
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from functions.messages import event_of, message_of
from shared.contracts.api.operation_orders import PlanOrder
from shared.contracts.api.words import OperationState
from shared.contracts.messages.contract import Contract
from shared.contracts.messages.directory_result import (
    DirectoryResult,
    MemberResult,
    SyncReport,
    SyncState,
)
from shared.contracts.messages.lifecycle_callback import LifecycleCallback
from shared.contracts.messages.operation_request import OperationRequest
from shared.contracts.messages.queues import (
    DIRECTORY_RESULTS,
    LIFECYCLE_CALLBACKS,
    ONBOARDING_EVENTS,
    RECEIVED_FROM,
    ROLLOUT_OPERATIONS,
    SCOPE_CHANGES,
)
from shared.contracts.messages.scope_change import ScopeChange
from shared.contracts.messages.worker_report import WorkerReport
from shared.domain.errors import InvalidMessage
from shared.domain.person.commands import AskedCommands
from shared.domain.person.enrolment import Provenance, State
from shared.domain.person.people import UserRef
from shared.domain.person.policy import SourceOfAuthority
from shared.domain.person.reasons import Reason
from shared.domain.person.writes import ScopeAction, WriteOutcome
from shared.ports.operations import Operation
from shared.use_cases.onboarding.events_in import RefusedEvent, events_in
from tests.support.any_bodies import BODIES, CONTRACTS, Body
from tests.support.doors import Doors, delivered
from tests.support.enrolments import enrolment
from tests.support.stage import Stage, a_stage, an_id, upn_of

PATH = "/identityGovernance/lifecycleWorkflows/workflows/1/tasks/2/taskProcessingResults/3/resume"
NAMES = st.sampled_from(
    [
        *("cloudEvents:type", "cloudEvents_id", "ce-type", "ce_specversion", "cloudEvents:data"),
        *("ssprSequenceNumber", "ssprEnqueuedAt", "ssprReturns", "ssprMessageId"),
        *("action", "type", "Subject", "DeadLetterReason", "__proto__"),
    ]
)
VALUES: st.SearchStrategy[Any] = st.one_of(
    *(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=20)),
    *(st.binary(max_size=20), st.datetimes(), st.text("0123456789", min_size=1, max_size=30)),
)


@dataclass(frozen=True)
class Odd:
    """A message that nobody of ours has sent."""

    body: Body
    properties: dict[str, Any] = field(default_factory=dict)
    content_type: str | None = None
    subject: str | None = None

    def delivered(self, number: int) -> func.ServiceBusMessage:
        """As the host binds it."""
        return delivered(
            self.body.whole,
            number,
            self.properties,
            content_type=self.content_type,
            subject=self.subject,
        )


ODD = st.builds(
    Odd,
    body=BODIES,
    properties=st.dictionaries(NAMES | st.text(max_size=12), VALUES, max_size=4),
    content_type=st.none()
    | st.sampled_from(["application/json", "application/cloudevents+json; charset=utf-8"])
    | st.text(max_size=20),
    subject=st.none() | st.text(max_size=20),
)


class Neighbour:
    """A good message, and how it is seen to have been done."""

    def __init__(
        self,
        body: bytes,
        prepare: Callable[[Stage], Awaitable[None]],
        is_done: Callable[[Stage], Awaitable[bool]],
    ) -> None:
        self.body, self.prepare, self.is_done = body, prepare, is_done


async def _has_joined(stage: Stage) -> None:
    stage.arrive(1)


async def _is_requested(stage: Stage) -> bool:
    return (await stage.person(1)).state is State.REQUESTED


async def _awaits_writer(stage: Stage) -> None:
    stage.arrive(1)
    user = UserRef(object_id=an_id(1), user_principal_name=upn_of(1))
    cloud = SourceOfAuthority.CLOUD
    await stage.store(
        enrolment(
            State.REQUESTED, Provenance.OURS, key=an_id(1), user=user, source_of_authority=cloud
        )
    )


async def _is_applied(stage: Stage) -> bool:
    return (await stage.person(1)).state is State.APPLIED


async def _is_commanded(stage: Stage) -> None:
    await stage.store(
        enrolment(
            State.REQUESTED,
            Provenance.UNKNOWN,
            key=an_id(1),
            user=UserRef(object_id=an_id(1), source_anchor="anchor-1=="),
            source_of_authority=SourceOfAuthority.ON_PREMISES,
            command_key="c",
            commands=AskedCommands().asking("c", ScopeAction.ADD),
        )
    )


async def _is_asked_for(stage: Stage) -> None:
    order = PlanOrder(document="no document at all")
    kept = Operation(key="op-1", actor="ada", requested_at=datetime.now(UTC), order=order)
    await stage.world.operations.keep(kept)


async def _has_ended(stage: Stage) -> bool:
    found = await stage.world.operations.find("op-1")
    return found is not None and found.state is OperationState.REFUSED


async def _waits(stage: Stage) -> None:
    stage.lifecycle.wait_at(PATH)


async def _is_told(stage: Stage) -> bool:
    return len(stage.lifecycle.told) == 1


NOW = datetime.now(UTC)
NEIGHBOURS = {
    ONBOARDING_EVENTS: Neighbour(b'{"employeeId": "1"}', _has_joined, _is_requested),
    SCOPE_CHANGES: Neighbour(
        ScopeChange(change_key="change-1", person_keys=(an_id(1),)).text(),
        _awaits_writer,
        _is_applied,
    ),
    DIRECTORY_RESULTS: Neighbour(
        DirectoryResult(
            command_key="c",
            action=ScopeAction.ADD,
            members=(MemberResult(key=an_id(1), outcome=WriteOutcome.DONE),),
            sync=SyncReport(state=SyncState.PENDING),
            worker="worker-1",
            answered_at=NOW,
        ).text(),
        _is_commanded,
        _is_applied,
    ),
    ROLLOUT_OPERATIONS: Neighbour(
        OperationRequest(operation_key="op-1").text(), _is_asked_for, _has_ended
    ),
    LIFECYCLE_CALLBACKS: Neighbour(
        LifecycleCallback(
            event_key="event-1", callback_path=PATH, deadline=NOW - timedelta(hours=1)
        ).text(),
        _waits,
        _is_told,
    ),
}


def refusals_due(queue: str, odd: Odd, number: int) -> int:
    """How many receipts have to tell that something of the message was refused."""
    message = odd.delivered(number)
    if queue == ONBOARDING_EVENTS:
        event = event_of(message)
        found = events_in(event.body, event.envelope, datetime.now(UTC))
        return sum(isinstance(one, RefusedEvent) for one in found)
    others: list[type[Contract]] = [WorkerReport] if queue == DIRECTORY_RESULTS else []
    for contract in (CONTRACTS[queue], *others):
        try:
            contract.read(message_of(message).body)
        except InvalidMessage:
            continue
        return 0
    return 1


def test_every_queue_has_a_neighbour() -> None:
    assert NEIGHBOURS.keys() == Doors(a_stage()).queues.keys() == set(RECEIVED_FROM)


@pytest.mark.parametrize("queue", NEIGHBOURS)
@settings(max_examples=25, deadline=None)
@given(before=st.lists(ODD, max_size=2), after=st.lists(ODD, min_size=1, max_size=2))
async def test_the_neighbour_is_done_and_nothing_is_lost_without_a_trace(
    before: list[Odd], after: list[Odd], queue: str
) -> None:
    stage, neighbour, odd = a_stage(), NEIGHBOURS[queue], [*before, *after]
    doors = Doors(stage)
    await neighbour.prepare(stage)
    numbered = list(enumerate(odd, start=100))
    batch = [one.delivered(number) for number, one in numbered]
    batch.insert(len(before), delivered(neighbour.body, 1))
    # None of these may raise: the host would deliver it again, and in the end set it aside.
    await asyncio.gather(*(doors.deliver(queue, one) for one in batch))
    assert await neighbour.is_done(stage)
    kept = [one for one in await stage.world.ledger.refused(999) if one.queue == queue]
    assert all(one.detail and one.body is not None for one in kept)
    assert all(one.field for one in kept if one.outcome is Reason.INVALID)
    assert len(kept) >= sum(refusals_due(queue, one, number) for number, one in numbered)
