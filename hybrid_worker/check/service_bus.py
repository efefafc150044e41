"""Service Bus: what this identity may do with the two queues, and that it may do no more.

No message is taken or sent. Service Bus decides on rights when a link is attached: it answers a
receiver without Listen, or a sender without Send, with `amqp:unauthorized-access` ("'Send'
claim(s) are required to perform this operation"; Azure/azure-service-bus issue 354). It may also
answer the token before that, with 401, and with 404 where there is no queue (issue 304).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum

from azure.core.exceptions import AzureError
from azure.servicebus.exceptions import MessagingEntityNotFoundError, ServiceBusAuthorizationError

from hybrid_worker.check.outcome import Check, CheckFailed, NotApplicable
from hybrid_worker.queues import credential, service_bus_client
from hybrid_worker.service_bus_clock import TOLERATED, ClockUnknown, time_ahead
from hybrid_worker.settings import ServiceBusSettings

_AUDIENCE = "https://servicebus.azure.net/.default"
_CLOCK_WITHIN = 10.0
_UNAUTHORIZED, _NOT_FOUND = 401, 404
_UNEXPLAINED = "there is no such queue, or it does not take the token; the SDK does not say which"
_TOKEN_REMEDIES = {
    "managed identity": "Azure Arc: is the machine connected (azcmagent show), is the account in "
    "'Hybrid agent extension applications' (Linux: himds), are IDENTITY_ENDPOINT and "
    "IMDS_ENDPOINT set? On Linux the installer sets both where it finds the group himds: did the "
    "agent come later, run it again.",
    "certificate": "Does SSPR_WORKER_SERVICE_BUS_CERTIFICATE_FILE hold certificate and private "
    "key without a passphrase, is the certificate among those of the app registration, and are "
    "tenant and client id those of it?",
}


class Right(Enum):
    """A right on a queue; the value is the role that carries it in Azure."""

    LISTEN = "Azure Service Bus Data Receiver"
    SEND = "Azure Service Bus Data Sender"


@dataclass(frozen=True, slots=True)
class Answer:
    """How Service Bus answered an attempt to attach."""

    granted: bool
    words: str = ""


def service_bus_checks(
    settings: ServiceBusSettings, clock: Callable[[], datetime]
) -> Sequence[Check]:
    """Returns the checks of token, way and clock, the rights needed, and two that must not be."""
    probe = _Probe(settings)
    commands, results = settings.commands_queue, settings.results_queue
    identity, reachable = "service-bus-identity", "service-bus"
    return (
        Check(identity, probe.has_token),
        Check(reachable, probe.is_reachable, "" if settings.connection_string else identity),
        Check("service-bus-clock", lambda: clock_agrees(settings, clock), reachable),
        Check("commands-receive", lambda: probe.needs(commands, Right.LISTEN), reachable),
        Check("results-send", lambda: probe.needs(results, Right.SEND), reachable),
        Check("commands-send-refused", lambda: probe.refuses(commands, Right.SEND), reachable),
        Check("results-receive-refused", lambda: probe.refuses(results, Right.LISTEN), reachable),
    )


def clock_agrees(settings: ServiceBusSettings, clock: Callable[[], datetime]) -> str:
    """Holds the local clock against that of Service Bus, with a margin well below a lock.

    Raises:
        CheckFailed: it is off by too much.
        NotApplicable: Service Bus could not be asked.
    """
    try:
        ahead = time_ahead(settings, clock, _CLOCK_WITHIN)
    except ClockUnknown as unknown:
        raise NotApplicable(
            f"Service Bus does not say what time it is: {unknown}",
            "Compare this machine's clock with another one (w32tm /query /status, chronyc "
            "tracking): a lock of a minute is lost at once where it is a minute ahead.",
        ) from unknown
    seconds = round(abs(ahead.total_seconds()))
    words = f"{seconds} s {'ahead of' if ahead > timedelta(0) else 'behind'} Service Bus"
    if abs(ahead) >= TOLERATED:
        raise CheckFailed(
            f"this machine's clock is {words}; less than {TOLERATED.seconds} seconds is in order",
            "Set this machine's clock: w32tm /resync (Windows), chronyc makestep (Linux). Ahead by "
            "the queue's lock (60 seconds) no command could be taken off the queue.",
        )
    return f"its clock is {words}"


class _Probe:
    """Attaches links and lets go of them again."""

    def __init__(self, settings: ServiceBusSettings) -> None:
        self._settings = settings

    def has_token(self) -> str:
        settings = self._settings
        if settings.connection_string:
            raise NotApplicable(
                "a connection string is set, which is for a lab only",
                "Set SSPR_WORKER_SERVICE_BUS_NAMESPACE and use the managed identity.",
            )
        kind = "certificate" if settings.certificate_file else "managed identity"
        try:
            credential(settings).get_token(_AUDIENCE)
        # Two of Azure Arc's troubles come as they are: a key that cannot be read is an OSError, an
        # answer that MSAL does not understand a ValueError. A private key under a passphrase is a
        # TypeError of the cryptography library.
        except (AzureError, OSError, TypeError, ValueError) as error:
            raise CheckFailed(
                f"no token by the {kind}: {_first_line(error)}", _TOKEN_REMEDIES[kind]
            ) from error
        return f"a token by the {kind}"

    def is_reachable(self) -> str:
        settings = self._settings
        where = settings.custom_endpoint or settings.namespace or "the lab's endpoint"
        way = f"{where} by {settings.transport}"
        if settings.proxy_host:
            way += f" through {settings.proxy_host}:{settings.proxy_port}"
        try:
            self._attach(settings.commands_queue, Right.LISTEN)
        except _NoQueueError:
            pass  # somebody answered; which queue is missing, the checks of the queues say
        except (AzureError, OSError) as error:
            raise CheckFailed(
                f"{way}: {_first_line(error)}",
                "Open port 443 outbound (transport amqp: 5671), name the proxy in "
                "SSPR_WORKER_SERVICE_BUS_PROXY_HOST, or the authority of a private endpoint in "
                "SSPR_WORKER_SERVICE_BUS_CA_FILE.",
            ) from error
        return way

    def needs(self, queue: str, right: Right) -> str:
        answer = self._answer(queue, right)
        if not answer.granted:
            raise CheckFailed(
                f"{queue}: {right.name.title()} is refused: {answer.words}",
                f"Assign '{right.value}' on this queue to the worker's identity; it can take "
                "minutes to hold.",
            )
        return f"{right.name.title()} on {queue}"

    def refuses(self, queue: str, right: Right) -> str:
        if self._settings.connection_string:
            raise NotApplicable("the key of a connection string may do whatever its policy says")
        if self._answer(queue, right).granted:
            raise CheckFailed(
                f"{queue}: {right.name.title()} is granted, which is more than the worker needs",
                f"Take '{right.value}' (or Data Owner) on this queue, or on the whole namespace, "
                "away from the worker's identity.",
            )
        return f"{right.name.title()} on {queue} is refused, as it should be"

    def _answer(self, queue: str, right: Right) -> Answer:
        try:
            return self._attach(queue, right)
        except _NoQueueError as error:
            raise CheckFailed(
                f"there is no queue {queue!r}",
                "Correct SSPR_WORKER_SERVICE_BUS_COMMANDS_QUEUE or _RESULTS_QUEUE.",
            ) from error
        except (AzureError, OSError) as error:
            raise CheckFailed(f"{queue}: {_first_line(error)}", "Try again.") from error

    def _attach(self, queue: str, right: Right) -> Answer:
        with service_bus_client(self._settings) as client:
            try:
                if right is Right.SEND:
                    with client.get_queue_sender(queue):
                        return Answer(granted=True)
                with client.get_queue_receiver(queue) as receiver:
                    receiver.peek_messages()
                    return Answer(granted=True)
            except AzureError as error:
                if _is_unexplained(error):
                    return Answer(granted=False, words=_UNEXPLAINED)
                if not _is_answer(error):
                    raise
                return Answer(granted=False, words=_first_line(error))


class _NoQueueError(Exception):
    """Service Bus answered that there is no such queue."""


def _is_unexplained(error: AzureError) -> bool:
    """Tells whether Service Bus refused the token, for a reason that the SDK has dropped.

    It drops the status of an answer that has an error condition (`_pyamqp/cbs.py` of 7.15): what
    people then see is "Status code: None".
    """
    inner = error.inner_exception
    return hasattr(inner, "status_description") and getattr(inner, "status_code", 0) is None


def _is_answer(error: AzureError) -> bool:
    """Tells whether Service Bus refused.

    The token's status stands in the error that the SDK wrapped. A proxy that refuses the WebSocket
    has a status too, but says nothing of tokens or queues.
    """
    inner = error.inner_exception
    status = getattr(inner, "status_code", None) if hasattr(inner, "status_description") else None
    if isinstance(error, MessagingEntityNotFoundError) or status == _NOT_FOUND:
        raise _NoQueueError from error
    return isinstance(error, ServiceBusAuthorizationError) or status == _UNAUTHORIZED


def _first_line(error: Exception) -> str:
    """Returns what was answered; of a refused token the SDK keeps that apart."""
    inner = getattr(error, "inner_exception", None)
    description = getattr(inner, "status_description", None)
    if isinstance(description, bytes):
        description = description.decode(errors="replace")
    return str(description or error).strip().partition("\n")[0][:300]
