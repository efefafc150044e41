"""Apply scope changes: cloud users through Graph, synced users by a command to the worker."""

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import batched

from shared.contracts.messages.contract import MOST_TEXT
from shared.contracts.messages.directory_command import CommandMember, DirectoryCommand
from shared.contracts.messages.queues import SCOPE_CHANGES
from shared.contracts.messages.scope_change import ScopeChange
from shared.domain.errors import DirectoryUnavailable
from shared.domain.person.conversion import redirected
from shared.domain.person.enrolment import Enrolment, State
from shared.domain.person.membership_source import with_source
from shared.domain.person.people import Identifier, IdentifierKind
from shared.domain.person.policy import SourceOfAuthority, Topology
from shared.domain.person.reasons import OF_THE_GROUP
from shared.domain.person.write_results import record
from shared.domain.person.writes import ScopeAction, WriteResult
from shared.domain.rollout.writing import StopReason
from shared.domain.signals import ScopeGroupUnwritable
from shared.ports.world import World
from shared.use_cases.message import Message, read_all
from shared.use_cases.recording import awaits_writer, keep_refusals, nobody, save_people
from shared.use_cases.signalling import emit
from shared.use_cases.write_control import is_stopped
from shared.use_cases.write_pace import too_many
from shared.use_cases.writing.stop_and_start import CLOCK, Clock, note_first_write, stop

ACTOR = "apply_scope_changes"
_AT_ONCE = 500
"""People written between two looks whether everything that writes is stopped."""


async def apply_scope_changes(
    messages: Sequence[Message], world: World, now: datetime, clock: Clock | None = None
) -> None:
    """Writes what the ledger says is owed to the people whom the messages name.

    While everything that writes is stopped, nothing is: the ledger keeps what is owed, and a start
    announces all of it anew. Where it would be too much for an hour, it stops by itself and asks.

    Args:
        messages: The scope changes.
        world: Where.
        now: The time at which the batch began, in UTC: commands are issued as of it.
        clock: Tells the time at which the worker is told of a stop; see `stop`.

    Raises:
        DirectoryUnavailable, LedgerConflict: all of them are to be taken again.
    """
    changes, refused = read_all(
        messages, SCOPE_CHANGES, lambda one: ScopeChange.read(one.body), now
    )
    await keep_refusals(refused, world)
    if await is_stopped(world):
        return
    keys = {key for change in changes for key in change.person_keys}
    enrolments = await _at_their_source(await world.ledger.load(keys), world, now)
    owed = {k: e for k, e in enrolments.items() if e.awaits_write}
    if problem := await too_many([e for e in owed.values() if awaits_writer(e)], world, now):
        why = StopReason.TOO_MANY
        await stop(world, now, actor=CLOCK, reason=problem, why=why, clock=clock)
        return
    await _command(
        [(c, [owed[k] for k in c.person_keys if k in owed]) for c in changes], world, now
    )
    await _write_to_cloud(
        [
            e
            for e in owed.values()
            if e.source_of_authority is SourceOfAuthority.CLOUD and awaits_writer(e)
        ],
        world,
        now,
    )
    if owed:
        await note_first_write(world, now)


async def _at_their_source(
    enrolments: Mapping[str, Enrolment], world: World, now: datetime
) -> Mapping[str, Enrolment]:
    """Asks anew, for whoever is to be put in, which directory is their source of authority.

    Since they were asked for it may have been converted. It is asked, too, of whom nothing is known
    of it, as in rows of older versions: no writer would take them. While Graph is away nothing is
    asked: the worker needs no Graph, and the reconciler looks at everybody.
    """
    topology = world.tenant_rules.topology
    asked = {
        Identifier(IdentifierKind.OBJECT_ID, e.user.object_id)
        for e in enrolments.values()
        if e.user.object_id and _is_source_in_doubt(e, topology)
    }
    if not asked:
        return enrolments
    try:
        found = await world.directory.find_people(asked)
    except DirectoryUnavailable:
        return enrolments
    people = {one.object_id: one for several in found.values() for one in several}

    def decide(key: str, current: Enrolment | None) -> Enrolment | None:
        person = people.get(key)
        if current is None or person is None or not _is_source_in_doubt(current, topology):
            return current
        return redirected(with_source(current, person, topology), person, topology, now)

    moved = {key for key, current in enrolments.items() if decide(key, current) is not current}
    if not moved:
        return enrolments
    await save_people(world, moved, decide, actor=ACTOR, now=now, queue=nobody)
    return await world.ledger.load(enrolments.keys())


