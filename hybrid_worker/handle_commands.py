"""The use case: a batch of directory commands becomes one change of the group and its answers.

Everything may happen twice and out of order. What was done, and what is to be answered, is in
the journal before anybody is told.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from datetime import datetime
from itertools import groupby
from typing import Protocol
from uuid import UUID

import structlog

from hybrid_worker import verdicts
from hybrid_worker.active_directory.account import Account, Pointer
from hybrid_worker.active_directory.written import Written
from hybrid_worker.identify import identify
from hybrid_worker.journal import Journal, JournalEntry
from hybrid_worker.plan import Plan, Planned, Target, make_plan, overruled
from shared.contracts.messages.directory_command import DirectoryCommand
from shared.contracts.messages.directory_result import MemberResult, SyncReport, SyncState
from shared.domain.person.reasons import Reason
from shared.domain.person.writes import WriteOutcome

_log = structlog.get_logger(__name__)


class People(Protocol):
    """Look-ups in AD."""

    def __call__(self, pointers: Collection[Pointer]) -> Mapping[Pointer, tuple[Account, ...]]:
        """Finds everybody each pointer leads to; leaves out what it cannot tell."""


class Group(Protocol):
    """The scope group in AD."""

    def members(self) -> AbstractSet[UUID]:
        """Returns the GUIDs of all direct members."""

    def write(self, adds: Collection[UUID], removes: Collection[UUID]) -> Written:
        """Puts people in and takes people out."""


class SyncStanding(Protocol):
    """Who will carry the changes to Entra."""

    def standing(self) -> SyncReport:
        """Returns how the sync stands of those who wait."""


class HandleCommands:
    """Carries commands out.

    `triggers_sync` says whether a delta sync will be owed for them, `locates_hires` whether the
    answer tells where in AD a new hire is.
    """

    def __init__(
        self,
        find_people: People,
        group: Group,
        journal: Journal,
        sync: SyncStanding,
        clock: Callable[[], datetime],
        *,
        triggers_sync: bool,
        locates_hires: bool = False,
    ) -> None:
        self._find_people = find_people
        self._group = group
        self._journal = journal
        self._sync = sync
        self._clock = clock
        self._triggers_sync = triggers_sync
        self._locates_hires = locates_hires

    def recover(self) -> None:
        """Finds out whether what was intended when the worker last stopped was written.

        Raises:
            DirectoryUnavailable: AD did not answer.
        """
        if self._journal.unclear():
            self._journal.settle(self._group.members())
            _log.info("unclear-changes-settled")

    def __call__(self, commands: Sequence[DirectoryCommand]) -> None:
        """Carries out what has not been, and leaves every answer in the journal to be told.

        Raises:
            DirectoryUnavailable: AD did not answer; the same commands may be given again.
        """
        self.recover()
        fresh = self._fresh(sorted(commands, key=lambda command: command.issued_at))
        earlier = self._journal.earlier(fresh)
        results: dict[str, dict[str, MemberResult]] = {key: {} for key in fresh}
        due = self._still_wanted(fresh.values(), {key for key, _ in earlier}, results)
        items = self._carry_out(self._judged(due, results), earlier)
        for item in items:
            target = item.target
            results[target.command.command_key][target.member.key] = self._answer(item)
        self._record(fresh.values(), results, items)

    def _answer(self, item: Planned) -> MemberResult:
        member, account = item.target.member, item.target.account
        answer = verdicts.result(member, item.outcome, account, item.reason, item.detail)
        if not self._locates_hires:
            return answer
        return verdicts.located(answer, item.target.command.action, member, account)

    def _fresh(self, commands: Sequence[DirectoryCommand]) -> dict[str, DirectoryCommand]:
        """Returns the commands not answered yet, and has the others' answers told again."""
        by_key = {command.command_key: command for command in commands}
        known = self._journal.recorded(by_key)
        self._journal.tell_again(known)
        return {key: command for key, command in by_key.items() if key not in known}

    def _still_wanted(
        self,
        commands: Iterable[DirectoryCommand],
        touched: AbstractSet[str],
        results: Mapping[str, dict[str, MemberResult]],
    ) -> list[DirectoryCommand]:
        """Returns the commands that are neither void nor past their time, and answers the others.

        A command that was begun before a crash is finished: its answer is true and still wanted.
        """
        now, stopped_at = self._clock(), self._journal.stopped_at()
        due = []
        for command in commands:
            reason = _obstacle(command, now, stopped_at)
            if reason is None or command.command_key in touched:
                due.append(command)
                continue
            for member in command.members:
                results[command.command_key][member.key] = verdicts.refused(member, reason)
        return due

    def _judged(
        self, commands: Sequence[DirectoryCommand], results: Mapping[str, dict[str, MemberResult]]
    ) -> list[Target]:
        """Returns who may be changed, and answers for those who may not."""
        everybody = [(command, member) for command in commands for member in command.members]
        findings = identify([member for _, member in everybody], self._find_people)
        targets = []
        for (command, member), finding in zip(everybody, findings, strict=True):
            judged = verdicts.judge(command.action, member, finding)
            if isinstance(judged, MemberResult):
                results[command.command_key][member.key] = judged
            else:
                targets.append(Target(command, member, judged))
        return targets

    def _carry_out(
        self, targets: Sequence[Target], earlier: Mapping[tuple[str, UUID], WriteOutcome]
    ) -> Sequence[Planned]:
        if not targets:
            return []
        history = self._journal.history({target.account.guid for target in targets})
        plan = make_plan(targets, self._group.members(), history, earlier)
        if not (plan.adds or plan.removes):
            return plan.items
        to_write = plan.adds | plan.removes
        intended = [item for item in plan.items if _is_intent(item, to_write)]
        self._journal.intend(intended, self._clock())
        written = self._group.write(plan.adds, plan.removes)
        _log.info("group-written", added=len(plan.adds), removed=len(plan.removes))
        return _amended(plan, written)

    def _record(
        self,
        commands: Iterable[DirectoryCommand],
        results: Mapping[str, Mapping[str, MemberResult]],
        items: Sequence[Planned],
    ) -> None:
        answers = []
        for command in sorted(commands, key=lambda command: command.issued_at):
            given = results[command.command_key]
            members = tuple(given[key] for key in dict.fromkeys(m.key for m in command.members))
            changed = any(member.outcome is WriteOutcome.DONE for member in members)
            sync = self._sync.standing() if changed else SyncReport(state=SyncState.NOT_NEEDED)
            answers.append(JournalEntry(command, members, sync, changed and self._triggers_sync))
            _log.info(
                "command-carried-out",
                command=command.command_key,
                action=command.action,
                outcomes=_counted(members),
            )
        self._journal.record(answers, items, self._clock())


