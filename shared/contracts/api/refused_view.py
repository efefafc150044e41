"""What a sender is told of a record that could not be taken."""

from shared.contracts.api.view import View


class RefusedView(View):
    """A record that could not be taken while those beside it were; it is kept whole."""

    index: int | None
    """Of the record among those that were sent, from 0; null where the body is one record."""
    field: str
    """Where it stands in what was sent."""
    reason: str
    key: str
    """The record is kept under it; `sspr refused` shows it."""
