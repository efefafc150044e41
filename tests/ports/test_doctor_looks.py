"""Until when the doctor has told of changes: the newest look counts, whoever had it look."""

from datetime import timedelta

from tests.support.ports.kept import Opening
from tests.support.ports.people import NOW


async def test_the_newest_look_counts_for_whoever_opens_it(opening: Opening) -> None:
    async with opening() as tables, opening() as another:
        assert await tables.doctor_looks.newest() is None
        for at in (NOW, NOW + timedelta(days=1)):
            await tables.doctor_looks.keep(at)
            assert await another.doctor_looks.newest() == at
