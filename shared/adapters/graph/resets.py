"""The audit log of SSPR, read into the domain's resets.

Activities and reasons:
https://learn.microsoft.com/entra/identity/authentication/howto-sspr-reporting
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from shared.domain.rollout.resets import Reset, ResetOutcome

_RESET = "Reset password (self-service)"
_FLOW = "Self-service password reset flow activity progress"
_BLOCKED = "Blocked from self-service password reset"
_OUT_OF_SCOPE = (
    "Password reset is not enabled for this user",
    "This user is not a member of the password reset users group",
)
_BANNED = "FuzzyPolicy"
"""The password was banned: the person is asked for a better one."""
_ON_PREMISES = ("on-premises", "onpremises", "sspr_0029", "sspr_0030")
_AGENT = "OnPremisesAgent"
_NO_AGENT = frozenset({"", "none"})

Record = Mapping[str, Any]


def resets_of(records: Iterable[Record]) -> list[Reset]:
    """Returns how resets ended, leaving out the steps on the way, registrations and unlockings.

    One attempt writes several records, and may tell of the same end in two of them.
    """
    ends: dict[tuple[str, ResetOutcome], Reset] = {}
    for record in records:
        outcome, person = _outcome(record), _person(record)
        if outcome and person:
            at = datetime.fromisoformat(record["activityDateTime"])
            attempt = record.get("correlationId") or record["id"]
            ends.setdefault((attempt, outcome), Reset(at, person, outcome))
    return list(ends.values())


def _outcome(record: Record) -> ResetOutcome | None:
    activity, succeeded = record["activityDisplayName"], record.get("result") == "success"
    if activity == _BLOCKED:
        return ResetOutcome.BLOCKED
    if activity == _RESET and succeeded:
        return ResetOutcome.SUCCEEDED
    if succeeded or activity not in {_RESET, _FLOW}:
        return None
    reason = str(record.get("resultReason"))
    if reason.startswith(_OUT_OF_SCOPE):
        return ResetOutcome.BLOCKED
    if _BANNED in reason:
        return None
    on_premises = any(word in reason.lower() for word in _ON_PREMISES)
    if on_premises or (activity == _RESET and _has_agent(record)):
        return ResetOutcome.WRITEBACK_FAILED
    return None


def _has_agent(record: Record) -> bool:
    """Tells whether a writeback agent was asked; a reset in the cloud alone has agent "None"."""
    details = record.get("additionalDetails") or ()
    agents = [detail.get("value") for detail in details if detail.get("key") == _AGENT]
    return any(str(agent).lower() not in _NO_AGENT for agent in agents)


def _person(record: Record) -> str | None:
    targets = record.get("targetResources") or ()
    return next((target.get("id") for target in targets if target.get("type") == "User"), None)
