"""The worker's edge to the Connect host: an answer cut short or made up is "unreachable"."""

import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from pydantic import SecretStr

from hybrid_worker.delta_sync.connect_host import CmdletHost
from hybrid_worker.delta_sync.problems import SyncProblem, SyncRefused
from hybrid_worker.delta_sync.psrp import JeaSession
from hybrid_worker.settings import SyncSettings
from sandbox.certificates import ServerCertificate, server_certificate

_ENVELOPE = '<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"'
ANSWERS = {
    "nothing at all": b"",
    "no XML": b"<html><body>Proxy error",
    "XML cut short": f"{_ENVELOPE}><s:Body><rsp:Shell".encode(),
    "an envelope without a body": f"{_ENVELOPE}/>".encode(),
    "a body of somebody else's": f"{_ENVELOPE}><s:Body><x/></s:Body></s:Envelope>".encode(),
}


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> ServerCertificate:
    return server_certificate(tmp_path_factory.mktemp("certificates"), "connect", ["localhost"])


@contextmanager
def answering(certificate: ServerCertificate, status: int, body: bytes) -> Iterator[int]:
    """A WinRM listener that answers everybody with the same; gives its port."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(status)
            self.send_header("Content-Type", "application/soap+xml;charset=UTF-8")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate.certificate, certificate.key)
        server.socket = context.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield server.server_port
        server.shutdown()
        thread.join()


@pytest.mark.parametrize("status", [200, 500])
@pytest.mark.parametrize("body", ANSWERS.values(), ids=ANSWERS)
def test_an_answer_that_is_none_is_a_host_out_of_reach(
    certificate: ServerCertificate, body: bytes, status: int
) -> None:
    with answering(certificate, status, body) as port:
        settings = SyncSettings(
            host="localhost",
            port=port,
            auth="basic",
            user="svc",
            password=SecretStr("secret"),
            ca_file=certificate.authority,
            timeout=6,
        )
        with pytest.raises(SyncRefused) as refused:
            CmdletHost(JeaSession(settings)).scheduler()

    assert refused.value.problem is SyncProblem.UNREACHABLE
