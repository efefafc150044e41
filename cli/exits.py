"""How a command ends: the exit statuses, and the failure that carries one of them."""

from collections.abc import Sequence
from enum import IntEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from shared.contracts.api.error_views import FindingView


class Status(IntEnum):
    """What the shell sees; the commands' help says the same."""

    OK = 0
    NOT_FOUND = 1
    USAGE = 2
    TIMEOUT = 3
    UNREACHABLE = 4
    NOT_POSSIBLE = 5


EPILOG = (
    "Set SSPR_URL to the app's address with its /api, and SSPR_KEY to a function key or SSPR_TOKEN "
    "to an Entra token. "
    "Exit status 0: done. 1: not found, refused as it was written, findings, not confirmed, or "
    "another end than asked for. 2: wrong usage, settings or events; nothing was sent. 3: timeout. "
    "4: the app is unreachable, or did not answer as it should. 5: refused as things stand, for it "
    "is not possible now, unsafe, or something has changed since the plan."
)


class Failure(Exception):
    """A command cannot go on: the text says what is wrong and what to do about it."""

    def __init__(self, status: Status, text: str) -> None:
        super().__init__(text)
        self.status = status


class RefusedInput(Failure):
    """The app does not take what was sent as it is written; none of it was done.

    Attributes:
        field: where the trouble is; `[3].employeeId` in the fourth event of a list.
        reason: what is wrong there.
        findings: every place of a rollout document that is wrong, as the API tells them.
    """

    def __init__(self, field: str, reason: str, findings: "Sequence[FindingView]") -> None:
        super().__init__(Status.NOT_FOUND, f"the app refused {field}: {reason}")
        self.field = field
        self.reason = reason
        self.findings = findings


class Unanswered(Failure):
    """Nobody knows whether the app did what it was asked to do."""

    def __init__(self, text: str) -> None:
        super().__init__(Status.UNREACHABLE, text)
