"""The check `host`: does a worker see the Entra Connect host, and when did it last?"""

from datetime import datetime

from shared.domain.doctor.checks.host import has_host, seen
from shared.domain.doctor.evidence import Evidence
from shared.domain.doctor.finding import CheckKind, Finding, Part, right, unknown, wrong
from shared.domain.person.sync_mode import SyncMode
from shared.domain.rollout.connect_host import fresh_hosts
from shared.domain.rollout.gates.look import TIME


def _judge(evidence: Evidence, now: datetime) -> Finding | None:
    if not evidence.needs_worker:
        return None
    if not evidence.workers:
        return unknown("no worker has been heard of", "Start the worker: docs/deploy.md.")
    if not has_host(evidence):
        if evidence.modes == {SyncMode.CLOUD}:
            return None
        return unknown(
            "the workers leave syncing to the scheduler, and do not look at its host",
            "SSPR_WORKER_SYNC_MODE=connect, with the JEA endpoint: docs/deploy.md.",
        )
    known = [one for one in evidence.hosts.values() if one]
    if not known:
        return unknown(
            "no worker has reported the host yet: it is older than this app, or does not look",
            "Update the worker and the JEA endpoint; SSPR_WORKER_SYNC_LOOK_EVERY is not to be 0.",
        )
    newest = max(known, key=lambda one: one.looked_at)
    if not fresh_hosts([newest], now):
        return unknown(
            f"the host was last looked at at {newest.looked_at:{TIME}}", "Look at the worker."
        )
    if newest.problem:
        return wrong(
            f"the host could not be asked: {newest.problem}",
            "On the worker: python -m hybrid_worker check.",
        )
    return right(f"the host answers, {seen(newest)}")


KIND = CheckKind(
    name="host",
    part=Part.HOST,
    asks="Does a worker see the Entra Connect host?",
    judge=_judge,
    source="https://learn.microsoft.com/powershell/scripting/security/remoting/jea/overview",
)
