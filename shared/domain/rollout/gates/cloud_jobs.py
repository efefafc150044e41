"""Entra Cloud Sync, as the gate `sync` judges it: by its jobs and the provisioning log in Graph."""

from datetime import timedelta

from shared.domain.rollout.cloud_sync import JobState, SyncJob
from shared.domain.rollout.gate import Gate, Outcome
from shared.domain.rollout.gates.look import TIME, TO_BECOME_VISIBLE, Look

_PATIENCE = timedelta(minutes=40)
"""A job runs every 2 minutes; one that has not for so long is no news any more."""
_STOPPED = {
    JobState.PAUSED: "is paused",
    JobState.QUARANTINE: "is in quarantine",
    JobState.NOT_CONFIGURED: "is not configured",
}


def judge_cloud_jobs(gate: Gate, look: Look) -> tuple[Outcome, str]:
    """Decides what the jobs come to: the worst of them, since each carries a domain of its own."""
    jobs = look.measured.cloud_jobs
    if not jobs:
        return Outcome.INCONCLUSIVE, (
            "no job of Entra Cloud Sync is known: SSPR_CLOUD_SYNC_IDS has to name the service "
            "principals of its configurations"
        )
    return worst([_of_job(job, gate, look) for job in jobs])


def worst(verdicts: list[tuple[Outcome, str]]) -> tuple[Outcome, str]:
    """Returns the worst outcome of several, with everything that was said for it."""
    for outcome in (Outcome.FAILED, Outcome.INCONCLUSIVE, Outcome.PASSED):
        said = [text for one, text in verdicts if one is outcome]
        if said:
            return outcome, "; ".join(said)
    raise ValueError("there is no worst of no verdicts")


def _of_job(job: SyncJob, gate: Gate, look: Look) -> tuple[Outcome, str]:
    name = f"cloud sync job {job.name}"
    because = f": {job.trouble}" if job.trouble else ""
    if stopped := _STOPPED.get(job.state):
        return Outcome.FAILED, f"{name} {stopped}{because}"
    if job.state is not JobState.ACTIVE or job.ended_at is None:
        return Outcome.INCONCLUSIVE, f"{name} has not run yet"
    ran = f"{name} ran at {job.ended_at:{TIME}}"
    if job.failed and job.ended_at >= look.since:
        return Outcome.FAILED, f"{ran} and failed{because}"
    if job.group_failures:
        count = job.group_failures
        return Outcome.FAILED, f"{ran}; the provisioning log has failures of groups: {count:,}"
    if job.people_failures:
        # Each person's own: their deadline and the gate `visible` tell whom it keeps waiting.
        ran += f"; the provisioning log has failures of people: {job.people_failures:,}"
    if not job.failed and job.ended_at >= look.now - min(gate.window, _PATIENCE):
        return Outcome.PASSED, ran
    if look.in_time(TO_BECOME_VISIBLE):
        return Outcome.INCONCLUSIVE, f"{ran}; that tells nothing, and people wait for a run"
    return Outcome.PASSED, f"{ran}; nobody waits for another run"
