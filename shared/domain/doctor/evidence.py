"""Evidence: everything that the checks judge by, gathered in one look."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from shared.domain.doctor.tenant_facts import MethodsPolicy, RegistrationRule, Subscription
from shared.domain.person.licences import DEFAULT_LICENCES, Licences
from shared.domain.person.methods import ResetRules
from shared.domain.person.sync_mode import SyncMode
from shared.domain.rollout.cloud_sync import SyncJob
from shared.domain.rollout.connect_host import HostSight
from shared.domain.rollout.endings import USUAL_NOTICE, Ending, Notice
from shared.domain.rollout.measurements import WorkerSight, sync_modes, workers_at_work
from shared.domain.rollout.resets import Reset
from shared.domain.rollout.sspr_policy import PolicyChange


@dataclass(frozen=True, slots=True)
class Untold:
    """Something is not known."""

    why: str
    remedy: str = ""
    """How it could be."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What was found out, and of the rest why it was not."""

    since: datetime
    """How far back resets are told."""
    changes_since: datetime
    """How far back changes of SSPR's own settings are told."""
    scope_group_id: str
    needs_worker: bool
    """Whether the topology has an AD group."""
    rules: ResetRules
    licences: Licences = DEFAULT_LICENCES
    unlicensed: int | None = None
    """People whom the last look at everybody skipped for want of a licence; None: none yet."""
    workers: tuple[WorkerSight, ...] = ()
    cloud_jobs: tuple[SyncJob, ...] | Untold = ()
    resets: tuple[Reset, ...] | Untold = ()
    policy_changes: tuple[PolicyChange, ...] | Untold = ()
    subscriptions: tuple[Subscription, ...] | Untold = ()
    methods_policy: MethodsPolicy | Untold
    registration: tuple[RegistrationRule, ...] | Untold = ()
    endings: tuple[Ending, ...] = ()
    notice: Notice = USUAL_NOTICE

    @property
    def modes(self) -> frozenset[SyncMode]:
        """Which syncs carry changes now; none where no worker belongs to the topology."""
        return sync_modes(self.workers) if self.needs_worker else frozenset()

    @property
    def hosts(self) -> Mapping[str, HostSight | None]:
        """What the workers of Entra Connect that are at work last saw of its host, by worker."""
        return {
            one.worker: one.host
            for one in workers_at_work(self.workers)
            if one.sync_mode in {None, SyncMode.CONNECT}
        }
