"""What the ledger has of its own: the mark of its version, and the door's key."""

from collections.abc import Mapping

from shared.adapters.memory.storage import DOOR_KEY
from shared.adapters.tables.tables import Tables
from shared.domain.ledger_mark import LedgerMark
from tests.support.golden_rows.golden import NOW, Golden

MARK = LedgerMark(version="0.3.0", since=NOW, format=1, readable_from=1, written_by="0.3.0")


async def _write_mark(tables: Tables) -> None:
    await tables.ledger_marks.leave(MARK.version, MARK.since)


async def _expect_mark(tables: Tables) -> None:
    assert await tables.ledger_marks.mark() == MARK


async def _write_door_key(tables: Tables) -> None:
    await tables.door_key.key()


async def _expect_door_key(tables: Tables) -> None:
    assert await tables.door_key.key() == DOOR_KEY


GOLDEN: Mapping[str, Golden] = {
    # The format in it rises with each release that stores more.
    "mark": Golden(_write_mark, _expect_mark, written_today=False),
    "door-key": Golden(_write_door_key, _expect_door_key, written_today=False),
}
