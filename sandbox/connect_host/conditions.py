"""Conditions that can be put on a Connect host while it runs."""

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel


class Conditions(BaseModel):
    """How the host behaves; what is not set keeps its value."""

    model_config = ConfigDict(
        alias_generator=to_camel, extra="forbid", strict=True, frozen=True, validate_by_name=True
    )

    busy: bool = False
    """A cycle seems to run all the time."""
    suspended: bool = False
    """The wizard is open: the scheduler is suspended, and no cycle can be started."""
    staging: bool = False
    """Imports and synchronises, exports nothing, writes no password back."""
    connector_busy: bool = False
    """The connector of the tenant refuses to run."""
    export_nothing: bool = False
    """Cycles succeed and export nothing, as has been seen in the field."""
    exposes_more: bool = False
    """The role capability shows a cmdlet that the worker does not need."""
    writeback: bool = True
    """Password writeback is switched on in the wizard."""
    cycle_seconds: float = Field(default=1.0, ge=0, allow_inf_nan=False)
    """From the import to the end of the export."""
    writeback_failure: int | None = Field(default=None, ge=31000, le=33999)
    """The event id that every password writeback fails with."""
