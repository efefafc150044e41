"""The word on everything that writes: one, replaced by whoever has read it, and audited."""

import asyncio
import json
from datetime import timedelta

import pytest

from shared.domain.audit import broken_at
from shared.domain.errors import LedgerConflict
from shared.domain.person.partitions import WRITING
from shared.domain.rollout.allowance import Allowance
from shared.domain.rollout.hour import Hour
from shared.domain.rollout.writing import Said, StopReason, start, stop
from shared.ports.write_control import StoredHour, StoredWriting
from tests.support.ports.kept import Kept, Opening
from tests.support.ports.people import NOW

STOPPED = stop(None, StopReason.BY_OPERATOR, NOW, actor="ada", reason="halt, bitte \N{RAISED HAND}")
OLDER = stop(STOPPED, StopReason.LEDGER_OLDER, NOW, actor="clock", reason="lost until 8:00")
STARTED = start(STOPPED, NOW + timedelta(hours=1), actor="bob", reason="on")


async def test_the_newest_word_is_kept_in_every_detail(tables: Kept) -> None:
    control = tables.write_control
    assert await control.current() is None
    stored = None
    for word in (STOPPED, STOPPED.is_carried_out(), OLDER, STARTED, STARTED.is_carried_out()):
        stored = await control.replace(stored, word, action="test", now=NOW)
        assert await control.current() == stored == StoredWriting(word, stored.etag)


async def test_of_two_who_replace_what_both_have_read_one_is_told_so(opening: Opening) -> None:
    async with opening() as one, opening() as other:
        for word in (STOPPED, STARTED):
            read = await one.write_control.current()
            outcomes = await asyncio.gather(
                one.write_control.replace(read, word, action="test", now=NOW),
                other.write_control.replace(read, word, action="test", now=NOW),
                return_exceptions=True,
            )
            [lost] = [each for each in outcomes if isinstance(each, BaseException)]
            [won] = [each for each in outcomes if isinstance(each, StoredWriting)]
            assert isinstance(lost, LedgerConflict)
            assert await other.write_control.current() == won


async def test_what_is_not_the_newest_is_not_replaced(tables: Kept) -> None:
    first = await tables.write_control.replace(None, STOPPED, action="stop", now=NOW)
    newest = await tables.write_control.replace(first, STARTED, action="start", now=NOW)
    for read in (None, first):
        with pytest.raises(LedgerConflict):
            await tables.write_control.replace(read, STOPPED, action="stop", now=NOW)
    assert await tables.write_control.current() == newest


async def test_every_word_stands_in_an_audit_of_its_own(tables: Kept) -> None:
    stored = await tables.write_control.replace(None, STOPPED, action="stop", now=NOW)
    await tables.write_control.replace(stored, STARTED, action="start", now=NOW)
    records = await tables.audit.records(WRITING, 0, 9)
    ends = {end.partition: end for end in await tables.audit.ends()}
    assert broken_at(records, ends[WRITING]) is None
    found = [json.loads(one.content) for one in records]
    assert [(one["action"], one["actor"], one["reason"], one["stop"]) for one in found] == [
        ("stop", "ada", STOPPED.reason, "by-operator"),
        ("start", "bob", "on", None),
    ]


async def test_the_audit_has_who_said_it_where_what_holds_is_anothers_word(tables: Kept) -> None:
    said = Said("bob", "me too")
    stored = await tables.write_control.replace(None, OLDER, action="stop", now=NOW, said=said)
    assert stored.writing == OLDER
    (record,) = await tables.audit.records(WRITING, 0, 9)
    found = json.loads(record.content)
    kept = [found[name] for name in ("actor", "reason", "stop", "also")]
    assert kept == ["bob", "me too", "ledger-older", "by-operator"]


async def test_the_hour_is_counted_on_by_whoever_has_read_it_last(tables: Kept) -> None:
    control = tables.write_control
    assert await control.hour() is None
    allowance = Allowance(ends=NOW, additions=30, removals=4, repairs=3)
    allowing = Hour(begins=NOW, additions=7, repairs=3, allowances=(allowance,))
    hours = [allowing, Hour(begins=NOW, additions=8)]
    stored: StoredHour | None = None
    for hour in hours:
        await control.count(stored, hour)
        with pytest.raises(LedgerConflict):
            await control.count(stored, Hour(begins=NOW))
        stored = await control.hour()
        assert stored is not None
        assert stored.hour == hour
    assert await tables.audit.records(WRITING, 0, 9) == [], "it is a count, and nobody's word"
