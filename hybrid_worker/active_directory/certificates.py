"""The certificate that a server shows."""

import socket
import ssl
from pathlib import Path

from cryptography import x509

from hybrid_worker.settings import Place


def context_of(authority: Path | None) -> ssl.SSLContext:
    """Returns what verifies a server, by that authority or by the system's."""
    return ssl.create_default_context(cafile=str(authority) if authority else None)


def shown_certificate(place: Place, context: ssl.SSLContext, timeout: float) -> x509.Certificate:
    """Returns the certificate that the server shows; nothing is sent to it beyond the handshake.

    Raises:
        OSError: it does not answer, or the context does not accept what it shows.
    """
    where = (place.host, place.port)
    with (
        socket.create_connection(where, timeout=timeout) as plain,
        context.wrap_socket(plain, server_hostname=place.name) as secured,
    ):
        return x509.load_der_x509_certificate(secured.getpeercert(binary_form=True) or b"")