def _is_source_in_doubt(enrolment: Enrolment, topology: Topology) -> bool:
    """Tells whether it has to be asked where somebody's membership is to be written."""
    may_move = enrolment.state is State.REQUESTED and topology is not Topology.CLOUD
    return may_move or (enrolment.awaits_write and enrolment.source_of_authority is None)


async def _write_to_cloud(enrolments: Iterable[Enrolment], world: World, now: datetime) -> None:
    ids = {e.user.object_id: e.state for e in enrolments if e.user.object_id}
    adding = [one for one, state in ids.items() if state is State.REQUESTED]
    removing = [one for one, state in ids.items() if state is State.WITHDRAWING]
    writers = ((adding, world.cloud_scope.add), (removing, world.cloud_scope.remove))
    for object_ids, write in writers:
        for some in batched(object_ids, _AT_ONCE, strict=False):
            # A stop is heeded within a batch too, however large it is.
            if await is_stopped(world):
                return
            await _record(await write(some), world, now)


async def _record(answers: Mapping[str, WriteResult], world: World, now: datetime) -> None:
    def decide(key: str, current: Enrolment | None) -> Enrolment | None:
        return record(current, answers[key], world.tenant_rules, now) if current else None

    await save_people(world, answers, decide, actor=ACTOR, now=now, queue=nobody)
    closed = Counter(
        one.reason for one in answers.values() if one.reason and one.reason in OF_THE_GROUP
    )
    emit(ScopeGroupUnwritable(reason=why, people=count) for why, count in sorted(closed.items()))


async def _command(
    owed: Iterable[tuple[ScopeChange, Sequence[Enrolment]]], world: World, now: datetime
) -> None:
    """Marks whom each command concerns, and then sends the commands, some at a time.

    In this order, whoever is taken out while a command is on its way waits for its answer. The
    command's key follows from the message, so that after a crash in between the same message marks
    nobody anew and sends the same command.
    """
    commands: dict[str, Sequence[Enrolment]] = {}
    for change, enrolments in owed:
        for state in (State.REQUESTED, State.WITHDRAWING):
            key = hashlib.sha256(f"{change.change_key} {state}".encode()).hexdigest()[:32]
            mine = [e for e in enrolments if e.state is state and _is_for_worker(e, key)]
            if mine:
                commands[key] = mine
    for some in _at_once(commands):
        # Where a stop comes after this look, what is sent is older than what the worker is told.
        if await is_stopped(world):
            return
        marks = {e.key: (key, _action(e)) for key, people in some.items() for e in people}
        await _mark(marks, world, now)
        await world.outbox.send_commands(
            [_directory_command(key, people, world, now) for key, people in some.items()]
        )


def _at_once(
    commands: Mapping[str, Sequence[Enrolment]],
) -> Iterator[Mapping[str, Sequence[Enrolment]]]:
    """Yields the commands in portions of as many people as are written between two looks."""
    some = dict[str, Sequence[Enrolment]]()
    for key, people in commands.items():
        if some and sum(map(len, some.values())) + len(people) > _AT_ONCE:
            yield some
            some = {}
        some[key] = people
    if some:
        yield some


def _is_for_worker(enrolment: Enrolment, command_key: str) -> bool:
    return (
        enrolment.source_of_authority is SourceOfAuthority.ON_PREMISES
        and enrolment.command_key in {None, command_key}
    )


async def _mark(
    commands: Mapping[str, tuple[str, ScopeAction]], world: World, now: datetime
) -> None:
    def decide(key: str, current: Enrolment | None) -> Enrolment | None:
        if current is None or not awaits_writer(current):
            return current
        return current.commanded(*commands[key], now)

    await save_people(world, commands, decide, actor=ACTOR, now=now, queue=nobody)


def _directory_command(
    key: str, people: Sequence[Enrolment], world: World, now: datetime
) -> DirectoryCommand:
    first = people[0]
    return DirectoryCommand(
        command_key=key,
        action=_action(first),
        members=tuple(_member(enrolment) for enrolment in people),
        cause=f"{first.cause.kind} {first.cause.reference}"[:MOST_TEXT],
        actor=first.cause.actor,
        issued_at=now,
        expires_at=now + world.limits.command_lifetime,
    )


def _action(enrolment: Enrolment) -> ScopeAction:
    return ScopeAction.ADD if enrolment.state is State.REQUESTED else ScopeAction.REMOVE


def _member(enrolment: Enrolment) -> CommandMember:
    user = enrolment.user
    known = user.source_anchor is not None
    return CommandMember(
        key=enrolment.key,
        source_anchor=user.source_anchor,
        sid=user.sid,
        user_principal_name=None if known else user.user_principal_name,
        employee_id=None if known else user.employee_id,
    )
