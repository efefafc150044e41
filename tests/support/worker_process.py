"""Starts the real worker between the sandbox's real parts, for the worker's integration tests."""

import json
import os
import signal
import subprocess
import sys
from base64 import b64encode
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import ldap3
from azure.servicebus import ServiceBusClient, ServiceBusMessage, ServiceBusSender
from ldap3.protocol.formatters.formatters import format_sid

from hybrid_worker.active_directory.sign_in import SignInMemory
from hybrid_worker.settings import DirectorySettings
from sandbox.company import INITIAL_PASSWORD
from sandbox.domain_controller import domain
from sandbox.guardian import MARKS
from sandbox.testing import domain_controller_process, service_bus_process
from sandbox.testing.connect_host_process import ConnectHost
from sandbox.testing.domain_controller_process import Controller
from sandbox.testing.service_bus_process import Bus
from sandbox.testing.waiting import PATIENCE, wait_until
from shared.contracts.messages.directory_answer import DirectoryAnswer
from shared.contracts.messages.directory_command import CommandMember, DirectoryCommand
from shared.contracts.messages.directory_result import DirectoryResult, SyncState
from shared.contracts.messages.worker_report import WorkerReport
from shared.domain.person.writes import ScopeAction
from tests.support.repository import ROOT

QUEUES = {
    "directory-commands": {"lockDurationSeconds": 5, "maxDeliveryCount": 5},
    "directory-results": {"duplicateDetectionWindowSeconds": 600},
}
QUICK = {
    "SSPR_WORKER_SYNC_DEBOUNCE": "0.1",
    "SSPR_WORKER_SYNC_POLL": "0.2",
    "SSPR_WORKER_SYNC_LONGEST_PAUSE": "0.4",
    # Who counts sessions on the host counts those of the delta sync.
    "SSPR_WORKER_SYNC_LOOK_EVERY": "0",
}
NO_SYNC = {"SSPR_WORKER_SYNC_MODE": "none"}
OFTEN = {"SSPR_WORKER_REPORT_EVERY": "1"}


