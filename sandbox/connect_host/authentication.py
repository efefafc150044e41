"""Who talks to the endpoint: Negotiate (Kerberos, NTLM) with message encryption, or Basic over TLS.

As WinRM is shipped, nothing is ever read that was neither encrypted by TLS nor by Negotiate.
"""

import os
import re
import struct
from base64 import b64decode, b64encode
from dataclasses import dataclass
from pathlib import Path

import spnego
from ldap3.core.exceptions import LDAPException
from spnego.exceptions import SpnegoError

from sandbox.directory_sync.active_directory import ActiveDirectory
from sandbox.domain_controller import domain

_BOUNDARY = "Encrypted Boundary"
_PROTOCOL = "application/HTTP-SPNEGO-session-encrypted"
ENCRYPTED_TYPE = f'multipart/encrypted;protocol="{_PROTOCOL}";boundary="{_BOUNDARY}"'
_PART = re.compile(rb"--\s*Encrypted Boundary(?:--)?\r\n")
_OCTETS = b"\tContent-Type: application/octet-stream\r\n"


def write_ntlm_accounts(state: Path) -> None:
    """Tell pyspnego who may log on; it takes that from a file named by an environment variable."""
    account = domain.WORKER
    names = [f"{domain.NETBIOS}:{account.name}", f":{account.principal}", f":{account.name}"]
    file = state / "ntlm_accounts"
    file.write_text("".join(f"{name}:{account.password}\n" for name in names))
    os.environ["NTLM_USER_FILE"] = str(file)


def take_kerberos(keytab: Path, krb5_config: Path | None) -> None:
    """Take tickets for these keys; the Kerberos library reads both from the environment."""
    os.environ["KRB5_KTNAME"] = str(keytab)
    if krb5_config:
        os.environ["KRB5_CONFIG"] = str(krb5_config)


@dataclass
class Unauthorized(Exception):
    """The client is to log on, or to go on with it: what WWW-Authenticate says."""

    challenges: list[str]


class ConnectionLogon:
    """The logon of one TCP connection, which all of its requests share."""

    def __init__(self, ad: ActiveDirectory, *, tls: bool) -> None:
        self._ad = ad
        self._tls = tls
        self._context: spnego.ContextProxy | None = None
        self._basic: str | None = None

    def admit(self, authorization: str | None) -> str | None:
        """Log on with the request's header, if any; answers the last token for the client.

        Raises:
            Unauthorized: there is no logon yet.
        """
        scheme, _, token = (authorization or "").partition(" ")
        if scheme.lower() == "negotiate":
            return self._negotiate(b64decode(token))
        if scheme.lower() == "basic" and self._tls and self._knows(token):
            return None
        if scheme or self._context is None or not self._context.complete:
            raise Unauthorized(self._offers())
        return None

    def decrypt(self, content_type: str, body: bytes) -> bytes:
        """Return the envelope of a request.

        Raises:
            PermissionError: it is in clear text, and the connection is not TLS.
        """
        if not content_type.startswith("multipart/encrypted"):
            if body and not self._tls:
                raise PermissionError("unencrypted requests are not allowed without TLS")
            return body
        payload = _PART.split(body)[2].removeprefix(_OCTETS)
        (length,) = struct.unpack("<i", payload[:4])
        return self._sealed().unwrap_winrm(payload[4 : 4 + length], payload[4 + length :])

    def encrypt(self, envelope: bytes) -> bytes:
        """Return the multipart body for an envelope."""
        sealed = self._sealed().wrap_winrm(envelope)
        length = len(envelope) + sealed.padding_length
        head = (
            f"--{_BOUNDARY}\r\n\tContent-Type: {_PROTOCOL}\r\n\tOriginalContent: "
            f"type=application/soap+xml;charset=UTF-8;Length={length}\r\n--{_BOUNDARY}\r\n"
        ).encode()
        body = struct.pack("<i", len(sealed.header)) + sealed.header + sealed.data
        return head + _OCTETS + body + f"--{_BOUNDARY}--\r\n".encode()

    def _offers(self) -> list[str]:
        return ["Negotiate", 'Basic realm="WSMAN"'] if self._tls else ["Negotiate"]

    def _negotiate(self, token: bytes) -> str | None:
        if self._context is None or self._context.complete:
            self._context = spnego.server(options=spnego.NegotiateOptions.use_negotiate)
        try:
            answer = self._context.step(token)
        except SpnegoError as error:
            self._context = None
            raise Unauthorized(self._offers()) from error
        said = f"Negotiate {b64encode(answer).decode()}" if answer else None
        if not self._context.complete:
            raise Unauthorized([said] if said else self._offers())
        if not self._may_come_in(self._context):
            self._context = None
            raise Unauthorized(self._offers())
        return said

    @staticmethod
    def _may_come_in(context: spnego.ContextProxy) -> bool:
        """Whether it is the worker's account; the file of NTLM's accounts has no other."""
        if context.negotiated_protocol != "kerberos":
            return True
        return (context.client_principal or "").lower() == domain.WORKER.principal.lower()

    def _knows(self, token: str) -> bool:
        """Whether a Basic logon is good: AD is asked once per connection."""
        if token != self._basic:
            user, _, password = b64decode(token).decode().partition(":")
            try:
                with self._ad.connect(_bindable(user), password):
                    self._basic = token if _account_name(user) == domain.WORKER.name else None
            except LDAPException:
                self._basic = None
        return self._basic is not None

    def _sealed(self) -> spnego.ContextProxy:
        if self._context is None:
            raise PermissionError("an encrypted message came before the logon")
        return self._context


def _bindable(user: str) -> str:
    return user if "@" in user or "\\" in user else f"{domain.NETBIOS}\\{user}"


def _account_name(user: str) -> str:
    return user.rpartition("\\")[2].partition("@")[0].lower()
