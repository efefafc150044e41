"""Waves in the tables: few requests find their people."""

from dataclasses import dataclass

from shared.adapters.tables.tables import Tables
from tests.support.ports.people import (
    enrolment,
    object_id,
    put,
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
