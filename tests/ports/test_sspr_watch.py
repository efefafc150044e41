"""What is known of whom SSPR is on for, and what the registration report showed of it."""

from dataclasses import replace

from shared.domain.rollout.sspr_finding import SsprFinding
from shared.domain.rollout.sspr_sight import SsprSight
from tests.support.golden_rows import SHARES_SEEN, SSPR_SIGHT
from tests.support.ports.kept import Kept, Opening


async def test_nothing_is_known_before_somebody_has_looked(tables: Kept) -> None:
    assert await tables.sspr_watch.sight() == SsprSight()
    assert (await tables.sspr_watch.sight()).finding is SsprFinding.NOT_KNOWN
    assert await tables.sspr_watch.shares() is None


async def test_the_newest_of_each_counts_and_neither_touches_the_other(opening: Opening) -> None:
    newer = replace(SSPR_SIGHT, finding=SsprFinding.OFF, trouble="")
    async with opening() as tables, opening() as another:
        await tables.sspr_watch.keep_sight(SSPR_SIGHT)
        await another.sspr_watch.keep_shares(SHARES_SEEN)
        await tables.sspr_watch.keep_sight(newer)
        assert await another.sspr_watch.sight() == newer
        assert await tables.sspr_watch.shares() == SHARES_SEEN
