"""The check `hostService`: does the service run that writes passwords back, and is it in touch?

It runs within the service of Entra Connect. Event 31019 tells that it has reached Service Bus; how
often it is written is not documented, but the service's other sign of life goes every five minutes.
"""

from datetime import datetime, timedelta

from shared.domain.doctor.checks.host import EVENTS, judged
from shared.domain.doctor.finding import CheckKind, Finding, Part, right, unknown, wrong
from shared.domain.rollout.connect_host import HostSight
from shared.domain.rollout.gates.look import TIME

_OVERDUE = timedelta(hours=2)
_RUNNING = "running"
_RESTART = (
    "Restart the service Microsoft Azure AD Sync on the host; if that does not do, take writeback "
    "off in the wizard and on again, and see that the host reaches *.servicebus.windows.net."
)


def _judge(host: HostSight, _now: datetime) -> Finding:
    if host.service and host.service.lower() != _RUNNING:
        return wrong(f"the service of Entra Connect is {host.service.lower()}", _RESTART)
    if _has_stopped(host):
        return wrong(f"the writeback stopped at {host.stopped_at:{TIME}} (event 31016)", _RESTART)
    if host.events_since is None:
        return unknown(
            f"the host's events cannot be read: {host.events_problem or 'it does not say why'}",
            "Register the endpoint again with Register-SsprJeaEndpoint.ps1: its sessions have to "
            "be in the group Event Log Readers.",
        )
    if host.heartbeat_at is None:
        return wrong(
            f"no heartbeat (event 31019) since {host.events_since:{TIME}}: the writeback does not "
            "reach Service Bus",
            _RESTART,
        )
    if host.looked_at - host.heartbeat_at > _OVERDUE:
        return unknown(
            f"the last heartbeat (event 31019) is of {host.heartbeat_at:{TIME}}", _RESTART
        )
    return right(f"the service runs, and its last heartbeat is of {host.heartbeat_at:{TIME}}")


def _has_stopped(host: HostSight) -> bool:
    started = host.started_at
    return host.stopped_at is not None and (started is None or started < host.stopped_at)


KIND = CheckKind(
    name="hostService",
    part=Part.HOST,
    asks="Does the writeback run, and does it reach Service Bus?",
    judge=judged(_judge),
    source=EVENTS,
)
