"""What the app is where its set-up is wrong: never mute, and never at work."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import azure.functions as func
import pytest

from shared.contracts.api.health_views import HealthView
from tests.support.registered_app import BY_TOKEN, ENVIRONMENT, load
from tests.support.repository import ROOT

HEALTH = {"get_health": func.AuthLevel.ANONYMOUS, "get_health_report": func.AuthLevel.FUNCTION}


class Mute:
    """An app that was loaded in a wrong environment."""

    def __init__(self, app: func.FunctionApp) -> None:
        self._functions = {str(one.get_function_name()): one for one in app.get_functions()}

    @property
    def levels(self) -> dict[str, Any]:
        """How each of its functions is reached; none but by HTTP."""
        triggers = {
            name: trigger.get_dict_repr()
            for name, one in self._functions.items()
            if (trigger := one.get_trigger())
        }
        assert {one["type"] for one in triggers.values()} == {"httpTrigger"}
        return {name: one["authLevel"] for name, one in triggers.items()}

    async def ask(self, name: str, **headers: str) -> func.HttpResponse:
        request = func.HttpRequest("GET", "https://app/api", headers=headers, body=b"")
        answer: func.HttpResponse = await self._functions[name].get_user_function()(request)
        return answer

    async def problems(self, **headers: str) -> tuple[str, ...]:
        """What it tells operators, as the contract has it."""
        answer = await self.ask("get_health_report", **headers)
        assert answer.status_code == 200
        view = HealthView.model_validate_json(answer.get_body())
        assert view.health == "misconfigured"
        return view.problems


async def mute(monkeypatch: pytest.MonkeyPatch, **changes: str | None) -> Mute:
    """The app with these settings changed, or taken away; in the log it says what is wrong."""
    environment = {**ENVIRONMENT, **changes}
    app = Mute(load(monkeypatch, {k: v for k, v in environment.items() if v is not None}))
    word = await app.ask("get_health")
    assert (word.status_code, word.get_body(), word.mimetype) == (
        503,
        b"misconfigured",
        "text/plain",
    )
    return app


async def test_with_a_wrong_setting_only_the_health_route_is_there(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    app = await mute(monkeypatch, SSPR_SCOPE_GROUP_ID=None)
    assert app.levels == HEALTH
    (problem,) = await app.problems()
    assert problem.startswith("SSPR_SCOPE_GROUP_ID: Field required; put there the object id")


async def test_everything_that_is_wrong_is_told_at_once(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Fields by themselves, contradictions, and the file of HR sources."""
    file = tmp_path / "hr.yaml"
    source = "{name: bamboohr, kind: bamboohr, authentication: hmac, hmac: {secret: BAMBOOHR}}"
    file.write_text(f"schema: sspr-rollout/hr-sources/1\nsources: [{source}]\n")
    app = await mute(
        monkeypatch,
        SSPR_TOPOLOGY="hybrid",
        SSPR_GRAPH_URL="http://graph.microsoft.com/v1.0",
        SSPR_EXCLUDED_GROUP_IDS=ENVIRONMENT["SSPR_SCOPE_GROUP_ID"],
        ServiceBusConnection=None,
        SSPR_HR_SOURCES_FILE=str(file),
    )
    expected = [
        "SSPR_TOPOLOGY: Input should be",
        "SSPR_GRAPH_URL: not https://",
        "SSPR_EXCLUDED_GROUP_IDS names the scope group",
        "set ServiceBusConnection or ServiceBusConnection__fullyQualifiedNamespace: neither",
        "HR source bamboohr: set SSPR_HR_SECRETS__BAMBOOHR",
    ]
    problems = await app.problems()
    assert [one[: len(begin)] for one, begin in zip(problems, expected, strict=True)] == expected
    told = [json.loads(one.getMessage()) for one in caplog.records if one.levelname == "ERROR"]
    assert [one["event"] for one in told] == ["app-misconfigured"] * 5
    assert told[0]["problem"].startswith("SSPR_TOPOLOGY")


async def test_an_app_whose_file_of_sources_is_wrong_takes_nothing(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    file = tmp_path / "hr.yaml"
    file.write_text("schema: sspr-rollout/hr-sources/1\nsauces: []\n")
    app = await mute(monkeypatch, SSPR_HR_SOURCES_FILE=str(file))
    assert app.levels == HEALTH
    assert any(one.startswith("hr.yaml: ") for one in await app.problems())


async def test_behind_entra_a_token_opens_the_report_and_nothing_else_does(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    app = await mute(monkeypatch, SSPR_TOPOLOGY="hybrid", **BY_TOKEN)
    assert set(app.levels.values()) == {func.AuthLevel.ANONYMOUS}
    refused = await app.ask("get_health_report")
    assert (refused.status_code, b"hybrid" in refused.get_body()) == (401, False)
    for headers in ({"x-ms-client-principal": "e30="}, {"authorization": "Bearer e30.e30."}):
        assert (await app.ask("get_health_report", **headers)).status_code == 401


@pytest.mark.parametrize("missing", ["SSPR_ENTRA_TENANT_ID", "SSPR_OPERATOR_AUDIENCE"])
async def test_while_no_token_could_be_checked_a_key_opens_the_report(
    monkeypatch: pytest.MonkeyPatch, missing: str
) -> None:
    app = await mute(monkeypatch, **{**BY_TOKEN, missing: None})
    assert app.levels == HEALTH
    (problem,) = await app.problems()
    assert f"set {missing}" in problem


async def test_what_was_read_at_the_start_is_not_read_again(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Neither the environment nor the file of HR sources: both may be others by the first event."""
    file = tmp_path / "hr.yaml"
    source = "{name: arrivals, kind: event-grid, authentication: key}"
    file.write_text(f"schema: sspr-rollout/hr-sources/1\nsources: [{source}]\n")
    app = load(monkeypatch, {**ENVIRONMENT, "SSPR_HR_SOURCES_FILE": str(file)})
    file.unlink()
    for name in ENVIRONMENT:
        monkeypatch.delenv(name)
    (door,) = [one for one in app.get_functions() if one.get_function_name() == "take_hr_event"]
    asked = func.HttpRequest(
        "OPTIONS", "https://app/api/hr/arrivals", route_params={"source": "arrivals"}, body=b""
    )
    answer = await door.get_user_function()(asked)
    assert answer.status_code == 200


@pytest.mark.parametrize("missing", ["pydantic", "structlog", "stamina", "pydantic_settings"])
def test_without_a_library_the_app_still_says_what_it_lacks(missing: str) -> None:
    """In a process of its own, as a worker starts whose package was built badly."""
    code = f"""
import asyncio, json, logging, sys
logging.basicConfig(format="%(message)s", stream=sys.stderr)
sys.modules[{missing!r}] = None
from function_app import app
import azure.functions as func
found = {{one.get_function_name(): one for one in app.get_functions()}}
request = func.HttpRequest("GET", "https://app/api", body=b"")
answer = asyncio.run(found["get_health_report"].get_user_function()(request))
level = found["get_health_report"].get_trigger().get_dict_repr()["authLevel"].name
print(json.dumps([sorted(found), level, json.loads(answer.get_body())]))
"""
    ran = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    names, level, report = json.loads(ran.stdout)
    assert (names, level) == (sorted(HEALTH), "FUNCTION")
    (problem,) = HealthView.model_validate(report).problems
    assert problem.startswith("the app cannot be loaded: ModuleNotFoundError: ")
    assert missing in problem
    events = [line for line in ran.stderr.splitlines() if line.startswith("{")]
    assert [json.loads(line)["event"] for line in events] == ["app-misconfigured"]
    assert "Traceback" in ran.stderr
