"""The two queues on Service Bus: commands in under a lock that is kept up, results out."""

import os
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

import structlog
from azure.identity import CertificateCredential, ManagedIdentityCredential
from azure.servicebus import (
    AutoLockRenewer,
    ServiceBusClient,
    ServiceBusMessage,
    ServiceBusReceivedMessage,
    ServiceBusReceiver,
    ServiceBusSender,
    TransportType,
)
from azure.servicebus.amqp import AmqpMessageBodyType
from azure.servicebus.exceptions import MessageLockLostError, MessageSizeExceededError

from hybrid_worker.service_bus_clock import ServiceBusClock, time_ahead
from hybrid_worker.settings import ServiceBusSettings
from shared.contracts.messages.batches import send_in_batches
from shared.domain.errors import InvalidMessage, SsprRolloutError

if TYPE_CHECKING:
    from azure.core.credentials import TokenCredential

_log = structlog.get_logger(__name__)

_ANSWER_WITHIN = 15.0
_AT_ONCE = 5.0
"""Seconds; no lock of Service Bus is shorter."""
_PEEKED = 50
"""Messages of one look; a command may have a hundred kilobytes."""

type Delivery = ServiceBusReceivedMessage
"""A message that is locked for this worker."""


def body_of(delivery: Delivery) -> bytes:
    """Returns the bytes that a message carries.

    Raises:
        InvalidMessage: it carries an AMQP value instead, which no sender of ours makes.
    """
    if delivery.body_type is not AmqpMessageBodyType.DATA:
        raise InvalidMessage("(body)", "not bytes but an AMQP value; send JSON text as data")
    return b"".join(delivery.body)


def taken_at(delivery: Delivery, now: datetime) -> datetime:
    """Returns when Service Bus took a message; now, where it does not say so."""
    return delivery.enqueued_time_utc or now


class QueuesUnavailable(SsprRolloutError):
    """Service Bus did not answer usefully; open the queues again and go on."""


class Queues:
    """Sender and receiver, opened when first used and kept open."""

    def __init__(
        self,
        settings: ServiceBusSettings,
        longest_hold: float,
        clock: Callable[[], datetime],
        *,
        answer_within: float = _ANSWER_WITHIN,
    ) -> None:
        """Takes the settings.

        Args:
            settings: Where Service Bus is, and how to get there.
            longest_hold: Seconds for which a lock is kept up at most.
            clock: Tells the local time.
            answer_within: Seconds for which one attempt waits for Service Bus.
        """
        self._settings = settings
        self._longest_hold = longest_hold
        self._answer_within = answer_within
        self._clock = ServiceBusClock(partial(time_ahead, settings, clock, answer_within), clock)
        self._links: _Links | None = None
        self._heard_at = self._listened_at = time.monotonic()

    def receive(self, most: int, wait: float) -> Sequence[Delivery]:
        """Takes up to `most` messages, waiting `wait` seconds for the first."""
        self._end_silence()
        began = time.monotonic()
        with _service_bus():
            links = self._opened()
            messages = links.receiver.receive_messages(most, max_wait_time=wait)
            for message in messages:
                links.renewer.register(links.receiver, message)
        if messages:
            self._heard_at = time.monotonic()
        # What waited in a buffer for long tells nothing of the clock.
        if began - self._listened_at < _AT_ONCE:
            for message in messages:
                self._clock.learn(message.enqueued_time_utc, message.locked_until_utc)
        self._listened_at = time.monotonic()
        return messages

    def _end_silence(self) -> None:
        """Opens the links anew after a while without a message.

        A link to which nothing is delivered any more, and one of a queue that is empty, look alike
        from here, and to `prove` too: its question takes another link of the same connection.
        """
        if time.monotonic() - self._heard_at >= self._settings.reopen_after:
            _log.info("links-opened-anew", after=self._settings.reopen_after)
            self.close()

    def prove(self) -> None:
        """Asks something through the receiving link, which alone shows that it still works.

        A receiver whose connection is dead receives nothing, and says nothing either.
        """
        with _service_bus():
            self._opened().receiver.peek_messages(1, timeout=self._answer_within)
        self._clock.look()

    @property
    def clock_ahead(self) -> timedelta | None:
        """How far the local clock is ahead of Service Bus; None if that is little, or unknown."""
        return self._clock.ahead

    def peek(self, after: int) -> Sequence[Delivery]:
        """Looks at messages behind that sequence number without taking them; none at the end."""
        with _service_bus():
            return self._opened().receiver.peek_messages(
                _PEEKED, sequence_number=after + 1, timeout=self._answer_within
            )

    def complete(self, delivery: Delivery) -> None:
        """Takes the command off the queue: it is dealt with."""
        self._settle("complete_message", delivery)

    def abandon(self, delivery: Delivery) -> None:
        """Gives the command back; it will be delivered again."""
        self._settle("abandon_message", delivery)

    def dead_letter(self, delivery: Delivery, reason: str, description: str) -> None:
        """Sets the command aside for a person to look at."""
        self._settle(
            "dead_letter_message", delivery, reason=reason, error_description=description[:4000]
        )

    def send(self, messages: Sequence[tuple[str, bytes]]) -> Collection[str]:
        """Sends results, each with its message id, in as few requests as they fit into.

        Returns the ids of those that no message can hold; all others are sent.
        """
        written = [
            ServiceBusMessage(body, message_id=message_id, content_type="application/json")
            for message_id, body in messages
        ]
        with _service_bus():
            aside = send_in_batches(self._opened().sender, written, MessageSizeExceededError)
        return [str(message.message_id) for message in aside]

    def close(self) -> None:
        """Closes everything; the next use opens it again. What is locked stays so for its time."""
        links, self._links = self._links, None
        if links is not None:
            try:
                links.closing.close()
            except Exception as error:  # noqa: BLE001  # as `_service_bus` has it
                _log.debug("close-failed", error=type(error).__name__)

    def _settle(self, verb: str, delivery: Delivery, **details: Any) -> None:
        with _service_bus():
            try:
                getattr(self._opened().receiver, verb)(delivery, **details)
            except MessageLockLostError:
                # It comes again, and is answered again from the journal.
                _log.warning("lock-lost", sequence_number=delivery.sequence_number)

    def _opened(self) -> "_Links":
        # Opened here and not by the first receive, whose short wait would have to cover it.
        if self._links is None:
            with ExitStack() as stack:
                client = stack.enter_context(
                    service_bus_client(self._settings, try_timeout=self._answer_within)
                )
                # Settling is not an attempt of the SDK's; it goes by this time-out.
                receiver = client.get_queue_receiver(
                    self._settings.commands_queue, timeout=self._answer_within
                )
                self._links = _Links(
                    stack.enter_context(client.get_queue_sender(self._settings.results_queue)),
                    stack.enter_context(receiver),
                    stack.enter_context(AutoLockRenewer(self._longest_hold)),
                    stack.pop_all(),
                )
            self._heard_at = time.monotonic()
        return self._links


