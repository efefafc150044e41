"""The app's health in a whole sandbox, where a managed identity is what opens everything."""

import httpx

from tests.support.rig import Rig, until


def test_a_sandbox_in_good_health_says_so(rig: Rig) -> None:
    """Given every part up, when an operator asks, then every queue, table and identity is there."""
    answer = rig.console.app.get("/health/report").raise_for_status().json()

    assert [one for one in answer["checks"] if one["trouble"]] == []
    assert answer["health"] == "ok"
    tokens = {one["name"] for one in answer["checks"] if one["kind"] == "identity"}
    assert tokens == {"graph.microsoft.com", "servicebus.azure.net"}
    assert httpx.get(f"{rig.layout.functions_url}/api/health").text == "ok"


def test_a_broker_that_is_gone_is_named_and_nothing_else_is(rig: Rig) -> None:
    """Given a broker that died, when an operator asks, then it is the queues that are not there."""
    rig.kill("service_bus")
    answer = rig.console.app.get("/health/report", timeout=60).raise_for_status().json()
    rig.start()

    assert answer["health"] == "degraded"
    assert {one["kind"] for one in answer["checks"] if one["trouble"]} == {"queue"}
    assert all(one["trouble"] for one in answer["checks"] if one["kind"] == "queue")
    until(lambda: _is_well(rig), "the queues to be reached again")


def _is_well(rig: Rig) -> bool:
    answer = rig.console.app.get("/health/report", timeout=60)
    return bool(answer.raise_for_status().json()["health"] == "ok")
