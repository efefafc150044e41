"""The shares: what the registration report shows of the scope group's people, and of all others."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final, Self

from shared.domain.rollout.sspr_finding import SsprFinding

FEWEST: Final = 5
"""People on a side; fewer show nothing of a choice."""
NEARLY_ALL: Final = 0.9
HARDLY_ANY: Final = 0.1
"""Shares. In between the report shows no choice: it lags, and has been wrong about single people
(azure-docs, issues 35287 and 108135)."""


@dataclass(frozen=True, slots=True)
class EnabledCount:
    """People in rows of the registration report, and for how many of them SSPR is on."""

    people: int = 0
    enabled: int = 0

    @property
    def share(self) -> float | None:
        """For what share of them it is on; None where they are too few to tell."""
        return self.enabled / self.people if self.people >= FEWEST else None

    def plus(self, people: int, enabled: int) -> Self:
        """Returns the count with so many more."""
        return replace(self, people=self.people + people, enabled=self.enabled + enabled)


@dataclass(frozen=True, slots=True, kw_only=True)
class SharesSeen:
    """What a reading of the report showed of the scope group's people, and of all others."""

    read_at: datetime
    """When its first page was read."""
    inside: EnabledCount = EnabledCount()
    outside: EnabledCount = EnabledCount()

    @property
    def finding(self) -> SsprFinding | None:
        """Whom SSPR is on for by these shares; None where they do not show it."""
        inside, outside = self.inside.share, self.outside.share
        if _is_low(inside):
            others = self.outside.enabled >= FEWEST
            return SsprFinding.OTHER_GROUP if others else SsprFinding.OFF
        if _is_high(outside) and (inside is None or _is_high(inside)):
            return SsprFinding.ON_FOR_ALL
        return SsprFinding.ON_FOR_GROUP if _is_high(inside) and _is_low(outside) else None


def _is_high(share: float | None) -> bool:
    return share is not None and share >= NEARLY_ALL


def _is_low(share: float | None) -> bool:
    return share is not None and share <= HARDLY_ANY
