"""HTTP by the standard library: against real sockets, TLS, proxies and connections that end."""

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from cli.http import Http, NeverSent, NoAnswer
from sandbox.certificates import ServerCertificate, server_certificate
from tests.support.cli_api import KEY, Api, serving, sspr
from tests.support.cli_samples import STATUS, rollout

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


@pytest.fixture
def api() -> Iterator[Api]:
    with serving() as server:
        server.answer("status", (200, STATUS))
        server.answer("rollout", (200, rollout()))
        yield server


@contextmanager
def answering(
    *answers: bytes, tls: ssl.SSLContext | None = None
) -> Iterator[tuple[int, list[str]]]:
    """A port where each connection gets one answer and ends; and the first line of each request."""
    lines: list[str] = []
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            for answer in answers:
                plain, _ = listener.accept()
                with plain:
                    try:
                        taken = tls.wrap_socket(plain, server_side=True) if tls else plain
                    except OSError:
                        continue
                    with taken:
                        lines.append(taken.recv(65_536).decode())
                        taken.sendall(answer)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield listener.getsockname()[1], lines
        thread.join(timeout=10)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> ServerCertificate:
    return server_certificate(tmp_path_factory.mktemp("authority"), "app", ["127.0.0.1"])


@pytest.fixture
def tls(certificate: ServerCertificate) -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate.certificate, certificate.key)
    return context


def test_a_connection_that_the_other_side_has_closed_is_made_anew_for_what_goes_out_once() -> None:
    with answering(OK, OK) as (port, lines):
        http = Http(f"http://127.0.0.1:{port}/api", {})
        assert http.request("GET", "status").text == "ok"
        assert http.request("POST", "rollout/pause", body=b"{}", fresh=True).text == "ok"
        http.close()
    assert [line.partition(" HTTP")[0] for line in lines] == [
        "GET /api/status",
        "POST /api/rollout/pause",
    ]


@pytest.mark.parametrize(
    "answer", [b"", b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf", b"?\n"]
)
def test_an_answer_that_is_none_or_half_is_no_answer(answer: bytes) -> None:
    with answering(answer) as (port, _):
        http = Http(f"http://127.0.0.1:{port}/api", {})
        with pytest.raises(NoAnswer) as caught:
            http.request("GET", "status")
    assert not isinstance(caught.value, NeverSent)


def test_a_certificate_of_nobody_who_is_trusted_lets_nothing_go_out(tls: ssl.SSLContext) -> None:
    with answering(OK, tls=tls) as (port, lines):
        http = Http(f"https://127.0.0.1:{port}/api", {"x-functions-key": KEY})
        with pytest.raises(NeverSent, match="CERTIFICATE_VERIFY_FAILED"):
            http.request("GET", "status")
    assert lines == []


def test_an_authority_that_the_environment_names_is_trusted(
    tls: ssl.SSLContext, certificate: ServerCertificate, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate.authority))
    with answering(OK, tls=tls) as (port, lines):
        http = Http(f"https://127.0.0.1:{port}/api", {"x-functions-key": KEY})
        assert http.request("GET", "status").text == "ok"
        http.close()
    assert f"x-functions-key: {KEY}" in lines[0]


def test_plain_http_goes_through_the_proxy_that_the_environment_names(api: Api) -> None:
    elsewhere = "http://elsewhere.test/api"
    for path in ("status", "rollout"):
        api.answer(f"{elsewhere}/{path}", api.answers[path][0])
    proxy = f"http://kim:p%40ss@127.0.0.1:{api.server_port}"
    done = sspr(api, "status", SSPR_URL=elsewhere, http_proxy=proxy, no_proxy="")
    assert done.exit_code == 0, done.stderr
    assert api.paths == [f"{elsewhere}/status", f"{elsewhere}/rollout"]
    assert api.asked[0].headers["proxy-authorization"] == "Basic a2ltOnBAc3M="
    assert sspr(api, "status", http_proxy=proxy, no_proxy="127.0.0.1").exit_code == 0
    assert api.paths[2:] == ["status", "rollout"]


def test_https_goes_through_a_tunnel_of_the_proxy_which_never_sees_the_key(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    refused = b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n"
    with answering(refused) as (port, lines):
        monkeypatch.setenv("https_proxy", f"kim:secret@127.0.0.1:{port}")
        monkeypatch.setenv("no_proxy", "")
        http = Http("https://elsewhere.test/api", {"x-functions-key": KEY})
        with pytest.raises(NeverSent, match="407"):
            http.request("GET", "status")
    assert lines[0].startswith("CONNECT elsewhere.test:443 ")
    assert "Proxy-Authorization: Basic a2ltOnNlY3JldA==" in lines[0]
    assert KEY not in lines[0]
