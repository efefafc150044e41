"""Stop and start: an operator's word on everything that writes, above the rollout and without it.

While it is stopped nothing leaves the app that would change a membership. What comes in is taken
into the ledger, which knows for each person what they are owed and in which order it was asked for;
a start hands all of it to the writers.
"""

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from itertools import batched

import stamina

from shared.contracts.messages.directory_stop import DirectoryStop
from shared.contracts.messages.scope_change import MOST_KEYS
from shared.domain.errors import LedgerConflict, ServiceUnavailable
from shared.domain.noticing import signals_of_writing
from shared.domain.person.enrolment import State
from shared.domain.person.policy import Topology
from shared.domain.rollout import writing as words
from shared.domain.rollout.writing import StopReason, Writing
from shared.ports.world import World
from shared.use_cases.recording import queue_writes, save_writing
from shared.use_cases.signalling import emit

_MOST_TRIES = 20


async def stop(
    world: World,
    now: datetime,
    *,
    actor: str,
    reason: str,
    why: StopReason = StopReason.BY_OPERATOR,
) -> None:
    """Stops everything that writes until somebody starts it again; heeded at once.

    Raises:
        LedgerConflict: others kept changing the same word.
    """
    await _change(
        world,
        lambda current: words.stop(current, why, now, actor=actor, reason=reason),
        action="stop",
        now=now,
    )
    # It is stopped all the same; the clock tells the worker where this fails.
    with suppress(LedgerConflict, ServiceUnavailable):
        await carry_out_word(world, now)


async def start(world: World, now: datetime, *, actor: str, reason: str) -> None:
    """Lets everything that writes go on; the clock hands out what has come together, in a minute.

    Raises:
        NotPossible: nothing is stopped.
        LedgerConflict: others kept changing the same word.
    """
    await _change(
        world,
        lambda current: words.start(current, now, actor=actor, reason=reason),
        action="start",
        now=now,
    )


async def carry_out_word(world: World, now: datetime) -> None:
    """Does what follows from the newest word, once; and says, every time, that a stop lasts.

    Raises:
        LedgerConflict, ServiceUnavailable: the next tick tries again.
    """
    stored = await world.write_control.current()
    if stored is None:
        return
    writing = stored.writing
    if writing.carried_out:
        if writing.is_stopped:
            emit(signals_of_writing(writing))
        return
    if writing.is_stopped:
        await _tell_worker(writing, world)
    else:
        await _hand_out(writing, world)
    done = writing.is_carried_out()
    await save_writing(world, stored, done, action="carry-out", now=now)


async def _change(
    world: World, decide: Callable[[Writing | None], Writing], *, action: str, now: datetime
) -> None:
    async for attempt in stamina.retry_context(
        on=LedgerConflict, attempts=_MOST_TRIES, timeout=None, wait_initial=0.02, wait_max=0.5
    ):
        with attempt:
            stored = await world.write_control.current()
            word = decide(stored.writing if stored else None)
            await save_writing(world, stored, word, action=action, now=now)


async def _tell_worker(writing: Writing, world: World) -> None:
    """Makes the commands void that are on their way; their answers say that nothing was written."""
    if world.tenant_rules.topology is not Topology.CLOUD:
        await world.outbox.send_stop(DirectoryStop(stopped_at=writing.since))


async def _hand_out(writing: Writing, world: World) -> None:
    """Announces everybody who is owed a write, whoever has waited longest first.

    The messages of before were taken off the queue while nothing was written, and the broker would
    take the same once more for a copy: so these are of another occasion.
    """
    occasion = f"start {writing.since.isoformat()}"
    for keys in await world.ledger.keys_in_state([State.REQUESTED, State.WITHDRAWING]):
        owed = (await world.ledger.load(keys)).values()
        for some in batched(sorted(owed, key=lambda one: one.since), MOST_KEYS, strict=False):
            await queue_writes(some, world.outbox, occasion=occasion)
