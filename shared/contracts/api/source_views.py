"""HR sources that are expected to send, as operators see them."""

from shared.contracts.api.view import View
from shared.contracts.messages.contract import Moment


class SourceView(View):
    """An HR source whose file says how long it may be silent."""

    source: str
    heard_at: Moment | None = None
    """When it has sent last, to a quarter of an hour; null where it has not yet."""
    silent_after: str
    """How long it may be silent, such as `8d`."""
    silent: bool
    """Whether it is, for longer than that."""
