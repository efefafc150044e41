"""The way to the servers of AD: their names, their certificates, their clocks, what they take.

None of this needs an account, so it tells a broken way from a refused bind.
"""

import socket
import ssl
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta

from cryptography import x509

from hybrid_worker.active_directory.certificates import context_of, shown_certificate
from hybrid_worker.active_directory.connection import READ_ONLY, read_root
from hybrid_worker.active_directory.trouble import CERTIFICATE_WITHOUT_HASH
from hybrid_worker.check.outcome import CheckFailed, NotApplicable
from hybrid_worker.settings import DirectorySettings, Place

RENEW_WITHIN = timedelta(days=14)
"""A certificate with less than this ahead of it fails the check."""
MOST_SKEW = timedelta(minutes=5)
"""What Kerberos tolerates as AD is shipped (MaxClockSkew of the Kerberos policy)."""
_TRUST = (
    "Name the authority that signed it in SSPR_WORKER_DIRECTORY_CA_FILE, and the server by a name "
    "in its certificate."
)
_STRICT = (
    "Python 3.13 and later want authorities with a critical basicConstraints and a keyUsage, and "
    "certificates with an authority key identifier (RFC 5280). Have the authority's certificate "
    "made again, or trust a certificate further down the chain: put the issuing authority's, or "
    "the controller's own, into SSPR_WORKER_DIRECTORY_CA_FILE instead of the root's."
)


def of_each(
    look: Callable[[DirectorySettings, Place], str],
    settings: DirectorySettings,
    places: Sequence[Place],
) -> str:
    """Looks at every server, and tells of all; the first that is not as it should be fails it."""
    return "; ".join(look(settings, place) for place in places)


def resolved(settings: DirectorySettings, places: Sequence[Place]) -> str:
    """Looks the servers' names up."""
    named = [place for place in places if place.host == place.name]
    if not named:
        hosts = ",".join(place.host for place in places)
        raise NotApplicable(f"SSPR_WORKER_DIRECTORY_ADDRESS={hosts} goes before the name")
    return of_each(_resolved, settings, named)


def certificate_verified(settings: DirectorySettings, place: Place) -> str:
    """Verifies chain, name, time and kind of the certificate behind LDAPS."""
    certificate = _certificate(settings, place)
    if certificate.signature_hash_algorithm is None and settings.bind == "kerberos":
        raise CheckFailed(
            f"{place.name}: {CERTIFICATE_WITHOUT_HASH.text}", CERTIFICATE_WITHOUT_HASH.remedy
        )
    return f"chain and name of {place.name} verify"


def certificate_lasts(settings: DirectorySettings, place: Place, now: datetime) -> str:
    """Checks how long the certificate is good for; until it ends it hinders nothing."""
    ends = _certificate(settings, place).not_valid_after_utc
    left = ends - now
    if left < RENEW_WITHIN:
        raise CheckFailed(
            f"the certificate of {place.name} ends on {ends:%Y-%m-%d}, in {left.days} days",
            "Renew the domain controller's certificate.",
        )
    return f"the certificate of {place.name} ends on {ends:%Y-%m-%d}"


def clock_agrees(settings: DirectorySettings, place: Place, now: datetime) -> str:
    """Compares this machine's clock with a domain controller's."""
    values = read_root(settings, place, "currentTime")
    if not values:
        raise CheckFailed("the server does not say its time", "Compare the clocks by hand.")
    theirs = datetime.strptime(values[0].decode()[:14], "%Y%m%d%H%M%S").replace(tzinfo=UTC)
    skew = abs(now - theirs)
    seconds = f"{skew.total_seconds():.0f} s"
    if skew >= MOST_SKEW:
        raise CheckFailed(
            f"this machine's clock is {seconds} off the domain's; Kerberos allows 300 seconds",
            "Synchronise it with the domain (w32tm /resync, chronyc makestep).",
        )
    return f"within {seconds} of the domain's clock (whole seconds); Kerberos allows 300 seconds"


def takes_changes(settings: DirectorySettings, place: Place) -> str:
    """Checks that a controller is a writable one: an RODC could only refer to another."""
    if READ_ONLY.encode() in read_root(settings, place, "supportedCapabilities"):
        raise CheckFailed(
            f"{place.name} is a read-only domain controller, which takes no changes",
            "Name a writable one in SSPR_WORKER_DIRECTORY_SERVER, best that from which Entra "
            "Connect imports.",
        )
    return f"{place.name} is writable"


def _resolved(_: DirectorySettings, place: Place) -> str:
    try:
        found = socket.getaddrinfo(place.name, place.port, type=socket.SOCK_STREAM)
    except socket.gaierror as error:
        raise CheckFailed(
            f"{place.name} cannot be resolved: {error.strerror}",
            "Correct SSPR_WORKER_DIRECTORY_SERVER or this machine's DNS servers.",
        ) from error
    addresses = sorted({str(one[4][0]) for one in found})
    return f"{place.name} is {', '.join(addresses)}"


def _certificate(settings: DirectorySettings, place: Place) -> x509.Certificate:
    try:
        return shown_certificate(place, context_of(settings.ca_file), settings.timeout)
    except ssl.SSLCertVerificationError as error:
        raise CheckFailed(
            f"the certificate of {place.name} does not verify: {error.verify_message}",
            _STRICT if _verifies_if_lenient(settings, place) else _TRUST,
        ) from error
    except OSError as error:
        raise CheckFailed(
            f"{place.host}:{place.port} does not answer LDAPS: {error}",
            f"Open port {place.port} to the domain controller; does it have a certificate?",
        ) from error


def _verifies_if_lenient(settings: DirectorySettings, place: Place) -> bool:
    """Tells whether only the strictness of Python 3.13 stands in the way; nothing is sent."""
    context = context_of(settings.ca_file)
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    try:
        shown_certificate(place, context, settings.timeout)
    except OSError:
        return False
    return True
