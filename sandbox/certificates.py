"""The sandbox's own certificate authority and the server certificates it signs.

Every part that speaks TLS calls `server_certificate` with the folder they all share; whoever
comes first creates the authority. Clients trust `ca.pem` in that folder. Python 3.13 verifies
strictly, so every certificate carries an authority key identifier and its names as SAN.
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

_LIFETIME = timedelta(days=365)
# Clocks of containers and hosts differ by minutes; a certificate must not come from the future.
_BACKDATED = timedelta(hours=1)
_RENEW_BEFORE = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class ServerCertificate:
    """Where a server finds its certificate and key, and its clients the authority (all PEM)."""

    certificate: Path
    key: Path
    authority: Path


def server_certificate(
    folder: Path, name: str, hosts: list[str], lifetime: timedelta = _LIFETIME
) -> ServerCertificate:
    """Return the certificate `name` for `hosts` (DNS names or IP addresses), made when needed.

    A new one lasts for that lifetime.
    One that is there is kept as long as it names the same hosts, was signed by the folder's
    authority and does not expire within a week. Safe when several processes start at once.

    Raises:
        ValueError: `hosts` is empty, or `name` is the authority's own.
    """
    if not hosts or name == "ca":
        raise ValueError(f"certificate {name!r} needs a name other than 'ca' and at least one host")
    files = ServerCertificate(folder / f"{name}.pem", folder / f"{name}.key", folder / "ca.pem")
    with _locked(folder):
        authority, authority_key = _authority(folder)
        if not _still_good(files, hosts, authority):
            key = ec.generate_private_key(ec.SECP256R1())
            certificate = _sign_server(hosts, key, authority, authority_key, lifetime)
            _write(files.key, _key_pem(key))
            _write(files.certificate, certificate.public_bytes(serialization.Encoding.PEM))
    return files


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _authority(folder: Path) -> tuple[x509.Certificate, ec.EllipticCurvePrivateKey]:
    certificate_file, key_file = folder / "ca.pem", folder / "ca.key"
    if certificate_file.exists() and key_file.exists():
        certificate = x509.load_pem_x509_certificate(certificate_file.read_bytes())
        key = serialization.load_pem_private_key(key_file.read_bytes(), password=None)
        if _lasts(certificate) and isinstance(key, ec.EllipticCurvePrivateKey):
            return certificate, key
    key = ec.generate_private_key(ec.SECP256R1())
    certificate = _sign_authority(key)
    _write(key_file, _key_pem(key))
    _write(certificate_file, certificate.public_bytes(serialization.Encoding.PEM))
    return certificate, key


def _still_good(files: ServerCertificate, hosts: list[str], authority: x509.Certificate) -> bool:
    if not (files.certificate.exists() and files.key.exists()):
        return False
    certificate = x509.load_pem_x509_certificate(files.certificate.read_bytes())
    named = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    signed_by = certificate.extensions.get_extension_for_class(x509.AuthorityKeyIdentifier).value
    return (
        _lasts(certificate)
        and named == x509.SubjectAlternativeName(_names(hosts))
        and signed_by == _authority_identifier(authority)
    )


def _sign_authority(key: ec.EllipticCurvePrivateKey) -> x509.Certificate:
    subject = _subject("sspr-rollout sandbox authority")
    return (
        _builder(subject, subject, key.public_key(), 10 * _LIFETIME)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_key_usage(signs_certificates=True), critical=True)
        .sign(key, hashes.SHA256())
    )


def _sign_server(
    hosts: list[str],
    key: ec.EllipticCurvePrivateKey,
    authority: x509.Certificate,
    authority_key: ec.EllipticCurvePrivateKey,
    lifetime: timedelta,
) -> x509.Certificate:
    return (
        _builder(_subject(hosts[0]), authority.subject, key.public_key(), lifetime)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_key_usage(signs_certificates=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.SubjectAlternativeName(_names(hosts)), critical=False)
        .add_extension(_authority_identifier(authority), critical=False)
        .sign(authority_key, hashes.SHA256())
    )


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, lifetime: timedelta
) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _BACKDATED)
        .not_valid_after(now + lifetime)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
    )


def _authority_identifier(authority: x509.Certificate) -> x509.AuthorityKeyIdentifier:
    subject = authority.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    return x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(subject)


def _key_usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        encipher_only=False,
        decipher_only=False,
    )


def _names(hosts: list[str]) -> list[x509.GeneralName]:
    return [_name(host) for host in hosts]


def _name(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def _subject(common_name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def _lasts(certificate: x509.Certificate) -> bool:
    return certificate.not_valid_after_utc > datetime.now(UTC) + _RENEW_BEFORE


def _key_pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )


def _write(file: Path, content: bytes) -> None:
    # Samba refuses a key that others may read; a rename never shows a half-written file.
    draft = file.with_suffix(file.suffix + ".new")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as out:
        out.write(content)
    draft.replace(file)
