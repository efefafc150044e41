"""One LDAPS connection to the domain controller, bound when needed and anew after it failed."""

import re
import ssl
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import ldap3
import stamina
import structlog
from ldap3.core.results import (
    RESULT_BUSY,
    RESULT_INVALID_CREDENTIALS,
    RESULT_INVALID_DN_SYNTAX,
    RESULT_NO_SUCH_OBJECT,
    RESULT_OPERATIONS_ERROR,
    RESULT_REFERRAL,
    RESULT_SUCCESS,
    RESULT_TIME_LIMIT_EXCEEDED,
    RESULT_UNAVAILABLE,
)
from ldap3.protocol.microsoft import extended_dn_control

from hybrid_worker.settings import DirectorySettings
from shared.domain.errors import ConfigurationError, DirectoryUnavailable

_log = structlog.get_logger(__name__)

_PAGE = 500
# AD puts eight digits first, and the sub-code of a failed bind behind the word "data".
_CODE = re.compile(r"(?<=data )[0-9a-f]+|^[0-9A-F]{8}")
_TRANSIENT = {
    RESULT_BUSY,
    RESULT_OPERATIONS_ERROR,  # AD's answer on a connection whose bind it has forgotten
    RESULT_REFERRAL,  # a read-only controller's answer to a write, and nobody's fault
    RESULT_TIME_LIMIT_EXCEEDED,
    RESULT_UNAVAILABLE,
}
# LDAP_SERVER_PERMISSIVE_MODIFY_OID (MS-ADTS 3.1.1.3.4.1.8): adding who is there is no error.
_PERMISSIVE_MODIFY = ("1.2.840.113556.1.4.1413", False, None)

type Entry = Mapping[str, Sequence[bytes]]
type Result = tuple[int, str]
"""An LDAP result code and the server's words for it."""


class DirectoryConnection:
    """Searches and modifies; every failure to talk is a `DirectoryUnavailable`."""

    def __init__(self, settings: DirectorySettings) -> None:
        self._settings = settings
        self._connection: ldap3.Connection | None = None
        self.modifications = 0
        """Modify operations sent since the start."""

    def ping(self) -> None:
        """Asks the server for its naming context.

        Raises:
            DirectoryUnavailable: there is no answer, or it serves another domain.
        """
        entry = self.read("", ["defaultNamingContext"]) or {}
        served = (entry.get("defaultNamingContext") or [b""])[0].decode()
        if served.casefold() != self._settings.base.casefold():
            raise DirectoryUnavailable(f"the server serves {served!r}, not {self._settings.base}")

    def search(self, text: str, attributes: Sequence[str]) -> Iterator[Entry]:
        """Yields everything below the domain that matches, page by page."""
        cookie: bytes | None = None
        while True:
            connection = self._ask(
                "search",
                self._settings.base,
                text,
                attributes=list(attributes),
                paged_size=_PAGE,
                paged_cookie=cookie,
            )
            self._expect_success(connection)
            yield from _entries(connection)
            controls = connection.result.get("controls", {})
            cookie = controls.get("1.2.840.113556.1.4.319", {}).get("value", {}).get("cookie")
            if not cookie:
                return

    def read(
        self, dn: str, attributes: Sequence[str], *, guids_of_members: bool = False
    ) -> Entry | None:
        """Reads one object's attributes; DN values with their GUIDs in front when asked for.

        Returns None if there is no such object.
        """
        controls = [extended_dn_control()] if guids_of_members else None
        connection = self._ask(
            "search",
            dn,
            "(objectClass=*)",
            search_scope=ldap3.BASE,
            attributes=list(attributes),
            controls=controls,
        )
        if connection.result["result"] in {RESULT_NO_SUCH_OBJECT, RESULT_INVALID_DN_SYNTAX}:
            return None
        self._expect_success(connection)
        return next(_entries(connection), None)

    def modify(self, dn: str, changes: Mapping[str, list[tuple[str, list[str]]]]) -> Result:
        """Modifies one object; the server's refusals are returned, not raised."""
        self.modifications += 1
        connection = self._ask("modify", dn, dict(changes), controls=[_PERMISSIVE_MODIFY])
        code = connection.result["result"]
        if code in _TRANSIENT:
            self.close()
            raise DirectoryUnavailable(f"modify: {connection.result['description']}")
        return code, _words(connection)

    def close(self) -> None:
        """Lets go of the connection; the next call opens another."""
        connection, self._connection = self._connection, None
        if connection is not None:
            try:
                connection.unbind()
            except Exception as error:  # noqa: BLE001  # as `_ask` has it
                _log.debug("unbind-failed", error=type(error).__name__)

    def _ask(self, operation: str, *arguments: Any, **options: Any) -> ldap3.Connection:
        if self._connection is None:
            self._connection = self._open()
        connection = self._connection
        try:
            getattr(connection, operation)(*arguments, **options)
        except Exception as error:
            # Whatever it is: ldap3 stumbles over bytes that are no LDAP in many ways.
            self.close()
            raise _away(operation, error) from error
        return connection

    def _expect_success(self, connection: ldap3.Connection) -> None:
        if connection.result["result"] != RESULT_SUCCESS:
            self.close()
            raise DirectoryUnavailable(f"search: {connection.result['description']}")

    @stamina.retry(on=DirectoryUnavailable, attempts=3, timeout=15, wait_initial=0.2, wait_max=3)
    def _open(self) -> ldap3.Connection:
        # A fresh Server each time: after a refused connection the old one keeps failing for 5 s.
        connection = ldap3.Connection(
            _server(self._settings),
            **_credentials(self._settings),
            auto_range=False,
            # ldap3 would follow into plain LDAP, and sign in there with the password in clear.
            auto_referrals=False,
            check_names=False,
            return_empty_attributes=False,  # ldap3 stumbles over ranges when it adds them
            receive_timeout=self._settings.timeout,
        )
        try:
            self._bind(connection)
        except BaseException:
            if connection.socket is not None:  # ldap3 leaves it open
                connection.socket.close()
            raise
        return connection

    def _bind(self, connection: ldap3.Connection) -> None:
        try:
            bound = connection.bind()
        except Exception as error:
            raise _away("bind", error) from error
        if connection.result["result"] == RESULT_INVALID_CREDENTIALS:
            # To go on trying would lock the account out.
            raise ConfigurationError(
                f"SSPR_WORKER_DIRECTORY_BIND={self._settings.bind}: AD refuses the account or its "
                f"secret ({_words(connection)}). Check both, and that it is not locked or expired."
            )
        if not bound:
            raise DirectoryUnavailable(f"bind: {_words(connection)}")


