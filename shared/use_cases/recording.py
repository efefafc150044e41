"""Recording: the one door through which people, the rollout, stops and refused messages are saved.

Each function stores first, then says what happened, then queues what follows from it: whatever was
said is true, and whatever a writer looks up is there. Nobody else calls the ledger's `amend`,
`adopt` and `erase`, the rollouts' `replace` and `renew` or the write control's `replace`.
"""

import hashlib
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from itertools import batched
from typing import Any

from shared.contracts.messages.scope_change import MOST_KEYS, ScopeChange
from shared.domain.noticing import signals_of_person, signals_of_rollout, signals_of_writing
from shared.domain.person.amendment import Decide, Join
from shared.domain.person.enrolment import Enrolment
from shared.domain.person.verification import joined
from shared.domain.rollout.state import Lease, Rollout
from shared.domain.rollout.writing import Said, Writing
from shared.domain.signals import MessageRefused, plain_field, plain_text
from shared.ports.ledger import Receipt
from shared.ports.outbox import Outbox
from shared.ports.rollouts import StoredRollout
from shared.ports.world import World
from shared.ports.write_control import StoredWriting
from shared.use_cases.signalling import emit

type Choose = Callable[[Enrolment | None, Enrolment], bool]
"""Whether somebody who awaits a writer is queued for one, by their enrolment before and after."""


def everybody(_before: Enrolment | None, _after: Enrolment) -> bool:
    """Chooses all: where a handler runs twice the broker delivers the message once."""
    return True


def nobody(_before: Enrolment | None, _after: Enrolment) -> bool:
    """Chooses none: whoever saves is the writer, or makes nobody await one."""
    return False


def whoever_changed(before: Enrolment | None, after: Enrolment) -> bool:
    """Chooses those to whom something happened just now."""
    return before != after


def whoever_is_not_flagged(_before: Enrolment | None, after: Enrolment) -> bool:
    """Chooses those for whom nobody has to look first."""
    return after.flag is None


async def save_people(
    world: World,
    keys: Collection[str],
    decide: Decide,
    *,
    actor: str,
    now: datetime,
    queue: Choose = everybody,
) -> Mapping[str, Enrolment]:
    """Decides about people in the ledger, says who needs a look, and queues who awaits a writer.

    Args:
        world: Where to.
        keys: Whom it concerns.
        decide: As `Ledger.amend` takes it: pure, and called again with fresher rows.
        actor: Who does it, for the audit.
        now: The time, in UTC.
        queue: Whom of those that await a writer to queue for one.

    Returns:
        Everybody's enrolment afterwards, by the key asked for.

    Raises:
        LedgerConflict: others kept changing the same rows. Nothing is said or queued, not even of
            those who were stored before that; their states and flags stay in the ledger.
    """
    before: dict[str, Enrolment | None] = {}

    def remember(key: str, current: Enrolment | None) -> Enrolment | None:
        # Called again with fresher rows, the last ones are those that were changed.
        before[key] = current
        return decide(key, current)

    after = await world.ledger.amend(keys, remember, actor=actor, now=now)
    _say(before, after)
    await queue_writes(
        (saved for key, saved in after.items() if queue(before.get(key), saved)), world.outbox
    )
    return after


async def save_arrival(
    world: World,
    provisional: Enrolment,
    arrived: Enrolment,
    *,
    actor: str,
    now: datetime,
    join: Join = joined,
) -> Enrolment:
    """Moves somebody who has arrived in Entra under their object id, and says who needs a look.

    Who owes a write since now is queued for a writer. Whoever is known there already is joined as
    `join` says.
    """
    settled = await world.ledger.adopt(provisional.key, arrived, actor=actor, now=now, join=join)
    emit(signals_of_person(provisional, settled))
    if settled.since == now:
        await queue_writes([settled], world.outbox)
    return settled


async def erase_people(
    world: World,
    keys: Collection[str],
    may_go: Callable[[Enrolment], bool],
    said: Mapping[str, Any],
    *,
    actor: str,
    now: datetime,
) -> None:
    """Erases people from the ledger; the audit says so in the same transaction.

    Nothing is queued: nobody owes them a write any more.

    Raises:
        WorldChanged: somebody is there who may not go.
        LedgerConflict: others kept changing the same rows.
    """
    await world.ledger.erase(keys, may_go, said, actor=actor, now=now)


