"""Batches in time for their locks, on the real parts: what is not done comes again for nothing.

The queues here keep a lock for less than half a minute and deliver twice: who is late or raises
loses people.
"""

import json
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from sandbox.company import build_company
from sandbox.processes import children, command_line
from sandbox.testing.functions_host_process import App
from sandbox.testing.waiting import wait_until
from shared.contracts.messages.directory_result import (
    DirectoryResult,
    MemberResult,
    SyncReport,
    SyncState,
)
from shared.contracts.messages.onboarding_event import Envelope
from shared.contracts.messages.queues import DIRECTORY_RESULTS, ONBOARDING_EVENTS, SCOPE_CHANGES
from shared.domain.person.enrolment import Enrolment, Provenance, State
from shared.domain.person.writes import ScopeAction, WriteOutcome
from shared.ports.world import World
from shared.use_cases.in_portions import in_portions
from shared.use_cases.message import Message
from shared.use_cases.onboarding.take_events import take_events
from shared.use_cases.writing.apply_scope_changes import apply_scope_changes
from shared.use_cases.writing.record_results import record_results
from tests.support.app_world import world_of
from tests.support.operator_api_parts import QUEUES, Parts, running_parts

LOCK = timedelta(seconds=24)
"""A quarter of it is for giving back, in which a busy machine may stand still for five seconds."""
BATCHES = (ONBOARDING_EVENTS, SCOPE_CHANGES, DIRECTORY_RESULTS)
CODE = """
from functions import onboarding, scope
from shared.bootstrap import check_setup, serve
from shared.settings import examine_settings

served = serve(check_setup(examine_settings()))
app.register_functions(onboarding.blueprint(served))
app.register_functions(scope.blueprint(served))
"""
PEOPLE = [
    one
    for one in build_company(60).people_mastered_in_cloud
    if not (one.directory_role or one.disabled or one.excluded or one.unlicensed or one.guest)
]
NOW = datetime(2026, 3, 2, 8, tzinfo=UTC)


@pytest.fixture(scope="module")
def parts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Parts]:
    hurried = {"lockDurationSeconds": LOCK.seconds, "maxDeliveryCount": 2}
    queues = {name: {**one, **hurried} for name, one in json.loads(QUEUES.read_text()).items()}
    with running_parts(tmp_path_factory.mktemp("parts"), queues) as parts:
        lock = {"SSPR_MESSAGE_LOCK": f"PT{LOCK.seconds}S"}
        yield replace(parts, settings={**parts.settings, **lock})


