"""The operator API's answer about everything that writes: whether it goes on, and what is owed."""

from shared.contracts.api.view import View
from shared.contracts.messages.contract import Moment


class OtherStopView(View):
    """A stop that holds beside the one for an older ledger, and still does after a recovery."""

    stop: str
    text: str
    """The same in a sentence."""
    detail: str
    """What was said with it."""
    actor: str


class WritingView(View):
    """Whether anything is written, by whose word it is not, and how much has come together."""

    stopped: bool
    stop: str | None
    """Why: `by-operator`, `too-many`, `other-group` or `ledger-older`; null while all goes on."""
    text: str
    """The same in a sentence."""
    detail: str
    """What was said with the newest word, a stop or a start."""
    since: Moment | None
    """Of the newest word; null where there never was one."""
    actor: str
    worker_told: bool
    """Whether the stop has been put on the worker's queue; true where nothing is stopped."""
    to_put_in: int
    """People whose membership is asked for and not written yet."""
    to_take_out: int
    """People on their way out."""
    allowed_to_put_in: int = 0
    """People whom operators were shown and allowed, beside what is done within an hour unasked, and
    who were not put in yet."""
    allowed_to_take_out: int = 0
    """The same of people who are to be taken out."""
    allowed_until: Moment | None = None
    """When the last of it ends; null where nothing is allowed."""
    also: OtherStopView | None = None
    """What else it is stopped for while the ledger is older than the world; only a start ends that,
    after the recovery."""
