"""The check `hostScheduler`: is the host the active one, and does its scheduler run?"""

from datetime import datetime

from shared.domain.doctor.checks.host import judged, seen
from shared.domain.doctor.finding import CheckKind, Finding, Part, right, unknown, wrong
from shared.domain.rollout.connect_host import HostSight


def _judge(host: HostSight, _now: datetime) -> Finding:
    if host.staging is None:
        return unknown("the host does not say how its scheduler stands")
    if host.staging:
        return wrong(
            f"the host is in staging mode, {seen(host)}: it exports nothing and writes no password "
            "back",
            "Name the active host in SSPR_WORKER_SYNC_HOST.",
        )
    if host.scheduler_enabled is False:
        return wrong(
            "the scheduler is switched off (SyncCycleEnabled)",
            "Whoever changes filters or rules there switches it on again when that is done: "
            "Set-ADSyncScheduler -SyncCycleEnabled $true.",
        )
    if host.scheduler_suspended:
        return wrong(
            "the scheduler is suspended",
            "Close the Entra Connect wizard, also in disconnected sessions.",
        )
    return right(f"the host is not in staging mode, and its scheduler runs, {seen(host)}")


KIND = CheckKind(
    name="hostScheduler",
    part=Part.HOST,
    asks="Is the host the active one, and does its scheduler run?",
    judge=judged(_judge),
    source="https://learn.microsoft.com/entra/identity/hybrid/connect/how-to-connect-sync-feature-scheduler",
)
