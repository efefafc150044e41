"""The function app as the runtime sees it: its functions, what starts them and who may call."""

from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import Any

import azure.functions as func
import pytest

from shared.contracts.messages import queues
from shared.domain.signals import Timer
from tests.support.registered_app import BY_TOKEN, ENVIRONMENT, load

QUEUES = {
    "enroll_people": queues.ONBOARDING_EVENTS,
    "apply_scope_changes": queues.SCOPE_CHANGES,
    "record_results": queues.DIRECTORY_RESULTS,
    "run_operation": queues.ROLLOUT_OPERATIONS,
    "tell_lifecycle": queues.LIFECYCLE_CALLBACKS,
}
FOR_ALL = {"take_hook", "serve_scim", "get_health"}
SCHEDULES = {
    "clock_timer": "%SSPR_CLOCK_SCHEDULE%",
    "registration_timer": "%SSPR_REGISTRATION_SCHEDULE%",
    "reconcile_timer": "%SSPR_RECONCILE_SCHEDULE%",
}


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


def test_the_app_has_these_queues_and_timers_and_no_others(
    triggers: dict[str, dict[str, Any]],
) -> None:
    others = triggers.keys() - of_type(triggers, "httpTrigger").keys()
    assert others == {*QUEUES, *SCHEDULES}


def test_every_timer_is_one_whose_silence_is_told() -> None:
    assert SCHEDULES.keys() == set(Timer)


def test_every_queue_function_takes_single_messages_and_their_bytes_off_its_contracts_queue(
    triggers: dict[str, dict[str, Any]],
) -> None:
    found = of_type(triggers, "serviceBusTrigger")
    assert {name: one["queueName"] for name, one in found.items()} == QUEUES
    assert {one["connection"] for one in found.values()} == {"ServiceBusConnection"}
    # Of a batch one message that cannot be bound takes all others to the dead letters; as text a
    # JSON body replaces what the host knows of its message, and what is not UTF-8 is lost.
    assert {one["dataType"] for one in found.values()} == {func.DataType.BINARY}
    assert {str(one["cardinality"]).lower() for one in found.values()} == {"one"}


def test_every_route_asks_for_a_function_key_but_those_of_webhooks_with_proofs_and_of_one_word(
    triggers: dict[str, dict[str, Any]],
) -> None:
    found = of_type(triggers, "httpTrigger")
    assert len(found) > 20
    open_to_all = {n for n, one in found.items() if one["authLevel"] is not func.AuthLevel.FUNCTION}
    assert open_to_all == FOR_ALL


def test_behind_entra_only_the_systems_that_send_events_ask_for_a_key(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    app = load(monkeypatch, {**ENVIRONMENT, **BY_TOKEN})
    levels = {
        function.get_function_name(): trigger.get_dict_repr()["authLevel"]
        for function in app.get_functions()
        if (trigger := function.get_trigger()) and trigger.get_dict_repr()["type"] == "httpTrigger"
    }
    keyed = {name for name, level in levels.items() if level is func.AuthLevel.FUNCTION}
    assert keyed == {"onboarding_webhook", "take_hr_event"}


def test_one_function_s_key_is_enough_for_a_sender_that_asks_before_it_sends(
    triggers: dict[str, dict[str, Any]],
) -> None:
    found = of_type(triggers, "httpTrigger")
    doors = {name: one for name, one in found.items() if one["route"].endswith("/{source}")}
    assert doors.keys() == {"take_hr_event", "take_hook"}
    for door in doors.values():
        assert {str(method).upper() for method in door["methods"]} == {"POST", "GET", "OPTIONS"}


def test_no_two_functions_have_one_path_and_method(triggers: dict[str, dict[str, Any]]) -> None:
    """Of two that match the real host takes the first by its name, not the more exact one."""
    found = of_type(triggers, "httpTrigger")
    assert {
        (first, second)
        for first, second in combinations(found.items(), 2)
        if overlap(first[1], second[1])
    } == set()


@pytest.mark.parametrize(
    ("first", "second", "meet"),
    [
        ("audit/{partition}", "audit/{key}", True),
        ("audit/{partition}", "Audit/ends", True),
        ("audit/{partition}", "audit", False),
        ("audit/{partition:int}", "audit/ends", True),
        ("audit/{*rest}", "audit/a/b", True),
        ("audit/{partition?}", "audit", True),
        ("users/{identity}", "people/{identity}", False),
    ],
)
def test_two_routes_that_could_match_one_path_would_be_found(
    first: str, second: str, *, meet: bool
) -> None:
    get, post = (func.HttpMethod.GET,), (func.HttpMethod.POST,)
    assert overlap({"route": first, "methods": get}, {"route": second, "methods": get}) is meet
    assert not overlap({"route": first, "methods": get}, {"route": second, "methods": post})


def overlap(first: Mapping[str, Any], second: Mapping[str, Any]) -> bool:
    """Whether some request would be for both; constraints are taken for none."""
    methods = [{str(method).upper() for method in one["methods"]} for one in (first, second)]
    steps = [str(one["route"]).lower().split("/") for one in (first, second)]
    return bool(methods[0] & methods[1]) and _meet(*steps)


def _meet(first: Sequence[str], second: Sequence[str]) -> bool:
    if any(one and one[0].startswith("{*") for one in (first, second)):
        return True
    if not first or not second:
        return all(step.endswith("?}") for step in (*first, *second))
    one, other = first[0], second[0]
    return (one == other or "{" in one + other) and _meet(first[1:], second[1:])


def test_every_timer_takes_its_schedule_from_a_setting(
    triggers: dict[str, dict[str, Any]],
) -> None:
    found = of_type(triggers, "timerTrigger")
    assert {name: one["schedule"] for name, one in found.items()} == SCHEDULES
