"""A function of the app as it was indexed, and what an invocation of it came to."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sandbox.functions_host.protocol import TypedData

_TRIGGERS = frozenset({"httpTrigger", "serviceBusTrigger", "timerTrigger"})
_OUTPUTS = frozenset({("http", "$return")})


@dataclass(frozen=True, slots=True)
class Function:
    """An indexed function.

    Attributes:
        name: Its name, unique within the app.
        bindings: The bindings as ``function.json`` would hold them.
    """

    name: str
    bindings: tuple[Mapping[str, Any], ...]

    @property
    def trigger(self) -> Mapping[str, Any]:
        """The binding that makes it run."""
        return next(one for one in self.bindings if one["type"].lower().endswith("trigger"))

    @property
    def is_batched(self) -> bool:
        """Whether it takes many messages at once."""
        return (self.trigger.get("cardinality") or "one").lower() == "many"

    def foreign_bindings(self) -> list[str]:
        """Name the types of its bindings that this host does not have."""
        return [
            one["type"]
            for one in self.bindings
            if one["type"] not in _TRIGGERS and (one["type"], one["name"]) not in _OUTPUTS
        ]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What an invocation came to.

    Attributes:
        value: What the function gave to ``$return``.
        error: The stack trace, if it failed.
    """

    value: TypedData | None = None
    error: str | None = None

    @property
    def succeeded(self) -> bool:
        """Whether the function returned, and its result could be encoded."""
        return self.error is None
