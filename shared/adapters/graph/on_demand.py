"""On-demand provisioning: what is asked of a job of Entra Cloud Sync, and what its answer means.

Sources: "synchronizationJob: provisionOnDemand" with its example for Cloud Sync and "Get
synchronizationSchema", Microsoft Graph v1.0, read on 30 Nov 2026. The answer is a pair of texts. By
that page the first is JSON with the result; by "Configure cross-tenant synchronization using
PowerShell or Graph" (the same day) it is the name of a type, and the second has the steps. Both are
read. The second also has the person's attributes, so that nothing of it is kept but a code.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from shared.domain.rollout.cloud_sync import Provisioned

_AD = "active directory"
_PEOPLE = "user"
_MOST_CODE = 60
_SUCCESS, _SKIPPED = "success", "skipped"
_THERE_BEFORE = "RedundantExport"
_UNREADABLE = "AnswerNotUnderstood"

type Json = Mapping[str, Any]


def order_for(rule_id: str, distinguished_name: str) -> Json:
    """Returns the body that asks for one person of AD."""
    subject = {"objectId": distinguished_name, "objectTypeName": _PEOPLE}
    return {"parameters": [{"ruleId": rule_id, "subjects": [subject]}]}


def rule_for_people(schema: Json) -> str | None:
    """Returns the id of the rule that brings people from AD, the first by priority."""
    rules = [one for one in _listed(schema, "synchronizationRules") if _brings_people(one)]
    first = min(rules, key=_priority, default=None)
    return str(first["id"]) if first else None


def _priority(rule: Json) -> int:
    priority = rule.get("priority")
    return priority if isinstance(priority, int) else 0


def _brings_people(rule: Json) -> bool:
    mappings = _listed(rule, "objectMappings")
    return (
        bool(rule.get("id"))
        and str(rule.get("sourceDirectoryName", "")).lower() == _AD
        and any(
            str(one.get("sourceObjectName", "")).lower() == _PEOPLE and one.get("enabled", True)
            for one in mappings
        )
    )


def answer_of(answer: Json) -> Provisioned:
    """Reads what became of it, in either of the two forms."""
    told = _objects(answer.get("key"))
    if told and told[0].get("result"):
        return _judged([_Step(told[0]["result"], _details(told[0]))])
    return _judged(
        _Step(step.get("status"), _details(step))
        for one in _objects(answer.get("value"))
        for step in _listed(one, "provisioningSteps")
    )


@dataclass(frozen=True, slots=True)
class _Step:
    """One step of it, or the whole, as it is told."""

    status: Any
    details: Json

    @property
    def code(self) -> str:
        return str(self.details.get("errorCode") or self.details.get("SkipReason") or "")

    @property
    def is_well(self) -> bool:
        word = str(self.status).lower()
        return word == _SUCCESS or (word == _SKIPPED and self.code == _THERE_BEFORE)


def _judged(steps: Iterable[_Step]) -> Provisioned:
    seen = list(steps)
    wrong = next((one for one in seen if not one.is_well), None)
    if seen and wrong is None:
        return Provisioned(is_there=True)
    code = (wrong.code or str(wrong.status)) if wrong else _UNREADABLE
    return Provisioned(is_there=False, code=code[:_MOST_CODE])


def _listed(holder: Json, name: str) -> list[Json]:
    """Returns the objects of a list; what is none of them says nothing."""
    value = holder.get(name)
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def _details(holder: Json) -> Json:
    details = holder.get("details")
    return details if isinstance(details, dict) else {}


def _objects(text: Any) -> list[Json]:
    try:
        value = json.loads(text)
    except (TypeError, ValueError):
        return []
    return [one for one in (value if isinstance(value, list) else [value]) if isinstance(one, dict)]
