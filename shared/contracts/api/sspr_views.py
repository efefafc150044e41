"""The operator API's answer about SSPR itself: whom it is switched on for, as far as is known."""

from shared.contracts.api.view import View
from shared.contracts.messages.contract import Moment


class SsprView(View):
    """Whom SSPR is on for; no API of Microsoft's tells it, so two sources are watched."""

    finding: str
    """`on-for-group`, `on-for-all`, `off`, `other-group`, `changed` or `not-known`."""
    text: str
    """The same in a sentence."""
    wrong: bool
    """Whether somebody has to look."""
    advice: str
    """What to do; empty where nothing is."""
    since: Moment | None
    """When it became so; null where it is not known."""
    as_of: Moment | None
    """Of the newest that shows it; null where nothing does."""
    source: str | None
    """What shows it: `audit-log` or `registration-report`."""
    log_read_until: Moment | None
    """Up to when the audit log was read; null if it never was."""
    trouble: str
    """Why the audit log could not be read at the last look; empty where it was."""
