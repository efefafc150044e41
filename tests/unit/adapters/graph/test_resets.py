"""The audit log's records become resets, or nothing where they tell of no end."""

from datetime import UTC, datetime
from typing import Any

import pytest

from shared.adapters.graph.resets import resets_of
from shared.domain.rollout.resets import Reset, ResetOutcome

ADA = "0f0e0d0c-0000-4000-8000-000000000001"
RESET = "Reset password (self-service)"
FLOW = "Self-service password reset flow activity progress"
BLOCKED = "Blocked from self-service password reset"


def record(activity: str, result: str, reason: str | None, **fields: Any) -> dict[str, Any]:
    return {
        "id": "SSPR_1",
        "correlationId": "c1",
        "activityDisplayName": activity,
        "activityDateTime": "2026-01-05T08:00:00.1234567Z",
        "loggedByService": "Self-service Password Management",
        "result": result,
        "resultReason": reason,
        "targetResources": [{"id": ADA, "type": "User", "userPrincipalName": "ada@contoso.test"}],
        "additionalDetails": [],
        **fields,
    }


def agent(name: str | None) -> dict[str, Any]:
    return {"additionalDetails": [{"key": "OnPremisesAgent", "value": name}]}


def outcomes(*records: dict[str, Any]) -> list[ResetOutcome]:
    return [reset.outcome for reset in resets_of(records)]


def test_a_reset_has_its_person_its_time_and_its_end() -> None:
    assert resets_of([record(RESET, "success", "Successfully completed reset.")]) == [
        Reset(datetime(2026, 1, 5, 8, 0, 0, 123456, tzinfo=UTC), ADA, ResetOutcome.SUCCEEDED)
    ]


@pytest.mark.parametrize(
    "failure",
    [
        record(RESET, "failure", "Access is denied.", **agent("Microsoft Entra Connect")),
        record(RESET, "failure", None, **agent("CloudSync")),
        record(RESET, "timeout", None, **agent("Microsoft Entra Connect")),
        record(RESET, "failure", "OnPremisesAdminActionRequired", **agent("None")),
        record(RESET, "failure", "OnPremisesConnectivityError"),
        record(RESET, "failure", "SSPR_0029: an error in your on premises configuration"),
        record(FLOW, "failure", "We could not reach your on-premises password reset service."),
        record(FLOW, "failure", "User's password is managed on-premises. You can enable Password"),
    ],
)
def test_a_failure_on_premises_is_a_failed_writeback(failure: dict[str, Any]) -> None:
    assert outcomes(failure) == [ResetOutcome.WRITEBACK_FAILED]


@pytest.mark.parametrize(
    "block",
    [
        record(BLOCKED, "success", None),
        record(FLOW, "failure", "Password reset is not enabled for this user"),
        record(FLOW, "failure", "Password reset is not enabled for this user. Enable it under"),
        record(FLOW, "failure", "This user is not a member of the password reset users group."),
    ],
)
def test_who_is_throttled_or_out_of_scope_was_blocked(block: dict[str, Any]) -> None:
    assert outcomes(block) == [ResetOutcome.BLOCKED]


@pytest.mark.parametrize(
    "other",
    [
        record(FLOW, "success", "User submitted their user ID"),
        record(FLOW, "success", "User submitted a new password", **agent("CloudSync")),
        record(FLOW, "failure", "User's account has insufficient authentication methods defined"),
        record(RESET, "failure", "Something in the cloud", **agent("None")),
        record(RESET, "failure", "Something in the cloud", **agent(None)),
        record(
            RESET,
            "failure",
            "FuzzyPolicyViolationInvalidPassword",
            **agent("Microsoft Entra Connect"),
        ),
        record("User registered for self-service password reset", "success", None),
        record("Unlock user account (self-service)", "failure", None, **agent("CloudSync")),
        record("Reset password (by admin)", "success", None),
    ],
)
def test_what_is_no_end_of_a_reset_is_left_out(other: dict[str, Any]) -> None:
    assert outcomes(other) == []


def test_one_failure_that_is_told_twice_counts_once_and_two_attempts_twice() -> None:
    told = record(FLOW, "failure", "We could not reach your on-premises password reset service.")
    again = record(RESET, "failure", None, id="SSPR_2", **agent("CloudSync"))
    later = {**again, "id": "SSPR_3", "correlationId": "c2"}
    assert outcomes(told, again, later) == [ResetOutcome.WRITEBACK_FAILED] * 2


def test_attempts_without_a_correlation_are_told_apart_by_their_records() -> None:
    success = record(RESET, "success", None, correlationId=None)
    assert len(outcomes(success, {**success, "id": "SSPR_2"})) == 2


@pytest.mark.parametrize(
    "targets",
    [[], None, [{"id": ADA, "type": "Other"}], [{"id": None, "type": "User"}]],
)
def test_a_record_of_nobody_is_left_out(targets: list[dict[str, Any]] | None) -> None:
    assert resets_of([record(RESET, "success", None, targetResources=targets)]) == []
