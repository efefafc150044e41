"""The app's health in a whole sandbox, where a managed identity is what opens everything."""

from concurrent.futures import ThreadPoolExecutor

import httpx

from tests.support.rig import Rig, flat, until


def test_a_sandbox_in_good_health_says_so(rig: Rig) -> None:
    """Given every part up, when an operator asks, then every queue, table and identity is there."""
    answer = rig.console.app.get("/health/report").raise_for_status().json()

    assert [one for one in answer["checks"] if one["trouble"]] == []
    assert answer["health"] == "ok"
    tokens = {one["name"] for one in answer["checks"] if one["kind"] == "identity"}
    assert tokens == {"graph.microsoft.com", "servicebus.azure.net"}
    assert httpx.get(f"{rig.layout.functions_url}/api/health").text == "ok"


def test_an_alarm_that_is_tried_rings_its_own_rule_and_another_is_refused_for_a_while(
    rig: Rig,
) -> None:
    """Given two who ask at once by the command line, then one is served and one is told why not."""
    words = ("alarms", "test", "worker-silent", "--reason", "the rehearsal")

    with rig.hears("alarm-test"), ThreadPoolExecutor() as pool:
        asked = [done.result() for done in [pool.submit(rig.sspr, *words) for _ in range(2)]]

    tried, refused = sorted(asked, key=lambda one: one.returncode)
    assert tried.returncode == 0, tried.stderr
    assert "again from" in flat(refused.stderr)


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
