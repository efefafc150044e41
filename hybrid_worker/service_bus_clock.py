"""How far this machine's clock is from that of Service Bus, by which locks begin and end.

The SDK holds a lock's end against the local clock: on a machine that is ahead by as long as a lock
lasts every message has lost its lock when it arrives, and none can be settled. The time is read
from the header that each HTTP server with a clock sends (RFC 9110, section 6.6.1), on the way that
WebSockets take; and messages tell what cannot be otherwise.
"""

import os
import ssl
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from http.client import HTTPException, HTTPSConnection
from urllib.parse import urlsplit

import structlog

from hybrid_worker.settings import ServiceBusSettings

_log = structlog.get_logger(__name__)

TOLERATED = timedelta(seconds=15)
"""A quarter of the lock of a minute that the queue of commands has; more is said aloud."""
_LOOK_EVERY = timedelta(minutes=10)
_HALF_A_SECOND = timedelta(seconds=0.5)
_HTTPS = 443


class ClockUnknown(Exception):
    """Why Service Bus could not be asked what time it is."""


def time_ahead(
    settings: ServiceBusSettings, clock: Callable[[], datetime], within: float
) -> timedelta:
    """Returns how far the local clock is ahead of that of Service Bus; less than 0 is behind.

    Args:
        settings: Where Service Bus is, and how to get there.
        clock: Tells the local time.
        within: Seconds to wait for each answer.

    Raises:
        ClockUnknown: it did not say.
    """
    try:
        with closing(_connection(settings, within)) as connection:
            connection.connect()
            before = clock()
            connection.request("GET", "/")
            said = connection.getresponse().getheader("Date")
            after = clock()
        theirs = parsedate_to_datetime(said or "")
    except (OSError, HTTPException, ValueError, TypeError) as error:
        raise ClockUnknown(f"{type(error).__name__}: {error}") from error
    # Theirs is in whole seconds: half of one has passed since, on the average.
    ours = before + (after - before) / 2
    return ours - theirs.astimezone(UTC) - _HALF_A_SECOND


class ServiceBusClock:
    """Knows by how much the local clock is off, as far as it could be found out."""

    def __init__(self, ask: Callable[[], timedelta], clock: Callable[[], datetime]) -> None:
        """Takes what asks Service Bus, and the local clock."""
        self._ask = ask
        self._clock = clock
        self._asked: timedelta | None = None
        self._seen: timedelta | None = None
        self._look_at = clock()

    @property
    def ahead(self) -> timedelta | None:
        """How far the local clock is ahead; None if that is little, or not known."""
        asked = self._asked
        return asked if asked is not None and abs(asked) >= TOLERATED else self._seen

    def look(self) -> None:
        """Asks Service Bus, if that has not been done for a while."""
        now = self._clock()
        # A clock that was set meanwhile is looked at again at once.
        if self._look_at - _LOOK_EVERY <= now < self._look_at:
            return
        self._look_at = now + _LOOK_EVERY
        try:
            self._asked = self._ask()
        except ClockUnknown as error:
            self._asked = None
            _log.info("clock-not-compared", reason=str(error))
        if self.ahead:
            _log.warning("clock-off", seconds_ahead=round(self.ahead.total_seconds()))

    def learn(self, enqueued_at: datetime | None, locked_until: datetime | None) -> None:
        """Learns from a message that has just come.

        Its lock cannot be over yet, and it cannot have been sent in the future.
        """
        now, before = self._clock(), self._seen
        self._seen = None
        if locked_until is not None and locked_until <= now:
            # By as much, and by as long as the lock lasts, which is not known here.
            self._seen = now - locked_until + TOLERATED
        elif enqueued_at is not None and enqueued_at - now >= TOLERATED:
            self._seen = now - enqueued_at
        if self._seen and not before:
            _log.warning("clock-off", seconds_ahead=round(self._seen.total_seconds()))


def _connection(settings: ServiceBusSettings, within: float) -> HTTPSConnection:
    host, port = _address(settings)
    context = ssl.create_default_context(
        cafile=os.fspath(settings.ca_file) if settings.ca_file else None
    )
    if settings.proxy_host is None:
        return HTTPSConnection(host, port, timeout=within, context=context)
    connection = HTTPSConnection(
        settings.proxy_host, settings.proxy_port, timeout=within, context=context
    )
    connection.set_tunnel(host, port)
    return connection


def _address(settings: ServiceBusSettings) -> tuple[str, int]:
    if settings.connection_string:
        text = settings.connection_string.get_secret_value()
        if "usedevelopmentemulator=true" in text.lower():
            raise ClockUnknown("the emulator does not say what time it is")
        parts = dict(part.partition("=")[::2] for part in text.split(";"))
        return urlsplit(parts.get("Endpoint", "")).hostname or "", _HTTPS
    endpoint = urlsplit(settings.custom_endpoint or "")
    if endpoint.hostname:
        own = endpoint.port if settings.transport == "websockets" else None
        return endpoint.hostname, own or _HTTPS
    return settings.namespace or "", _HTTPS
