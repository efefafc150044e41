"""Waves in the tables: few requests find their people, and older rows are read as well."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from azure.data.tables import TableClient, UpdateMode

from shared.adapters.tables.keys import HEAD, RowKind, row_key
from shared.adapters.tables.table_ledger import TableLedger
from shared.adapters.tables.tables import Tables
from shared.domain.person.enrolment import Claim, Enrolment, Exclusion, State
from shared.domain.person.partitions import partition_of
from shared.domain.person.reasons import Reason
from tests.support.ports.people import (
    enrolment,
    everybody,
    object_id,
    put,
    recounted,
    wave,
)


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
