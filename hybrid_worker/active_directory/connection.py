"""One LDAPS connection to a domain controller, bound when needed and anew after it failed.

Of several controllers the first that answers is used, the preferred one first. Nothing ever leaves
LDAPS and the binds that the settings name: no referral is followed, and a controller that could
only refer a write to another is not used.
"""

import ssl
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import ldap3
import stamina
import structlog
from ldap3.core.results import (
    RESULT_INVALID_CREDENTIALS,
    RESULT_INVALID_DN_SYNTAX,
    RESULT_NO_SUCH_OBJECT,
    RESULT_SUCCESS,
)
from ldap3.protocol.microsoft import extended_dn_control

from hybrid_worker.active_directory.answers import AWAY, Answer, words_of
from hybrid_worker.active_directory.controllers import Controllers
from hybrid_worker.active_directory.sign_in import SignInMemory
from hybrid_worker.active_directory.trouble import (
    DirectoryTrouble,
    SignInRefused,
    refused_bind,
    refused_ticket,
)
from hybrid_worker.settings import DirectorySettings, Place
from shared.domain.errors import DirectoryUnavailable

_log = structlog.get_logger(__name__)

READ_ONLY = "1.2.840.113556.1.4.1920"
"""LDAP_CAP_ACTIVE_DIRECTORY_PARTIAL_SECRETS_OID among a rootDSE's supportedCapabilities: an RODC.

Source: MS-ADTS 3.1.1.3.4.3.5.
"""
_PAGE = 500
# LDAP_SERVER_PERMISSIVE_MODIFY_OID (MS-ADTS 3.1.1.3.4.1.8): adding who is there is no error.
_PERMISSIVE_MODIFY = ("1.2.840.113556.1.4.1413", False, None)

type Entry = Mapping[str, Sequence[bytes]]
type Control = tuple[str, bool, bytes | None]
"""As ldap3 takes it: its OID, whether the server has to know it, and its value."""


