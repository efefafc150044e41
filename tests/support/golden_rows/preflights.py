"""What a preflight asked a worker, and what it answered."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta

from shared.adapters.tables.tables import Tables
from shared.domain.person.preflight import Finding, Preflight, Unknown
from shared.ports.preflights import PreflightQuestion
from tests.support.golden_rows.golden import ADA, BOB, NOW, Golden

PREFLIGHT = Preflight(
    key=ADA,
    seen_at=NOW,
    worker="worker-1",
    findings=(Finding.NO_RESET_RIGHT, Finding.INHERITANCE_BLOCKED),
    unknown=(Unknown.PASSWORD_POLICY,),
)
QUESTION = PreflightQuestion(
    check="c0ffee",
    part=7,
    people=(ADA, BOB),
    asked_at=NOW,
    expires_at=NOW + timedelta(minutes=15),
    actor="ada",
    answered_at=NOW,
)
COUNTED = replace(QUESTION, cloud=3).answered_by([PREFLIGHT], NOW)


async def _write_preflight(tables: Tables) -> None:
    await tables.preflights.answered(QUESTION, [PREFLIGHT], NOW)


async def _expect_preflight(tables: Tables) -> None:
    assert await tables.preflights.find([ADA, BOB]) == {ADA: PREFLIGHT}
    assert await tables.preflights.question("c0ffee.7") == QUESTION


async def _write_counted_preflight(tables: Tables) -> None:
    await tables.preflights.answered(replace(QUESTION, cloud=3), [PREFLIGHT], NOW)


async def _expect_counted_preflight(tables: Tables) -> None:
    assert await tables.preflights.find([ADA, BOB]) == {ADA: PREFLIGHT}
    assert await tables.preflights.question("c0ffee.7") == COUNTED


GOLDEN: Mapping[str, Golden] = {
    "preflight": Golden(_write_preflight, _expect_preflight, written_today=False),
    "preflight-counted": Golden(_write_counted_preflight, _expect_counted_preflight),
}
