"""The check `registration`: can people register who have no method yet?"""

from datetime import datetime

from shared.domain.doctor.evidence import Evidence, Untold
from shared.domain.doctor.finding import CheckKind, Finding, Part, right, unknown, untold, wrong
from shared.domain.doctor.tenant_facts import RegistrationRule

_PASS = "TemporaryAccessPass"  # noqa: S105  # a method's name


def _judge(evidence: Evidence, _now: datetime) -> Finding | None:
    rules = evidence.registration
    if isinstance(rules, Untold):
        return untold(rules)
    if not rules:
        return right("no policy of Conditional Access is about registering security information")
    text = "; ".join(_described(one) for one in rules)
    blocking = [one for one in rules if "block" in one.controls and one.for_everybody]
    if blocking:
        return wrong(
            f"{text}: everybody is kept from registering, but for whom the policy leaves out",
            "Leave those out of it who are to register, or the places that they register from.",
        )
    if not any("mfa" in one.controls for one in rules):
        return unknown(text, "See that people of the next wave can meet it.")
    return _with_mfa(text, evidence)


def _with_mfa(text: str, evidence: Evidence) -> Finding:
    """Judges a policy that asks for what those have not who are to register it."""
    policy = evidence.methods_policy
    if isinstance(policy, Untold):
        remedy = f"Whoever has no method needs a Temporary Access Pass. {policy.remedy}".strip()
        return unknown(text, remedy)
    method = policy.method(_PASS)
    if method and method.is_enabled:
        return right(f"{text}; Temporary Access Pass, the way out for new hires, is enabled")
    return wrong(
        f"{text}; whoever has no method cannot register one, and Temporary Access Pass is not "
        "enabled",
        "Enable Temporary Access Pass, and give one to new hires.",
    )


def _described(rule: RegistrationRule) -> str:
    controls = ", ".join(sorted(rule.controls)) or "no grant control"
    whom = "everybody" if rule.for_everybody else "some people"
    return f"policy “{rule.name}” asks {whom} who register for {controls}"


KIND = CheckKind(
    name="registration",
    part=Part.TENANT,
    asks="Can people register who have no method yet?",
    judge=_judge,
    source="https://learn.microsoft.com/entra/identity/conditional-access/"
    "policy-all-users-security-info-registration",
)
