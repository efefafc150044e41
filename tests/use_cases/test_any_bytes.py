"""Any bytes to any handler: kept with a reason. Beside neighbours: tests/unit/functions."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.contracts.messages.onboarding_event import Envelope
from shared.ports.ledger import MOST_OF_A_BODY
from shared.ports.limits import units_of
from shared.ports.world import World
from shared.use_cases.message import Message
from shared.use_cases.onboarding.take_events import take_events
from shared.use_cases.onboarding.tell_lifecycle import tell_lifecycle
from shared.use_cases.rollout.operate import run_operations
from shared.use_cases.writing.apply_scope_changes import apply_scope_changes
from shared.use_cases.writing.record_results import record_results
from tests.support.any_bodies import BODIES, Body
from tests.support.enrolments import NOW
from tests.support.stage import a_stage

type Take = Callable[[Sequence[Message], World, datetime], Awaitable[None]]


HANDLERS: dict[str, Take] = {
    "onboarding-events": take_events,
    "scope-changes": apply_scope_changes,
    "directory-results": record_results,
    "rollout-operations": run_operations,
    "lifecycle-callbacks": tell_lifecycle,
}


@pytest.mark.parametrize("queue", HANDLERS)
@settings(max_examples=40, deadline=None)
@given(bodies=st.lists(BODIES, min_size=1, max_size=4))
async def test_no_bytes_make_a_handler_raise_and_all_that_is_refused_is_kept(
    bodies: list[Body], queue: str
) -> None:
    stage, take = a_stage(), HANDLERS[queue]
    batch = [
        Message(body.whole, Envelope(number, NOW)) for number, body in enumerate(bodies, start=1)
    ]
    await take(batch, stage.world, NOW)
    kept = await stage.world.ledger.refused(99)
    assert all(units_of(one.body or "") <= MOST_OF_A_BODY for one in kept)
    assert all(one.field and len(one.field) <= 250 for one in kept)
