"""How far conversions have been looked for: the newest look counts, whoever keeps it."""

from datetime import timedelta

from shared.ports.account_looks import AccountLook
from tests.support.ports.kept import Opening
from tests.support.ports.people import NOW


async def test_the_newest_look_counts_for_whoever_opens_it(opening: Opening) -> None:
    first = AccountLook(at=NOW)
    second = AccountLook(
        at=NOW + timedelta(minutes=4),
        place="/users/delta?$deltatoken=" + "ä" * 40_000,
        log_read_until=NOW,
        is_due=True,
    )
    async with opening() as tables, opening() as another:
        assert await tables.account_looks.newest() is None
        for look in (first, second, first):
            await tables.account_looks.keep(look)
            assert await another.account_looks.newest() == look
