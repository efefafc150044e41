"""The function app as the runtime sees it: its functions, what starts them and who may call."""

import importlib
import sys
from typing import Any

import azure.functions as func
import pytest

from shared.contracts import queues
from shared.domain.errors import ConfigurationError

ENVIRONMENT = {
    "SSPR_SCOPE_GROUP_ID": "5c09e000-0000-0000-0000-000000000001",
    "SSPR_LEDGER_CONNECTION_STRING": "UseDevelopmentStorage=true",
    "ServiceBusConnection": "Endpoint=sb://127.0.0.1/;SharedAccessKeyName=n;SharedAccessKey=k",
}
QUEUES = {
    "enroll_people": queues.ONBOARDING_EVENTS,
    "apply_scope_changes": queues.SCOPE_CHANGES,
    "record_results": queues.DIRECTORY_RESULTS,
}
ROUTES = {
    "onboarding_webhook": ("onboarding-events", ["POST"]),
    "get_user": ("users/{identity}", ["GET"]),
    "get_event": ("events/{key}", ["GET"]),
    "get_status": ("status", ["GET"]),
}
SCHEDULES = {
    "follow_up_timer": "%SSPR_FOLLOW_UP_SCHEDULE%",
    "registration_timer": "%SSPR_REGISTRATION_SCHEDULE%",
    "waiting_timer": "%SSPR_WAITING_SCHEDULE%",
}


def load(monkeypatch: pytest.MonkeyPatch, environment: dict[str, str]) -> func.FunctionApp:
    """Import the app anew, as a worker process does at its start."""
    for name in ENVIRONMENT:
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delitem(sys.modules, "function_app", raising=False)
    app: func.FunctionApp = importlib.import_module("function_app").app
    return app


@pytest.fixture
def triggers(monkeypatch: pytest.MonkeyPatch) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    for function in load(monkeypatch, ENVIRONMENT).get_functions():
        name, trigger = function.get_function_name(), function.get_trigger()
        assert name
        assert trigger
        found[name] = trigger.get_dict_repr()
    return found


def of_type(triggers: dict[str, dict[str, Any]], kind: str) -> dict[str, dict[str, Any]]:
    return {name: one for name, one in triggers.items() if one["type"] == kind}


def test_the_app_has_these_functions_and_no_others(triggers: dict[str, dict[str, Any]]) -> None:
    assert set(triggers) == {*QUEUES, *ROUTES, *SCHEDULES}


def test_every_queue_function_takes_batches_off_the_queue_of_its_contract(
    triggers: dict[str, dict[str, Any]],
) -> None:
    found = of_type(triggers, "serviceBusTrigger")
    assert {name: one["queueName"] for name, one in found.items()} == QUEUES
    assert {str(one["cardinality"]).lower() for one in found.values()} == {"many"}
    assert {one["connection"] for one in found.values()} == {"ServiceBusConnection"}


def test_every_route_asks_for_a_function_key(triggers: dict[str, dict[str, Any]]) -> None:
    found = of_type(triggers, "httpTrigger")
    routes = {
        name: (one["route"], [str(method) for method in one["methods"]])
        for name, one in found.items()
    }
    assert routes == ROUTES
    assert {one["authLevel"] for one in found.values()} == {func.AuthLevel.FUNCTION}


def test_every_timer_takes_its_schedule_from_a_setting(
    triggers: dict[str, dict[str, Any]],
) -> None:
    found = of_type(triggers, "timerTrigger")
    assert {name: one["schedule"] for name, one in found.items()} == SCHEDULES


def test_the_app_does_not_load_with_a_setting_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    incomplete = {k: v for k, v in ENVIRONMENT.items() if k != "SSPR_SCOPE_GROUP_ID"}
    with pytest.raises(ConfigurationError, match="SSPR_SCOPE_GROUP_ID: Field required"):
        load(monkeypatch, incomplete)