@dataclass(frozen=True, slots=True)
class _Links:
    """What is open, and how to close it: the last one first."""

    sender: ServiceBusSender
    receiver: ServiceBusReceiver
    renewer: AutoLockRenewer
    closing: ExitStack


@contextmanager
def _service_bus() -> Iterator[None]:
    # Whatever the SDK raises: its threads close what others use, who then meet a ValueError, an
    # AttributeError or worse. All of it passes once the queues are opened again.
    try:
        yield
    except Exception as error:
        raise QueuesUnavailable(f"Service Bus: {type(error).__name__}: {error}") from error


def service_bus_client(settings: ServiceBusSettings, **differences: Any) -> ServiceBusClient:
    """Returns the SDK's client as configured; `differences` go before its usual options."""
    options = _options(settings) | differences
    if settings.connection_string:
        text = settings.connection_string.get_secret_value()
        return ServiceBusClient.from_connection_string(text, **options)
    return ServiceBusClient(settings.namespace or "", credential(settings), **options)


def _options(settings: ServiceBusSettings) -> dict[str, Any]:
    websockets = settings.transport == "websockets"
    transport = TransportType.AmqpOverWebsocket if websockets else TransportType.Amqp
    options: dict[str, Any] = {
        "transport_type": transport,
        # Without it the SDK waits for ever (azure-servicebus 7.15, November 2026).
        "try_timeout": _ANSWER_WITHIN,
        # Who uses it tries again, after a pause and on new links; the SDK need not.
        "retry_total": 0,
    }
    if settings.custom_endpoint:
        options["custom_endpoint_address"] = settings.custom_endpoint
    if settings.ca_file:
        options["connection_verify"] = os.fspath(settings.ca_file)
    if settings.proxy_host:
        options["http_proxy"] = {
            "proxy_hostname": settings.proxy_host,
            "proxy_port": settings.proxy_port,
        }
    return options


def credential(settings: ServiceBusSettings) -> "TokenCredential":
    """Returns the certificate if one is named, else the machine's managed identity."""
    if settings.certificate_file and settings.tenant_id and settings.client_id:
        return CertificateCredential(
            settings.tenant_id, settings.client_id, os.fspath(settings.certificate_file)
        )
    return ManagedIdentityCredential()
