"""The check `hostWriteback`: is password writeback configured on the host?"""

from datetime import datetime

from shared.domain.doctor.checks.host import EVENTS, judged, seen
from shared.domain.doctor.finding import CheckKind, Finding, Part, right, unknown, wrong
from shared.domain.rollout.connect_host import HostSight


def _judge(host: HostSight, _now: datetime) -> Finding:
    if host.writeback_enabled is None:
        return unknown(
            "the host does not say whether writeback is enabled",
            "Register the endpoint again with Register-SsprJeaEndpoint.ps1; by hand on the host: "
            "Get-ADSyncAADPasswordResetConfiguration -Connector '<tenant> - AAD'.",
        )
    if not host.writeback_enabled:
        return wrong(
            f"password writeback is not enabled, {seen(host)}",
            "Enable it in the Entra Connect wizard, under optional features.",
        )
    return right(f"password writeback is enabled, {seen(host)}")


KIND = CheckKind(
    name="hostWriteback",
    part=Part.HOST,
    asks="Is password writeback enabled on the host?",
    judge=judged(_judge),
    source=EVENTS,
)
