"""What a batch of commands makes of the group: pure, in the order in which they were issued."""

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from hybrid_worker.active_directory.account import Account
from shared.contracts.messages.directory_command import CommandMember, DirectoryCommand
from shared.domain.person.reasons import Reason
from shared.domain.person.writes import ScopeAction, WriteOutcome


@dataclass(frozen=True, slots=True)
class Target:
    """One member of a command whose account has been found and may be changed."""

    command: DirectoryCommand
    member: CommandMember
    account: Account


@dataclass(frozen=True, slots=True)
class LastChange:
    """The newest command that was carried out for an account."""

    action: ScopeAction
    issued_at: datetime
    ours: bool
    """The worker wrote it; else the group was as wished already."""


@dataclass(frozen=True, slots=True)
class Planned:
    """What becomes of one target."""

    target: Target
    outcome: WriteOutcome
    reason: Reason | None = None
    detail: str = ""
    is_new: bool = True
    """Not found in the journal as the same command's doing before a crash."""


@dataclass(frozen=True, slots=True)
class Plan:
    """The answers, if the write succeeds, and the difference to write."""

    items: tuple[Planned, ...]
    adds: frozenset[UUID]
    removes: frozenset[UUID]


def make_plan(
    targets: Sequence[Target],
    members: AbstractSet[UUID],
    history: Mapping[UUID, LastChange],
    earlier: Mapping[tuple[str, UUID], WriteOutcome],
) -> Plan:
    """Decides every target in issue order and sums the changes up.

    `earlier` holds what the same commands did before a crash, by command key and account.
    """
    state, known = set(members), dict(history)
    items = []
    for target in sorted(targets, key=lambda target: target.command.issued_at):
        guid = target.account.guid
        before = earlier.get((target.command.command_key, guid))
        if before is not None:
            items.append(Planned(target, before, is_new=False))
            continue
        item = _decide(target, is_member=guid in state, last=known.get(guid))
        items.append(item)
        if item.outcome is WriteOutcome.REFUSED:
            continue
        known[guid] = _remembered(item, known.get(guid))
        (state.add if target.command.action is ScopeAction.ADD else state.discard)(guid)
    return Plan(tuple(items), frozenset(state - members), frozenset(members - state))


def overruled(
    item: Planned, outcome: WriteOutcome, reason: Reason | None = None, detail: str = ""
) -> Planned:
    """Returns the same target after AD had another word on it."""
    return replace(item, outcome=outcome, reason=reason, detail=detail)


def _decide(target: Target, *, is_member: bool, last: LastChange | None) -> Planned:
    command = target.command
    same = last is not None and last.action is command.action
    if last is not None and not same and command.issued_at < last.issued_at:
        return Planned(target, WriteOutcome.REFUSED, Reason.OUTDATED)
    if is_member != (command.action is ScopeAction.ADD):
        return Planned(target, WriteOutcome.DONE)
    # "Already" means: before anybody here touched it. What an earlier command did is ours.
    ours = last is not None and same and last.ours
    return Planned(target, WriteOutcome.DONE if ours else WriteOutcome.ALREADY)


def _remembered(item: Planned, last: LastChange | None) -> LastChange:
    issued = item.target.command.issued_at
    newest = max(issued, last.issued_at) if last else issued
    return LastChange(item.target.command.action, newest, ours=item.outcome is WriteOutcome.DONE)
