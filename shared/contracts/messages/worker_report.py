"""The worker report: a sign of life that the hybrid worker sends on the results queue.

It says that the worker runs and how its last delta sync went; a gate that asks whether the
on-premises side is healthy has nothing else to go by while no command is under way.
"""

from typing import Annotated, Any, Final, Literal

from pydantic import Field, StringConstraints, model_validator

from shared.contracts.messages.contract import Contract, Moment, Name, Text, Word
from shared.contracts.messages.directory_result import SyncReport
from shared.contracts.messages.ending_report import MOST_ENDINGS, EndingReport
from shared.contracts.messages.host_report import HostReport
from shared.contracts.messages.version import Version
from shared.domain.person.sync_mode import SyncMode

_LONGEST: Final = 10**10
SCHEMA: Final = "sspr-rollout/worker-report/1"
MOST_DOMAINS = 100
DomainName = Annotated[str, StringConstraints(min_length=1, max_length=255, to_lower=True)]
"""The DNS name of a domain, as in corp.contoso.com."""
Domains = Annotated[tuple[DomainName, ...], Field(min_length=1, max_length=MOST_DOMAINS)]


class SyncHindrance(Contract):
    """What keeps the delta sync of those who wait from beginning or from ending."""

    problem: Word
    """Hangs, suspended, staging …, in a word of the worker's."""
    detail: Text | None = None
    since: Moment


class WorkerReport(Contract):
    """What one worker says of itself, about once a minute."""

    schema_: Annotated[
        Literal["sspr-rollout/worker-report/1"], Field(alias="schema", validation_alias="schema")
    ] = SCHEMA

    @model_validator(mode="before")
    @classmethod
    def _pass_over_what_is_new(cls, said: Any) -> Any:
        """Leaves out fields that a newer worker has: nobody is written by what a report says.

        So a worker that was updated before the app is not taken for silent; its version is shown.
        """
        if not isinstance(said, dict):
            return said
        names = cls.model_fields.items()
        known = {name for name, _ in names} | {one.alias for _, one in names}
        return {name: value for name, value in said.items() if name in known}

    worker: Name
    reported_at: Moment
    """The worker's own clock; the receiving side counts from when it took the report in."""
    directory_answers: bool
    """Whether Active Directory answered when it was last asked."""
    directory_problem: Word | None = None
    """Why it does not, in a word of the worker's: unreachable, account-locked …"""
    directory_detail: Text | None = None
    domains: Domains | None = None
    """The domains whose people it can put into its group; None where it does not say."""
    sync: SyncReport
    """How the delta sync stands of those who wait, or how the newest one ended."""
    hindrance: SyncHindrance | None = None
    """What is in the way of the next delta sync; None if nothing is, or nobody waits for one."""
    set_aside: Annotated[int, Field(ge=1, le=1_000_000)] | None = None
    """How many commands and rows of its journal it could not digest; None if none."""
    clock_ahead: Annotated[int, Field(ge=-_LONGEST, le=_LONGEST)] | None = None
    """Seconds by which its clock is ahead of Service Bus, which ends its locks early; less than 0
    is behind. None if that is little, or not known."""
    sync_mode: SyncMode | None = None
    """Which sync carries what it writes; None from a worker that knows of Entra Connect alone."""
    version: Version | None = None
    """Of the worker; None from one that is older than versions in reports."""
    scope_group_sid: Name | None = None
    """The SID of the AD group that it writes: by it the group's twin in Entra is found."""
    host: HostReport | None = None
    """The Entra Connect host as it was last looked at; None where the worker does not look."""
    endings: Annotated[tuple[EndingReport, ...], Field(max_length=MOST_ENDINGS)] | None = None
    """When certificates, password and account end; None where nothing was looked at yet."""