def read_root(settings: DirectorySettings, attribute: str) -> Sequence[bytes]:
    """Reads one attribute of the rootDSE, which AD shows to everybody: no account is used.

    Raises:
        DirectoryUnavailable: there is no answer.
    """
    connection = ldap3.Connection(
        _server(settings), auto_referrals=False, receive_timeout=settings.timeout
    )
    try:
        with connection:
            connection.search("", "(objectClass=*)", ldap3.BASE, attributes=[attribute])
            entry = next(_entries(connection), {})
    except Exception as error:
        raise _away("rootDSE", error) from error
    return entry.get(attribute, ())


def _away(operation: str, error: Exception) -> DirectoryUnavailable:
    return DirectoryUnavailable(f"{operation}: {type(error).__name__}: {error}")


def _server(settings: DirectorySettings) -> ldap3.Server:
    tls = ldap3.Tls(
        # ldap3's own default is CERT_NONE.
        validate=ssl.CERT_REQUIRED,
        ca_certs_file=str(settings.ca_file) if settings.ca_file else None,
        valid_names=[settings.server],
        sni=settings.server,
    )
    return ldap3.Server(
        settings.address or settings.server,
        settings.port,
        use_ssl=True,
        tls=tls,
        get_info=ldap3.NONE,
        connect_timeout=settings.timeout,
    )


def _credentials(settings: DirectorySettings) -> dict[str, Any]:
    if settings.bind == "simple":
        return {
            "user": settings.user,
            "password": settings.secret(),
            "authentication": ldap3.SIMPLE,
        }
    return {
        "authentication": ldap3.SASL,
        "sasl_mechanism": ldap3.KERBEROS,
        # The ticket is for the name, wherever the connection goes.
        "sasl_credentials": (settings.server,),
    }


def _words(connection: ldap3.Connection) -> str:
    """Returns the result's name and AD's code for it; the rest of its text may name people."""
    result = connection.result
    code = _CODE.search(result["message"] or "")
    return f"{result['description']} {code[0]}" if code else str(result["description"])


def _entries(connection: ldap3.Connection) -> Iterator[Entry]:
    for entry in connection.response or []:
        if entry["type"] == "searchResEntry":
            yield entry["raw_attributes"]
