"""A message that was put on its queue again is the same message, and nothing else is one."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.contracts.messages.onboarding_event import Envelope, event_key
from shared.contracts.messages.returned_message import ReturnedMessage
from shared.use_cases.message import Message

FIRST = Envelope(7, datetime(2026, 3, 2, 8, 0, 0, 123456, tzinfo=UTC))
LATER = Envelope(99, datetime(2026, 3, 2, 9, tzinfo=UTC))
SENT = Message(b"not even JSON", FIRST).returned()


def test_it_keeps_its_place_and_so_its_key_and_its_time() -> None:
    again = ReturnedMessage.read(SENT.body, LATER, SENT.properties)
    assert again is not None
    assert (again.body, again.envelope, again.returns) == (b"not even JSON", FIRST, 1)
    value = {"employeeId": "1"}
    assert event_key(value, again.envelope) == event_key(value, FIRST) != event_key(value, LATER)


def test_each_return_has_a_key_of_its_own_and_the_same_one_when_made_twice() -> None:
    second = Message(SENT.body, SENT.envelope, SENT.returns).returned()
    neighbour = Message(SENT.body, LATER).returned()
    assert len({SENT.key, second.key, neighbour.key}) == 3
    assert Message(b"not even JSON", FIRST).returned().key == SENT.key
    assert second.returns == 2


def test_a_place_in_the_future_is_none() -> None:
    ahead = Envelope(7, datetime(2099, 1, 1, tzinfo=UTC))
    properties = Message(b"", ahead).returned().properties
    again = ReturnedMessage.read(b"", LATER, properties)
    assert again is not None
    assert again.envelope.enqueued_at == LATER.enqueued_at


@pytest.mark.parametrize("name", sorted(SENT.properties))
@pytest.mark.parametrize(
    "value", [None, 7, True, "", "-1", "7.0", "\u0667", "9" * 19, "9" * 18 + "x", []]
)
def test_what_was_not_written_by_us_means_nothing(name: str, value: Any) -> None:
    assert ReturnedMessage.read(b"", LATER, {**SENT.properties, name: value}) is None
    without = {one: text for one, text in SENT.properties.items() if one != name}
    assert ReturnedMessage.read(b"", LATER, without) is None


def test_a_time_that_no_calendar_has_means_nothing() -> None:
    properties = {**SENT.properties, "ssprEnqueuedAt": "9" * 18}
    assert ReturnedMessage.read(b"", LATER, properties) is None


@given(
    sequence=st.integers(0, 2**53),
    at=st.datetimes(datetime(1970, 1, 1), datetime(2199, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001  # the zone comes beside
    returns=st.integers(0, 10_000),
)
def test_every_place_survives_its_properties(sequence: int, at: datetime, returns: int) -> None:
    sent = Message(b"x", Envelope(sequence, at), returns).returned()
    delivered = Envelope(sequence + 1, at + timedelta(minutes=3))
    again = ReturnedMessage.read(b"x", delivered, sent.properties)
    assert again == sent
