"""The check `cloudSync`: do Entra Cloud Sync's jobs run? There is no host that can be asked."""

from datetime import datetime

from shared.domain.doctor.evidence import Evidence, Untold
from shared.domain.doctor.finding import CheckKind, Finding, Part, right, unknown, untold, wrong
from shared.domain.person.sync_mode import SyncMode
from shared.domain.rollout.cloud_sync import JobState, SyncJob
from shared.domain.rollout.gates.look import TIME

_BY_HAND = (
    "Whether the agents write passwords back nobody can ask from here: Entra admin center, "
    "Password reset, On-premises integration, shows it, and the Application log of each agent's "
    "server has the events."
)


def _judge(evidence: Evidence, _now: datetime) -> Finding | None:
    if SyncMode.CLOUD not in evidence.modes:
        return None
    if isinstance(evidence.cloud_jobs, Untold):
        return untold(evidence.cloud_jobs)
    if not evidence.cloud_jobs:
        return unknown(
            "no job of Entra Cloud Sync is known", f"Name them in SSPR_CLOUD_SYNC_IDS. {_BY_HAND}"
        )
    text = "; ".join(_described(one) for one in evidence.cloud_jobs)
    if any(one.failed or one.state is not JobState.ACTIVE for one in evidence.cloud_jobs):
        return wrong(text, f"Entra admin center, Entra Connect, Cloud Sync. {_BY_HAND}")
    return right(f"{text}. {_BY_HAND}")


def _described(job: SyncJob) -> str:
    ended = f", last ended at {job.ended_at:{TIME}}" if job.ended_at else ""
    trouble = f": {job.trouble}" if job.trouble else ""
    return f"job {job.name} is {job.state}{ended}{' and failed' if job.failed else ''}{trouble}"


KIND = CheckKind(
    name="cloudSync",
    part=Part.HOST,
    asks="Do the jobs of Entra Cloud Sync run?",
    judge=_judge,
    source="https://learn.microsoft.com/entra/identity/authentication/"
    "tutorial-enable-cloud-sync-sspr-writeback",
)
