"""What the app tells Application Insights: over TLS, as itself, and of nobody by name.

Real functions host library, ledger, broker and exporter; the ingestion endpoint is a stand-in.
"""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import jwt
import pytest
from azure.servicebus import ServiceBusClient, ServiceBusMessage

from sandbox.testing.functions_host_process import App
from sandbox.testing.waiting import wait_until
from shared.contracts.messages.queues import ONBOARDING_EVENTS
from tests.support.ingestion_endpoint import Ingestion, ingestion
from tests.support.operator_api_parts import Parts
from tests.support.repository import ROOT
from tests.support.workspace import Workspace

CODE = """
from functions import onboarding
from shared.bootstrap import check_setup, serve
from shared.settings import examine_settings

served = serve(check_setup(examine_settings()))
app.register_functions(onboarding.blueprint(served))
"""
KEY = "InstrumentationKey=00000000-0000-0000-0000-0000000000a1"
NOT_JSON = b"Ada Lovelace, ada@contoso.test"
UNKNOWN_FIELD = b'{"userPrincipalName": "ada@contoso.test", "Lovelace, Ada": true}'
ALONE = {
    # Else the exporter tells Microsoft of its own use, at addresses of Microsoft's.
    "APPLICATIONINSIGHTS_STATSBEAT_DISABLED_ALL": "true",
    "APPLICATIONINSIGHTS_CONTROLPLANE_DISABLED": "true",
}


@pytest.fixture
def endpoint(tmp_path: Path) -> Iterator[Ingestion]:
    with ingestion(tmp_path / "tls") as endpoint:
        yield endpoint


def send(parts: Parts, *bodies: bytes) -> None:
    bus = ServiceBusClient.from_connection_string(parts.settings["ServiceBusConnection"])
    with bus, bus.get_queue_sender(ONBOARDING_EVENTS) as sender:
        sender.send_messages([ServiceBusMessage(one) for one in bodies])


def test_a_refused_message_is_told_of_by_field_and_reason_and_names_nobody(
    parts: Parts, endpoint: Ingestion, tmp_path: Path
) -> None:
    values = {
        **parts.settings,
        **ALONE,
        "APPLICATIONINSIGHTS_CONNECTION_STRING": endpoint.connection_string,
        "APPLICATIONINSIGHTS_AUTHENTICATION_STRING": "Authorization=AAD",
        "REQUESTS_CA_BUNDLE": str(endpoint.authority),
    }
    app = App(tmp_path, CODE, values=values)
    with app.running():
        send(parts, NOT_JSON, UNKNOWN_FIELD)
        # The exporter tells again what it was not thanked for in time.
        wait_until(lambda: len(endpoint.told("message-refused")) >= 2, app.log)
    told = {one["field"]: one for one in endpoint.told("message-refused")}
    assert told.keys() == {"(body)", "(unusual)"}
    assert {one["queue"] for one in told.values()} == {ONBOARDING_EVENTS}
    assert {one["level"] for one in told.values()} == {"warning"}
    assert told["(body)"]["reason"].startswith("not JSON: ")
    assert len(told["(body)"]["key"]) == 32
    assert "ada" not in endpoint.text().lower()
    assert "lovelace" not in endpoint.text().lower()
    assert endpoint.paths == {"/v2.1/track"}
    (authorization,) = endpoint.authorizations
    # The deployed rule finds it in what has been sent, with every column.
    assert Workspace.of_envelopes(endpoint.envelopes).rings("messages-refused")
    token = jwt.decode(authorization.removeprefix("Bearer "), options={"verify_signature": False})
    assert token["aud"].startswith("https://monitor.azure.com")


@pytest.mark.parametrize("connected", [False, True])
def test_nothing_of_opentelemetry_is_imported_before_the_first_line_is_logged(
    parts: Parts, *, connected: bool
) -> None:
    """Cold start: the exporter has some 800 modules; without a connection it never is."""
    code = """
import os, sys, threading
import function_app
from shared.bootstrap import check_setup, serve
from shared.settings import examine_settings
serve(check_setup(examine_settings()))()
before = [name for name in sys.modules if "opentelemetry" in name]
from shared.domain.signals import WaveBegun
from shared.use_cases.signalling import emit
emit([WaveBegun(wave="pilot", number=1)])
print(before, any(one.name == "telemetry" for one in threading.enumerate()), flush=True)
os._exit(0)
"""
    connection = f"{KEY};IngestionEndpoint=http://127.0.0.1:9"
    extra = {"APPLICATIONINSIGHTS_CONNECTION_STRING": connection} if connected else {}
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env={"PATH": "", **parts.settings, **ALONE, **extra},
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert done.stdout.split("\n")[0] == f"[] {connected}"


def test_telemetry_that_cannot_begin_is_said_once_and_keeps_nobody_from_working(
    parts: Parts,
) -> None:
    code = """
import logging, time
from shared.bootstrap import check_setup, serve
from shared.domain.signals import WaveBegun
from shared.settings import examine_settings
from shared.use_cases.signalling import emit
logging.basicConfig(format="%(message)s")
serve(check_setup(examine_settings()))()
for number in range(3):
    emit([WaveBegun(wave="pilot", number=number)])
    time.sleep(5)
"""
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env={
            "PATH": "",
            **parts.settings,
            **ALONE,
            "APPLICATIONINSIGHTS_CONNECTION_STRING": "of no known form",
        },
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert done.stderr.count("telemetry-unavailable") == 1
    assert done.stderr.count('"wave-begun"') == 3
