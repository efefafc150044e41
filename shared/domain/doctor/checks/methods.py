"""The check `methods`: are enough methods enabled that count for a reset, and will they last?"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final

from shared.domain.doctor.evidence import Evidence, Untold
from shared.domain.doctor.finding import CheckKind, Finding, Part, right, unknown, untold, wrong
from shared.domain.doctor.tenant_facts import ALL_USERS, PolicyMethod

_REPORTED: Final = {
    "email": "email",
    "hardwareoath": "hardwareOneTimePasscode",
    "microsoftauthenticator": "microsoftAuthenticatorPush",
    "sms": "mobilePhone",
    "softwareoath": "softwareOneTimePasscode",
    "voice": "officePhone",
}
"""What the report calls a method of the policy; what is not here counts for no reset.

Source: https://learn.microsoft.com/graph/api/resources/authenticationmethodspolicies-overview
"""
_SOON = timedelta(days=180)
_WHERE = "Entra admin center, Authentication methods, Policies: enable Microsoft Authenticator, "
_REMEDY = f"{_WHERE}software OATH tokens or e-mail for the scope group."


def _judge(evidence: Evidence, now: datetime) -> Finding | None:
    policy = evidence.methods_policy
    if isinstance(policy, Untold):
        return untold(policy)
    today = now.date()
    enabled = [one for one in policy.methods if one.is_enabled]
    counting = [one for one in enabled if _counts(one, evidence, now)]
    lasting = [one for one in counting if _counts(one, evidence, now + _SOON)]
    required = evidence.rules.required
    if len(counting) < required:
        return wrong(
            f"{_names(counting)} enabled of those that count for a reset; {required} needed",
            _REMEDY,
        )
    if len(lasting) < required:
        ending = [one for one in counting if one not in lasting]
        return wrong(
            f"{_names(ending)} end within {_SOON.days} days of {today}, and too few others are "
            f"enabled: {_names(lasting)}",
            _REMEDY,
        )
    text = f"{_names(counting)} are enabled and count for a reset"
    for_scope = [one for one in lasting if one.group_ids & {ALL_USERS, evidence.scope_group_id}]
    if len(for_scope) < required:
        return unknown(
            f"{text}, but only for other groups than the scope group",
            f"See that they hold everybody in scope, or {_REMEDY}",
        )
    return right(text)


def _counts(method: PolicyMethod, evidence: Evidence, at: datetime) -> bool:
    rule = evidence.rules.methods.get(_REPORTED.get(method.name.lower(), ""))
    return rule is not None and rule.holds(at.date(), administrator=False)


def _names(methods: Iterable[PolicyMethod]) -> str:
    return ", ".join(sorted(one.name for one in methods)) or "none"


KIND = CheckKind(
    name="methods",
    part=Part.TENANT,
    asks="Are enough methods enabled that count for a reset, and will they last?",
    judge=_judge,
    source="https://learn.microsoft.com/entra/identity/authentication/concept-authentication-methods",
)
