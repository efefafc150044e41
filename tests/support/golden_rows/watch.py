"""What the watch has told, and when."""

from collections.abc import Mapping
from dataclasses import replace

from shared.adapters.tables.tables import Tables
from shared.domain.rollout.gate import Outcome
from shared.domain.rollout.watch import Condition, Watch
from tests.support.golden_rows.golden import LATER, NOW, Golden

WATCH = Watch(
    began=NOW,
    at=LATER,
    conditions=(
        Condition(
            gate="writebackFailures",
            outcome=Outcome.FAILED,
            value=0.5,
            threshold=0.2,
            sample=2,
            text="50 % of 2 resets could not be written to AD",
            failing_since=NOW,
            failures=3,
            limit=1,
        ),
    ),
    letters={"scope-changes": (7, 9)},
    letters_at=LATER,
)
SOURCES_WATCH = replace(WATCH, sources_at=LATER)
"""With when it was told which sources are silent, which is newer."""
HELD_WATCH = replace(WATCH, held_at=LATER)
"""With when it was told whose events are held, which is newer."""
ENDINGS_WATCH = replace(WATCH, endings_at=LATER)
"""With when it was told what ends, which is newer."""


async def _write_watch(tables: Tables) -> None:
    await tables.rollouts.keep_watch(WATCH)


async def _expect_watch(tables: Tables) -> None:
    assert await tables.rollouts.watch() == WATCH


async def _expect_watch_before_letters(tables: Tables) -> None:
    assert await tables.rollouts.watch() == replace(WATCH, letters={}, letters_at=None)


async def _write_watch_endings(tables: Tables) -> None:
    await tables.rollouts.keep_watch(ENDINGS_WATCH)


async def _expect_watch_endings(tables: Tables) -> None:
    assert await tables.rollouts.watch() == ENDINGS_WATCH


async def _write_watch_sources(tables: Tables) -> None:
    await tables.rollouts.keep_watch(SOURCES_WATCH)


async def _expect_watch_sources(tables: Tables) -> None:
    assert await tables.rollouts.watch() == SOURCES_WATCH


async def _write_watch_held(tables: Tables) -> None:
    await tables.rollouts.keep_watch(HELD_WATCH)


async def _expect_watch_held(tables: Tables) -> None:
    assert await tables.rollouts.watch() == HELD_WATCH


GOLDEN: Mapping[str, Golden] = {
    "watch": Golden(_write_watch, _expect_watch_before_letters, written_today=False),
    "watch-letters": Golden(_write_watch, _expect_watch, written_today=False),
    "watch-endings": Golden(_write_watch_endings, _expect_watch_endings, written_today=False),
    "watch-sources": Golden(_write_watch_sources, _expect_watch_sources, written_today=False),
    "watch-held": Golden(_write_watch_held, _expect_watch_held),
}
