"""The sandbox without its development host, as `func start` finds it."""

import json
import os
import re
import shutil
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from azure.servicebus import ServiceBusClient, ServiceBusMessage

from sandbox.layout import Layout, open_layout
from sandbox.parts import STAGES
from sandbox.testing.repository import ROOT
from shared.bootstrap import check_setup
from shared.settings import examine_settings

STARTED = ("azurite", "service_bus")
"""What the app's settings speak of, and is quick to start; the others make no difference here."""
LEFT_OUT = [name for stage in STAGES for name in stage if name not in STARTED]


def sandbox(state: Path, command: str, *options: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "sandbox", "--state", str(state), command, *options],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture(scope="module")
def layout() -> Iterator[Layout]:
    parent = Path(tempfile.mkdtemp(prefix="sspr-"))
    state = parent / "state"
    without = [word for name in LEFT_OUT for word in ("--without", name)]
    try:
        started = sandbox(state, "up", *without)
        assert started.returncode == 0, started.stderr
        yield open_layout(state, 0)
    finally:
        sandbox(state, "down")
        shutil.rmtree(parent)


@pytest.fixture
def document(layout: Layout) -> dict[str, Any]:
    value: dict[str, Any] = json.loads((layout.state / "local.settings.json").read_text())
    return value


def test_the_app_takes_the_settings_as_they_stand(
    document: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in [name for name in os.environ if name.startswith(("SSPR_", "ServiceBus"))]:
        monkeypatch.delenv(name)
    for name, value in document["Values"].items():
        monkeypatch.setenv(name, value)
    settings = check_setup(examine_settings()).settings
    assert settings.service_bus_connection_string
    assert settings.service_bus_namespace is None


def test_service_bus_is_named_by_nothing_that_microsofts_extension_would_not_read(
    document: dict[str, Any],
) -> None:
    names = [name for name in document["Values"] if name.startswith("ServiceBusConnection")]
    assert names == ["ServiceBusConnection"]
    assert "UseDevelopmentEmulator=true" in document["Values"]["ServiceBusConnection"]


def test_messages_come_and_go_by_its_connection_string(document: dict[str, Any]) -> None:
    connection, queue = document["Values"]["ServiceBusConnection"], "scope-changes"
    with ServiceBusClient.from_connection_string(connection) as client:
        with client.get_queue_sender(queue) as sender:
            sender.send_messages(ServiceBusMessage("here"))
        with client.get_queue_receiver(queue, max_wait_time=20) as receiver:
            (message,) = receiver.receive_messages(max_message_count=1)
            receiver.complete_message(message)
    assert str(message) == "here"


def test_sspr_finds_the_app_where_func_start_serves_it(
    layout: Layout, document: dict[str, Any]
) -> None:
    told = sandbox(layout.state, "env")
    assert told.returncode == 0, told.stderr
    exports = dict(re.findall(r"^export (\w+)=(.+)$", told.stdout, re.MULTILINE))
    assert exports["SSPR_URL"] == f"http://127.0.0.1:{document['Host']['LocalHttpPort']}/api"
    assert exports["SSPR_KEY"]


def test_what_was_written_is_its_owners_alone(layout: Layout) -> None:
    assert stat.S_IMODE(layout.state.stat().st_mode) == 0o700
    files = [layout.state / "local.settings.json", *layout.state.rglob("*.key")]
    assert layout.signing_key in files
    assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}