@contextmanager
def running_controller(
    state: Path, size: int = domain_controller_process.SIZE, address: str | None = None
) -> Iterator[Controller]:
    """A domain controller with a company of that size; where no address is given, at its own."""
    address = address or domain_controller_process.free_address()
    command = domain_controller_process.command(state, address)
    process = subprocess.Popen(
        [*command[:-1], f"--company-size={size}"], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    with process, process.stdout as announced, ExitStack() as connections:
        connections.callback(process.terminate)
        yield Controller(process, json.loads(announced.readline()), connections)


def directory_settings(controller: Controller, **differences: Any) -> DirectorySettings:
    """The worker's account by simple bind."""
    values = {
        "server": controller.ready["host"],
        "address": controller.ready["address"],
        "domain": "corp.contoso.test",
        "scope_group": "SSPR-Enabled-Users",
        "ca_file": controller.ready["authority"],
        "bind": "simple",
        "user": domain.WORKER.principal,
        "password": domain.WORKER.password,
        **differences,
    }
    return DirectorySettings(**values)


def sign_in(settings: DirectorySettings, file: Path | None = None) -> SignInMemory:
    """What is remembered of sign-ins; nothing beyond this process where no file is given."""
    return SignInMemory(file, settings.sign_in, lambda: datetime.now(UTC))


def directory_environment(controller: Controller, bind: str) -> dict[str, str]:
    """The same for a worker process, by Kerberos or by simple bind."""
    ready = controller.ready
    common = {
        "SSPR_WORKER_DIRECTORY_SERVER": ready["host"],
        "SSPR_WORKER_DIRECTORY_ADDRESS": ready["address"],
        "SSPR_WORKER_DIRECTORY_DOMAIN": "corp.contoso.test",
        "SSPR_WORKER_DIRECTORY_SCOPE_GROUP": domain.SCOPE_GROUP_DN,
        "SSPR_WORKER_DIRECTORY_CA_FILE": ready["authority"],
        "SSPR_WORKER_DIRECTORY_BIND": bind,
    }
    if bind == "kerberos":
        return common | {
            "SSPR_WORKER_DIRECTORY_KEYTAB": ready["keytab"],
            "SSPR_WORKER_DIRECTORY_KRB5_CONFIG": ready["krb5Config"],
        }
    return common | {
        "SSPR_WORKER_DIRECTORY_USER": domain.WORKER.principal,
        "SSPR_WORKER_DIRECTORY_PASSWORD": domain.WORKER.password,
    }


def sync_environment(host: ConnectHost) -> dict[str, str]:
    """The Connect host's JEA endpoint over TLS."""
    return QUICK | {
        "SSPR_WORKER_SYNC_HOST": "localhost",
        "SSPR_WORKER_SYNC_PORT": str(host.ports["wsmanTls"]),
        "SSPR_WORKER_SYNC_USER": domain.WORKER.principal,
        "SSPR_WORKER_SYNC_PASSWORD": domain.WORKER.password,
        "SSPR_WORKER_SYNC_CA_FILE": host.authority,
    }


def by_keytab(environment: Mapping[str, str]) -> dict[str, str]:
    """The same without a user and a password for the Connect host."""
    account = {"SSPR_WORKER_SYNC_USER", "SSPR_WORKER_SYNC_PASSWORD"}
    return {name: value for name, value in environment.items() if name not in account}


def command(
    members: Sequence[CommandMember],
    action: ScopeAction = ScopeAction.ADD,
    *,
    key: str | None = None,
    issued: timedelta = timedelta(),
    valid: timedelta = timedelta(hours=1),
) -> DirectoryCommand:
    """A command issued `issued` from now."""
    issued_at = datetime.now(UTC) + issued
    return DirectoryCommand(
        command_key=key or str(uuid4()),
        action=action,
        members=tuple(members),
        cause="test",
        actor="test",
        issued_at=issued_at,
        expires_at=issued_at + valid,
    )


def by_name(*names: str) -> list[CommandMember]:
    """Members by UPN; the key is the name."""
    return [CommandMember(key=name, user_principal_name=f"{name}@contoso.test") for name in names]


@dataclass(frozen=True)
class Directory:
    """AD as its administrator sees it."""

    administrator: ldap3.Connection

    def members(self) -> list[str]:
        """The names of the scope group's members."""
        self.administrator.search(
            domain.SCOPE_GROUP_DN, "(objectClass=*)", ldap3.BASE, attributes=["member"]
        )
        values = self.administrator.entries[0]["member"].values
        return sorted(dn.partition(",")[0].removeprefix("CN=") for dn in values)

    def empty(self) -> None:
        """Take everybody out of the scope group."""
        self.administrator.modify(domain.SCOPE_GROUP_DN, {"member": [(ldap3.MODIFY_REPLACE, [])]})
        assert self.administrator.result["description"] == "success"

    def put_in(self, *names: str) -> None:
        """Put people into the scope group by hand."""
        dns = [self.dn(name) for name in names]
        self.administrator.modify(domain.SCOPE_GROUP_DN, {"member": [(ldap3.MODIFY_ADD, dns)]})
        assert self.administrator.result["description"] == "success"

    def dn(self, name: str) -> str:
        """Where somebody is."""
        return str(self._read(name).entry_dn)

    def member(self, name: str) -> CommandMember:
        """Somebody as the cloud knows synced people: by source anchor and SID."""
        entry = self._read(name)
        consistency = entry["mS-DS-ConsistencyGuid"].raw_values
        anchor = consistency[0] if consistency else entry["objectGUID"].raw_values[0]
        return CommandMember(
            key=name,
            source_anchor=b64encode(anchor).decode(),
            sid=format_sid(entry["objectSid"].raw_values[0]),
        )

    def create(self, name: str, **attributes: Any) -> str:
        """Create an account and return its DN."""
        dn = f"CN={name},{domain.PEOPLE}"
        password = f'"{INITIAL_PASSWORD}"'.encode("utf-16-le")
        values = {
            "sAMAccountName": name[:20],
            "userPrincipalName": f"{name}@contoso.test",
            "userAccountControl": 512,
            "unicodePwd": password,
            **attributes,
        }
        self.administrator.add(dn, "user", values)
        assert self.administrator.result["description"] == "success", self.administrator.result
        return dn

    def _read(self, name: str) -> ldap3.Entry:
        wanted = ["objectGUID", "mS-DS-ConsistencyGuid", "objectSid"]
        self.administrator.search(
            domain.BASE, f"(&(objectCategory=person)(cn={name}))", attributes=wanted
        )
        return self.administrator.entries[0]


@dataclass(frozen=True)
class Rig:
    """A bus, a directory, and workers that come and go between them."""

    bus: Bus
    sender: ServiceBusSender
    directory: Directory
    environment: Mapping[str, str]

    @contextmanager
    def worker(self, state: Path, **differences: str) -> Iterator[subprocess.Popen[bytes]]:
        """A worker process, told to stop at the end unless it has ended before."""
        environment = worker_environment(self, state) | differences
        process = subprocess.Popen(
            [sys.executable, "-m", "hybrid_worker"], env=environment, cwd=ROOT
        )
        with process:
            try:
                yield process
            finally:
                process.terminate()
                status = process.wait(PATIENCE)
        assert status in {0, -signal.SIGKILL}

    def send(self, *commands: DirectoryCommand | bytes) -> None:
        """Put commands on their queue."""
        bodies = [c if isinstance(c, bytes) else c.text() for c in commands]
        self.sender.send_messages([ServiceBusMessage(body) for body in bodies])

    def results(self, key: str) -> list[DirectoryResult]:
        """All answers to a command so far, in the order in which they were sent."""
        found = [DirectoryResult.read(body) for body in self._told("directory-result")]
        return [result for result in found if result.command_key == key]

    def answers(self, key: str) -> list[DirectoryAnswer]:
        """All answers to a question so far."""
        found = [DirectoryAnswer.read(body) for body in self._told("directory-answer")]
        return [answer for answer in found if answer.question_key == key]

    def reports(self) -> list[WorkerReport]:
        """All signs of life so far, in the order in which they were sent."""
        return [WorkerReport.read(body) for body in self._told("worker-report")]

    def reported(
        self, *, directory_answers: bool = True, sync: SyncState = SyncState.NOT_NEEDED
    ) -> WorkerReport:
        """Wait until the newest sign of life says this, and return it."""

        # That very one: the next may say something else again.
        found: list[WorkerReport] = []

        def matches() -> bool:
            newest = self.reports()[-1:]
            said = [(one.directory_answers, one.sync.state) for one in newest]
            found[:] = newest
            return said == [(directory_answers, sync)]

        wait_until(matches)
        return found[0]

    def answer(self, command: DirectoryCommand, *states: str) -> DirectoryResult:
        """Wait for an answer in one of these sync states, and return it."""

        def matching() -> list[DirectoryResult]:
            return [r for r in self.results(command.command_key) if r.sync.state in states]

        wait_until(lambda: bool(matching()))
        return matching()[-1]

    def _told(self, contract: str) -> list[str]:
        bodies = [message["body"] for message in self.bus.messages("directory-results")]
        return [body for body in bodies if f"sspr-rollout/{contract}/" in body]

    def wait_until_done(self) -> None:
        """Wait until no command is left, locked or not."""
        wait_until(lambda: self.bus.counts("directory-commands")["active"] == 0)


def worker_environment(rig: Rig, state: Path) -> dict[str, str]:
    """Everything a worker process of this rig is told."""
    inherited = {name: os.environ[name] for name in ("PATH", "HOME", MARKS) if name in os.environ}
    return inherited | {
        "SSPR_WORKER_NAME": "worker-1",
        "SSPR_WORKER_STATE_DIRECTORY": str(state),
        "SSPR_WORKER_STOP_WITHIN": "1",
        "SSPR_WORKER_SERVICE_BUS_CONNECTION_STRING": rig.bus.connection_string,
        "SSPR_WORKER_SERVICE_BUS_TRANSPORT": "amqp",
        **rig.environment,
    }


@contextmanager
def sending(bus: Bus) -> Iterator[ServiceBusSender]:
    """A sender of commands, kept open: to open and to close one takes half a second each."""
    with (
        ServiceBusClient.from_connection_string(bus.connection_string) as client,
        client.get_queue_sender("directory-commands") as sender,
    ):
        yield sender


@contextmanager
def running_rig(
    folder: Path,
    controller: Controller,
    environment: Mapping[str, str],
    *options: str | Path,
    queues: Mapping[str, object] = QUEUES,
) -> Iterator[Rig]:
    """A bus of our own, beside a directory that others may share."""
    folder.mkdir(parents=True, exist_ok=True)
    with (
        service_bus_process.running(folder, queues, *options) as bus,
        sending(bus) as sender,
    ):
        yield Rig(bus, sender, Directory(controller.administrator()), environment)
