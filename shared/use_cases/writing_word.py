"""Writing word: whether everything that writes is stopped, as a person or the product said."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import datetime

from shared.domain.errors import LedgerConflict
from shared.domain.rollout import writing as words
from shared.domain.rollout.writing import Said, StopReason, Writing
from shared.ports.world import World
from shared.use_cases.recording import save_writing
from shared.use_cases.until_kept import until_kept

_FILLED = Said("clock", "everybody was asked for who was seen in the group of before")


async def keep_stop(
    world: World,
    now: datetime,
    *,
    actor: str,
    reason: str,
    why: StopReason = StopReason.BY_OPERATOR,
) -> None:
    """Stops everything that writes; the clock tells the worker in its next minute.

    Raises:
        LedgerConflict: others kept changing the same word.
    """
    await change_writing(
        world,
        lambda current: words.stop(current, why, now, actor=actor, reason=reason),
        action="stop",
        now=now,
        said=Said(actor, reason),
    )


async def change_writing(
    world: World,
    decide: Callable[[Writing | None], Writing],
    *,
    action: str,
    now: datetime,
    said: Said | None = None,
) -> None:
    """Keeps what is decided, again from what is there now wherever somebody else was first.

    Args:
        world: Where.
        decide: What is to hold from now on, by what does; called again with fresher words.
        action: What is done, for the audit.
        now: The time, in UTC.
        said: Who has it so and why, where what holds may be another's word.

    Raises:
        LedgerConflict: others kept changing the same word.
    """
    async for attempt in until_kept():
        with attempt:
            stored = await world.write_control.current()
            word = decide(stored.writing if stored else None)
            await save_writing(world, stored, word, action=action, now=now, said=said)


async def end_refill(begun_at: datetime, world: World, now: datetime) -> None:
    """Notes that everybody was asked for who was seen in the group of before.

    A word that is younger than the look, or of which not all has followed, is left as it is: the
    next look ends it.

    Args:
        begun_at: When the look began that found them.
        world: Where.
        now: The time, in UTC.
    """
    stored = await world.write_control.current()
    if stored is None or stored.writing.since > begun_at or not stored.writing.carried_out:
        return
    done = replace(stored.writing, refills=False)
    with suppress(LedgerConflict):
        await save_writing(world, stored, done, action="refilled", now=now, said=_FILLED)
