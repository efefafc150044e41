"""Sending in batches: whatever is refused as too large, everything else arrives, in its order."""

from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.contracts.messages.batches import send_in_batches


class TooLargeError(Exception):
    """What the SDK raises."""


@dataclass
class Batch:
    """As the SDK has it: it counts `forgotten` bytes too few for each message."""

    limit: int
    forgotten: int
    messages: list[bytes] = field(default_factory=list)

    def add_message(self, message: bytes) -> None:
        counted = sum(len(one) - self.forgotten for one in [*self.messages, message])
        if counted > self.limit:
            raise TooLargeError
        self.messages.append(message)


@dataclass
class Sender:
    """A queue that takes batches of `limit` bytes."""

    limit: int = 262_144
    forgotten: int = 0
    sent: list[list[bytes]] = field(default_factory=list)
    asked: int = 0

    def create_message_batch(self, max_size_in_bytes: int | None = None) -> Batch:
        return Batch(max_size_in_bytes or self.limit, self.forgotten)

    def send_messages(self, batch: Batch) -> None:
        self.asked += 1
        if sum(map(len, batch.messages)) > self.limit:
            raise TooLargeError
        self.sent.append(batch.messages)

    @property
    def arrived(self) -> list[bytes]:
        return [message for batch in self.sent for message in batch]


def test_what_fits_goes_at_once() -> None:
    sender = Sender()
    assert send_in_batches(sender, [b"1", b"2", b"3"], TooLargeError) == []
    assert sender.sent == [[b"1", b"2", b"3"]]


def test_nothing_to_send_asks_nobody() -> None:
    sender = Sender()
    assert send_in_batches(sender, [], TooLargeError) == []
    assert sender.asked == 0


def test_one_that_is_too_large_alone_is_set_aside_and_costs_no_other() -> None:
    sender, large = Sender(), b"x" * 300_000
    assert send_in_batches(sender, [b"1", large, b"2"], TooLargeError) == [large]
    assert sender.arrived == [b"1", b"2"]


def test_one_that_leaves_no_margin_goes_alone() -> None:
    sender, brim = Sender(), b"x" * 262_144
    assert send_in_batches(sender, [b"1", brim, b"2"], TooLargeError) == []
    assert sender.arrived == [b"1", brim, b"2"]


def test_a_batch_that_is_refused_although_it_could_be_filled_goes_in_halves() -> None:
    sender = Sender(limit=1000, forgotten=90)
    messages = [bytes([number]) * 100 for number in range(60)]
    assert send_in_batches(sender, messages, TooLargeError) == []
    assert sender.arrived == messages
    # Not one by one, and not again from the whole.
    assert sender.asked < len(messages) / 2


def test_any_other_error_is_the_callers() -> None:
    class Broken(Sender):
        def send_messages(self, batch: Batch) -> None:
            raise ConnectionError(len(batch.messages))

    with pytest.raises(ConnectionError):
        send_in_batches(Broken(), [b"1"], TooLargeError)


@given(
    sizes=st.lists(st.integers(1, 400), max_size=40),
    limit=st.integers(50, 300),
    forgotten=st.integers(0, 60),
)
def test_all_that_can_be_sent_arrives_once_and_in_order(
    sizes: list[int], limit: int, forgotten: int
) -> None:
    messages = [number.to_bytes(2) * size for number, size in enumerate(sizes)]
    sender = Sender(limit, forgotten)
    aside = send_in_batches(sender, messages, TooLargeError)
    assert aside == [message for message in messages if len(message) > limit]
    assert sender.arrived == [message for message in messages if len(message) <= limit]
