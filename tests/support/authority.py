"""A certificate authority of a test's own, and the certificates that it signs for servers."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.x509.oid import NameOID

from sandbox.certificates import ServerCertificate

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
        files.certificate.write_bytes(as_pem(_signed(builder, self.key)))
        files.authority.write_bytes(as_pem(self.certificate))
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


def as_pem(certificate: x509.Certificate) -> bytes:
    """The certificate as a file has it."""
    return certificate.public_bytes(serialization.Encoding.PEM)
