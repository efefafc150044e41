"""Any bytes on any queue: kept with a reason, and whoever is beside them is dealt with."""

import json
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.contracts.messages.contract import Contract
from shared.contracts.messages.directory_result import DirectoryResult
from shared.contracts.messages.lifecycle_callback import LifecycleCallback
from shared.contracts.messages.onboarding_event import Envelope, PersonCloudEvent
from shared.contracts.messages.operation_request import OperationRequest
from shared.contracts.messages.scope_change import ScopeChange
from shared.domain.person.enrolment import State
from shared.ports.ledger import MOST_OF_A_BODY
from shared.ports.limits import units_of
from shared.ports.world import World
from shared.use_cases.message import Message
from shared.use_cases.onboarding.take_events import take_events
from shared.use_cases.onboarding.tell_lifecycle import tell_lifecycle
from shared.use_cases.rollout.operate import run_operations
from shared.use_cases.writing.apply_scope_changes import apply_scope_changes
from shared.use_cases.writing.record_results import record_results
from tests.support.enrolments import NOW
from tests.support.stage import a_stage, messages

type Take = Callable[[Sequence[Message], World, datetime], Awaitable[None]]


HANDLERS: dict[str, tuple[Take, type[Contract]]] = {
    "onboarding-events": (take_events, PersonCloudEvent),
    "scope-changes": (apply_scope_changes, ScopeChange),
    "directory-results": (record_results, DirectoryResult),
    "rollout-operations": (run_operations, OperationRequest),
    "lifecycle-callbacks": (tell_lifecycle, LifecycleCallback),
}
WORDS = sorted(
    {
        field.alias or name
        for _, contract in HANDLERS.values()
        for name, field in contract.model_fields.items()
    }
)
NAMES = st.sampled_from(WORDS) | st.text(st.characters(), max_size=9)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(), max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=4),
    max_leaves=9,
)
SCHEMAS = [
    field.default
    for _, contract in HANDLERS.values()
    for name, field in contract.model_fields.items()
    if name == "schema_"
]


@dataclass(frozen=True)
class Body:
    """Bytes by what they are made of, so that a failure can be read."""

    start: bytes
    part: bytes = b""
    times: int = 0
    end: bytes = b""

    @property
    def whole(self) -> bytes:
        return self.start + self.part * self.times + self.end


def as_json(value: Any) -> Body:
    return Body(json.dumps(value).encode())


BODIES = st.one_of(
    st.binary(max_size=300).map(Body),
    VALUES.map(as_json),
    st.builds(
        lambda schema, value: as_json({"schema": schema, **value}),
        st.sampled_from(SCHEMAS),
        st.dictionaries(NAMES, VALUES, max_size=6),
    ),
    st.builds(Body, st.just(b'{"'), st.just(b"n"), st.integers(1, 1_000_000), st.just(b'": 1}')),
    st.builds(Body, st.just(b""), st.binary(min_size=1, max_size=4), st.just(262_144)),
    st.builds(Body, st.just(b""), st.just(b'{"schema":'), st.integers(100, 100_000)),
)


@pytest.mark.parametrize("queue", HANDLERS)
@settings(max_examples=40, deadline=None)
@given(bodies=st.lists(BODIES, min_size=1, max_size=4))
async def test_no_bytes_make_a_handler_raise_and_all_that_is_refused_is_kept(
    bodies: list[Body], queue: str
) -> None:
    stage, (take, _) = a_stage(), HANDLERS[queue]
    batch = [
        Message(body.whole, Envelope(number, NOW)) for number, body in enumerate(bodies, start=1)
    ]
    await take(batch, stage.world, NOW)
    kept = await stage.world.ledger.refused(99)
    assert all(units_of(one.body or "") <= MOST_OF_A_BODY for one in kept)
    assert all(one.field and len(one.field) <= 250 for one in kept)


@settings(max_examples=40, deadline=None)
@given(BODIES, BODIES)
async def test_whoever_is_beside_any_bytes_is_enrolled(before: Body, after: Body) -> None:
    stage = a_stage()
    stage.arrive(1)
    await take_events(messages(before.whole, {"employeeId": "1"}, after.whole), stage.world, NOW)
    assert (await stage.person(1)).state is State.REQUESTED
