"""Stop and start: an operator's word on everything that writes, above the rollout and without it.

While it is stopped nothing leaves the app that would change a membership. What comes in is taken
into the ledger, which knows for each person what they are owed and in which order it was asked for;
a start hands all of it to the writers.
"""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from itertools import batched

from shared.contracts.messages.directory_stop import DirectoryStop
from shared.contracts.messages.scope_change import MOST_KEYS
from shared.domain.errors import LedgerConflict, NotPossible, ServiceUnavailable
from shared.domain.noticing import signals_of_writing
from shared.domain.person.enrolment import State
from shared.domain.person.policy import Topology
from shared.domain.rollout import writing as words
from shared.domain.rollout.writing import StopReason, Writing
from shared.ports.world import World
from shared.use_cases.ledger_age import compare
from shared.use_cases.recording import queue_writes, save_writing
from shared.use_cases.signalling import emit
from shared.use_cases.write_control import group_conflict
from shared.use_cases.write_pace import allow_owed
from shared.use_cases.writing_word import change_writing, keep_stop

type Clock = Callable[[], datetime]

CLOCK = "clock"
"""The actor of a stop that nobody said."""


async def stop(
    world: World,
    now: datetime,
    *,
    actor: str,
    reason: str,
    why: StopReason = StopReason.BY_OPERATOR,
    clock: Clock | None = None,
) -> None:
    """Stops everything that writes until somebody starts it again; heeded at once.

    Args:
        world: Where.
        now: When it was asked for, in UTC.
        actor: Who says so.
        reason: Why, for people.
        why: Why, as a word.
        clock: Tells when the worker is told, which is later than it was asked for; without it that
            is the same time, and a command that was issued in between is not void.

    Raises:
        LedgerConflict: others kept changing the same word.
    """
    await keep_stop(world, now, actor=actor, reason=reason, why=why)
    # It is stopped all the same; the clock tells the worker where this fails.
    with suppress(LedgerConflict, ServiceUnavailable):
        await carry_out_word(world, clock or (lambda: now))


async def start(
    world: World, now: datetime, *, actor: str, reason: str, group_id: str | None = None
) -> None:
    """Lets everything that writes go on; the clock hands out what has come together, in a minute.

    Whoever is owed a write by now was shown to the operator, and is not too many for the hour.

    Args:
        world: Where.
        now: The time, in UTC.
        actor: Who says so.
        reason: Why, for the audit.
        group_id: The group that is to be written from now on, where it is another than before.

    Raises:
        NotPossible: nothing is stopped, or the group is another than before or than the document's.
        LedgerConflict: others kept changing the same word.
    """
    await _check_group(world, group_id)

    def begin(current: Writing | None) -> Writing:
        return words.start(current, now, actor=actor, reason=reason, group_id=group_id)

    stored = await world.write_control.current()
    # A start that is refused allows nothing: what is allowed and not used outlives the hour.
    begin(stored.writing if stored else None)
    await allow_owed(world, now)
    await change_writing(world, begin, action="start", now=now)


async def note_first_write(world: World, now: datetime) -> None:
    """Remembers which group was written, so that no other is by a wrong setting later.

    Raises:
        LedgerConflict: somebody has changed the word meanwhile; the next batch notes it.
    """
    stored = await world.write_control.current()
    if stored is None or stored.writing.group_id is None:
        word = words.begun(
            stored.writing if stored else None, world.tenant_rules.scope_group_id, now
        )
        with suppress(LedgerConflict):
            await save_writing(world, stored, word, action="first-write", now=now)


async def watch_ledger(world: World, clock: Clock) -> None:
    """Stops everything that writes where the ledger is older than the mark, else moves the mark.

    Raises:
        LedgerConflict, ServiceUnavailable: the next tick looks again.
    """
    stored = await world.write_control.current()
    if stored and stored.writing.stop is StopReason.LEDGER_OLDER:
        return
    now = clock()
    if why := await compare(world, now):
        world.ledger_check.has_passed = False
        reason = StopReason.LEDGER_OLDER
        await stop(world, now, actor=CLOCK, reason=why, why=reason, clock=clock)


async def carry_out_word(world: World, clock: Clock) -> None:
    """Does what follows from the newest word, once; and says, every time, that a stop lasts.

    Raises:
        LedgerConflict, ServiceUnavailable: the next tick tries again.
    """
    stored = await world.write_control.current()
    if not (stored and stored.writing.is_stopped):
        why = await group_conflict(world, stored.writing if stored else None)
        if why:
            reason = StopReason.OTHER_GROUP
            await stop(world, clock(), actor=CLOCK, reason=why, why=reason, clock=clock)
            return
    if stored is None:
        return
    writing = stored.writing
    if writing.is_stopped:
        # Before anything that may fail: an alarm lasts as long as the stop does.
        emit(signals_of_writing(writing))
    if writing.carried_out:
        return
    if writing.is_stopped:
        await _tell_worker(writing, world, clock())
    else:
        await _hand_out(writing, world)
    done = writing.is_carried_out()
    await save_writing(world, stored, done, action="carry-out", now=clock())


async def _check_group(world: World, group_id: str | None) -> None:
    """Refuses a start where the group is not the one of before, unless the operator names it."""
    stored = await world.write_control.current()
    writing = stored.writing if stored else None
    configured = world.tenant_rules.scope_group_id
    if group_id is not None and group_id.casefold() != configured.casefold():
        raise NotPossible(f"the app is set up for group {configured}, not for {group_id}")
    known = replace(writing, group_id=group_id) if writing and group_id else writing
    if why := await group_conflict(world, known):
        raise NotPossible(
            f"{why}; set SSPR_SCOPE_GROUP_ID back, apply a document that names the group, or say "
            f"that it is meant: sspr start --group {configured}"
        )


async def _tell_worker(writing: Writing, world: World, now: datetime) -> None:
    """Makes the commands void that are on their way; their answers say that nothing was written.

    It is told as of now, when the word is kept: a batch that was at work meanwhile has issued
    commands after the stop was asked for, and none after it was kept.
    """
    if world.tenant_rules.topology is not Topology.CLOUD:
        await world.outbox.send_stop(DirectoryStop(stopped_at=max(now, writing.since)))


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
