"""Health on the real parts: what is reached, what is not and why, and that no look takes long."""

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
from azure.data.tables import TableServiceClient

from sandbox.tenant.identity import SYSTEM_ASSIGNED
from sandbox.testing.waiting import PATIENCE
from shared.bootstrap import App
from shared.contracts.api.health_views import HealthView
from shared.contracts.messages import queues
from shared.domain.health import DependencyKind, Health, NotReached, Trouble
from shared.ports.dependency import Check, Dependency
from shared.use_cases.views import check_health
from shared.use_cases.views.check_health import HealthWords
from tests.support.app_world import app_of
from tests.support.operator_api_parts import Api, Parts

TABLES = {"enrolments", "receipts", "rollouts", "plans", "operations"}
MARK = {"mark"}
"""The check whether this version may read the ledger."""
GRAPH = {"users", "scope group", "kind of scope group", "registration report", "audit log"}


@pytest.fixture
async def app(parts: Parts, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[App]:
    parts.tenant.sandbox("POST", "quotas", {"factor": 20})
    async with app_of(parts, monkeypatch) as app:
        yield app
    parts.tenant.sandbox("DELETE", "faults")
    parts.tenant.sandbox("POST", "reset")


async def looked(app: App) -> HealthView:
    return await looked_at(app.dependencies)


async def looked_at(dependencies: Sequence[Dependency]) -> HealthView:
    return await check_health.check_health(dependencies, datetime.now(UTC))


def in_trouble(view: HealthView) -> dict[tuple[str, str], str]:
    return {(one.name, one.purpose): one.trouble for one in view.checks if one.trouble}


async def test_in_good_health_every_queue_table_permission_and_identity_is_reached(
    app: App,
) -> None:
    view = await looked(app)
    assert in_trouble(view) == {}
    assert view.health == Health.OK
    found: dict[str, set[tuple[str, str]]] = {}
    for one in view.checks:
        found.setdefault(one.kind, set()).add((one.name, one.purpose))
    assert {name for name, _ in found[DependencyKind.TABLE]} == TABLES | MARK
    assert {name for name, _ in found[DependencyKind.GRAPH]} == GRAPH
    assert found[DependencyKind.IDENTITY] == {("graph.microsoft.com", "a token")}
    assert found[DependencyKind.QUEUE] == {
        *((queue, "send") for queue in queues.SENT_TO),
        *((queue, "receive") for queue in queues.RECEIVED_FROM),
    }


async def test_a_look_takes_no_message_and_costs_none_a_delivery(app: App, parts: Parts) -> None:
    await app.world.outbox.send_onboarding([("k", b"{}")])
    await looked(app)
    await looked(app)
    (message,) = parts.bus.messages(queues.ONBOARDING_EVENTS)
    assert message["deliveryCount"] == 0
    parts.empty(queues.ONBOARDING_EVENTS)


async def test_a_permission_that_is_missing_is_named_with_why_and_for_how_long(
    app: App, parts: Parts
) -> None:
    roles = ["User.Read.All", "GroupMember.ReadWrite.All"]
    parts.tenant.sandbox("POST", "identities", {"clientId": SYSTEM_ASSIGNED, "roles": roles})
    view = await looked(app)
    missing = {("registration report", "AuditLog.Read.All"), ("audit log", "AuditLog.Read.All")}
    assert in_trouble(view) == dict.fromkeys(missing, Trouble.FORBIDDEN)
    assert view.health == Health.DEGRADED
    report, _ = [one for one in view.checks if one.trouble]
    assert "kept for about 24 hours" in report.advice
    assert "403 Authorization_RequestDenied" in report.detail


async def test_a_graph_that_hangs_is_given_up_and_makes_nothing_else_late(
    app: App, parts: Parts, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Time enough for all the others, on a busy machine too: only what hangs takes as long.
    monkeypatch.setattr(check_health, "SECONDS", 10.0)
    fault = {"match": {"method": "GET", "path": "^/users"}, "action": "hold", "times": 100}
    parts.tenant.sandbox("POST", "faults", fault)
    async with asyncio.timeout(PATIENCE):
        view = await looked(app)
    assert in_trouble(view) == {("users", "User.Read.All"): Trouble.SILENT}


async def test_what_was_deleted_is_missing(
    app: App, parts: Parts, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A table behind a running app's back, and a group that is none."""
    await looked(app)
    account = parts.settings["SSPR_LEDGER_CONNECTION_STRING"]
    with TableServiceClient.from_connection_string(account) as service:
        service.delete_table("plans")
    assert in_trouble(await looked(app)) == {("plans", "the ledger"): Trouble.MISSING}
    nobody = "00000000-0000-4000-8000-000000000000"
    async with app_of(parts, monkeypatch, SSPR_SCOPE_GROUP_ID=nobody) as other:
        group, kind = [one for one in (await looked(other)).checks if one.trouble]
    assert (group.name, group.trouble) == ("scope group", Trouble.MISSING)
    assert (kind.name, kind.trouble) == ("kind of scope group", Trouble.MISSING)
    assert "SSPR_SCOPE_GROUP_ID" in group.advice


async def test_parts_that_are_not_there_are_told_apart_from_each_other(
    parts: Parts, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No broker, no storage and no identity, each under an address at which nobody listens."""
    nowhere = "127.0.0.1:9"
    async with app_of(
        parts,
        monkeypatch,
        SSPR_LEDGER_CONNECTION_STRING="DefaultEndpointsProtocol=http;AccountName=a;"
        f"AccountKey=a2V5;TableEndpoint=http://{nowhere}/a;",
        ServiceBusConnection=f"Endpoint=sb://{nowhere};SharedAccessKeyName=n;SharedAccessKey=k;"
        "UseDevelopmentEmulator=true;",
        IDENTITY_ENDPOINT=f"http://{nowhere}/token",
    ) as app:
        view = await looked(app)
    assert {(one.kind, one.trouble) for one in view.checks} == {
        (DependencyKind.IDENTITY, Trouble.NO_TOKEN),
        (DependencyKind.GRAPH, Trouble.NO_TOKEN),
        (DependencyKind.TABLE, Trouble.UNREACHABLE),
        (DependencyKind.QUEUE, Trouble.UNREACHABLE),
    }


class Counted:
    """A dependency that counts how often it is looked at, and fails as it is told."""

    def __init__(self, *failures: Exception) -> None:
        self.looks = 0
        self._failures = failures

    def checks(self) -> list[Check]:
        checks = [self._check(error) for error in self._failures]
        return [*checks, Check(kind=DependencyKind.TABLE, name="good", purpose="", look=self._look)]

    def _check(self, error: Exception) -> Check:
        async def look() -> None:
            raise error

        return Check(kind=DependencyKind.TABLE, name=type(error).__name__, purpose="", look=look)

    async def _look(self) -> None:
        self.looks += 1
        await asyncio.sleep(0)


async def test_a_failure_that_nobody_foresaw_hides_no_other_and_its_text_stays_inside() -> None:
    failures = ValueError("ada@contoso.test"), NotReached(Trouble.MISSING, "gone")
    view = await looked_at([Counted(*failures)])
    told = {one.name: (one.trouble, one.detail) for one in view.checks}
    assert told == {
        "ValueError": (Trouble.FAILED, "ValueError"),
        "NotReached": (Trouble.MISSING, "gone"),
        "good": (None, ""),
    }


async def test_asking_for_the_word_again_and_again_looks_once() -> None:
    counted, words = Counted(), HealthWords()
    now = datetime.now(UTC)
    said = await asyncio.gather(*(words.word([counted], now) for _ in range(50)))
    assert {one.word for one in said} == {Health.OK}
    assert counted.looks == 1


@contextmanager
def api(parts: Parts, folder: Path, **settings: str) -> Iterator[Api]:
    with parts.app(folder, **settings) as http:
        yield Api(http)


def test_whoever_has_not_signed_in_is_told_a_word_and_operators_everything(
    parts: Parts, tmp_path: Path
) -> None:
    with api(parts, tmp_path) as app:
        key = app.http.headers.pop("x-functions-key")
        word = app.get("health")
        assert (word.status_code, word.text) == (200, "ok")
        assert app.get("health/report").status_code == 401
        report = app.get("health/report", headers={"x-functions-key": key}).json()
    assert report["health"] == "ok"
    assert len(report["checks"]) == 1 + len(GRAPH) + len(TABLES | MARK) + 11


def test_a_word_that_is_not_ok_is_told_by_its_status_too_and_names_nothing(
    parts: Parts, tmp_path: Path
) -> None:
    nobody = "00000000-0000-4000-8000-000000000000"
    with api(parts, tmp_path, SSPR_SCOPE_GROUP_ID=nobody) as app:
        word = app.get("health", headers={"x-functions-key": ""})
    assert (word.status_code, word.text) == (503, "degraded")
