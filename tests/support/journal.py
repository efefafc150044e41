"""What the tests of the worker's journal write into it."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from hybrid_worker.active_directory.account import Account
from hybrid_worker.journal import Journal, JournalEntry
from hybrid_worker.plan import Planned, Target
from shared.contracts.messages.directory_command import CommandMember, DirectoryCommand
from shared.contracts.messages.directory_result import MemberResult, SyncReport, SyncState
from shared.domain.person.writes import ScopeAction, WriteOutcome

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
ONE, TWO = UUID(int=1), UUID(int=2)
PENDING = SyncReport(state=SyncState.PENDING)
SUCCEEDED = SyncReport(state=SyncState.SUCCEEDED)
STAGING = SyncReport(state=SyncState.PENDING, problem="staging")


def planned(
    key: str,
    guid: UUID,
    action: ScopeAction = ScopeAction.ADD,
    outcome: WriteOutcome = WriteOutcome.DONE,
    issued_at: datetime = NOW,
) -> Planned:
    member = CommandMember(key=f"person-{guid.int}", employee_id="1")
    command = DirectoryCommand(
        command_key=key,
        action=action,
        members=(member,),
        cause="c",
        actor="a",
        issued_at=issued_at,
        expires_at=NOW + timedelta(hours=1),
    )
    account = Account(guid=guid, sid="S-1")
    return Planned(Target(command, member, account), outcome)


def record(journal: Journal, *items: Planned, owes: bool = True, now: datetime = NOW) -> None:
    command = items[0].target.command
    members = tuple(
        MemberResult(key=item.target.member.key, outcome=item.outcome) for item in items
    )
    journal.record([JournalEntry(command, members, PENDING, owes_sync=owes)], items, now)
