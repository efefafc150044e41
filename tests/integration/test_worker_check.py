"""`python -m hybrid_worker check` against a real domain, broker and Connect host."""

import json
import re
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from uuid import uuid4

import jwt
import ldap3
import pytest
from cryptography.hazmat.primitives import serialization

from hybrid_worker.active_directory.connection import DirectoryConnection
from hybrid_worker.bootstrap import kerberos_environment
from hybrid_worker.check.directory import directory_checks
from hybrid_worker.check.outcome import CheckOutcome, CheckState, outcomes
from hybrid_worker.check.service_bus import service_bus_checks
from hybrid_worker.settings import ServiceBusSettings
from sandbox.certificates import server_certificate
from sandbox.domain_controller import domain
from sandbox.tenant.identity import WORKER_QUEUE_ROLES
from sandbox.testing.connect_host_process import ConnectHost
from sandbox.testing.domain_controller_process import Controller
from tests.support.documentation import blocks
from tests.support.repository import ROOT
from tests.support.tour import differences
from tests.support.worker_process import (
    Rig,
    by_name,
    command,
    directory_environment,
    directory_settings,
    running_rig,
    sign_in,
    sync_environment,
    worker_environment,
)

_KEY = b"the sandbox tenant's signing key"


_ARC_TOKENS = Path("/var/opt/azcmagent/tokens")
"""Where azure-identity wants the answer to Arc's challenge to lie, and nowhere else."""


@dataclass
class Identity:
    """The endpoints of a managed identity, and what its tokens say of queues."""

    url: str = ""
    roles: dict[str, list[str]] = field(default_factory=dict)
    challenges: int = 0
    key_file: Path = field(default_factory=lambda: _ARC_TOKENS / f"test-{uuid4().hex}.key")

    @property
    def environment(self) -> dict[str, str]:
        """What App Service tells its apps."""
        return {"IDENTITY_ENDPOINT": f"{self.url}/token", "IDENTITY_HEADER": "secret"}

    @property
    def arc_environment(self) -> dict[str, str]:
        """What the agent of Azure Arc tells the machine's services."""
        return {
            "IDENTITY_ENDPOINT": f"{self.url}/metadata/identity/oauth2/token",
            "IMDS_ENDPOINT": self.url,
        }

    def token(self) -> dict[str, str]:
        """One that is good for an hour."""
        ends = int(time.time()) + 3600
        audience = "https://servicebus.azure.net"
        claims = {"aud": audience, "exp": ends, "queueRoles": self.roles}
        token = jwt.encode(claims, _KEY, algorithm="HS256")
        return {
            "access_token": token,
            "expires_on": str(ends),
            "expires_in": "3600",
            "resource": audience,
            "token_type": "Bearer",
        }


@contextmanager
def identity_endpoint() -> Iterator[Identity]:
    identity = Identity()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.path.startswith("/metadata") and not self._may_read_the_key():
                identity.challenges += 1
                self.send_response(401)
                self.send_header("WWW-Authenticate", f"Basic realm={identity.key_file}")
                self.end_headers()
                return
            body = json.dumps(identity.token()).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def _may_read_the_key(self) -> bool:
            assert self.headers["Metadata"] == "true"
            return self.headers["Authorization"] == "Basic key-of-this-challenge"

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  # its signature
            """Say nothing of each request."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        identity.url = f"http://127.0.0.1:{server.server_port}"
        yield identity
        server.shutdown()


@contextmanager
def left_by_the_agent(file: Path, key: str) -> Iterator[None]:
    """The key lies where Arc's agent leaves it; afterwards nothing of it is on the machine."""
    made = [folder for folder in file.parents if not folder.exists()]
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(key)
    try:
        yield
    finally:
        file.unlink()
        for folder in made:
            folder.rmdir()


