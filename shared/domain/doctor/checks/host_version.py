"""The check `hostVersion`: is Entra Connect new enough to synchronize at all?"""

from datetime import datetime
from typing import Final

from shared.domain.doctor.checks.host import judged, seen
from shared.domain.doctor.finding import CheckKind, Finding, Part, right, unknown, wrong
from shared.domain.rollout.connect_host import HostSight

OLDEST: Final = (2, 5, 79, 0)
"""Since 30 September 2026 an older Entra Connect synchronizes nothing, and still says Success."""


def _judge(host: HostSight, _now: datetime) -> Finding:
    parts = (host.version or "").split(".")
    if not host.version or not all(part.isdecimal() for part in parts):
        return unknown(
            "the host does not say which version it is", "Look among the programs of the host."
        )
    oldest = ".".join(map(str, OLDEST))
    if tuple(map(int, parts)) < OLDEST:
        return wrong(
            f"version {host.version}: versions before {oldest} synchronize nothing since "
            "30 September 2026, and say Success",
            "Upgrade Entra Connect on the host.",
        )
    return right(f"version {host.version}, {seen(host)}; {oldest} is the oldest that synchronizes")


KIND = CheckKind(
    name="hostVersion",
    part=Part.HOST,
    asks="Is Entra Connect new enough?",
    judge=judged(_judge),
    source="https://learn.microsoft.com/entra/identity/hybrid/connect/reference-connect-version-history",
)