@pytest.fixture
async def world(parts: Parts, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[World]:
    afresh(parts)
    async with world_of(parts, monkeypatch) as world:
        yield world
    parts.tenant.sandbox("DELETE", "faults")


def afresh(parts: Parts) -> None:
    parts.bus.control.post("/reset").raise_for_status()
    parts.tenant.sandbox("DELETE", "faults")
    parts.tenant.sandbox("POST", "reset")
    lags = {"membershipLagSeconds": 0, "reportLagSeconds": 0}
    parts.tenant.sandbox("POST", "settings", lags)


def hold(parts: Parts, method: str, path: str, when: str = "before") -> None:
    match = {"method": method, "path": path}
    fault = {"match": match, "action": "hold", "when": when, "times": 10_000}
    parts.tenant.sandbox("POST", "faults", fault)


def event(number: int, **data: Any) -> bytes:
    return json.dumps({"employeeId": f"N{number}", **data}).encode()


def messages(*bodies: bytes, returns: int = 0) -> list[Message]:
    places = enumerate(bodies, start=1)
    return [Message(body, Envelope(number, NOW), returns) for number, body in places]


def waiting(parts: Parts, queue: str) -> list[str]:
    """The bodies that are to be delivered later."""
    found = parts.bus.messages(queue)
    assert {one["state"] for one in found} <= {"scheduled"}
    return [one["body"] for one in found]


@contextmanager
def in_time() -> Iterator[None]:
    """Less than a lock, and by a quarter of it."""
    began = time.monotonic()
    yield
    assert time.monotonic() - began < LOCK.total_seconds() * 0.75


async def test_events_that_a_hanging_graph_keeps_are_given_back_in_time_as_they_came(
    world: World, parts: Parts
) -> None:
    hold(parts, "GET", "^/users")
    bodies = [event(number) for number in range(600)]
    with in_time():
        await in_portions(take_events, ONBOARDING_EVENTS, messages(*bodies), world, NOW)
    assert sorted(waiting(parts, ONBOARDING_EVENTS)) == sorted(one.decode() for one in bodies)


async def test_changes_that_a_hanging_graph_keeps_are_given_back_and_found_ours_afterwards(
    world: World, parts: Parts
) -> None:
    """Graph has made the change, and never said so."""
    body = json.dumps({"objectId": PEOPLE[0].object_id}).encode()
    await take_events(messages(body), world, NOW)
    (change,) = parts.bus.messages(SCOPE_CHANGES)
    parts.bus.control.post("/reset")
    hold(parts, "PATCH", "^/groups/", "after")
    batch = messages(change["body"].encode())
    with in_time():
        await in_portions(apply_scope_changes, SCOPE_CHANGES, batch, world, NOW)
    assert waiting(parts, SCOPE_CHANGES) == [change["body"]]
    parts.tenant.sandbox("DELETE", "faults")
    await in_portions(apply_scope_changes, SCOPE_CHANGES, batch, world, NOW)
    found = await enrolled(world, PEOPLE[0].object_id)
    assert (found.state, found.provenance) == (State.APPLIED, Provenance.OURS)


async def test_results_that_hanging_tables_keep_are_given_back_in_time(
    world: World, parts: Parts
) -> None:
    await world.ledger.load(["somebody"])
    body = DirectoryResult(
        command_key="c",
        action=ScopeAction.ADD,
        members=(MemberResult(key="somebody", outcome=WriteOutcome.DONE),),
        sync=SyncReport(state=SyncState.PENDING),
        worker="w",
        answered_at=NOW,
    ).text()
    with suspended("azurite"), in_time():
        await in_portions(record_results, DIRECTORY_RESULTS, messages(body), world, NOW)
    assert waiting(parts, DIRECTORY_RESULTS) == [body.decode()]
    await in_portions(record_results, DIRECTORY_RESULTS, messages(body), world, NOW)
    assert len(waiting(parts, DIRECTORY_RESULTS)) == 1


async def test_a_broker_that_hangs_too_ends_the_batch_all_the_same_by_an_error(
    world: World, parts: Parts
) -> None:
    hold(parts, "GET", "^/users")
    await world.outbox.send_onboarding([("warm", b"{}")])
    parts.bus.hold(ONBOARDING_EVENTS, "send")
    try:
        with in_time_or_just(), pytest.raises(TimeoutError):
            await in_portions(take_events, ONBOARDING_EVENTS, messages(event(1)), world, NOW)
    finally:
        parts.bus.release(ONBOARDING_EVENTS, "send")


@contextmanager
def in_time_or_just() -> Iterator[None]:
    """Before the lock is over."""
    began = time.monotonic()
    yield
    assert time.monotonic() - began < LOCK.total_seconds()


def test_through_the_host_an_outage_of_several_locks_loses_nobody_and_costs_no_delivery(
    parts: Parts, tmp_path: Path
) -> None:
    afresh(parts)
    hold(parts, "GET", "^/users")
    identities = [one.user_principal_name for one in PEOPLE[1:9]]
    bodies = [json.dumps({"userPrincipalName": one}) for one in identities]
    with parts.bus.client() as client, client.get_queue_sender(ONBOARDING_EVENTS) as sender:
        from azure.servicebus import ServiceBusMessage

        sender.send_messages([ServiceBusMessage(body) for body in bodies])
    first = {one["body"]: one["sequenceNumber"] for one in parts.bus.messages(ONBOARDING_EVENTS)}
    app = App(tmp_path, CODE, values=parts.settings)
    with app.running():
        # Returned, delivered and returned again: three locks and more.
        wait_until(lambda: has_returned(parts, first, times=3), app.log)
        parts.tenant.sandbox("DELETE", "faults")
        wait_until(lambda: not any(parts.bus.messages(queue) for queue in BATCHES), app.log)
    for queue in BATCHES:
        assert parts.bus.messages(queue, dead_letters=True) == []
    members = parts.tenant.get(f"/groups/{parts.settings['SSPR_SCOPE_GROUP_ID']}/members")["value"]
    wanted = {one.object_id for one in PEOPLE[1:9]}
    assert wanted <= {one["id"] for one in members}
    assert parts.bus.counts(ONBOARDING_EVENTS)["totals"]["abandoned"] == 0
    assert parts.bus.counts(ONBOARDING_EVENTS)["totals"]["expiredLocks"] == 0


def has_returned(parts: Parts, first: dict[str, int], *, times: int) -> bool:
    """Whether each message has been put on the queue so often since."""
    sent = parts.bus.counts(ONBOARDING_EVENTS)["totals"]["sent"]
    return int(sent) >= len(first) * (1 + times)


async def enrolled(world: World, key: str) -> Enrolment:
    (found,) = (await world.ledger.load([key])).values()
    return found


@contextmanager
def suspended(part: str) -> Iterator[None]:
    """A part that is there, and does not answer."""
    found = [
        one for one in children(and_theirs=True) if any(part in word for word in command_line(one))
    ]
    assert found
    for one in found:
        one.suspend()
    try:
        yield
    finally:
        for one in found:
            one.resume()
