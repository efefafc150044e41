"""What ends soon, as operators see it."""

from shared.contracts.api.view import View
from shared.contracts.messages.contract import Moment


class EndingView(View):
    """A certificate, a password or an account that ends soon, or has ended."""

    what: str
    of: str
    """Which one: a server's name, an application's id, an account's SID."""
    whose: str
    """Who works by it."""
    ends_at: Moment
    days: int
    """Whole days until then; less than 0 if it has ended."""
    urgent: bool
    """Whether there is little time left."""
