"""What the worker's tests share: a domain controller, and a Connect host beside it."""

from collections.abc import Iterator

import pytest

from sandbox.testing.connect_host_process import (
    ConnectHost,
    recording_tenant,
    running_connect_host,
)
from sandbox.testing.domain_controller_process import Controller, running

NORMAL = {
    "busy": False,
    "suspended": False,
    "staging": False,
    "connectorBusy": False,
    "schedulerOff": False,
    "connectors": {},
    "hang": "",
    "answers": "whole",
    "foreignLanguage": False,
    "version": "2.5.190.0",
    "lastController": "dc1.corp.contoso.test",
    "cycleSeconds": 0.2,
}


@pytest.fixture(scope="module")
def controller(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Controller]:
    with running(tmp_path_factory.mktemp("dc") / "dc") as controller:
        yield controller


@pytest.fixture(scope="module")
def shared_host(
    controller: Controller, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[ConnectHost]:
    state = tmp_path_factory.mktemp("connect")
    with (
        recording_tenant() as tenant,
        running_connect_host(state, controller, tenant) as host,
    ):
        yield host


@pytest.fixture
def host(shared_host: ConnectHost) -> ConnectHost:
    """The Connect host in good health, whatever the test before made of it."""
    shared_host.set(**NORMAL)
    return shared_host
