"""Receipts of what came in, and events that a brake holds."""

from collections.abc import Mapping
from dataclasses import replace

from shared.adapters.tables.tables import Tables
from shared.domain.person.brake import Direction, Rate
from shared.domain.person.reasons import Reason
from shared.ports.held_events import HeldEvent
from shared.ports.ledger import Receipt
from tests.support.golden_rows.golden import ADA, BOB, CAROL, LATER, NOW, PROVISIONAL, Golden

TAKEN = Receipt(
    key="event-1", queue="onboarding-events", at=NOW, outcome=Reason.ONBOARDED, person_key=ADA
)
REFUSED = Receipt(
    key="event-3",
    queue="onboarding-events",
    at=NOW,
    outcome=Reason.INVALID,
    person_key=BOB,
    field="data.employeeId",
    detail="is missing",
    body='{"grüße": 1}',
)
QUEUED_BEFORE = replace(REFUSED, key="event-8", at=LATER, said_at=NOW)
HELD = HeldEvent(
    brake="workday",
    direction=Direction.LEAVING,
    person_key=PROVISIONAL,
    event_key="event-9",
    held_at=LATER,
    occurred_at=NOW,
    body='{"employeeId": "4711", "action": "offboard"}',
    sequence_number=42,
    enqueued_at=NOW,
    index=3,
    is_let_through=True,
)


async def _write_receipts(tables: Tables) -> None:
    await tables.ledger.record_receipts([TAKEN, REFUSED])


async def _expect_receipts(tables: Tables) -> None:
    assert await tables.ledger.receipt(TAKEN.key) == TAKEN
    assert list(await tables.ledger.refused(9)) == [REFUSED]


async def _write_refused(tables: Tables) -> None:
    await tables.ledger.record_receipts([QUEUED_BEFORE])


async def _expect_refused(tables: Tables) -> None:
    assert list(await tables.ledger.refused(9)) == [QUEUED_BEFORE]


async def _write_held(tables: Tables) -> None:
    await tables.held_events.keep([HELD])
    await tables.held_events.admit("workday", Direction.JOINING, [ADA], Rate(2), NOW)


async def _expect_held(tables: Tables) -> None:
    held = tables.held_events
    assert list(await held.page("", 9)) == list(await held.of_events(["event-9"])) == [HELD]
    assert await held.admit("workday", Direction.JOINING, [BOB, CAROL], Rate(2), NOW) == {BOB}


GOLDEN: Mapping[str, Golden] = {
    "receipts": Golden(_write_receipts, _expect_receipts),
    "refused": Golden(_write_refused, _expect_refused),
    "held": Golden(_write_held, _expect_held),
}
