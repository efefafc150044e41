"""A part of everybody: how every list of people is asked for one, and says where to go on."""

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import StringConstraints, model_validator

from shared.contracts.api.view import View
from shared.contracts.messages.contract import Contract
from shared.domain.errors import InvalidMessage

_OLDER = (
    "only an sspr older than the app asks for a page, and it would miss people here; install the "
    "sspr that belongs to this app, or ask with `after`"
)


class PartAsked(Contract):
    """Where to go on in everybody who is remembered.

    Before 0.3.0 was released a `page` was asked for, which was a sixteenth of everybody. Whoever
    does so still would take `next` for the end, and is refused.
    """

    after: Annotated[str, StringConstraints(pattern=r"^[0-9A-Fa-f-]{36}$")] | None = None
    """`next` of the answer before; left out: from the beginning."""

    @model_validator(mode="before")
    @classmethod
    def _not_by_the_page(cls, given: Any) -> Any:
        if isinstance(given, Mapping) and "page" in given:
            raise InvalidMessage("page", _OLDER)
        return given


class PartView(View):
    """A part of a list of people."""

    next: str | None
    """What to ask for `after`; null: these were the last."""
