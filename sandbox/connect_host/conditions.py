"""Conditions that can be put on a Connect host while it runs."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from sandbox.domain_controller import domain

_OLDEST_THAT_SYNCS = (2, 5, 79, 0)


class Conditions(BaseModel):
    """How the host behaves; what is not set keeps its value."""

    model_config = ConfigDict(
        alias_generator=to_camel, extra="forbid", strict=True, frozen=True, validate_by_name=True
    )

    busy: bool = False
    """A cycle seems to run all the time."""
    suspended: bool = False
    """The wizard is open: the scheduler is suspended, and no cycle can be started."""
    scheduler_off: bool = False
    """SyncCycleEnabled is false: no cycle begins by itself; one that somebody starts does run."""
    staging: bool = False
    """Imports and synchronises, exports nothing, writes no password back."""
    connector_busy: bool = False
    """The connector of the tenant refuses to run."""
    connectors: dict[str, str] = {}
    """What the runs of these connectors come to, as in {"fabrikam.test": "no-start-connection"}.

    The connector to AD or to Entra really fails; another name is one more forest.
    """
    hang: Literal["", "cmdlet", "answer", "trickle"] = ""
    """A cmdlet that does not end, while WinRM says "not yet"; no answer at all; or one of which a
    byte comes every second."""
    answers: Literal["whole", "cut", "empty"] = "whole"
    """What is left of WinRM's answers."""
    foreign_language: bool = False
    """The refusals of a cycle are in another language than English."""
    version: str = Field(default="2.5.190.0", pattern=r"^\d+(\.\d+){1,3}$")
    """Of Entra Connect; one before 2.5.79.0 synchronizes nothing and says Success."""
    last_controller: str = domain.HOST
    """The domain controller that was imported from last."""
    export_nothing: bool = False
    """Cycles succeed and export nothing, as has been seen in the field."""
    exposes_more: bool = False
    """The role capability shows a cmdlet that the worker does not need."""
    writeback: bool = True
    """Password writeback is switched on in the wizard."""
    service_stopped: bool = False
    """The service is stopped: no cycle of its own, no writeback; the log says so."""
    heartbeat_silent: bool = False
    """The writeback does not reach Service Bus: no heartbeat is written, and no password."""
    log_unreadable: bool = False
    """The session may not read the Application log."""
    cycle_seconds: float = Field(default=1.0, ge=0, allow_inf_nan=False)
    """From the import to the end of the export."""
    writeback_failure: int | None = Field(default=None, ge=31000, le=33999)
    """The event id that every password writeback fails with."""

    @property
    def exports(self) -> bool:
        """Whether an export brings anything to the tenant."""
        version = tuple(map(int, self.version.split(".")))
        return not self.export_nothing and version >= _OLDEST_THAT_SYNCS

    @property
    def is_deaf(self) -> bool:
        """Whether what Entra asks of the writeback does not arrive here."""
        return self.staging or self.service_stopped or self.heartbeat_silent or not self.writeback

    @property
    def service(self) -> str:
        """How Windows says that the service stands."""
        return "Stopped" if self.service_stopped else "Running"
