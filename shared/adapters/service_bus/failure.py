"""What the Service Bus SDK raises, in the product's words."""

from collections.abc import Iterator
from contextlib import contextmanager

from shared.domain.errors import ServiceUnavailable, SsprRolloutError
from shared.domain.health import Trouble


@contextmanager
def service_bus(what: str) -> Iterator[None]:
    """Takes whatever the SDK raises for a broker that is away, but for a message too large.

    Raises:
        ServiceUnavailable: naming `what` was asked for, the trouble and the error's type.
    """
    from azure.servicebus.exceptions import MessageSizeExceededError

    try:
        yield
    except (MessageSizeExceededError, SsprRolloutError):
        raise
    except Exception as error:
        # Its threads close what others use, who then meet a ValueError or worse.
        trouble = trouble_of(error)
        raise ServiceUnavailable(f"{what}: {trouble} ({type(error).__name__})") from error


def trouble_of(error: Exception) -> Trouble:
    """Returns in which way Service Bus was not reached."""
    from azure.core.exceptions import ClientAuthenticationError
    from azure.servicebus import exceptions

    match error:
        case ClientAuthenticationError():
            return Trouble.NO_TOKEN
        case exceptions.ServiceBusAuthenticationError() | exceptions.ServiceBusAuthorizationError():
            return Trouble.FORBIDDEN
        case exceptions.MessagingEntityNotFoundError():
            return Trouble.MISSING
        case exceptions.OperationTimeoutError():
            return Trouble.SILENT
        case exceptions.ServiceBusConnectionError() | exceptions.ServiceBusCommunicationError():
            return Trouble.UNREACHABLE
        case _:
            return Trouble.FAILED
