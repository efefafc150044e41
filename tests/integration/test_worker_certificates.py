"""Certificates that Python or ldap3 cannot live with: the check says which and what helps."""

from pathlib import Path
from typing import Any, Literal

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519

from hybrid_worker.active_directory.connection import DirectoryConnection
from hybrid_worker.active_directory.trouble import SignInRefused
from hybrid_worker.check.outcome import CheckFailed
from hybrid_worker.check.server import certificate_verified
from hybrid_worker.settings import DirectorySettings
from sandbox.testing.ldap_stub import Answers, answering
from tests.support.authority import HOST, Authority, as_pem
from tests.support.worker_process import sign_in


def settings(
    authority: Path, port: int, bind: Literal["kerberos", "simple"] = "kerberos"
) -> DirectorySettings:
    secret: dict[str, Any] = (
        {"user": "svc@corp.contoso.test", "password": "x"} if bind == "simple" else {}
    )
    return DirectorySettings(
        server=HOST,
        address="127.0.0.1",
        port=port,
        domain="corp.contoso.test",
        scope_group="scope",
        ca_file=authority,
        bind=bind,
        timeout=5,
        **secret,
    )


def verified(one: DirectorySettings) -> str:
    return certificate_verified(one, one.controllers[0])


def test_an_authority_that_python_is_too_strict_for_is_named_and_the_remedy_helps(
    tmp_path: Path,
) -> None:
    """Given an authority of an old kind, when the controller's own is trusted, then it verifies."""
    old = Authority.made(ec.generate_private_key(ec.SECP256R1()), strict=False)
    files = old.server(tmp_path)
    with answering(files, Answers()) as port:
        with pytest.raises(CheckFailed, match="does not verify") as failure:
            verified(settings(files.authority, port))
        assert "RFC 5280" in failure.value.remedy
        assert "verify" in verified(settings(files.certificate, port))


def test_an_authority_that_did_not_sign_gets_the_other_remedy(tmp_path: Path) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    files = Authority.made(key, strict=True).server(tmp_path)
    stranger = tmp_path / "other.pem"
    other = Authority.made(ec.generate_private_key(ec.SECP256R1()), strict=False)
    stranger.write_bytes(as_pem(other.certificate))
    with answering(files, Answers()) as port:
        with pytest.raises(CheckFailed) as failure:
            verified(settings(stranger, port))
        assert "RFC 5280" not in failure.value.remedy
        assert "verify" in verified(settings(files.authority, port))


def test_a_certificate_signed_with_ed25519_is_named_by_check_and_by_the_bind(
    tmp_path: Path,
) -> None:
    """Given Kerberos, which ldap3 cannot bind to it; a simple bind has no trouble."""
    files = Authority.made(ed25519.Ed25519PrivateKey.generate(), strict=True).server(tmp_path)
    with answering(files, Answers()) as port:
        by_kerberos = settings(files.authority, port)
        with pytest.raises(CheckFailed, match="Ed25519") as failure:
            verified(by_kerberos)
        assert "BIND=simple" in failure.value.remedy
        assert "verify" in verified(settings(files.authority, port, "simple"))
        connection = DirectoryConnection(by_kerberos, sign_in(by_kerberos))
        with pytest.raises(SignInRefused) as refused:
            connection.read("", ["defaultNamingContext"])
        assert refused.value.problem == "certificate-signature"
