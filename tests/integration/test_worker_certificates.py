"""Certificates that Python or ldap3 cannot live with: the check says which and what helps."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Literal

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.x509.oid import NameOID

from hybrid_worker.active_directory.connection import DirectoryConnection
from hybrid_worker.active_directory.trouble import SignInRefused
from hybrid_worker.check.outcome import CheckFailed
from hybrid_worker.check.server import certificate_verified
from hybrid_worker.settings import DirectorySettings
from sandbox.certificates import ServerCertificate
from sandbox.testing.ldap_stub import Answers, answering
from tests.support.worker_process import sign_in

HOST = "dc1.corp.contoso.test"
LASTS = timedelta(days=90)
type Key = ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey


@dataclass(frozen=True)
class Authority:
    """An authority as somebody once made it."""

    key: Key
    certificate: x509.Certificate

    @classmethod
    def made(cls, key: Key, *, strict: bool) -> "Authority":
        """With what RFC 5280 wants, or as old tools left it."""
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "an authority")])
        builder = _begun(name, name, key)
        builder = builder.add_extension(x509.BasicConstraints(True, None), critical=strict)
        if strict:
            usage = x509.KeyUsage(
                digital_signature=False,
                content_commitment=False,
                key_encipherment=False,
                data_encipherment=False,
                key_agreement=False,
                key_cert_sign=True,
                crl_sign=True,
                encipher_only=False,
                decipher_only=False,
            )
            builder = builder.add_extension(usage, critical=True)
        return cls(key, _signed(builder, key))

    def server(self, folder: Path, ends_in: timedelta = LASTS) -> ServerCertificate:
        """A controller's certificate by it, and the files of both."""
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, HOST)])
        identifier = x509.AuthorityKeyIdentifier.from_issuer_public_key(self.key.public_key())
        builder = (
            _begun(name, self.certificate.subject, key, ends_in)
            .add_extension(x509.BasicConstraints(False, None), critical=True)
            .add_extension(x509.SubjectAlternativeName([x509.DNSName(HOST)]), critical=False)
            .add_extension(identifier, critical=False)
        )
        files = ServerCertificate(folder / "dc.pem", folder / "dc.key", folder / "ca.pem")
        files.certificate.write_bytes(_pem(_signed(builder, self.key)))
        files.authority.write_bytes(_pem(self.certificate))
        files.key.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
        )
        return files


def _begun(
    subject: x509.Name, issuer: x509.Name, key: Key, ends_in: timedelta = LASTS
) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now + min(-LASTS, ends_in - LASTS))
        .not_valid_after(now + ends_in)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )


def _signed(builder: x509.CertificateBuilder, key: Key) -> x509.Certificate:
    algorithm = None if isinstance(key, ed25519.Ed25519PrivateKey) else hashes.SHA256()
    return builder.sign(key, algorithm)


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)


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
    stranger.write_bytes(_pem(other.certificate))
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
