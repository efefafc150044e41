"""What is asked of a directory for one person, and what it answers."""

from dataclasses import dataclass
from enum import StrEnum

from shared.domain.person.people import UserRef
from shared.domain.person.reasons import Reason


class ScopeAction(StrEnum):
    """What is done to a membership."""

    ADD = "add"
    REMOVE = "remove"


class WriteOutcome(StrEnum):
    """What became of one member of a change."""

    DONE = "done"
    ALREADY = "already"
    NOT_FOUND = "not-found"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class WriteResult:
    """The directory's answer for one person.

    `already` means that the group was as wished before anybody here touched it: a writer that
    runs the same change again after a crash answers `done`.
    """

    change: ScopeAction
    outcome: WriteOutcome
    reason: Reason | None = None
    detail: str = ""
    command_key: str | None = None
    user: UserRef = UserRef()
