"""The directory result: what became of a command, person by person, and of its delta sync.

Sent twice for a command that changed something: once when AD is written (sync pending), once
when the delta sync has ended. The second repeats the members, so either may come first or alone.
"""

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, StringConstraints

from shared.contracts.messages.contract import Contract, Key, Moment, Name, Text, Word
from shared.contracts.messages.directory_command import MOST_MEMBERS
from shared.domain.person.people import UserRef
from shared.domain.person.reasons import Reason
from shared.domain.person.writes import ScopeAction, WriteOutcome, WriteResult

LONGEST_DISTINGUISHED_NAME = 1000
"""Characters. Whose is longer comes with the ordinary cycle."""
DistinguishedName = Annotated[
    str, StringConstraints(min_length=1, max_length=LONGEST_DISTINGUISHED_NAME)
]
"""Where an account is in AD, as in CN=Ada,OU=People,DC=corp,DC=contoso,DC=com."""


class SyncState(StrEnum):
    """How the delta sync after a change stands."""

    NOT_NEEDED = "not-needed"
    PENDING = "pending"
    SUCCEEDED = "succeeded"
    FAILED = "failed"


_REASONS = frozenset(
    {
        *(
            Reason.AMBIGUOUS,
            Reason.SID_MISMATCH,
            Reason.PROTECTED,
            Reason.DISABLED,
            Reason.OUTDATED,
        ),
        *(Reason.NOT_IN_ACTIVE_DIRECTORY, Reason.COMMAND_EXPIRED, Reason.WRITE_REFUSED),
        *(Reason.GROUP_NOT_WRITABLE, Reason.DIRECTORY_BUSY, Reason.WRITING_STOPPED),
    }
)
"""What a worker can find; whether somebody left or is licensed is not its to say."""


def _of_a_worker(reason: Reason | None) -> Reason | None:
    if reason is not None and reason not in _REASONS:
        raise ValueError("is no reason of a worker's")
    return reason


class SyncReport(Contract):
    """The delta sync cycle that carried the change, or why there was none."""

    state: SyncState
    problem: Word | None = None
    """Busy, suspended, staging …, in a word of the worker's."""
    detail: Text | None = None
    started_at: Moment | None = None
    ended_at: Moment | None = None


class MemberResult(Contract):
    """What became of one person, and who they turned out to be."""

    key: Name
    outcome: WriteOutcome
    reason: Annotated[Reason | None, AfterValidator(_of_a_worker)] = None
    detail: Text = ""
    source_anchor: Text | None = None
    sid: Text | None = None
    user_principal_name: Text | None = None
    employee_id: Text | None = None
    distinguished_name: DistinguishedName | None = None
    """Of a new hire, where the worker is told to say it; an app older than the field refuses it."""

    def answer(self, command_key: str, change: ScopeAction) -> WriteResult:
        """The same as a value that decisions are made of."""
        return WriteResult(
            change=change,
            outcome=self.outcome,
            reason=self.reason,
            detail=self.detail,
            command_key=command_key,
            user=UserRef(
                source_anchor=self.source_anchor,
                sid=self.sid,
                user_principal_name=self.user_principal_name,
                employee_id=self.employee_id,
            ),
        )


class DirectoryResult(Contract):
    """The worker's answer to one command."""

    schema_: Annotated[
        Literal["sspr-rollout/directory-result/1"],
        Field(alias="schema", validation_alias="schema"),
    ] = "sspr-rollout/directory-result/1"
    command_key: Key
    action: ScopeAction
    members: Annotated[tuple[MemberResult, ...], Field(min_length=1, max_length=MOST_MEMBERS)]
    sync: SyncReport
    worker: Name
    answered_at: Moment
