"""The check `writeback`: is there evidence that passwords reach Active Directory?

Graph's `passwordWritebackEnabled` is documented as not in use, and is not asked.
"""

from datetime import datetime

from shared.domain.doctor.evidence import Evidence, Untold
from shared.domain.doctor.finding import CheckKind, Finding, Part, right, unknown, untold, wrong
from shared.domain.rollout.connect_host import fresh_hosts
from shared.domain.rollout.gates.look import TIME
from shared.domain.rollout.resets import ResetOutcome

_REMEDY = "Look at the checks of the host below, and at sspr doctor person for those who failed."


def _judge(evidence: Evidence, now: datetime) -> Finding | None:
    if not evidence.needs_worker:
        return None
    if isinstance(evidence.resets, Untold):
        return untold(evidence.resets)
    since = f"since {evidence.since:{TIME}}"
    outcomes = [one.outcome for one in evidence.resets]
    failed = outcomes.count(ResetOutcome.WRITEBACK_FAILED)
    went_well = outcomes.count(ResetOutcome.SUCCEEDED)
    hosts = fresh_hosts(evidence.hosts.values(), now)
    written = sum(host.writebacks(evidence.since)[0] for host in hosts)
    if failed:
        text = (
            f"by the audit log {failed:,} of {failed + went_well:,} resets {since} could not be "
            "written to Active Directory"
        )
        return wrong(text, _REMEDY)
    if written:
        return right(f"the host tells of {written:,} passwords written within a day, none failed")
    text = f"no reset {since} tells whether a password reaches Active Directory"
    return unknown(text, "Let a person of the pilot reset their password, and ask again.")


KIND = CheckKind(
    name="writeback",
    part=Part.TENANT,
    asks="Is there evidence that passwords reach Active Directory?",
    judge=_judge,
    source="https://learn.microsoft.com/graph/api/resources/"
    "onpremisesdirectorysynchronizationfeature",
)
