"""What the app cannot do without, and how to see whether it can be reached."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from shared.domain.health import DependencyKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """A way to see whether something can be reached; it changes nothing there."""

    kind: DependencyKind
    name: str
    purpose: str
    look: Callable[[], Awaitable[None]] = field(repr=False)
    """Raises `NotReached`; it may take its time, whoever calls it has not."""


class Dependency(Protocol):
    """Something outside that the app cannot do without."""

    def checks(self) -> Sequence[Check]:
        """Returns how to see whether each part of it can be reached, apart from the others."""
