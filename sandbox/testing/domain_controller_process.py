"""Starts the real domain controller, for the contract tests of whatever needs one."""

import json
import secrets
import ssl
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from ipaddress import IPv4Address
from pathlib import Path

import ldap3

from sandbox.domain_controller import domain
from sandbox.testing.repository import ROOT

SIZE = 60


@dataclass(frozen=True)
class Controller:
    process: subprocess.Popen[str]
    ready: dict[str, str]
    connections: ExitStack

    def server(self, port: int = 636) -> ldap3.Server:
        tls = ldap3.Tls(
            validate=ssl.CERT_REQUIRED,
            ca_certs_file=self.ready["authority"],
            valid_names=[self.ready["host"]],
        )
        return ldap3.Server(
            self.ready["address"], port, use_ssl=port == 636, tls=tls, get_info=ldap3.NONE
        )

    def bind(self, user: str, password: str) -> ldap3.Connection:
        return self.bound(ldap3.Connection(self.server(), user, password))

    def bound(self, connection: ldap3.Connection) -> ldap3.Connection:
        self.connections.callback(connection.unbind)
        connection.bind()
        return connection

    def administrator(self) -> ldap3.Connection:
        return self.bind(f"administrator@{domain.REALM}", domain.ADMINISTRATOR_PASSWORD)


def free_address() -> str:
    """A loopback address of our own: the ports of a domain controller are fixed."""
    return str(IPv4Address("127.1.0.1") + secrets.randbelow(2**23))


def command(state: Path, address: str) -> list[str]:
    return [
        *(sys.executable, "-m", "sandbox.domain_controller", f"--state={state}"),
        *(f"--address={address}", f"--certificates={state.parent / 'certificates'}"),
        *(f"--cache={ROOT / '.cache' / 'domain_controller'}", f"--company-size={SIZE}"),
    ]


@contextmanager
def running(state: Path) -> Iterator[Controller]:
    process = subprocess.Popen(
        command(state, free_address()), cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    with process, process.stdout as announced, ExitStack() as connections:
        connections.callback(process.terminate)
        yield Controller(process, json.loads(announced.readline()), connections)
