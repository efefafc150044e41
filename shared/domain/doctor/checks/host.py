"""What the checks of the host have in common: which host there is, and what keeps it unknown."""

from collections.abc import Callable
from datetime import datetime

from shared.domain.doctor.evidence import Evidence
from shared.domain.doctor.finding import Finding, Verdict, unknown
from shared.domain.person.sync_mode import SyncMode
from shared.domain.rollout.connect_host import HostSight, fresh_hosts
from shared.domain.rollout.gates.look import TIME

EVENTS = "https://learn.microsoft.com/entra/identity/authentication/troubleshoot-sspr-writeback"
"""Where Microsoft tells what each event means."""
_ORDER = (Verdict.WRONG, Verdict.UNKNOWN, Verdict.RIGHT)
type JudgeHost = Callable[[HostSight, datetime], Finding]


def has_host(evidence: Evidence) -> bool:
    """Tells whether an Entra Connect host belongs to this tenant, as far as workers say."""
    return SyncMode.CONNECT in evidence.modes


def judged(judge: JudgeHost) -> Callable[[Evidence, datetime], Finding | None]:
    """Makes the judge of all hosts from that of one: the worst of them is told.

    Where there is none to ask, the check `host` says why, and the others say nothing.
    """

    def judge_all(evidence: Evidence, now: datetime) -> Finding | None:
        if not has_host(evidence):
            return None
        hosts = [one for one in fresh_hosts(evidence.hosts.values(), now) if not one.problem]
        findings = [judge(one, now) for one in hosts]
        if not findings:
            return unknown("the host has not been seen lately; the check `host` says why")
        return min(findings, key=lambda one: _ORDER.index(one.verdict))

    return judge_all


def seen(host: HostSight) -> str:
    """Writes when the host was looked at."""
    return f"as seen at {host.looked_at:{TIME}}"
