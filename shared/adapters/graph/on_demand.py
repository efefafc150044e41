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
    rules = [one for one in schema.get("synchronizationRules") or () if _brings_people(one)]
    first = min(rules, key=lambda one: int(one.get("priority") or 0), default=None)
    return str(first["id"]) if first else None


def _brings_people(rule: Json) -> bool:
    mappings = rule.get("objectMappings") or ()
    return str(rule.get("sourceDirectoryName", "")).lower() == _AD and any(
        str(one.get("sourceObjectName", "")).lower() == _PEOPLE and one.get("enabled", True)
        for one in mappings
    )


def answer_of(answer: Json) -> Provisioned:
    """Reads what became of it, in either of the two forms."""
    told = _objects(answer.get("key"))
    if told and told[0].get("result"):
        return _judged([_Step(told[0]["result"], told[0].get("details") or {})])
    return _judged(
        _Step(step.get("status"), step.get("details") or {})
        for one in _objects(answer.get("value"))
        for step in one.get("provisioningSteps") or ()
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


def _objects(text: Any) -> list[Json]:
    try:
        value = json.loads(text)
    except (TypeError, ValueError):
        return []
    return [one for one in (value if isinstance(value, list) else [value]) if isinstance(one, dict)]