async def save_rollout(
    world: World,
    stored: StoredRollout | None,
    rollout: Rollout,
    *,
    action: str,
    now: datetime,
    keep_lease: bool = False,
) -> StoredRollout:
    """Saves the rollout in place of the one that was read, and says so.

    Args:
        world: Where to.
        stored: The rollout as it was read; None for the first.
        rollout: What it is from now on.
        action: What is done, for the audit.
        now: The time, in UTC.
        keep_lease: Whether an expansion goes on under its lease. Otherwise the lease ends, and
            whoever held it finds the rollout changed and stops.

    Raises:
        LedgerConflict: somebody else has changed it since it was read; nothing is said.
    """
    if not keep_lease:
        rollout = replace(rollout, lease=None)
    saved = await world.rollouts.replace(stored, rollout, action=action, now=now)
    emit(signals_of_rollout(stored.rollout if stored else None, rollout))
    return saved


async def save_lease(world: World, stored: StoredRollout, lease: Lease | None) -> StoredRollout:
    """Takes, keeps or gives back the lease of an expansion.

    Raises:
        LedgerConflict: somebody else has changed the rollout since it was read.
    """
    return await world.rollouts.renew(stored, lease)


async def save_writing(
    world: World,
    stored: StoredWriting | None,
    writing: Writing,
    *,
    action: str,
    now: datetime,
    said: Said | None = None,
) -> StoredWriting:
    """Saves the word on everything that writes in place of the one that was read, and says so.

    Args:
        world: Where to.
        stored: The word as it was read; None for the first.
        writing: What holds from now on.
        action: What is done, for the audit.
        now: The time, in UTC.
        said: Who has it so and why, where what holds is another's word.

    Raises:
        LedgerConflict: somebody else has changed it since it was read; nothing is said.
    """
    saved = await world.write_control.replace(stored, writing, action=action, now=now, said=said)
    emit(signals_of_writing(writing))
    return saved


async def keep_refusals(refusals: Collection[Receipt], world: World) -> None:
    """Keeps messages that cannot be taken, whole, and says so of each without its body."""
    if not refusals:
        return
    await world.ledger.record_receipts(refusals)
    emit(
        MessageRefused(
            queue=refusal.queue,
            key=refusal.key,
            field=plain_field(refusal.field),
            reason=plain_text(refusal.detail),
        )
        for refusal in refusals
    )


def awaits_writer(enrolment: Enrolment) -> bool:
    """Tells whether a write is owed and nobody is at it."""
    return enrolment.awaits_write and enrolment.command_key is None


async def queue_writes(
    enrolments: Iterable[Enrolment], outbox: Outbox, *, occasion: str = ""
) -> None:
    """Sends the keys of all of these who await a writer, up to 500 keys to a scope change.

    The change's key follows from what it asks for, so that a handler that runs twice sends the same
    message, of which the broker delivers one.

    Args:
        enrolments: Who may await a writer.
        outbox: Where to.
        occasion: Why the same is asked for once more, where a copy would be taken for the first.
    """
    waiting = sorted({one.key: one for one in enrolments if awaits_writer(one)}.items())
    changes = [
        _change([enrolment for _, enrolment in group], occasion)
        for group in batched(waiting, MOST_KEYS, strict=False)
    ]
    if changes:
        await outbox.send_scope_changes(changes)


def _say(before: Mapping[str, Enrolment | None], after: Mapping[str, Enrolment]) -> None:
    said: set[str] = set()
    # Keys that lead to one person are decided about in their order: the first saw what was stored.
    for key in sorted(after):
        if after[key].key not in said:
            said.add(after[key].key)
            emit(signals_of_person(before.get(key), after[key]))


def _change(enrolments: list[Enrolment], occasion: str) -> ScopeChange:
    asked = "\n".join(map(_asked_of, enrolments)) + occasion
    return ScopeChange(
        change_key=hashlib.sha256(asked.encode()).hexdigest()[:32],
        person_keys=tuple(e.key for e in enrolments),
    )


def _asked_of(enrolment: Enrolment) -> str:
    """Returns what tells one request for a write from another for the same person.

    The last step is part of it: a command that came to nothing leaves state and count as they were,
    and what is asked for after it is no copy of what was asked for before.
    """
    last = enrolment.steps[-1].at.isoformat() if enrolment.steps else ""
    since = enrolment.since.isoformat()
    return f"{enrolment.key} {enrolment.state} {since} {enrolment.reissues} {last}"
