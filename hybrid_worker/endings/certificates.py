"""The ends of certificates: those that servers show, and that of the credential."""

import ssl
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.serialization import pkcs12

from hybrid_worker.active_directory.certificates import context_of, shown_certificate
from hybrid_worker.settings import Place
from shared.contracts.messages.contract import LATEST, MOST_TEXT
from shared.contracts.messages.ending_report import EndingReport, Endless

_EXPIRED: Final = 10
"""X509_V_ERR_CERT_HAS_EXPIRED of OpenSSL."""
_PEM: Final = b"-----BEGIN CERTIFICATE-----"


def of_server(what: str, place: Place, authority: Path | None, timeout: float) -> EndingReport:
    """Tells when the certificate ends that a server shows; of one that is over, when it did."""
    try:
        shown = _shown(place, authority, timeout)
        return of_certificate(what, place.name, shown)
    # Not strict DER, or a date that nobody can have meant: it is this certificate's trouble alone.
    except (OSError, ValueError) as error:
        return unknown(what, place.name, error)


def of_file(what: str, name: str, file: Path) -> EndingReport:
    """Tells when the certificate in a file ends, PEM or PKCS12 without a passphrase."""
    try:
        return of_certificate(what, name, _read(file.read_bytes()))
    except (OSError, ValueError) as error:
        return unknown(what, name, error)


def of_certificate(what: str, name: str, certificate: x509.Certificate) -> EndingReport:
    """Tells when a certificate ends; one of the year 9999 has no end worth telling."""
    ends = certificate.not_valid_after_utc
    if ends > LATEST:
        return EndingReport(what=what, of=name, why=Endless.NEVER)
    return EndingReport(what=what, of=name, ends_at=ends)


def unknown(what: str, name: str, error: Exception) -> EndingReport:
    """Tells that the end is not known, and why."""
    detail = f"{type(error).__name__}: {error}"[:MOST_TEXT]
    return EndingReport(what=what, of=name, why=Endless.UNKNOWN, detail=detail)


def _shown(place: Place, authority: Path | None, timeout: float) -> x509.Certificate:
    try:
        return shown_certificate(place, context_of(authority), timeout)
    except ssl.SSLCertVerificationError as error:
        if error.verify_code != _EXPIRED:
            raise
        # Nothing is sent: its end alone is read, which whoever renews it wants to know.
        return shown_certificate(place, _accepts_anything(), timeout)


def _accepts_anything() -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def _read(content: bytes) -> x509.Certificate:
    """Returns the certificate of a credential's file.

    Raises:
        ValueError: it holds none that can be read.
    """
    if _PEM in content:
        return x509.load_pem_x509_certificate(content[content.index(_PEM) :])
    _, certificate, _ = pkcs12.load_key_and_certificates(content, None)
    if certificate is None:
        raise ValueError("the file holds no certificate")
    return certificate
