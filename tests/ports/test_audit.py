"""The audit: every change is in it, and each partition's is one chain."""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import replace

from shared.adapters.memory.storage import Storage
from shared.adapters.memory.tables import MemoryTables
from shared.domain.audit import AuditEnd, AuditRecord, broken_at, chained
from shared.domain.errors import LedgerConflict
from shared.domain.person.enrolment import CauseKind, Exclusion, State
from shared.domain.person.partitions import MESSAGES, PARTITIONS, WRITING
from shared.domain.person.reasons import Reason
from shared.ports.audit import Audit
from tests.support.ports.kept import Kept
from tests.support.ports.people import NOW, enrolment, object_id, put, wave
from tests.support.ports.rollouts import PAUSED, PLANNED

PERSON = enrolment("employee:1")


async def everything(audit: Audit) -> AsyncIterator[AuditRecord]:
    for end in await audit.ends():
        for record in await audit.records(end.partition, 0, end.number + 1):
            yield record


async def entries(tables: Kept) -> list[dict[str, object]]:
    records = [record async for record in everything(tables.audit)]
    return [entry for one in records for entry in json.loads(one.content)["changes"]]


async def test_every_change_is_in_the_audit_and_the_audit_is_one_chain_per_partition(
    tables: Kept,
) -> None:
    ledger = tables.ledger
    people = [enrolment(object_id(number)) for number in range(20)]
    provisional = enrolment("employee:7")
    await put(ledger, *people, provisional)
    changed = [
        replace(p.moved(State.APPLIED, Reason.ADDED, NOW, detail="by Graph"), command_key="c-1")
        for p in people
    ]
    await put(ledger, *changed)
    arrived = replace(provisional, key=object_id(21))
    await ledger.adopt("employee:7", arrived, actor="test", now=NOW)
    digests: dict[str, str] = {}
    async for record in everything(tables.audit):
        content = json.loads(record.content)
        assert record.previous == digests.get(record.partition, "")
        assert record.digest == chained(record.previous, record.content)
        assert (content["at"], content["actor"]) == (NOW.isoformat(), "test")
        digests[record.partition] = record.digest
    found = await entries(tables)
    assert len(found) == len(people) + 1 + len(changed) + 2
    assert {
        "key": people[0].key,
        "objectId": people[0].key,
        "from": "requested",
        "to": "applied",
        "reason": "added",
        "detail": "by Graph",
        "cause": {"kind": "event", "reference": "event-1"},
        "commandKey": "c-1",
    } in found
    [left] = [entry for entry in found if entry["key"] == "employee:7" and entry["from"]]
    assert (left["to"], left["objectId"], left["reason"]) == (
        None,
        arrived.key,
        "arrived-in-entra",
    )


async def test_the_audit_says_which_claims_and_exclusions_came_and_went(tables: Kept) -> None:
    claimed = PERSON.with_claim(wave("pilot"))
    exclusion = Exclusion(Reason.EXCLUDED_BY_OPERATOR, "ada", "on leave", NOW)
    kept_out = replace(claimed.released(CauseKind.WAVE), exclusion=exclusion)
    for person in (PERSON, claimed, kept_out, PERSON):
        await put(tables.ledger, person)
    names = ("claimed", "released", "exclusion")
    said = [{name: e[name] for name in names if name in e} for e in await entries(tables)]
    pilot = [{"kind": "wave", "reference": "pilot", "actor": "rollout"}]
    until = NOW.isoformat()
    assert said == [
        {},
        {"claimed": pilot},
        {
            "released": pilot,
            "exclusion": {
                "reason": "excluded-by-operator",
                "actor": "ada",
                "text": "on leave",
                "until": until,
            },
        },
        {"exclusion": None},
    ]


async def test_every_partition_has_an_end_from_the_beginning(tables: Kept) -> None:
    names = (*PARTITIONS, MESSAGES, WRITING, "rollout")
    assert await tables.audit.ends() == [AuditEnd(name, 0, "") for name in names]
    assert await tables.audit.records("rollout", 0, 5) == []
    assert await tables.audit.records("no such partition", 0, 5) == []


async def write_three(tables: Kept) -> None:
    for attempts in range(3):
        await put(tables.ledger, replace(PERSON, attempts=attempts))


async def test_records_are_read_on_from_where_the_last_reading_ended(tables: Kept) -> None:
    await write_three(tables)
    first = await tables.audit.records("provisional", 0, 2)
    rest = await tables.audit.records("provisional", 2, 5000)
    assert [record.number for record in (*first, *rest)] == [1, 2, 3]
    assert await tables.audit.records("provisional", 3, 2) == []


async def test_the_chain_of_the_rollout_is_whole_and_apart_from_the_others(
    tables: Kept,
) -> None:
    stored = await tables.rollouts.replace(None, PLANNED, action="apply", now=NOW)
    stored = await tables.rollouts.renew(stored, PAUSED.lease)
    await tables.rollouts.replace(stored, PAUSED, action="pause", now=NOW)
    *others, end = await tables.audit.ends()
    assert {other.number for other in others} == {0}
    records = await tables.audit.records("rollout", 0, 9)
    assert (end.partition, end.number, broken_at(records, end)) == ("rollout", 2, None)


async def test_the_same_changes_are_the_same_records_whoever_keeps_them(tables: Kept) -> None:
    memory = MemoryTables(Storage())
    for kept in (tables, memory):
        await write_three(kept)
        claimed = enrolment(object_id(1), claims=(wave("pilot"),))
        await put(kept.ledger, claimed)
        await kept.ledger.adopt(
            PERSON.key, replace(PERSON, attempts=2, key=object_id(2)), actor="test", now=NOW
        )
        stored = await kept.rollouts.replace(None, PLANNED, action="apply", now=NOW)
        await kept.rollouts.replace(stored, PAUSED, action="pause", now=NOW)
    assert await tables.audit.ends() == await memory.audit.ends()
    assert [one async for one in everything(tables.audit)] == [
        one async for one in everything(memory.audit)
    ]


async def test_what_is_done_with_messages_has_a_chain_of_its_own_whoever_appends(
    tables: Kept,
) -> None:
    said = [{"changes": [{"action": "discard", "key": f"q/{number}"}]} for number in range(8)]
    await asyncio.gather(*(tables.audit.append(one, actor="ada", now=NOW) for one in said))
    ends = {end.partition: end for end in await tables.audit.ends()}
    assert {name for name, end in ends.items() if end.number} == {MESSAGES}
    records = await tables.audit.records(MESSAGES, 0, 100)
    assert broken_at(records, ends[MESSAGES]) is None
    found = [json.loads(one.content) for one in records]
    assert {one["actor"] for one in found} == {"ada"}
    keys = sorted(change["key"] for one in found for change in one["changes"])
    assert keys == sorted(change["key"] for one in said for change in one["changes"])


async def test_what_hangs_on_what_was_read_is_recorded_behind_that_alone(tables: Kept) -> None:
    """Of two who have read the same end one is recorded, the first time too."""
    for number in range(2):
        ends = {end.partition: end for end in await tables.audit.ends()}
        both = [
            tables.audit.append({"changes": []}, actor=actor, now=NOW, behind=ends[MESSAGES])
            for actor in ("ada", "bob")
        ]
        outcomes = await asyncio.gather(*both, return_exceptions=True)
        assert {type(one) for one in outcomes} == {type(None), LedgerConflict}
        assert len(await tables.audit.records(MESSAGES, 0, 9)) == number + 1
