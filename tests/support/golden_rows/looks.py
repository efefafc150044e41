"""How far reports, logs and accounts have been looked at."""

from collections.abc import Mapping
from dataclasses import replace

from shared.adapters.tables.tables import Tables
from shared.ports.account_looks import AccountLook
from shared.ports.readings import Reading
from tests.support.golden_rows.golden import LATER, NOW, Golden
from tests.support.golden_rows.sspr import SHARES_SEEN

READING = Reading(place="/reports?$skiptoken=grüße", begun_at=NOW)
ACCOUNT_LOOK = AccountLook(
    at=LATER, place="/users/delta?$deltatoken=ä", log_read_until=NOW, is_due=True
)


async def _write_reading(tables: Tables) -> None:
    await tables.readings.keep(READING)


async def _expect_reading(tables: Tables) -> None:
    assert await tables.readings.current() == READING


async def _write_counted_reading(tables: Tables) -> None:
    await tables.readings.keep(replace(READING, counted=SHARES_SEEN))


async def _expect_counted_reading(tables: Tables) -> None:
    assert await tables.readings.current() == replace(READING, counted=SHARES_SEEN)


async def _write_doctor_look(tables: Tables) -> None:
    await tables.doctor_looks.keep(NOW)


async def _expect_doctor_look(tables: Tables) -> None:
    assert await tables.doctor_looks.newest() == NOW


async def _write_account_look(tables: Tables) -> None:
    await tables.account_looks.keep(ACCOUNT_LOOK)


async def _expect_account_look(tables: Tables) -> None:
    assert await tables.account_looks.newest() == ACCOUNT_LOOK


GOLDEN: Mapping[str, Golden] = {
    "reading": Golden(_write_reading, _expect_reading),
    "reading-counted": Golden(_write_counted_reading, _expect_counted_reading),
    "doctor-look": Golden(_write_doctor_look, _expect_doctor_look),
    "account-look": Golden(_write_account_look, _expect_account_look),
}
