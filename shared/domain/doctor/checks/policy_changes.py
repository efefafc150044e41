"""The check `policyChanges`: has somebody changed SSPR's own settings?"""

from datetime import datetime

from shared.domain.doctor.evidence import Evidence, Untold
from shared.domain.doctor.finding import CheckKind, Finding, Part, right, unknown, untold, wrong
from shared.domain.rollout.gates.look import TIME
from shared.domain.rollout.sspr_policy import PolicyChange, SsprScope

_MOST_TOLD = 5
_REMEDY = (
    "Entra admin center, Password reset, Properties: select the scope group again, or take the "
    "change into the rollout document."
)


def _judge(evidence: Evidence, _now: datetime) -> Finding | None:
    changes = evidence.policy_changes
    if isinstance(changes, Untold):
        return untold(changes)
    since = f"since {evidence.changes_since:{TIME}}"
    if not changes:
        return right(f"the audit log tells of no change of SSPR's settings {since}")
    text = f"{_number(len(changes))} of SSPR's settings {since}: {_told(changes)}"
    of_scope = [one for one in changes if one.may_be_of_scope]
    newest = of_scope[-1] if of_scope else None
    if newest and _leads_away(newest, evidence.scope_group_id):
        return wrong(text, _REMEDY)
    return unknown(text, "See whether each was meant; the scope group has to be selected still.")


def _leads_away(change: PolicyChange, group_id: str) -> bool:
    """Tells whether SSPR is no longer on for the scope group, by the change's own words."""
    return change.scope in {SsprScope.ALL, SsprScope.NONE} or change.names_group(group_id) is False


def _number(count: int) -> str:
    return f"{count} {'change' if count == 1 else 'changes'}"


def _told(changes: tuple[PolicyChange, ...]) -> str:
    shown = [
        f"{one.at:{TIME}} {one.activity}"
        + "".join(
            f", {setting.name} from {setting.before or 'nothing'} to {setting.after or 'nothing'}"
            for setting in one.settings
        )
        for one in changes[-_MOST_TOLD:]
    ]
    more = len(changes) - len(shown)
    return "; ".join([*shown, *([f"and {more} earlier"] if more else [])])


KIND = CheckKind(
    name="policyChanges",
    part=Part.TENANT,
    asks="Has somebody changed SSPR's own settings?",
    judge=_judge,
    source="https://learn.microsoft.com/entra/identity/authentication/howto-sspr-reporting",
)
