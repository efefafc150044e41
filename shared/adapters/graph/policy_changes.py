"""The audit log's records of SSPR's own settings, read into the domain's policy changes.

Activity: "Update SSPR Settings", of a published query ("EntraID - SSPR Configuration Changes" of
alexverboon/Hunting-Queries-Detection-Rules, read in November 2026); Microsoft's list of activities
does not have it. Old and new values are in `modifiedProperties`, written as JSON.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

from shared.domain.rollout.sspr_policy import PolicyChange, SettingChange

_MOST_TEXT = 500
"""Characters of a name or a value; a list of groups is short, and a page of notes is not ours."""

Record = Mapping[str, Any]


def policy_changes_of(records: Iterable[Record]) -> list[PolicyChange]:
    """Returns the changes that were made, oldest first; attempts that failed are left out."""
    once = {str(record["id"]): record for record in records if _has_happened(record)}
    return sorted(map(_change, once.values()), key=lambda change: change.at)


def _has_happened(record: Record) -> bool:
    return str(record.get("result") or "success").casefold() == "success"


def _change(record: Record) -> PolicyChange:
    user = (record.get("initiatedBy") or {}).get("user") or {}
    return PolicyChange(
        at=datetime.fromisoformat(record["activityDateTime"]),
        activity=str(record["activityDisplayName"])[:_MOST_TEXT],
        actor=user.get("id"),
        settings=tuple(_settings(record)),
    )


def _settings(record: Record) -> Iterator[SettingChange]:
    for target in record.get("targetResources") or ():
        for changed in target.get("modifiedProperties") or ():
            if name := changed.get("displayName"):
                before, after = (_text(changed.get(key)) for key in ("oldValue", "newValue"))
                yield SettingChange(str(name)[:_MOST_TEXT], before, after)


def _text(value: Any) -> str | None:
    """Returns a value without the quotes of JSON that the log puts around it."""
    if value is None:
        return None
    try:
        known = json.loads(value)
    except (TypeError, ValueError):
        known = value
    if isinstance(known, list):
        known = ", ".join(map(str, known))
    return None if known is None else str(known)[:_MOST_TEXT]