def _obstacle(
    command: DirectoryCommand, now: datetime, stopped_at: datetime | None
) -> Reason | None:
    """Returns why the whole command is not carried out, or None if it may be."""
    if stopped_at and command.issued_at <= stopped_at:
        return Reason.WRITING_STOPPED
    return Reason.COMMAND_EXPIRED if command.expires_at < now else None


def _is_intent(item: Planned, to_write: AbstractSet[UUID]) -> bool:
    return (
        item.is_new and item.outcome is WriteOutcome.DONE and item.target.account.guid in to_write
    )


def _amended(plan: Plan, written: Written) -> list[Planned]:
    """Returns the plan's answers after AD had the last word."""
    return [_after(item, written) if item.is_new else item for item in plan.items]


def _after(item: Planned, written: Written) -> Planned:
    guid = item.target.account.guid
    if item.outcome is not WriteOutcome.DONE:
        return item
    if guid in written.already:
        return overruled(item, WriteOutcome.ALREADY)
    if guid in written.vanished:
        return overruled(item, WriteOutcome.NOT_FOUND, Reason.NOT_IN_ACTIVE_DIRECTORY)
    if guid in written.refused:
        return overruled(item, WriteOutcome.REFUSED, Reason.WRITE_REFUSED, written.refused[guid])
    if guid in written.postponed:
        return overruled(item, WriteOutcome.REFUSED, Reason.DIRECTORY_BUSY, written.postponed[guid])
    return item


def _counted(members: Sequence[MemberResult]) -> dict[str, int]:
    outcomes = sorted(member.outcome for member in members)
    return {outcome: len(list(group)) for outcome, group in groupby(outcomes)}
