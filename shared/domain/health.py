"""Health: whether what the app depends on can be reached, and what a failure to do so means."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from shared.domain.errors import SsprRolloutError


class Health(StrEnum):
    """How the app is, in a word."""

    OK = "ok"
    DEGRADED = "degraded"
    MISCONFIGURED = "misconfigured"


class DependencyKind(StrEnum):
    """What the app depends on."""

    IDENTITY = "identity"
    GRAPH = "graph"
    TABLE = "table"
    QUEUE = "queue"


class Trouble(StrEnum):
    """Why something could not be reached."""

    SILENT = "silent"
    UNREACHABLE = "unreachable"
    FORBIDDEN = "forbidden"
    MISSING = "missing"
    NO_TOKEN = "no-token"  # noqa: S105  # a word, not a secret
    WRONG_KIND = "wrong-kind"
    NEWER = "newer"
    FAILED = "failed"


class NotReached(SsprRolloutError):
    """A look at something that the app depends on came to nothing.

    Attributes:
        trouble: in which way.
        detail: what the other side said, as far as it may be shown.
    """

    def __init__(self, trouble: Trouble, detail: str) -> None:
        super().__init__(f"{trouble}: {detail}")
        self.trouble = trouble
        self.detail = detail


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What one look came to."""

    kind: DependencyKind
    name: str
    purpose: str
    """What the app needs it for."""
    milliseconds: int
    trouble: Trouble | None = None
    detail: str = ""

    @property
    def advice(self) -> str:
        """What the trouble means, and what to do first; nothing where there is none."""
        if self.trouble is None:
            return ""
        return _OF_KIND.get((self.kind, self.trouble)) or _ADVICE[self.trouble]


def judge(findings: Iterable[Look]) -> Health:
    """Returns the word for all findings together."""
    return Health.DEGRADED if any(one.trouble for one in findings) else Health.OK


_ADVICE = {
    Trouble.SILENT: "It did not answer in time: its network rules, a private endpoint, or an "
    "outage. The look gives up; the app's own work tries again.",
    Trouble.UNREACHABLE: "There is no way to it: its name, its network rules, DNS.",
    Trouble.FORBIDDEN: "The app's identity lacks its role there. A new role assignment takes some "
    "minutes to count.",
    Trouble.MISSING: "It is not there under this name.",
    Trouble.NO_TOKEN: "The app gets no token: is its managed identity assigned, and "
    "SSPR_IDENTITY_CLIENT_ID its client id?",
    Trouble.WRONG_KIND: "It is there, and of a kind that does not do; the detail says what to do.",
    Trouble.NEWER: "A newer version has written the ledger, and this one may not go on with it: "
    "deploy that version again. Until then nothing is taken off a queue, and none of it is lost.",
    Trouble.FAILED: "An unexpected error; the detail has its kind, the log more.",
}
# How long: MicrosoftDocs/azure-docs issues 101801 and 85676, read on 28 Nov 2026.
_OF_KIND = {
    (
        DependencyKind.GRAPH,
        Trouble.FORBIDDEN,
    ): "Graph refuses the app: the permission is not granted, or was "
    "granted after the identity got its token. A managed identity's token is kept for about 24 "
    "hours and cannot be renewed sooner, not by a restart either; so grant it, and wait a day.",
    (
        DependencyKind.GRAPH,
        Trouble.MISSING,
    ): "There is no such group: SSPR_SCOPE_GROUP_ID names another "
    "tenant's, or one that was deleted.",
    (
        DependencyKind.TABLE,
        Trouble.MISSING,
    ): "The table is not there. On a first start without any work yet "
    "that passes by itself where the app may make tables; else the deployment makes them.",
    (
        DependencyKind.QUEUE,
        Trouble.MISSING,
    ): "The queue is not there, or the namespace is another one; the deployment makes all queues.",
}
