"""What is asked of a job of Cloud Sync for one person, and what its answers mean."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.adapters.graph.on_demand import answer_of, rule_for_people
from shared.domain.rollout.cloud_sync import Provisioned

TYPE = "Microsoft.Identity.Health.CPP.Common.DataContracts.SyncFabric.StatusInfo"
"""Of a published output: "Configure cross-tenant synchronization using PowerShell or Graph"."""
PEOPLE = {"sourceObjectName": "user", "targetObjectName": "User", "enabled": True}


def rule(rule_id: str, *mappings: Any, **changes: Any) -> dict[str, Any]:
    known = {"id": rule_id, "priority": 1, "sourceDirectoryName": "Active Directory"}
    return {**known, "objectMappings": list(mappings), **changes}


@pytest.mark.parametrize(
    ("rules", "wanted"),
    [
        ([rule("r", PEOPLE)], "r"),
        ([rule("late", PEOPLE, priority=2), rule("early", PEOPLE)], "early"),
        ([rule("r", {**PEOPLE, "enabled": False})], None),
        ([rule("r", {**PEOPLE, "sourceObjectName": "group"})], None),
        ([rule("r", PEOPLE, sourceDirectoryName="Azure Active Directory")], None),
        ([], None),
    ],
)
def test_the_rule_is_the_first_that_brings_people_from_ad(
    rules: list[dict[str, Any]], wanted: str | None
) -> None:
    assert rule_for_people({"synchronizationRules": rules}) == wanted


def told(result: str, **details: str) -> dict[str, str]:
    return {"key": json.dumps({"result": result, "details": details}), "value": "{}"}


def stepped(*steps: tuple[str, dict[str, str]]) -> dict[str, str]:
    shown = [{"status": status, "details": details} for status, details in steps]
    return {"key": TYPE, "value": json.dumps([{"provisioningSteps": shown}])}


OK = ("Success", {"userPrincipalName": "ada@contoso.test"})


@pytest.mark.parametrize(
    ("answer", "wanted"),
    [
        (told("Success"), Provisioned(is_there=True)),
        (told("Skipped", errorCode="RedundantExport"), Provisioned(is_there=True)),
        (told("Skipped", errorCode="NotInScope"), Provisioned(is_there=False, code="NotInScope")),
        (told("Failure", errorCode="NoAgent"), Provisioned(is_there=False, code="NoAgent")),
        (told("Puzzled"), Provisioned(is_there=False, code="Puzzled")),
        (stepped(OK, OK), Provisioned(is_there=True)),
        (stepped(OK, ("Skipped", {"SkipReason": "RedundantExport"})), Provisioned(is_there=True)),
        (
            stepped(OK, ("Failure", {"errorCode": "Duplicate" * 20})),
            Provisioned(is_there=False, code=("Duplicate" * 20)[:60]),
        ),
        (stepped(), Provisioned(is_there=False, code="AnswerNotUnderstood")),
        ({}, Provisioned(is_there=False, code="AnswerNotUnderstood")),
        ({"key": "{", "value": 7}, Provisioned(is_there=False, code="AnswerNotUnderstood")),
    ],
)
def test_both_forms_of_the_answer_are_read_and_what_is_neither_is_no_success(
    answer: dict[str, Any], wanted: Provisioned
) -> None:
    assert answer_of(answer) == wanted


NAMES = (
    *("result", "details", "provisioningSteps", "status", "id", "priority"),
    *("objectMappings", "sourceObjectName", "sourceDirectoryName", "errorCode"),
)
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=4)
    ),
    max_leaves=12,
)


@given(told=ANYTHING, steps=ANYTHING, rules=ANYTHING)
def test_an_answer_of_any_shape_is_read_or_not_understood(
    told: Any, steps: Any, rules: Any
) -> None:
    answer = answer_of({"key": json.dumps(told), "value": json.dumps(steps)})
    assert answer.is_there or answer.code
    assert isinstance(rule_for_people({"synchronizationRules": rules}), str | None)
