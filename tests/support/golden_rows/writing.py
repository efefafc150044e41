"""Whether anything is written, and what was written in the hour."""

from collections.abc import Mapping
from dataclasses import replace

from shared.adapters.tables.tables import Tables
from shared.domain.rollout.allowance import Allowance
from shared.domain.rollout.hour import Hour
from shared.domain.rollout.minutes import Minute
from shared.domain.rollout.writing import OtherStop, Said, StopReason, Writing
from tests.support.golden_rows.audit import expect_audit
from tests.support.golden_rows.golden import LATER, NOW, Golden

BEFORE_GROUP = Writing(
    stop=StopReason.BY_OPERATOR, since=NOW, actor="ada", reason="too many", carried_out=True
)
BEFORE_OTHERS = replace(BEFORE_GROUP, group_id="9e0c0000-0000-4000-8000-000000000001")
STOPPED = replace(
    BEFORE_OTHERS,
    stop=StopReason.LEDGER_OLDER,
    actor="clock",
    reason="an older one, or lost",
    also=OtherStop(stop=StopReason.BY_OPERATOR, actor="ada", reason="too many"),
)
BEFORE_MARKS = Hour(begins=NOW, additions=5, removals=4, repairs=-3)
HOUR = replace(BEFORE_MARKS, counted=("a1b2c3d4e5f6",))
ALLOWANCE = Allowance(ends=LATER, additions=30, removals=4, repairs=3)
ALLOWING_HOUR = replace(HOUR, repairs=3, allowances=(ALLOWANCE,))
REFILLING = replace(STOPPED, refills=True)
REPAIRING_HOUR = replace(ALLOWING_HOUR, repaired=("f6e5d4c3b2a1",))
MINUTE = Minute(at=NOW, additions=5, removals=4, repairs=3, marks=("a1b2c3d4e5f6",))
SLIDING_HOUR = replace(
    REPAIRING_HOUR,
    minutes=(MINUTE,),
    excused=("f6e5d4c3b2a1",),
    allowed_for=("b1946ac92492d2347c6235b4d2611184",),
)


async def _write_writing(tables: Tables) -> None:
    stored = await tables.write_control.replace(None, BEFORE_GROUP, action="stop", now=NOW)
    await tables.write_control.replace(stored, BEFORE_GROUP, action="carry-out", now=NOW)


async def _expect_writing(tables: Tables) -> None:
    stored = await tables.write_control.current()
    assert stored
    assert stored.writing == BEFORE_GROUP
    await expect_audit(tables, changes=2)


async def _write_group(tables: Tables) -> None:
    await tables.write_control.replace(None, BEFORE_OTHERS, action="stop", now=NOW)
    await tables.write_control.count(None, BEFORE_MARKS)


async def _expect_group(tables: Tables) -> None:
    stored, hour = await tables.write_control.current(), await tables.write_control.hour()
    assert stored
    assert stored.writing == BEFORE_OTHERS
    assert hour
    assert hour.hour == BEFORE_MARKS


async def _write_stopped_too(tables: Tables) -> None:
    said = Said("ada", "too many")
    await tables.write_control.replace(None, STOPPED, action="stop", now=NOW, said=said)


async def _expect_stopped_too(tables: Tables) -> None:
    stored = await tables.write_control.current()
    assert stored
    assert stored.writing == STOPPED


async def _write_counted(tables: Tables) -> None:
    await tables.write_control.count(None, HOUR)


async def _expect_counted(tables: Tables) -> None:
    hour = await tables.write_control.hour()
    assert hour
    assert hour.hour == HOUR


async def _write_allowed(tables: Tables) -> None:
    await tables.write_control.count(None, ALLOWING_HOUR)


async def _expect_allowed(tables: Tables) -> None:
    hour = await tables.write_control.hour()
    assert hour
    assert hour.hour == ALLOWING_HOUR


async def _write_refilling(tables: Tables) -> None:
    await tables.write_control.replace(None, REFILLING, action="stop", now=NOW)
    await tables.write_control.count(None, REPAIRING_HOUR)


async def _expect_refilling(tables: Tables) -> None:
    stored, hour = await tables.write_control.current(), await tables.write_control.hour()
    assert stored
    assert stored.writing == REFILLING
    assert hour
    assert hour.hour == REPAIRING_HOUR


async def _write_sliding(tables: Tables) -> None:
    await tables.write_control.count(None, SLIDING_HOUR)


async def _expect_sliding(tables: Tables) -> None:
    hour = await tables.write_control.hour()
    assert hour
    assert hour.hour == SLIDING_HOUR


GOLDEN: Mapping[str, Golden] = {
    "writing": Golden(_write_writing, _expect_writing, written_today=False),
    "group": Golden(_write_group, _expect_group),
    "stopped-too": Golden(_write_stopped_too, _expect_stopped_too),
    "counted": Golden(_write_counted, _expect_counted),
    "allowed": Golden(_write_allowed, _expect_allowed),
    "refilling": Golden(_write_refilling, _expect_refilling),
    "sliding": Golden(_write_sliding, _expect_sliding),
}
