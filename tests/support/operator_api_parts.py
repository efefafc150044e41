"""The operator API on the real functions host, with a real ledger, broker and simulated tenant.

Whatever it answers is held against its own description.
"""

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import jsonschema_rs

from functions.operator_api import describe_api
from sandbox.company import SCOPE_GROUP, object_id
from sandbox.testing.azurite_process import azurite
from sandbox.testing.functions_host_process import App
from sandbox.testing.service_bus_process import Bus
from sandbox.testing.service_bus_process import running as running_bus
from sandbox.testing.tenant_process import IDENTITY_HEADER, RunningTenant
from sandbox.testing.tenant_process import running as running_tenant
from sandbox.testing.waiting import wait_until
from tests.support.repository import ROOT

SCOPE = object_id("group", SCOPE_GROUP)
QUEUES = ROOT / "infra/queues.json"
CODE = """
from functions import health, operations, operator_api
from functions.operators import Operators
from shared.bootstrap import check_setup, serve
from shared.settings import examine_settings

setup = check_setup(examine_settings())
served = serve(setup)
app.register_functions(operator_api.blueprint(served, Operators(setup.operator_tokens)))
app.register_functions(operations.blueprint(served))
app.register_functions(health.blueprint(served))
"""
DESCRIPTION = describe_api()
_TEMPLATES = {
    re.compile(re.sub(r"\{\w+\}", "[^/]+", path)): item
    for path, item in DESCRIPTION["paths"].items()
}


@dataclass(frozen=True)
class Api:
    """The API as a client sees it; every answer has to be one that the description foresees."""

    http: httpx.Client

    def get(self, path: str, **options: Any) -> httpx.Response:
        return self.ask("GET", path, **options)

    def post(self, path: str, body: Any = None, **options: Any) -> httpx.Response:
        content = {"content": body} if isinstance(body, str) else {"json": body}
        return self.ask("POST", path, **content, **options)

    def ask(self, method: str, path: str, **options: Any) -> httpx.Response:
        answer = self.http.request(method, f"/api/{path}", **options)
        if answer.content:
            _hold_against_description(method, f"/{path.partition('?')[0]}", answer)
        return answer

    def done(self, path: str, body: Any, **options: Any) -> dict[str, Any]:
        """Ask for an operation, and wait for its end."""
        asked = self.post(path, body, **options)
        assert asked.status_code == 202, asked.text
        return self.ended(asked.json(), **options)

    def ended(self, operation: dict[str, Any], **options: Any) -> dict[str, Any]:
        """The operation at its end."""
        newest = [operation]

        def has_ended() -> bool:
            newest.append(self.get(f"operations/{operation['key']}", **options).json())
            return bool(newest[-1]["state"] != "queued")

        wait_until(has_ended, lambda: str(newest[-1]))
        return newest[-1]


@dataclass(frozen=True)
class Parts:
    """What the app needs, for as long as the tests run."""

    tenant: RunningTenant
    bus: Bus
    settings: Mapping[str, str]

    def empty(self, queue: str) -> None:
        """Do away with whatever lies on a queue."""
        self.bus.control.post(f"/queues/{queue}/purge").raise_for_status()

    @contextmanager
    def app(self, folder: Path, **settings: str) -> Iterator[httpx.Client]:
        """The app, with a client that holds its function key."""
        with App(folder, CODE, values={**self.settings, **settings}).running() as host:
            host.http.timeout = httpx.Timeout(20)
            host.http.headers["x-functions-key"] = host.function_key
            yield host.http


@contextmanager
def running_parts(
    folder: Path, queues: Mapping[str, Mapping[str, Any]] | None = None
) -> Iterator[Parts]:
    """A ledger, a broker and a tenant; with the queues as they are in Azure, or with these."""
    places = {name: folder / name for name in ("azurite", "bus", "tenant")}
    for place in places.values():
        place.mkdir()
    with ExitStack() as stack:
        storage = stack.enter_context(azurite(places["azurite"]))
        queues = queues or json.loads(QUEUES.read_text())
        bus = stack.enter_context(running_bus(places["bus"], queues))
        tenant = stack.enter_context(running_tenant(places["tenant"], "--company-size", "60"))
        yield Parts(
            tenant,
            bus,
            {
                "AzureWebJobsStorage": storage,
                "SSPR_LEDGER_CONNECTION_STRING": storage,
                "SSPR_SCOPE_GROUP_ID": SCOPE,
                "SSPR_TOPOLOGY": "cloud",
                "SSPR_GRAPH_URL": tenant.graph_url,
                "ServiceBusConnection": bus.connection_string,
                "IDENTITY_ENDPOINT": f"{tenant.http.base_url}/identity/token",
                "IDENTITY_HEADER": IDENTITY_HEADER,
            },
        )


def _hold_against_description(method: str, path: str, answer: httpx.Response) -> None:
    (item,) = [item for pattern, item in _TEMPLATES.items() if pattern.fullmatch(path)]
    response = item[method.lower()]["responses"][str(answer.status_code)]
    if "$ref" in response:
        response = DESCRIPTION["components"]["responses"][response["$ref"].rpartition("/")[2]]
    kind = answer.headers["content-type"].partition(";")[0]
    schema = response["content"][kind]["schema"]
    value = answer.json() if kind == "application/json" else answer.text
    whole = {**schema, "components": DESCRIPTION["components"]}
    errors = jsonschema_rs.validator_for(whole, validate_formats=True).iter_errors(value)
    assert [str(error) for error in errors] == []
