"""Run the domain controller: `python -m sandbox.domain_controller --state DIR ...`.

Prints one line of JSON when LDAPS answers, then stays until SIGTERM. When Samba dies by itself,
so does this process, with exit code 1.
"""

import argparse
import json
import logging
import signal
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import ldap3
from ldap3.core.exceptions import LDAPException

from sandbox.certificates import ServerCertificate, server_certificate
from sandbox.domain_controller import domain
from sandbox.domain_controller.directory import place_directory
from sandbox.domain_controller.layout import Layout, write_configuration

_log = logging.getLogger(__name__)

_START_SECONDS = 60
_STOP_SECONDS = 10
_LDAPS_PORT = 636


def main() -> int:
    """Start Samba, announce it and wait for its end."""
    arguments = _arguments()
    logging.basicConfig(level=logging.INFO, stream=sys.stderr)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    _refuse_taken(arguments.address)
    layout = Layout(arguments.state.absolute())
    certificate = server_certificate(
        arguments.certificates.absolute(),
        f"domain-controller-{arguments.address}",
        [domain.HOST, arguments.address],
    )
    write_configuration(layout, arguments.address, certificate)
    place_directory(layout, arguments.company_size, arguments.cache)
    with _samba(layout) as samba:
        _wait_for_ldaps(samba, arguments.address, certificate)
        sys.stdout.write(json.dumps(_announcement(layout, arguments.address, certificate)) + "\n")
        sys.stdout.flush()
        samba.wait()
    _log.error("samba ended by itself with exit code %d", samba.returncode)
    return 1


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="sandbox.domain_controller", description=__doc__)
    parser.add_argument("--state", type=Path, required=True, help="folder of this one controller")
    parser.add_argument("--address", default="127.0.0.10", help="its own loopback address")
    parser.add_argument("--certificates", type=Path, required=True, help="the sandbox's folder")
    parser.add_argument("--cache", type=Path, required=True, help="folder of prepared directories")
    parser.add_argument("--company-size", type=int, default=300, help="how many people in all")
    return parser.parse_args()


def _refuse_taken(address: str) -> None:
    """Samba would wait for another controller's port while that one answered in its place."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((address, _LDAPS_PORT))
        except OSError as error:
            raise SystemExit(f"address: {address}:{_LDAPS_PORT} is not free: {error}") from error


@contextmanager
def _samba(layout: Layout) -> Iterator[subprocess.Popen[bytes]]:
    options = ["--interactive", "--model=single"]
    # An interactive Samba ends when its standard input does: it cannot outlive this process.
    samba = subprocess.Popen(
        ["samba", f"--configfile={layout.smb_conf}", *options],
        stdin=subprocess.PIPE,
        stdout=sys.stderr,
    )
    try:
        yield samba
    finally:
        samba.terminate()
        try:
            samba.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            samba.kill()
            samba.wait()


def _wait_for_ldaps(
    samba: subprocess.Popen[bytes], address: str, certificate: ServerCertificate
) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while not _answers(address, certificate):
        if samba.poll() is not None or time.monotonic() > deadline:
            raise SystemExit(f"samba does not answer on {address}:{_LDAPS_PORT}, see its log above")
        time.sleep(0.05)


def _answers(address: str, certificate: ServerCertificate) -> bool:
    tls = ldap3.Tls(
        validate=ssl.CERT_REQUIRED,
        ca_certs_file=str(certificate.authority),
        valid_names=[domain.HOST],
    )
    server = ldap3.Server(address, _LDAPS_PORT, use_ssl=True, tls=tls, connect_timeout=5)
    account = domain.WORKER
    try:
        with ldap3.Connection(server, account.principal, account.password) as connection:
            return bool(connection.bound)
    except LDAPException:
        return False


def _announcement(
    layout: Layout, address: str, certificate: ServerCertificate
) -> dict[str, str | int]:
    return {
        "ldaps": f"ldaps://{address}:{_LDAPS_PORT}",
        "address": address,
        "host": domain.HOST,
        "base": domain.BASE,
        "realm": domain.REALM,
        "authority": str(certificate.authority),
        "krb5Config": str(layout.krb5_conf),
        "keytab": str(layout.keytab),
        "connectHostKeytab": str(layout.service_keytab),
        "principal": domain.WORKER.principal,
    }


if __name__ == "__main__":
    sys.exit(main())
