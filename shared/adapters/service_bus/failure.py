"""What the Service Bus SDK raises, in the product's words."""

from shared.domain.health import Trouble


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
