"""Accept what an HR system sends: check who it is, translate it, put all of it on the queue.

A record that cannot be taken is kept whole among the refused messages, said aloud without its
words, and named in the answer; those beside it are taken.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import Enum, auto

from shared.contracts.api.hr_answers import (
    Answered,
    Echo,
    HrAnswer,
    LeftAloneView,
    OwnAnswer,
)
from shared.contracts.documents.hr_sources.vocabulary import Answer, Authentication, Source
from shared.contracts.messages.contract import check_size
from shared.domain.errors import InvalidMessage, TooLarge, UnknownSource
from shared.hr.adapters import event_tree_of, receive
from shared.hr.handshakes import Greeting, Ping, Shown, greeting_of
from shared.hr.kind import HrKinds
from shared.hr.registry import HR_KINDS
from shared.hr.request import HrRequest
from shared.hr.translation import Translated
from shared.ports.senders import Senders
from shared.ports.world import World
from shared.use_cases.onboarding.admit_sender import Token, admit_sender
from shared.use_cases.onboarding.door_proofs import send_from_door
from shared.use_cases.onboarding.hear_source import hear_source
from shared.use_cases.onboarding.hr_refusals import (
    keep_body,
    keep_records,
    keep_word,
    view_of_body,
    view_of_record,
)

_LARGEST_GREETING = 16 * 1024
"""Bytes that are read of somebody who has not proved anything."""
_NO_WISHES = Answer()
_OK = 300
"""The first status that is no success."""


class Door(Enum):
    """Where senders come in: who shows a key, checked by the host, or a proof, checked here."""

    KEY = auto()
    PROOF = auto()

    def is_of(self, source: Source) -> bool:
        """Tells whether it is the door by which the source comes in."""
        return (source.authentication is Authentication.KEY) is (self is Door.KEY)


class OtherDoor(UnknownSource):
    """The source is to come in where proofs are shown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """What came from an HR system."""

    door: Door
    source: str
    body: bytes
    """As it came."""
    notes: Mapping[str, str]
    """What came beside the body, by names in lower case: a signature, the time of sending."""
    token: Token | None = None
    method: str = "POST"
    url: str = ""
    """The address with its query, as it was asked for."""

    @property
    def request(self) -> HrRequest:
        """What the proof and the handshakes are made of."""
        return HrRequest(body=self.body, headers=self.notes, method=self.method, url=self.url)


type Accepted = Answered | OwnAnswer


def find_source(door: Door, name: str, senders: Senders) -> Source | None:
    """Finds the source of that name; at the door for proofs it is None where there is none.

    Raises:
        OtherDoor: it comes in by a proof. Only who holds a key is told.
        UnknownSource: there is none; only who holds a key is told.
    """
    source = senders.sources.get(name)
    if source and door.is_of(source):
        return source
    if door is Door.PROOF:
        return None
    raise (OtherDoor if source else UnknownSource)("no source of that name is to be found here")


def agrees(door: Door, name: str, senders: Senders, kinds: HrKinds = HR_KINDS) -> None:
    """Lets pass a source that asks before its first event if events are welcome (CloudEvents).

    Where proofs are shown everybody is welcome to try: the question cannot be proved, and an answer
    that differed would tell which sources there are.

    Raises:
        UnknownSource: the source is none that would ask.
    """
    source = find_source(door, name, senders)
    if source and door is Door.KEY and not kinds[source.kind].asks_first:
        raise UnknownSource("no source of that name asks so")


async def accept_hr(
    sent: Sent, senders: Senders, world: World, now: datetime, kinds: HrKinds = HR_KINDS
) -> Accepted:
    """Takes a message in: each of its records is queued, or refused by itself and kept.

    Raises:
        UnknownSource: no source of that name is to be found at the door for keys, or a source that
            has proved itself asks nothing.
        NotProved, NotAuthorised: the sender's proof is missing or wrong, or nobody's.
        TooLarge: the body is too large, or holds too many events.
        InvalidMessage: nothing of it could be taken; naming the sender's field and the reason.
        DirectoryUnavailable: a token could not be checked.
    """
    found = find_source(sent.door, sent.source, senders)
    check_size(len(sent.body))
    if found and (greeting := _unproved(found, sent)):
        return await _greeted(found, greeting, world, now)
    source = await admit_sender(found, sent.request, sent.token, senders, now, kinds=kinds)
    if sent.method != "GET":
        await hear_source(source.name, world, now)
    try:
        return await _taken(source, sent, world, now, kinds)
    except TooLarge:
        raise
    except InvalidMessage as error:
        await keep_body(source, sent.body, error, world, now)
        if _wishes(source).refused >= _OK:
            raise
        view = view_of_body(source, sent.body, error)
        return _answered(source, HrAnswer(keys=(), refused=(view,)))


async def _taken(
    source: Source, sent: Sent, world: World, now: datetime, kinds: HrKinds
) -> Accepted:
    if greeting := greeting_of(source, sent.request, is_proved=True):
        return await _greeted(source, greeting, world, now)
    if sent.method == "GET":
        raise UnknownSource("no source of that name asks so")
    received = receive(source, event_tree_of(source, sent.request, kinds), now, kinds)
    await send_from_door(received.events, world.outbox, world.door_key)
    await world.outbox.send_callbacks(received.callbacks)
    await keep_records(source, received.refused, world, now)
    return received.answer or _answered(source, _answer_of(source, received))


def _answer_of(source: Source, received: Translated) -> HrAnswer:
    return HrAnswer(
        keys=received.keys,
        listed=received.listed,
        left_alone=tuple(LeftAloneView.model_validate(one) for one in received.left_alone),
        refused=tuple(view_of_record(source, one) for one in received.refused),
    )


def _wishes(source: Source) -> Answer:
    return source.answer or _NO_WISHES


def _answered(source: Source, answer: HrAnswer) -> Answered:
    """Puts the answer as the sender wants it."""
    wishes = _wishes(source)
    status: int = wishes.status
    if answer.refused:
        status = wishes.partly if answer.keys or answer.left_alone else wishes.refused
    return Answered(answer, status, is_empty=wishes.body == "empty")


def _unproved(source: Source, sent: Sent) -> Greeting | None:
    """Returns what is asked before anything can be proved; little is read for it."""
    if len(sent.body) > _LARGEST_GREETING:
        return None
    return greeting_of(source, sent.request, is_proved=False)


async def _greeted(source: Source, greeting: Greeting, world: World, now: datetime) -> Accepted:
    match greeting:
        case Echo():
            return greeting
        case Shown():
            await keep_word(source, greeting, world, now)
            return _answered(source, HrAnswer(keys=()))
        case Ping():
            return _answered(source, HrAnswer(keys=()))