def local_time() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True)
class Machine:
    """The worker's machine, where the check runs."""

    rig: Rig
    identity: Identity
    state: Path
    bus: dict[str, str]

    def check(
        self, identity: Mapping[str, str] | None = None, **differences: str
    ) -> tuple[int, dict[str, CheckOutcome]]:
        """Run the command; its exit status, and its outcomes by name."""
        known = self.identity.environment if identity is None else identity
        status, said = self.run("--output", "json", **{**known, **differences})
        shown = json.loads(said)["checks"]
        seen = [CheckOutcome(**{**one, "state": CheckState(one["state"])}) for one in shown]
        return status, {one.name: one for one in seen}

    def run(self, *words: str, **environment: str) -> tuple[int, str]:
        """Run it as an administrator does; its exit status, and what it prints."""
        done = subprocess.run(
            [sys.executable, "-m", "hybrid_worker", "check", *words],
            env={**worker_environment(self.rig, self.state), **self.bus, **environment},
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
        assert not done.stderr, done.stderr
        return done.returncode, done.stdout


@pytest.fixture(scope="module")
def shared_machine(
    controller: Controller, shared_host: ConnectHost, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Machine]:
    folder = tmp_path_factory.mktemp("machine")
    tls = server_certificate(folder / "certificates", "bus", ["localhost"])
    (folder / "signing.key").write_bytes(_KEY)
    options: list[str | Path] = [
        *("--websocket-port", "0", "--signing-key", folder / "signing.key"),
        *("--certificate", tls.certificate, "--private-key", tls.key),
    ]
    environment = directory_environment(controller, "kerberos") | sync_environment(shared_host)
    with (
        identity_endpoint() as identity,
        running_rig(folder / "bus", controller, environment, *options) as rig,
    ):
        bus = {
            "SSPR_WORKER_SERVICE_BUS_CONNECTION_STRING": "",
            "SSPR_WORKER_SERVICE_BUS_NAMESPACE": "contoso.servicebus.windows.net",
            "SSPR_WORKER_SERVICE_BUS_TRANSPORT": "websockets",
            "SSPR_WORKER_SERVICE_BUS_CUSTOM_ENDPOINT": f"sb://localhost:{rig.bus.ports['websocket']}",
            "SSPR_WORKER_SERVICE_BUS_CA_FILE": str(tls.authority),
        }
        yield Machine(rig, identity, folder / "state", bus)


@pytest.fixture
def machine(shared_machine: Machine, host: ConnectHost) -> Machine:
    """Everything as it should be."""
    host.set(exposesMore=False, writeback=True)
    host.sync()
    shared_machine.identity.roles = dict(WORKER_QUEUE_ROLES)
    return shared_machine


def failed(seen: dict[str, CheckOutcome]) -> set[str]:
    return {name for name, one in seen.items() if one.state is CheckState.FAILED}


def test_everything_passes_for_an_account_with_the_one_right_and_no_message_is_touched(
    machine: Machine,
) -> None:
    machine.rig.send(command(by_name("rolf")))
    status, seen = machine.check()
    assert (status, failed(seen)) == (0, set())
    left_out = {name for name, one in seen.items() if one.state is not CheckState.PASSED}
    assert left_out == {
        *("directory-name", "connector-account", "journal"),
        *("catalogue-certificate", "catalogue"),
    }
    assert "svc-sspr-worker@CORP.CONTOSO.TEST" in seen["directory-bind"].detail
    counts = machine.rig.bus.counts("directory-commands")
    assert (counts["active"], counts["locked"], counts["totals"]["abandoned"]) == (1, 0, 0)
    (message,) = machine.rig.bus.messages("directory-commands")
    assert message["deliveryCount"] == 0
    assert machine.rig.bus.messages("directory-results") == []


DEPLOY = ROOT / "docs/deploy.md"


def as_the_page_names_it(said: str, rig: Rig) -> list[str]:
    """The lines that were printed, with the names of the page's example."""
    host = rig.environment["SSPR_WORKER_SYNC_HOST"]
    port = rig.environment["SSPR_WORKER_SYNC_PORT"]
    for ours, theirs in (
        (f"{host}:{port}", "connect.corp.contoso.com:5986"),
        (f"host='{host}', port={port}", "host='connect.corp.contoso.com', port=5986"),
        ("corp.contoso.test", "corp.contoso.com"),
        ("CORP.CONTOSO.TEST", "CORP.CONTOSO.COM"),
    ):
        said = said.replace(ours, theirs)
    return re.sub(r"_ssl\.c:\d+", "_ssl.c:1020", said).rstrip().split("\n")


def unbroken(shown: str) -> list[str]:
    """The lines of the page; one that was too long for it goes on below, under its last column."""
    return re.sub(r"\n {20,}", " ", shown).rstrip().split("\n")


@pytest.mark.parametrize(
    ("label", "status", "set_otherwise"),
    [("check", 0, {}), ("check without-authority", 1, {"SSPR_WORKER_SYNC_CA_FILE": ""})],
)
def test_the_page_shows_what_the_check_printed(
    machine: Machine, label: str, status: int, set_otherwise: dict[str, str]
) -> None:
    (shown,) = [one.text for one in blocks(DEPLOY) if one.label == label]
    ended, said = machine.run(**machine.identity.environment, **set_otherwise)
    assert ended == status
    printed = as_the_page_names_it(said, machine.rig)
    assert list(differences(unbroken(shown), printed)) == [], printed


def test_azure_arcs_challenge_is_answered_with_the_key_that_the_agent_left(
    machine: Machine,
) -> None:
    before = machine.identity.challenges
    with left_by_the_agent(machine.identity.key_file, "key-of-this-challenge"):
        status, seen = machine.check(identity=machine.identity.arc_environment)
    assert (status, failed(seen)) == (0, set())
    assert machine.identity.challenges > before


def test_without_the_agents_key_there_is_no_token_and_the_remedy_names_the_groups(
    machine: Machine,
) -> None:
    _, seen = machine.check(identity=machine.identity.arc_environment)
    assert failed(seen) == {"service-bus-identity"}
    assert "himds" in seen["service-bus-identity"].remedy


def test_rights_on_queues_that_are_missing_or_too_many_are_told_apart(machine: Machine) -> None:
    machine.identity.roles = {"directory-commands": ["Sender"], "directory-results": ["Receiver"]}
    status, seen = machine.check()
    assert status == 1
    assert failed(seen) == {
        *("commands-receive", "results-send"),
        *("commands-send-refused", "results-receive-refused"),
    }
    assert seen["service-bus"].state is CheckState.PASSED
    assert "Data Receiver' on this queue" in seen["commands-receive"].remedy
    assert "more than the worker needs" in seen["commands-send-refused"].detail


def test_a_connect_host_that_would_export_nothing_or_shows_too_much_fails_each_check_of_its_own(
    machine: Machine, host: ConnectHost
) -> None:
    host.set(staging=True, schedulerOff=True, exposesMore=True, writeback=False, version="2.5.78.0")
    status, seen = machine.check(SSPR_WORKER_SERVICE_BUS_CUSTOM_ENDPOINT="sb://localhost:1")
    assert status == 1
    assert failed(seen) == {
        "service-bus",
        "connect-host-cmdlets",
        "connect-host-staging",
        "connect-host-scheduler",
        "connect-host-version",
        "writeback",
    }
    assert "Get-ADSyncConnectorRunStatus" in seen["connect-host-cmdlets"].detail
    assert seen["commands-receive"].detail == "service-bus has not passed"


def test_without_a_sync_of_its_own_the_host_is_not_asked(machine: Machine) -> None:
    _, seen = machine.check(SSPR_WORKER_SYNC_MODE="none")
    kinds = {seen[name].state for name in ("connect-host", "connect-host-cmdlets", "writeback")}
    assert kinds == {CheckState.NOT_APPLICABLE}


def test_a_lab_with_a_connection_string_is_told_that_it_is_one(machine: Machine) -> None:
    settings = ServiceBusSettings(
        connection_string=machine.rig.bus.connection_string, transport="amqp"
    )
    seen = {one.name: one.state for one in outcomes(service_bus_checks(settings, local_time))}
    assert seen == {
        "service-bus-identity": CheckState.NOT_APPLICABLE,
        "service-bus": CheckState.PASSED,
        "service-bus-clock": CheckState.NOT_APPLICABLE,
        "commands-receive": CheckState.PASSED,
        "results-send": CheckState.PASSED,
        "commands-send-refused": CheckState.NOT_APPLICABLE,
        "results-receive-refused": CheckState.NOT_APPLICABLE,
    }


@pytest.mark.parametrize(
    ("seconds", "words", "state"),
    [
        (-20, "20 s ahead of", CheckState.FAILED),
        (40, "40 s behind", CheckState.FAILED),
        (0, "0 s", CheckState.PASSED),
    ],
)
def test_a_clock_that_is_off_fails_well_before_a_lock_of_a_minute_is_lost(
    machine: Machine, seconds: int, words: str, state: CheckState
) -> None:
    if seconds:
        machine.rig.bus.fault("clock", seconds=seconds)
    try:
        _, seen = machine.check()
    finally:
        machine.rig.bus.clear_faults()
    found = seen["service-bus-clock"]
    assert found.state is state
    number, _, rest = words.partition(" ")
    said = int(found.detail.partition(" clock is ")[2].partition(" ")[0])
    assert abs(said - int(number)) <= 1
    assert rest in found.detail


@pytest.mark.parametrize("status", [401, 403, 404])
def test_what_refuses_the_websocket_is_not_taken_for_an_answer_of_service_bus(
    status: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  # its signature
            """Say nothing of each request."""

    tls = server_certificate(tmp_path, "proxy", ["localhost"])
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(tls.certificate, tls.key)
    with (
        identity_endpoint() as identity,
        ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server,
    ):
        server.socket = context.wrap_socket(server.socket, server_side=True)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        for name, value in identity.environment.items():
            monkeypatch.setenv(name, value)
        settings = ServiceBusSettings(
            namespace="contoso.servicebus.windows.net",
            custom_endpoint=f"sb://localhost:{server.server_port}",
            ca_file=tls.authority,
        )
        seen = {one.name: one for one in outcomes(service_bus_checks(settings, local_time))}
        server.shutdown()
    assert failed(seen) == {"service-bus"}
    assert f"Handshake status {status}" in seen["service-bus"].detail
    assert seen["commands-send-refused"].state is CheckState.NOT_TRIED


def test_a_certificate_under_a_passphrase_fails_with_a_remedy_that_is_about_certificates(
    tmp_path: Path,
) -> None:
    made = server_certificate(tmp_path, "worker", ["localhost"])
    key = serialization.load_pem_private_key(made.key.read_bytes(), password=None)
    covered = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.BestAvailableEncryption(b"a passphrase"),
    )
    file = tmp_path / "worker.pem"
    file.write_bytes(covered + made.certificate.read_bytes())
    settings = ServiceBusSettings(
        namespace="contoso.servicebus.windows.net",
        tenant_id="tenant",
        client_id="client",
        certificate_file=file,
    )
    token, *others = outcomes(service_bus_checks(settings, local_time))
    assert token.state is CheckState.FAILED
    assert "encrypted" in token.detail
    assert "app registration" in token.remedy
    assert "Arc" not in token.remedy
    assert {one.state for one in others} == {CheckState.NOT_TRIED}


def test_a_queue_that_is_not_there_is_named(machine: Machine) -> None:
    settings = ServiceBusSettings(
        connection_string=machine.rig.bus.connection_string,
        transport="amqp",
        results_queue="elsewhere",
    )
    seen = {one.name: one for one in outcomes(service_bus_checks(settings, local_time))}
    assert "elsewhere: Send is refused: there is no such queue, or" in seen["results-send"].detail


def directory_outcomes(
    controller: Controller, ahead: timedelta = timedelta(), **differences: Any
) -> dict[str, CheckOutcome]:
    """The checks of the directory alone, by simple bind, with this machine's clock `ahead`."""
    settings = directory_settings(controller, **differences)
    assert kerberos_environment(settings) == {}
    memory = sign_in(settings)
    connection = DirectoryConnection(settings, memory)
    try:
        checks = directory_checks(settings, connection, memory, lambda: datetime.now(UTC) + ahead)
        return {one.name: one for one in outcomes(checks)}
    finally:
        connection.close()


def test_a_delegation_on_another_group_than_the_scope_group_is_found_out(
    controller: Controller,
) -> None:
    seen = directory_outcomes(controller, scope_group=domain.OTHER_GROUP)
    assert failed(seen) == {"scope-group-write", "other-groups"}
    assert "dsacls" in seen["scope-group-write"].remedy
    assert seen["other-groups"].detail.endswith("other groups: SSPR-Enabled-Users")


def test_a_delegation_that_is_too_broad_is_found_out(controller: Controller) -> None:
    administrator = controller.administrator()
    admins = f"CN=Domain Admins,CN=Users,{domain.BASE}"
    change = {"member": [(ldap3.MODIFY_ADD, [domain.WORKER.dn])]}
    assert administrator.modify(admins, change), administrator.result
    try:
        seen = directory_outcomes(controller)
    finally:
        undo = {"member": [(ldap3.MODIFY_DELETE, [domain.WORKER.dn])]}
        assert administrator.modify(admins, undo), administrator.result
    assert failed(seen) == {"scope-group-no-more", "other-groups"}
    assert "may also write" in seen["scope-group-no-more"].detail
    assert "Domain Admins" in seen["other-groups"].detail or "more" in seen["other-groups"].detail


def test_an_authority_that_did_not_sign_is_the_certificates_fault_and_not_the_binds(
    controller: Controller, tmp_path: Path
) -> None:
    other = server_certificate(tmp_path, "other", ["localhost"]).authority
    seen = directory_outcomes(controller, ca_file=other)
    assert failed(seen) == {"directory-certificate"}
    assert "SSPR_WORKER_DIRECTORY_CA_FILE" in seen["directory-certificate"].remedy
    assert seen["directory-bind"].state is CheckState.NOT_TRIED


def test_a_name_that_is_not_in_the_certificate_is_said_to_be_so(controller: Controller) -> None:
    seen = directory_outcomes(controller, server="dc2.corp.contoso.test")
    assert "not valid for 'dc2.corp.contoso.test'" in seen["directory-certificate"].detail


def test_a_name_that_cannot_be_resolved_fails_before_the_certificate(
    controller: Controller,
) -> None:
    seen = directory_outcomes(controller, server="dc1.nowhere.invalid", address=None)
    assert {"directory-name", "directory-certificate"} == failed(seen)
    assert "cannot be resolved" in seen["directory-name"].detail


def test_a_clock_that_is_off_and_a_certificate_that_ends_soon_fail(controller: Controller) -> None:
    seen = directory_outcomes(controller, ahead=timedelta(minutes=6))
    assert failed(seen) == {"clock"}
    seen = directory_outcomes(controller, ahead=timedelta(days=360))
    assert failed(seen) == {"clock", "certificate-lasts"}
    assert "Renew" in seen["certificate-lasts"].remedy
    assert seen["scope-group-write"].state is CheckState.PASSED


def test_a_minimum_password_age_that_would_break_resets_fails(controller: Controller) -> None:
    administrator = controller.administrator()
    day = {"minPwdAge": [(ldap3.MODIFY_REPLACE, ["-864000000000"])]}
    assert administrator.modify(domain.BASE, day), administrator.result
    try:
        seen = directory_outcomes(controller)
    finally:
        undo = {"minPwdAge": [(ldap3.MODIFY_REPLACE, ["0"])]}
        assert administrator.modify(domain.BASE, undo), administrator.result
    assert failed(seen) == {"minimum-password-age"}
    assert "1 day" in seen["minimum-password-age"].detail


def test_a_group_that_is_not_there_leaves_its_rights_untried(controller: Controller) -> None:
    seen = directory_outcomes(controller, scope_group="Nobody-Knows-It")
    assert failed(seen) == {"scope-group"}
    assert seen["other-groups"].state is CheckState.NOT_TRIED
    assert seen["minimum-password-age"].state is CheckState.PASSED
