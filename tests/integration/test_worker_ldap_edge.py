"""The worker's edge to AD: nothing leaves LDAPS, and whatever comes back is one kind of error."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from pydantic import SecretStr

from hybrid_worker.active_directory.connection import DirectoryConnection
from hybrid_worker.settings import DirectorySettings
from sandbox.certificates import ServerCertificate, server_certificate
from sandbox.testing.ldap_stub import Answers, answering
from sandbox.testing.ldap_wire import REFERRAL, Request
from shared.domain.errors import DirectoryUnavailable
from tests.support.worker_process import sign_in

HOST = "dc1.corp.contoso.test"
GROUP = "CN=scope,DC=corp,DC=contoso,DC=test"


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> ServerCertificate:
    return server_certificate(tmp_path_factory.mktemp("certificates"), "dc1", [HOST])


@contextmanager
def connected(certificate: ServerCertificate, answers: Answers) -> Iterator[DirectoryConnection]:
    with answering(certificate, answers) as port:
        settings = DirectorySettings(
            server=HOST,
            address="127.0.0.1",
            port=port,
            domain="corp.contoso.test",
            scope_group="scope",
            ca_file=certificate.authority,
            bind="simple",
            user="svc@corp.contoso.test",
            password=SecretStr("never in clear"),
            timeout=5,
        )
        connection = DirectoryConnection(settings, sign_in(settings))
        try:
            yield connection
        finally:
            connection.close()


def use(connection: DirectoryConnection, request: Request) -> object:
    match request:
        case Request.MODIFY:
            return connection.modify(GROUP, {"member": [("MODIFY_ADD", ["<SID=S-1-5>"])]})
        case _:
            return connection.read(GROUP, ["member"])


@pytest.mark.parametrize("request_kind", list(Request))
def test_nothing_follows_a_referral_out_of_ldaps(
    certificate: ServerCertificate, request_kind: Request
) -> None:
    """Given a server that sends the worker on in plain LDAP, then nobody is heard of there."""
    with listening() as (port, heard):
        answers = Answers({request_kind: REFERRAL}, f"ldap://127.0.0.1:{port}/{GROUP}")
        with connected(certificate, answers) as connection, pytest.raises(DirectoryUnavailable):
            use(connection, request_kind)

    assert heard == []


@pytest.mark.parametrize("request_kind", list(Request))
def test_bytes_that_are_no_ldap_are_a_directory_that_is_away(
    certificate: ServerCertificate, request_kind: Request
) -> None:
    """Given a library that stumbles, when it does, then it is passing and not the worker's end."""
    answers = Answers(garbage={request_kind})
    with connected(certificate, answers) as connection, pytest.raises(DirectoryUnavailable):
        use(connection, request_kind)


@contextmanager
def listening() -> Iterator[tuple[int, list[bytes]]]:
    """A port, and what anybody sends to it."""
    heard: list[bytes] = []

    def listen() -> None:
        while True:
            try:
                connection, _ = server.accept()
            except OSError:
                return
            with connection:
                connection.settimeout(5)
                heard.append(connection.recv(1000))

    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=listen, daemon=True)
        thread.start()
        yield server.getsockname()[1], heard
        server.shutdown(socket.SHUT_RDWR)
    thread.join()