class DirectoryConnection:
    """Searches and modifies; every failure to talk is a `DirectoryUnavailable`."""

    def __init__(
        self,
        settings: DirectorySettings,
        sign_in: SignInMemory,
        *,
        catalogue: bool = False,
        preferred: Callable[[], str | None] = lambda: None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Takes where to connect, and who signs in.

        Args:
            settings: The controllers and the account.
            sign_in: What is remembered of earlier sign-ins.
            catalogue: Whether the whole forest is read, through the global catalogue.
            preferred: Tells the controller that the delta sync imports from, where it is known.
            clock: Seconds that only grow.
        """
        self._settings = settings
        self._sign_in = sign_in
        self._is_catalogue = catalogue
        places = settings.catalogues if catalogue else settings.controllers
        self._controllers = Controllers(places, preferred, clock)
        self._connection: ldap3.Connection | None = None
        self.modifications = 0
        """Modify operations sent since the start."""

    @property
    def controller(self) -> str | None:
        """The name of the server that is connected to; None while there is none."""
        return self._controllers.current.name if self._connection else None

    def ping(self) -> None:
        """Asks the server for its naming context.

        Raises:
            DirectoryUnavailable: there is no answer, or it serves another domain.
        """
        if self._connection is not None and self._controllers.is_time_to_go_back():
            self.close()
        entry = self.read("", ["defaultNamingContext"]) or {}
        served = (entry.get("defaultNamingContext") or [b""])[0].decode()
        if served.casefold() != self._settings.base.casefold():
            raise DirectoryUnavailable(f"the server serves {served!r}, not {self._settings.base}")

    def search(
        self,
        text: str,
        attributes: Sequence[str],
        base: str | None = None,
        *,
        controls: Sequence[Control] = (),
    ) -> Iterator[Entry]:
        """Yields everything below the domain (or the base) that matches, page by page."""
        where = "" if self._is_catalogue else self._settings.base
        cookie: bytes | None = None
        while True:
            connection = self._ask(
                "search",
                where if base is None else base,
                text,
                attributes=list(attributes),
                paged_size=_PAGE,
                paged_cookie=cookie,
                controls=list(controls) or None,
            )
            self._expect_success(connection)
            yield from _entries(connection)
            answered = connection.result.get("controls", {})
            cookie = answered.get("1.2.840.113556.1.4.319", {}).get("value", {}).get("cookie")
            if not cookie:
                return

    def read(
        self,
        dn: str,
        attributes: Sequence[str],
        *,
        guids_of_members: bool = False,
        controls: Sequence[Control] = (),
    ) -> Entry | None:
        """Reads one object's attributes; DN values with their GUIDs in front when asked for.

        Returns None if there is no such object.
        """
        extended = [extended_dn_control()] if guids_of_members else []
        connection = self._ask(
            "search",
            dn,
            "(objectClass=*)",
            search_scope=ldap3.BASE,
            attributes=list(attributes),
            controls=[*controls, *extended] or None,
        )
        if connection.result["result"] in {RESULT_NO_SUCH_OBJECT, RESULT_INVALID_DN_SYNTAX}:
            return None
        self._expect_success(connection)
        return next(_entries(connection), None)

    def modify(self, dn: str, changes: Mapping[str, list[tuple[str, list[str]]]]) -> Answer:
        """Modifies one object; the server's refusals are returned, not raised.

        Raises:
            DirectoryUnavailable: the server as a whole does not take changes now.
        """
        self.modifications += 1
        connection = self._ask("modify", dn, dict(changes), controls=[_PERMISSIVE_MODIFY])
        answer = Answer(connection.result["result"], words_of(connection.result))
        if answer.code in AWAY:
            self._give_up()
            raise DirectoryUnavailable(f"modify: {answer.words}")
        return answer

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
            self._give_up()
            raise _away(operation, error) from error
        return connection

    def _expect_success(self, connection: ldap3.Connection) -> None:
        if connection.result["result"] != RESULT_SUCCESS:
            self._give_up()
            raise DirectoryUnavailable(f"search: {words_of(connection.result)}")

    def _give_up(self) -> None:
        """Closes the connection, and has another controller tried first if there is one."""
        self._controllers.failed(self._controllers.current)
        self.close()

    @stamina.retry(
        on=lambda error: (
            isinstance(error, DirectoryUnavailable) and not isinstance(error, DirectoryTrouble)
        ),
        attempts=3,
        timeout=15,
        wait_initial=0.2,
        wait_max=3,
    )
    def _open(self) -> ldap3.Connection:
        self._sign_in.refuse_early()
        first: DirectoryUnavailable | None = None
        for place in self._controllers.in_order():
            try:
                connection = self._open_at(place)
            except SignInRefused as refusal:
                # Each controller asks the same domain; to ask the next would only count twice.
                self._sign_in.refused(refusal)
                raise
            except DirectoryUnavailable as error:
                self._controllers.failed(place)
                first = first or error
                continue
            self._controllers.use(place)
            self._sign_in.signed_in()
            return connection
        raise first or DirectoryUnavailable("no server is named")

    def _open_at(self, place: Place) -> ldap3.Connection:
        # A fresh Server each time: after a refused connection the old one keeps failing for 5 s.
        connection = ldap3.Connection(
            _server(self._settings, place),
            **self._credentials(place),
            auto_range=False,
            # ldap3 would follow into plain LDAP, and sign in there with the password in clear.
            auto_referrals=False,
            check_names=False,
            return_empty_attributes=False,  # ldap3 stumbles over ranges when it adds them
            receive_timeout=self._settings.timeout,
        )
        try:
            self._bind(connection)
            if not self._is_catalogue:
                _expect_writable(connection, place)
        except BaseException:
            if connection.socket is not None:  # ldap3 leaves it open
                connection.socket.close()
            raise
        return connection

    def _bind(self, connection: ldap3.Connection) -> None:
        try:
            bound = connection.bind()
        except Exception as error:
            raise refused_ticket(error) or _away("bind", error) from error
        if connection.result["result"] == RESULT_INVALID_CREDENTIALS:
            raise refused_bind(connection.result["message"] or "")
        if not bound:
            raise DirectoryUnavailable(f"bind: {words_of(connection.result)}")

    def _credentials(self, place: Place) -> dict[str, Any]:
        if self._settings.bind == "simple":
            try:
                secret = self._settings.secret()
            except (OSError, ValueError) as error:
                raise _away("password file", error) from error
            return {
                "user": self._settings.user,
                "password": secret,
                "authentication": ldap3.SIMPLE,
            }
        return {
            "authentication": ldap3.SASL,
            "sasl_mechanism": ldap3.KERBEROS,
            # The ticket is for the name, wherever the connection goes.
            "sasl_credentials": (place.name,),
        }


def read_root(settings: DirectorySettings, place: Place, attribute: str) -> Sequence[bytes]:
    """Reads one attribute of the rootDSE, which AD shows to everybody: no account is used.

    Raises:
        DirectoryUnavailable: there is no answer.
    """
    connection = ldap3.Connection(
        _server(settings, place), auto_referrals=False, receive_timeout=settings.timeout
    )
    try:
        with connection:
            return _root(connection, attribute)
    except Exception as error:
        raise _away("rootDSE", error) from error


def _root(connection: ldap3.Connection, attribute: str) -> Sequence[bytes]:
    connection.search("", "(objectClass=*)", ldap3.BASE, attributes=[attribute])
    return next(_entries(connection), {}).get(attribute, ())


def _expect_writable(connection: ldap3.Connection, place: Place) -> None:
    try:
        capabilities = _root(connection, "supportedCapabilities")
    except Exception as error:
        raise _away("rootDSE", error) from error
    if connection.result["result"] != RESULT_SUCCESS:
        raise DirectoryUnavailable(f"rootDSE: {words_of(connection.result)}")
    if READ_ONLY.encode() in capabilities:
        raise DirectoryTrouble(
            "read-only-controller",
            f"SSPR_WORKER_DIRECTORY_SERVER: {place.name} is a read-only domain controller, which "
            "takes no changes. Name a writable one.",
            passes=False,
        )


def _away(operation: str, error: Exception) -> DirectoryUnavailable:
    return DirectoryUnavailable(f"{operation}: {type(error).__name__}: {error}")


def _server(settings: DirectorySettings, place: Place) -> ldap3.Server:
    tls = ldap3.Tls(
        # ldap3's own default is CERT_NONE.
        validate=ssl.CERT_REQUIRED,
        ca_certs_file=str(settings.ca_file) if settings.ca_file else None,
        valid_names=[place.name],
        sni=place.name,
    )
    return ldap3.Server(
        place.host,
        place.port,
        use_ssl=True,
        tls=tls,
        get_info=ldap3.NONE,
        connect_timeout=settings.timeout,
    )


def _entries(connection: ldap3.Connection) -> Iterator[Entry]:
    for entry in connection.response or []:
        if entry["type"] == "searchResEntry":
            yield entry["raw_attributes"]
