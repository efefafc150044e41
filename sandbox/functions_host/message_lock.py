"""The lock of a message while its function runs, kept up as the extension's processor does it.

`ServiceBusProcessor` renews a lock when half of its time is left, or 10 s, until the message is
settled or ``maxAutoLockRenewalDuration`` is over; after a failure that may pass it tries again.
"""

import logging
import math
import time
from datetime import UTC, datetime

from azure.core.exceptions import AzureError
from azure.servicebus import ServiceBusReceivedMessage
from azure.servicebus.aio import ServiceBusReceiver
from azure.servicebus.exceptions import MessageLockLostError

_log = logging.getLogger(__name__)

_LONGEST_MARGIN_SECONDS = 10.0
_PAUSE_AFTER_ERROR_SECONDS = 1.0


class MessageLock:
    """The lock of one message, from its receipt on.

    Attributes:
        message: Whose lock it is.
    """

    def __init__(self, message: ServiceBusReceivedMessage, longest_seconds: float) -> None:
        self.message = message
        self._renew_at = _renewal_of(message)
        self._given_up_at = time.monotonic() + longest_seconds

    def is_due(self) -> bool:
        """Whether it is time to renew it."""
        return self._renew_at <= time.monotonic() < self._given_up_at

    async def renew(self, receiver: ServiceBusReceiver) -> None:
        """Renew it; a lock that is lost is left, for the message is somebody else's by now."""
        try:
            await receiver.renew_message_lock(self.message)
        except MessageLockLostError as error:
            _log.warning("lost the lock of message=%s: %s", self.message.message_id, error)
            self._renew_at = math.inf
        except (AzureError, ValueError) as error:
            # The SDK raises a ValueError while it has yet to connect again.
            _log.warning("renewing the lock of message=%s: %s", self.message.message_id, error)
            self._renew_at = time.monotonic() + _PAUSE_AFTER_ERROR_SECONDS
        else:
            self._renew_at = _renewal_of(self.message)


def _renewal_of(message: ServiceBusReceivedMessage) -> float:
    until = message.locked_until_utc
    if until is None:
        return math.inf
    left = (until - datetime.now(UTC)).total_seconds()
    return time.monotonic() + left - min(left / 2, _LONGEST_MARGIN_SECONDS)
