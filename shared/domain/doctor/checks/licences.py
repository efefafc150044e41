"""The check `licences`: does the tenant have what people need for a reset with writeback?"""

from datetime import datetime

from shared.domain.doctor.evidence import Evidence, Untold
from shared.domain.doctor.finding import CheckKind, Finding, Part, right, unknown, untold, wrong
from shared.domain.doctor.tenant_facts import Subscription


def _judge(evidence: Evidence, _now: datetime) -> Finding | None:
    bought = evidence.subscriptions
    if isinstance(bought, Untold):
        return untold(bought)
    fitting = [one for one in bought if _fits(one, evidence)]
    usable = [one for one in fitting if one.is_usable and one.bought]
    if not usable:
        ended = f"; not usable: {', '.join(one.name for one in fitting)}" if fitting else ""
        return wrong(
            f"no subscription of the tenant lets people reset a password{ended}",
            "Entra ID P1 or P2, or Microsoft 365 Business Premium; for people of the cloud alone "
            "Business Standard does.",
        )
    text = ", ".join(f"{one.name}: {one.assigned:,} of {one.bought:,} assigned" for one in usable)
    over = [one for one in usable if one.assigned > one.bought]
    if evidence.unlicensed:
        return wrong(
            f"{text}; {evidence.unlicensed:,} people were skipped without a licence",
            "Assign one to them: sspr plan names them.",
        )
    if over:
        return wrong(f"{text}: more are assigned than were bought", "Buy more, or take some back.")
    if evidence.unlicensed is None:
        return unknown(f"{text}; nobody has looked yet who has none", "sspr plan tells.")
    return right(f"{text}; nobody was skipped without one")


def _fits(one: Subscription, evidence: Evidence) -> bool:
    licences = evidence.licences
    return bool(one.plan_ids & licences.plans) or one.sku_id in licences.cloud_only_skus


KIND = CheckKind(
    name="licences",
    part=Part.TENANT,
    asks="Does the tenant have the licences that a reset takes?",
    judge=_judge,
    source="https://learn.microsoft.com/entra/identity/authentication/concept-sspr-licensing",
)
