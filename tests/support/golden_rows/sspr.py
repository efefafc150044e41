"""Whom SSPR was seen to be on for."""

from collections.abc import Mapping

from shared.adapters.tables.tables import Tables
from shared.domain.rollout.sspr_finding import SsprFinding
from shared.domain.rollout.sspr_shares import EnabledCount, SharesSeen
from shared.domain.rollout.sspr_sight import SightSource, SsprSight
from tests.support.golden_rows.golden import LATER, NOW, Golden

SSPR_SIGHT = SsprSight(
    finding=SsprFinding.OTHER_GROUP,
    since=NOW,
    as_of=LATER,
    source=SightSource.REPORT,
    selects_ours=True,
    changed_at=NOW,
    weighed_at=LATER,
    looked_at=LATER,
    log_read_until=LATER,
    trouble="Graph answered 403",
)
SHARES_SEEN = SharesSeen(
    read_at=NOW, inside=EnabledCount(people=800, enabled=790), outside=EnabledCount(people=90)
)


async def _write_sspr_sight(tables: Tables) -> None:
    await tables.sspr_watch.keep_sight(SSPR_SIGHT)
    await tables.sspr_watch.keep_shares(SHARES_SEEN)


async def _expect_sspr_sight(tables: Tables) -> None:
    assert await tables.sspr_watch.sight() == SSPR_SIGHT
    assert await tables.sspr_watch.shares() == SHARES_SEEN


GOLDEN: Mapping[str, Golden] = {
    "sspr-sight": Golden(_write_sspr_sight, _expect_sspr_sight),
}
