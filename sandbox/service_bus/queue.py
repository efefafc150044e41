"""A queue's semantics, pure: no network, no disk, no clock; `now` is Unix milliseconds.

Source of the rules: the Service Bus documentation on message transfers, locks and settlement,
dead-letter queues, expiration, sequencing and duplicate detection.
"""

from collections import OrderedDict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from enum import Enum, IntEnum
from heapq import heappop, heappush, nsmallest
from uuid import UUID, uuid4

from sandbox.service_bus.amqp.message import Parcel


class State(IntEnum):
    """What `x-opt-message-state` says."""

    ACTIVE = 0
    DEFERRED = 1
    SCHEDULED = 2


class Outcome(Enum):
    """How a receiver settles a message."""

    COMPLETE = "complete"
    ABANDON = "abandon"
    DEFER = "defer"
    DEAD_LETTER = "dead-letter"
    RELEASE = "release"


class LockLostError(LookupError):
    """No message is locked with this token: it expired, or the message is settled."""


class MessageNotFoundError(LookupError):
    """No message of the wanted state has this sequence number."""


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """Why a message is in the dead-letter subqueue."""

    reason: str | None
    description: str | None


@dataclass(frozen=True, slots=True)
class QueueSettings:
    """What one queue is configured to do.

    Attributes:
        max_delivery_count: Failed deliveries after which a message is dead-lettered.
        lock_duration: Milliseconds.
        duplicate_window: Milliseconds in which a message id counts once; 0 is off.
        default_time_to_live: Milliseconds; `None` for ever.
        dead_letter_on_expiration: Whether expired messages are dead-lettered or dropped.
    """

    max_delivery_count: int = 10
    lock_duration: int = 60_000
    duplicate_window: int = 0
    default_time_to_live: int | None = None
    dead_letter_on_expiration: bool = False


@dataclass(slots=True)
class Message:
    """A message in a queue.

    Attributes:
        due_at: When a scheduled message is enqueued.
        lock_token: Set while a receiver has it.
        dead_letter: Set when it is in the dead-letter subqueue.
    """

    sequence_number: int
    parcel: Parcel
    enqueued_at: int
    state: State = State.ACTIVE
    due_at: int | None = None
    expires_at: int | None = None
    delivery_count: int = 0
    lock_token: UUID | None = None
    locked_until: int = 0
    dead_letter: DeadLetter | None = None


@dataclass(slots=True)
class Totals:
    """What happened to a queue since it was created; `sent` leaves out dropped duplicates."""

    sent: int = 0
    duplicates: int = 0
    completed: int = 0
    abandoned: int = 0
    expired_locks: int = 0


@dataclass(slots=True)
class Journal:
    """What changed since the last write to disk."""

    added: dict[int, Message] = field(default_factory=dict)
    changed: dict[int, Message] = field(default_factory=dict)
    removed: set[int] = field(default_factory=set)
    remembered_ids: list[tuple[str, int]] = field(default_factory=list)
    ids_forgotten: bool = False
    touched: bool = False

    def note_change(self, message: Message) -> None:
        """The message is in the queue as before, but not as it was."""
        self.touched = True
        if message.sequence_number not in self.added:
            self.changed[message.sequence_number] = message

    def note_removal(self, sequence_number: int) -> None:
        """The message is gone; one that was never written leaves no trace."""
        self.touched = True
        self.changed.pop(sequence_number, None)
        if self.added.pop(sequence_number, None) is None:
            self.removed.add(sequence_number)


