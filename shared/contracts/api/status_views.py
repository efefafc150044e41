"""The operator API's answer about everybody: the totals, and whoever needs a look."""

from collections.abc import Mapping

from shared.contracts.api.ending_views import EndingView
from shared.contracts.api.event_views import ReceiptView
from shared.contracts.api.people_views import PersonSummary
from shared.contracts.api.rollout_views import WorkerView
from shared.contracts.api.source_views import SourceView
from shared.contracts.api.sspr_views import SsprView
from shared.contracts.api.view import View
from shared.contracts.api.writing_views import WritingView
from shared.contracts.messages.contract import Moment


class StateCount(View):
    """So many people in a state for one reason."""

    state: str
    reason: str
    text: str
    people: int


class FlagCount(View):
    """So many people of whom somebody has to look, for one reason."""

    flag: str
    text: str
    people: int


class VersionView(View):
    """Which version of the app answers, and since when it has written the ledger."""

    version: str
    since: Moment | None = None
    """Null where it has written nothing yet."""


class StatusView(View):
    """The totals, the newest people to look at, and the newest messages that were refused."""

    people: int
    states: Mapping[str, int]
    """In the order of a person's way."""
    reasons: tuple[StateCount, ...]
    flags: tuple[FlagCount, ...]
    flagged: tuple[PersonSummary, ...]
    refused_messages: int
    refused: tuple[ReceiptView, ...]
    held_events: int = 0
    """Events that a brake holds until an operator decides."""
    app: VersionView | None = None
    workers: tuple[WorkerView, ...] = ()
    """Every worker that was heard of, with its version, whether or not there is a rollout."""
    writing: WritingView | None = None
    """Whether anything is written at all."""
    sspr: SsprView | None = None
    """Whom SSPR itself is on for."""
    endings: tuple[EndingView, ...] = ()
    """Certificates, passwords and accounts that end soon, the next one first."""
    sources: tuple[SourceView, ...] = ()
    """HR sources whose file says how long they may be silent, by name."""
