"""The reading of the registration report that is under way: where it goes on."""

from datetime import timedelta

from shared.ports.readings import MOST_PLACE, Reading
from tests.support.ports.kept import Kept
from tests.support.ports.people import NOW


async def test_the_last_place_counts_until_the_report_has_come_to_its_end(tables: Kept) -> None:
    assert await tables.readings.current() is None
    first = Reading(place="/reports?$skiptoken=ä'1", begun_at=NOW)
    second = Reading(place="x" * MOST_PLACE, begun_at=NOW + timedelta(minutes=1))
    for reading in (first, second, None, first):
        await tables.readings.keep(reading)
        assert await tables.readings.current() == reading