class Queue:
    """One queue and its dead-letter subqueue."""

    def __init__(self, name: str, settings: QueueSettings) -> None:
        self.name = name
        self.settings = settings
        self.totals = Totals()
        self.last_sequence_number = 0
        self.journal = Journal()
        self._messages: dict[int, Message] = {}
        self._locked: dict[UUID, Message] = {}
        self._ready: tuple[list[int], list[int]] = ([], [])  # heaps: the queue, its dead letters
        self._deadlines: list[tuple[int, int]] = []  # heap; entries may be out of date
        self._recent_ids: OrderedDict[str, int] = OrderedDict()  # until when; oldest first

    def restore(self, messages: Iterable[Message], recent_ids: Iterable[tuple[str, int]]) -> None:
        """Takes over what was on disk: messages, and ids with the end of their window."""
        self._recent_ids.update(recent_ids)
        for message in messages:
            self._place(message)

    def __iter__(self) -> Iterator[Message]:
        return iter(self._messages.values())

    def enqueue(self, parcel: Parcel, now: int) -> int:
        """Takes a message in, at once or when it is scheduled for; returns its sequence number.

        A duplicate gets a number too, and is dropped.
        """
        self.journal.touched = True
        self.last_sequence_number += 1
        message = Message(self.last_sequence_number, parcel, enqueued_at=now)
        if self._is_duplicate(parcel, now):
            self.totals.duplicates += 1
            return message.sequence_number
        self.totals.sent += 1
        if parcel.scheduled_for is not None and parcel.scheduled_for > now:
            message.state, message.due_at = State.SCHEDULED, parcel.scheduled_for
        else:
            message.expires_at = self._expiry(parcel, now)
        self._add(message)
        return message.sequence_number

    def cancel_scheduled(self, sequence_numbers: list[int]) -> None:
        """Removes scheduled messages: all or, when one is unknown, none.

        Raises:
            MessageNotFoundError: one is not there, or is enqueued already.
        """
        for message in self._in_state(sequence_numbers, State.SCHEDULED):
            self._remove(message)

    def acquire(self, now: int, *, dead_letters: bool = False) -> Message | None:
        """Locks the next message for a receiver."""
        message = self._next(now, dead_letters=dead_letters)
        if message is not None:
            self._lock(message, now)
        return message

    def take(self, now: int, *, dead_letters: bool = False) -> Message | None:
        """Removes the next message and hands it out, for RECEIVE_AND_DELETE."""
        message = self._next(now, dead_letters=dead_letters)
        if message is not None:
            self._complete(message)
        return message

    def receive_deferred(
        self, sequence_numbers: list[int], now: int, *, lock: bool
    ) -> list[Message]:
        """Hands out deferred messages by number, locked or for good.

        Raises:
            MessageNotFoundError: one is not there, not deferred, or locked by somebody.
        """
        messages = self._in_state(sequence_numbers, State.DEFERRED)
        for message in messages:
            if lock:
                self._lock(message, now)
            else:
                self._complete(message)
        return messages

    def settle(
        self, token: UUID, outcome: Outcome, now: int, dead_letter: DeadLetter | None = None
    ) -> None:
        """Ends a receiver's lock.

        Raises:
            LockLostError: there is no such lock any more.
        """
        message = self._unlock(self._holder(token, now))
        match outcome:
            case Outcome.COMPLETE:
                self._complete(message)
            case Outcome.DEAD_LETTER:
                self._bury(message, dead_letter or DeadLetter(None, None))
            case Outcome.DEFER:
                message.delivery_count += 1
                message.state = State.DEFERRED
                self._offer(message)
            case Outcome.ABANDON:
                self.totals.abandoned += 1
                self._count_failure(message)
            case Outcome.RELEASE:
                self._offer(message)

    def renew(self, token: UUID, now: int) -> int:
        """Prolongs a lock; returns when it ends now.

        Raises:
            LockLostError: there is no such lock any more.
        """
        message = self._holder(token, now)
        self._set_lock(message, token, now)
        return message.locked_until

    def peek(self, from_number: int, count: int, *, dead_letters: bool = False) -> list[Message]:
        """Up to `count` messages from a sequence number on, whatever their state."""
        found = (
            number
            for number, message in self._messages.items()
            if number >= from_number and (message.dead_letter is not None) == dead_letters
        )
        return [self._messages[number] for number in nsmallest(count, found)]

    def lapse_locks(self) -> None:
        """Lets every lock expire at once."""
        for message in list(self._locked.values()):
            self.totals.expired_locks += 1
            self._count_failure(self._unlock(message))

    def purge(self) -> None:
        """Removes every message, dead letters too, and forgets message ids."""
        for message in list(self._messages.values()):
            self._remove(message)
        self._recent_ids.clear()
        self.journal.remembered_ids.clear()
        self.journal.ids_forgotten = True

    def next_deadline(self) -> int | None:
        """When `advance` has something to do next."""
        return self._deadlines[0][0] if self._deadlines else None

    def advance(self, now: int) -> None:
        """Lets locks and messages expire and scheduled messages become active."""
        while self._deadlines and self._deadlines[0][0] <= now:
            _, number = heappop(self._deadlines)
            message = self._messages.get(number)
            if message is None:
                continue
            if message.lock_token is not None:
                if message.locked_until <= now:
                    self.totals.expired_locks += 1
                    self._count_failure(self._unlock(message))
            elif message.state is State.SCHEDULED:
                self._activate(message, now)
            self._expire(message, now)

    def _activate(self, message: Message, now: int) -> None:
        """A scheduled message is appended as if sent now, under a new sequence number."""
        if message.due_at is None or message.due_at > now:
            return
        self._remove(message)
        self.last_sequence_number += 1
        expiry = self._expiry(message.parcel, now)
        self._add(Message(self.last_sequence_number, message.parcel, now, expires_at=expiry))

    def _expire(self, message: Message, now: int) -> None:
        current = self._messages.get(message.sequence_number) is message
        if not current or message.lock_token is not None or message.dead_letter is not None:
            return
        if message.expires_at is None or message.expires_at > now:
            return
        if self.settings.dead_letter_on_expiration:
            description = "The message expired and was dead lettered."
            self._bury(message, DeadLetter("TTLExpiredException", description))
        else:
            self._remove(message)

    def _count_failure(self, message: Message) -> None:
        message.delivery_count += 1
        limit = self.settings.max_delivery_count
        if message.dead_letter is None and message.delivery_count >= limit:
            description = f"Message could not be consumed after {limit} delivery attempts."
            self._bury(message, DeadLetter("MaxDeliveryCountExceeded", description))
        else:
            self._offer(message)

    def _bury(self, message: Message, why: DeadLetter) -> None:
        message.dead_letter, message.state, message.expires_at = why, State.ACTIVE, None
        self.journal.note_change(message)
        self._offer(message)

    def _offer(self, message: Message) -> None:
        """Puts an unlocked message where receivers find it; a deferred one stays apart."""
        if message.state is State.ACTIVE:
            heappush(self._ready[message.dead_letter is not None], message.sequence_number)
        if message.expires_at is not None:
            heappush(self._deadlines, (message.expires_at, message.sequence_number))

    def _next(self, now: int, *, dead_letters: bool) -> Message | None:
        ready = self._ready[dead_letters]
        while ready:
            message = self._messages.get(heappop(ready))
            if message is None or message.state is not State.ACTIVE or message.lock_token:
                continue
            if (message.dead_letter is not None) != dead_letters:
                continue
            if message.expires_at is None or message.expires_at > now:
                return message
            self._expire(message, now)
        return None

    def _lock(self, message: Message, now: int) -> None:
        token = uuid4()
        self._locked[token] = message
        self._set_lock(message, token, now)

    def _set_lock(self, message: Message, token: UUID, now: int) -> None:
        message.lock_token, message.locked_until = token, now + self.settings.lock_duration
        heappush(self._deadlines, (message.locked_until, message.sequence_number))
        self.journal.note_change(message)

    def _holder(self, token: UUID, now: int) -> Message:
        message = self._locked.get(token)
        if message is None or message.locked_until <= now:
            raise LockLostError(f"the lock {token} expired, or its message is settled")
        return message

    def _unlock(self, message: Message) -> Message:
        if message.lock_token is not None:
            del self._locked[message.lock_token]
        message.lock_token, message.locked_until = None, 0
        self.journal.note_change(message)
        return message

    def _complete(self, message: Message) -> None:
        self.totals.completed += 1
        self._remove(message)

    def _in_state(self, sequence_numbers: list[int], state: State) -> list[Message]:
        found = [self._messages.get(number) for number in sequence_numbers]
        messages = [
            message
            for message in found
            if message and message.state is state and message.lock_token is None
        ]
        if len(messages) < len(sequence_numbers):
            missing = f"one of {sequence_numbers} is not there as {state.name.lower()}"
            raise MessageNotFoundError(missing)
        return messages

    def _add(self, message: Message) -> None:
        self.journal.added[message.sequence_number] = message
        self._place(message)

    def _place(self, message: Message) -> None:
        self._messages[message.sequence_number] = message
        if message.lock_token is not None:
            self._locked[message.lock_token] = message
            heappush(self._deadlines, (message.locked_until, message.sequence_number))
        elif message.due_at is not None:
            heappush(self._deadlines, (message.due_at, message.sequence_number))
        else:
            self._offer(message)

    def _remove(self, message: Message) -> None:
        if message.lock_token is not None:
            self._unlock(message)
        del self._messages[message.sequence_number]
        self.journal.note_removal(message.sequence_number)

    def _expiry(self, parcel: Parcel, now: int) -> int | None:
        lifetimes = (parcel.time_to_live, self.settings.default_time_to_live)
        shortest = min((lifetime for lifetime in lifetimes if lifetime is not None), default=None)
        return None if shortest is None else now + shortest

    def _is_duplicate(self, parcel: Parcel, now: int) -> bool:
        window = self.settings.duplicate_window
        if not window or parcel.message_id is None:
            return False
        while self._recent_ids and next(iter(self._recent_ids.values())) <= now:
            self._recent_ids.popitem(last=False)
        key = str(parcel.message_id)
        if key in self._recent_ids:
            return True
        self._recent_ids[key] = now + window
        self.journal.remembered_ids.append((key, now + window))
        return False
