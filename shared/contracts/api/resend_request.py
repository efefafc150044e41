"""What the operator API takes of refused messages: which are meant, and how they are put right."""

from collections.abc import Mapping
from typing import Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from shared.contracts.api.operator_requests import EventKey, Why
from shared.contracts.messages.contract import Contract, Name, Text

MOST_KEYS = 5_000
"""Of messages that are named at once."""


class Fixes(Contract):
    """How fields of refused messages are put right; each as the refusal names it."""

    rename: Mapping[Name, Name] = Field(default_factory=dict)
    """From the name that was sent to the name that is meant."""
    drop: tuple[Name, ...] = ()
    give: Mapping[Name, Text] = Field(default_factory=dict)
    """What a field is to say."""


class Resend(Contract):
    """Send refused messages again; without `plan` only show what would be sent.

    What is given narrows: of the messages that are named, or of the newest, those of that reason,
    field and source. At least one of these has to be given.
    """

    reason: Why
    keys: tuple[EventKey, ...] = ()
    """The keys that they are kept under."""
    outcome: Name | None = None
    """Why they are kept: `invalid`, `not-done` or `discarded`."""
    field: Name | None = None
    """The field that was refused, without its place in a list."""
    source: Name | None = None
    """The events' own source."""
    fixes: Fixes = Fixes()
    plan: Name | None = None
    """The fingerprint of what was shown."""

    @model_validator(mode="after")
    def _says_which(self) -> Self:
        if not (self.keys or self.outcome or self.field or self.source):
            raise PydanticCustomError("which", "name messages, a reason, a field or a source")
        if len(self.keys) > MOST_KEYS:
            raise PydanticCustomError("length", f"name at most {MOST_KEYS:,} at once")
        return self
