"""The way to the domain controller: its name, its certificate and its clock.

None of this needs an account, so it tells a broken way from a refused bind.
"""

import socket
import ssl
from datetime import UTC, datetime, timedelta

from hybrid_worker.active_directory.connection import read_root
from hybrid_worker.check.outcome import CheckFailed, NotApplicable
from hybrid_worker.settings import DirectorySettings

RENEW_WITHIN = timedelta(days=14)
"""A certificate with less than this ahead of it fails the check."""
MOST_SKEW = timedelta(minutes=5)
"""What Kerberos tolerates as AD is shipped (MaxClockSkew of the Kerberos policy)."""


def resolved(settings: DirectorySettings) -> str:
    """Looks the server's name up."""
    if settings.address:
        raise NotApplicable(
            f"SSPR_WORKER_DIRECTORY_ADDRESS={settings.address} goes before the name"
        )
    try:
        found = socket.getaddrinfo(settings.server, settings.port, type=socket.SOCK_STREAM)
    except socket.gaierror as error:
        raise CheckFailed(
            f"{settings.server} cannot be resolved: {error.strerror}",
            "Correct SSPR_WORKER_DIRECTORY_SERVER or this machine's DNS servers.",
        ) from error
    addresses = sorted({str(one[4][0]) for one in found})
    return f"{settings.server} is {', '.join(addresses)}"


def certificate_verified(settings: DirectorySettings) -> str:
    """Verifies chain, name and time of the certificate behind LDAPS."""
    _certificate_end(settings)
    return f"chain and name of {settings.server} verify"


def certificate_lasts(settings: DirectorySettings, now: datetime) -> str:
    """Checks how long the certificate is good for; until it ends it hinders nothing."""
    ends = _certificate_end(settings)
    left = ends - now
    if left < RENEW_WITHIN:
        raise CheckFailed(
            f"the certificate of {settings.server} ends on {ends:%Y-%m-%d}, in {left.days} days",
            "Renew the domain controller's certificate.",
        )
    return f"the certificate of {settings.server} ends on {ends:%Y-%m-%d}"


def clock_agrees(settings: DirectorySettings, now: datetime) -> str:
    """Compares this machine's clock with the domain controller's."""
    values = read_root(settings, "currentTime")
    if not values:
        raise CheckFailed("the server does not say its time", "Compare the clocks by hand.")
    theirs = datetime.strptime(values[0].decode()[:14], "%Y%m%d%H%M%S").replace(tzinfo=UTC)
    skew = abs(now - theirs)
    seconds = f"{skew.total_seconds():.0f} s"
    if skew >= MOST_SKEW:
        raise CheckFailed(
            f"this machine's clock is {seconds} off the domain's; Kerberos allows 300 s",
            "Synchronise it with the domain (w32tm /resync, chronyc makestep).",
        )
    return f"within {seconds} of the domain's clock (whole seconds); Kerberos allows 300 s"


def _certificate_end(settings: DirectorySettings) -> datetime:
    context = ssl.create_default_context(cafile=str(settings.ca_file) if settings.ca_file else None)
    where = (settings.address or settings.server, settings.port)
    try:
        with (
            socket.create_connection(where, timeout=settings.timeout) as plain,
            context.wrap_socket(plain, server_hostname=settings.server) as secured,
        ):
            shown = secured.getpeercert() or {}
    except ssl.SSLCertVerificationError as error:
        raise CheckFailed(
            f"the certificate of {settings.server} does not verify: {error.verify_message}",
            "Name the authority that signed it in SSPR_WORKER_DIRECTORY_CA_FILE, and the server "
            "by a name in its certificate in SSPR_WORKER_DIRECTORY_SERVER.",
        ) from error
    except OSError as error:
        raise CheckFailed(
            f"{where[0]}:{where[1]} does not answer LDAPS: {error}",
            "Open port 636 to the domain controller; does it have a certificate?",
        ) from error
    ends = ssl.cert_time_to_seconds(str(shown["notAfter"]))
    return datetime.fromtimestamp(ends, UTC)
