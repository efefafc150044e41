"""Waves in the ledger on real Azurite: an index that finds their people, totals that count them."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

import pytest
from azure.data.tables import TableClient, UpdateMode

from shared.adapters.tables.keys import HEAD, RowKind, partition_of, row_key
from shared.adapters.tables.table_ledger import TableLedger
from shared.adapters.tables.tables import Tables
from shared.domain.person.enrolment import CauseKind, Claim, Enrolment, Exclusion, State
from shared.domain.person.people import UserRef
from shared.domain.person.reasons import Reason
from tests.support.ledger_people import (
    NOW,
    enrolment,
    everybody,
    object_id,
    put,
    recounted,
    wave,
)

LONGEST_NAME = "\N{GRINNING FACE}" * 60


@pytest.mark.parametrize(
    "name", ["pilot", r"O'Neil/\#?%|=~ é 人", LONGEST_NAME], ids=["plain", "odd", "longest"]
)
async def test_the_people_of_a_wave_are_found_by_its_name_and_nobody_else(
    ledger: TableLedger, name: str
) -> None:
    held = [enrolment(object_id(number), claims=(wave(name),)) for number in range(20)]
    others = [enrolment(object_id(20), claims=(wave(f"{name}s"),)), enrolment(object_id(21))]
    provisional = enrolment("employee:1", claims=(wave(name),))
    await put(ledger, *held, *others, provisional)
    found = await ledger.in_wave(name)
    assert {person.key: person for person in found} == {p.key: p for p in (*held, provisional)}
    assert (await ledger.totals()).by_wave == {
        (name, State.REQUESTED, False): 21,
        (f"{name}s", State.REQUESTED, False): 1,
    }


async def test_whoever_is_released_from_a_wave_or_held_by_another_is_found_there_only(
    ledger: TableLedger,
) -> None:
    one, other = (enrolment(object_id(number), claims=(wave("pilot"),)) for number in (1, 2))
    await put(ledger, one, other)
    released, moved = one.released(CauseKind.WAVE), other.with_claim(wave("broad"))
    await put(ledger, released, moved)
    assert await ledger.in_wave("pilot") == []
    assert await ledger.in_wave("broad") == [moved]
    assert await ledger.totals() == recounted([released, moved])


async def test_a_wave_counts_its_people_by_state_and_by_whether_they_are_flagged(
    ledger: TableLedger,
) -> None:
    people = [enrolment(object_id(number), claims=(wave("pilot"),)) for number in range(9)]
    await put(ledger, *people)
    applied = [person.moved(State.APPLIED, Reason.ADDED, NOW) for person in people[:6]]
    late = [replace(person, flag=Reason.NOT_VISIBLE) for person in applied[:2]]
    await put(ledger, *applied)
    await put(ledger, *late)
    assert (await ledger.totals()).by_wave == {
        ("pilot", State.REQUESTED, False): 3,
        ("pilot", State.APPLIED, False): 4,
        ("pilot", State.APPLIED, True): 2,
    }
    assert len(await ledger.in_wave("pilot")) == 9


async def test_whoever_is_adopted_takes_the_wave_along(ledger: TableLedger) -> None:
    waiting = enrolment("employee:7", state=State.WAITING, claims=(wave("pilot"),))
    await put(ledger, waiting)
    arrived = replace(waiting, key=object_id(7), user=UserRef(object_id=object_id(7)))
    await ledger.adopt("employee:7", arrived, actor="test", now=NOW)
    assert await ledger.in_wave("pilot") == [arrived]
    assert await ledger.totals() == recounted([arrived])


async def test_dozens_of_waves_are_counted(ledger: TableLedger) -> None:
    names = [f"{number:03d} {LONGEST_NAME}"[:60] for number in range(80)]
    people = [enrolment(f"employee:{n}", claims=(wave(name),)) for n, name in enumerate(names)]
    await put(ledger, *people)
    assert await ledger.totals() == recounted(people)


@dataclass
class Traffic:
    requests: int = 0

    def __call__(self, _: object) -> None:
        self.requests += 1


async def test_a_small_wave_among_many_people_is_read_by_a_few_requests(store: str) -> None:
    """The heads of 17 partitions, and of one of them the index and two people."""
    few = [enrolment(f"employee:{number}", claims=(wave("pilot"),)) for number in range(2)]
    many = [enrolment(f"employee:{number}") for number in range(2, 200)]
    everywhere = [enrolment(object_id(number), claims=(wave("broad"),)) for number in range(99)]
    traffic = Traffic()
    async with Tables.from_connection_string(store, raw_response_hook=traffic) as tables:
        await put(tables.ledger, *few, *many, *everywhere)
        traffic.requests = 0
        assert len(await tables.ledger.in_wave("pilot")) == 2
    assert traffic.requests == 17 + 1 + 2


def strip(store: str, person: Enrolment, row: str, columns: Iterable[str]) -> None:
    """Take columns from a row, as if an older version had written it."""
    with TableClient.from_connection_string(store, "enrolments") as table:
        known = table.get_entity(partition_of(person.key), row)
        for column in columns:
            del known[column]
        table.update_entity(known, UpdateMode.REPLACE)


async def test_who_was_stored_before_there_were_holds_is_held_by_their_cause(
    store: str, ledger: TableLedger
) -> None:
    wanted, left = enrolment(object_id(1)), enrolment(object_id(2), state=State.WITHDRAWN)
    await put(ledger, wanted, left)
    for person in (wanted, left):
        strip(store, person, row_key(RowKind.PERSON, person.key), ["Claims", "Reissues"])
    held = replace(wanted, claims=(Claim(wanted.cause),))
    kept_out = replace(left, exclusion=Exclusion(Reason.OFFBOARDED, "hr"))
    assert await ledger.load([wanted.key, left.key]) == {wanted.key: held, left.key: kept_out}
    assert [one.claims async for page in ledger.summaries() for one in page if one.is_in] == [
        held.claims
    ]


async def test_a_partition_stored_before_there_were_waves_counts_them_from_now_on(
    store: str, ledger: TableLedger
) -> None:
    one, other = enrolment("employee:1"), enrolment("employee:2")
    await put(ledger, one, other)
    for person in (one, other):
        strip(store, person, row_key(RowKind.PERSON, person.key), ["Claims", "Reissues"])
    strip(store, one, HEAD, ["Waves0"])
    assert (await ledger.totals()).by_wave == {}
    assert await ledger.in_wave("pilot") == []
    held = one.with_claim(Claim(one.cause)).with_claim(wave("pilot"))
    await put(ledger, held)
    assert await ledger.in_wave("pilot") == [held]
    assert await ledger.totals() == recounted(await everybody(ledger))
