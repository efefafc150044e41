"""The returned message: one that the app has put on its queue again, with its place of before.

Its body stays as it was, byte for byte. What is added are application properties, all of them texts
of digits: a date is told differently by different hosts, and the SDK sends numbers of 32 bits only.
"""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Self, TypeGuard

from shared.contracts.messages.onboarding_event import Envelope

_SEQUENCE, _ENQUEUED, _RETURNS = "ssprSequenceNumber", "ssprEnqueuedAt", "ssprReturns"
_INDEX = "ssprIndex"
"""Of an event that came in a list and goes back alone."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_LONGEST = 18
"""Digits."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnedMessage:
    """A body, where it first lay in the queue, and how often it has been put there since."""

    body: bytes
    envelope: Envelope
    returns: int

    @property
    def key(self) -> str:
        """Another for every return: the broker takes an equal one for a copy."""
        place = f"{self.envelope.enqueued_at}\n{self.envelope.sequence_number}\n{self.returns}\n"
        if self.envelope.index is not None:
            place = f"{place}{self.envelope.index}\n"
        return hashlib.sha256(place.encode() + self.body).hexdigest()[:32]

    @property
    def properties(self) -> Mapping[str, str]:
        """What is sent beside the body."""
        at = self.envelope.enqueued_at
        known = {
            _SEQUENCE: self.envelope.sequence_number,
            _ENQUEUED: (at - _EPOCH) // _MICROSECOND if at else None,
            _RETURNS: self.returns,
            _INDEX: self.envelope.index,
        }
        return {name: str(value) for name, value in known.items() if value is not None}

    @classmethod
    def read(cls, body: bytes, envelope: Envelope, properties: Mapping[str, Any]) -> Self | None:
        """The message as it was returned; None where it is there for the first time.

        Whoever may send could write these properties, and gains no more than a CloudEvent's id and
        time say anyway. What does not make sense was not written by us, and means nothing.
        """
        texts = [properties.get(name) for name in (_SEQUENCE, _ENQUEUED, _RETURNS)]
        numbers = [int(one) for one in texts if _is_number(one)]
        if len(numbers) != len(texts):
            return None
        sequence, enqueued, returns = numbers
        try:
            first = _EPOCH + enqueued * _MICROSECOND
        except OverflowError:
            return None
        index = properties.get(_INDEX)
        place = Envelope(
            sequence,
            min(first, envelope.enqueued_at or first),
            int(index) if _is_number(index) else None,
        )
        return cls(body=body, envelope=place, returns=returns)


def _is_number(text: Any) -> TypeGuard[str]:
    return isinstance(text, str) and re.fullmatch(rf"[0-9]{{1,{_LONGEST}}}", text) is not None
