"""Conditions that can be put on Cloud Sync's agents while they run."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

_MOST_UNITS = 59
"""Separate organizational units of one configuration; "Prerequisites for Microsoft Entra Cloud
Sync", Known limitations, Microsoft Learn, read on 29 Nov 2026."""


class Conditions(BaseModel):
    """How the agents behave; what is not set keeps its value."""

    model_config = ConfigDict(
        alias_generator=to_camel, extra="forbid", strict=True, frozen=True, validate_by_name=True
    )

    agents: Literal["running", "away", "removed"] = "running"
    """Away: none listens; removed: none is assigned to the domain.
    Cycles fail then, each by its code."""
    interval_seconds: float = Field(default=120.0, gt=0, allow_inf_nan=False)
    """From the start of one cycle to that of the next, by the sandbox's clock."""
    cycle_seconds: float = Field(default=0.0, ge=0, allow_inf_nan=False)
    """From what is read in AD to what is written to Entra, by the sandbox's clock."""
    scoping_filter: list[str] = Field(default=[], max_length=_MOST_UNITS)
    """Distinguished names of organizational units; empty: all that is synchronized at all."""
    writeback: bool = True
    """Password writeback is switched on."""
    writeback_failure: int | None = Field(default=None, ge=31000, le=33999)
    """The event id that every password writeback fails with."""

    def in_scope(self, dn: str) -> bool:
        """Whether the scoping filter lets this object through; units below one count too."""
        lower = dn.lower()
        return not self.scoping_filter or any(
            lower.endswith("," + unit.lower()) for unit in self.scoping_filter
        )
