"""What the tests of the delta sync share: who runs errands, and a change that is owed a cycle."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from hybrid_worker.active_directory.account import Account
from hybrid_worker.delta_sync.errands import Errand
from hybrid_worker.journal import Journal, JournalEntry
from hybrid_worker.plan import Planned, Target
from shared.contracts.messages.directory_command import CommandMember, DirectoryCommand
from shared.contracts.messages.directory_result import MemberResult, SyncReport, SyncState
from shared.domain.person.writes import ScopeAction, WriteOutcome


@dataclass
class Clerk:
    """Runs errands at once, unless the host is to take its time."""

    is_slow: bool = False
    waiting: list[Errand[Any]] = field(default_factory=list)

    def begin[T](self, work: Callable[[], T]) -> Errand[T]:
        errand = Errand(work)
        if self.is_slow:
            self.waiting.append(errand)
        else:
            errand.run()
        return errand


def write(journal: Journal, key: str, now: datetime) -> None:
    """A command has been written to AD now."""
    member = CommandMember(key="p", employee_id="1")
    command = DirectoryCommand(
        command_key=key,
        action=ScopeAction.ADD,
        members=(member,),
        cause="c",
        actor="a",
        issued_at=now,
        expires_at=now + timedelta(hours=1),
    )
    account = Account(guid=UUID(int=1), sid="S-1")
    answer = JournalEntry(
        command,
        (MemberResult(key="p", outcome=WriteOutcome.DONE),),
        SyncReport(state=SyncState.PENDING),
        owes_sync=True,
    )
    item = Planned(Target(command, member, account), WriteOutcome.DONE)
    journal.record([answer], [item], now)
    journal.told([key])
