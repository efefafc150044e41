"""The audit log's records of SSPR's settings become changes, however little they say."""

from datetime import UTC, datetime
from typing import Any

from shared.adapters.graph.policy_changes import policy_changes_of
from shared.domain.rollout.sspr_policy import PolicyChange, SettingChange

ADA = "0f0e0d0c-0000-4000-8000-000000000001"


def record(number: int, *changed: dict[str, Any], **fields: Any) -> dict[str, Any]:
    return {
        "id": f"SSPR_{number}",
        "activityDisplayName": "Update SSPR Settings",
        "activityDateTime": f"2026-11-29T08:0{number}:00Z",
        "result": "success",
        "initiatedBy": {"app": None, "user": {"id": ADA, "userPrincipalName": "ada@contoso.test"}},
        "targetResources": [{"modifiedProperties": list(changed)}],
        **fields,
    }


def prop(name: str | None, old: Any, new: Any) -> dict[str, Any]:
    return {"displayName": name, "oldValue": old, "newValue": new}


def test_a_change_has_its_time_who_did_it_and_old_and_new_values_without_their_quotes() -> None:
    kinds = [prop("Notify", '"no"', '"yes"'), prop("Groups", '["a"]', '["a","b"]')]
    kinds += [prop("Plain", "none", None), prop(None, "1", "2"), prop("Empty", "null", "1")]
    assert policy_changes_of([record(1, *kinds)]) == [
        PolicyChange(
            at=datetime(2026, 11, 29, 8, 1, tzinfo=UTC),
            activity="Update SSPR Settings",
            actor=ADA,
            settings=(
                SettingChange("Notify", "no", "yes"),
                SettingChange("Groups", "a", "a, b"),
                SettingChange("Plain", "none", None),
                SettingChange("Empty", None, "1"),
            ),
        )
    ]


def test_changes_come_once_oldest_first_and_what_failed_is_none() -> None:
    failed = record(3, result="failure")
    changes = policy_changes_of([record(2), record(1), record(2), failed])
    assert [change.at.minute for change in changes] == [1, 2]


def test_a_record_that_says_next_to_nothing_is_a_change_all_the_same() -> None:
    bare = record(1, initiatedBy=None, targetResources=None, result=None)
    (change,) = policy_changes_of([bare])
    assert (change.actor, change.settings) == (None, ())
