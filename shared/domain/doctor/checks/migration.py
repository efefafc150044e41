"""The check `migration`: is the Authentication methods policy the only one that counts?"""

from datetime import datetime

from shared.domain.doctor.evidence import Evidence, Untold
from shared.domain.doctor.finding import CheckKind, Finding, Part, right, unknown, untold, wrong
from shared.domain.doctor.tenant_facts import Migration


def _judge(evidence: Evidence, _now: datetime) -> Finding | None:
    policy = evidence.methods_policy
    if isinstance(policy, Untold):
        return untold(policy)
    match policy.migration:
        case Migration.COMPLETE:
            return right("the migration is complete: one policy says which methods there are")
        case Migration.NOT_BEGUN | Migration.IN_PROGRESS as state:
            return wrong(
                f"the migration is at {state}: the legacy page of SSPR may still say which methods "
                "count, nobody can change it there since 30 September 2025, and no API reads it",
                "Entra admin center, Authentication methods, Policies, Manage migration: enable in "
                "the new policy what is to count, then set it to Migration Complete.",
            )
        case Migration.UNKNOWN:
            return unknown("the policy does not say how far the migration is")


KIND = CheckKind(
    name="migration",
    part=Part.TENANT,
    asks="Have the legacy policies been moved to the Authentication methods policy?",
    judge=_judge,
    source="https://learn.microsoft.com/entra/identity/authentication/"
    "how-to-authentication-methods-manage",
)
