"""The real app with a wrong setting, on the functions host: it says so, and touches nothing."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping

import pytest

from sandbox.testing.functions_host_process import App, RunningHost
from shared.contracts.api.health_views import HealthView
from shared.contracts.messages.queues import ONBOARDING_EVENTS
from tests.support.operator_api_parts import Parts
from tests.support.repository import ROOT

WRONG = {"SSPR_TOPOLOGY": "hybrid", "SSPR_WAITING_DEADLINE": "soon"}
CODE = """
from functions.start import start

app = start()
"""


@pytest.fixture(scope="module")
def host(parts: Parts, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningHost]:
    with parts.bus.client() as client, client.get_queue_sender(ONBOARDING_EVENTS) as sender:
        from azure.servicebus import ServiceBusMessage

        sender.send_messages(ServiceBusMessage('{"employeeId": "1"}'))
    folder = tmp_path_factory.mktemp("mute")
    with App(folder, CODE, values={**parts.settings, **WRONG}).running() as host:
        yield host


def sspr(host: RunningHost, *arguments: str) -> subprocess.CompletedProcess[str]:
    known: Mapping[str, str] = {
        "SSPR_URL": f"{host.http.base_url}/api",
        "SSPR_KEY": host.function_key,
        "COLUMNS": "80",
    }
    return subprocess.run(
        [sys.executable, "-m", "cli", *arguments],
        cwd=ROOT,
        env={**os.environ, **known},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def test_everybody_is_told_a_word_and_operators_all_that_is_wrong(host: RunningHost) -> None:
    word = host.http.get("/api/health")
    assert (word.status_code, word.text) == (503, "misconfigured")
    assert host.http.get("/api/health/report").status_code == 401
    report = host.http.get("/api/health/report", headers={"x-functions-key": host.function_key})
    problems = HealthView.model_validate_json(report.text).problems
    assert [one.partition(":")[0] for one in problems] == list(WRONG)


def test_nothing_else_is_there(host: RunningHost) -> None:
    for path in ("status", "rollout", "onboarding-events", "openapi.json"):
        assert host.http.get(f"/api/{path}").status_code == 404


def test_every_command_of_the_command_line_says_so(host: RunningHost) -> None:
    for command in (["status"], ["rollback", "early", "--reason", "why"], ["inject", "100002"]):
        done = sspr(host, *command)
        assert done.returncode == 4
        assert done.stderr.count("\n") == 1
        assert "its set-up is wrong" in done.stderr
    shown = sspr(host, "health")
    assert (shown.returncode, shown.stderr) == (1, "the app is misconfigured\n")
    assert all(name in shown.stdout for name in WRONG)
    assert max(map(len, shown.stdout.splitlines())) <= 80
    told = json.loads(sspr(host, "health", "-o", "json").stdout)
    assert told["health"] == "misconfigured"


def test_no_queue_is_emptied(host: RunningHost, parts: Parts) -> None:
    assert host.http.get("/api/health").status_code == 503
    (message,) = parts.bus.messages(ONBOARDING_EVENTS)
    assert (message["state"], message["deliveryCount"]) == ("active", 0)
    assert message["lockedUntil"] is None
