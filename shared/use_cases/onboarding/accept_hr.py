"""Accept what an HR system sends: check who it is, translate it, put all of it on the queue."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum, auto
from typing import Any

from shared.contracts.api.hr_answers import HrAnswer, LeftAloneView
from shared.contracts.api.scim_answers import BulkOperation
from shared.contracts.documents.hr_sources.vocabulary import Authentication, Kind, Source
from shared.contracts.messages.onboarding_event import decode
from shared.domain.errors import NotAuthenticated, NotAuthorised, TooLarge, UnknownSource
from shared.domain.signals import SenderRefused, plain_text
from shared.hr import event_grid, scim
from shared.hr.adapters import translate
from shared.hr.signature import Signing
from shared.hr.translation import Event, key_of
from shared.ports.outbox import Outbox
from shared.ports.senders import Senders
from shared.use_cases.signalling import emit

LARGEST_BODY = 1024 * 1024
"""Bytes: as much as Event Grid puts into one batch."""
_BEARER, _PROOF_OF_POSSESSION = "bearer", "pop"
_WITH_HANDSHAKE = frozenset({Kind.EVENT_GRID, Kind.MAPPED})
"""Kinds of senders that may ask beforehand whether their events are welcome."""


class Door(Enum):
    """Where senders come in: who shows a key, checked by the host, or a proof, checked here."""

    KEY = auto()
    PROOF = auto()

    def is_of(self, source: Source) -> bool:
        """Whether it is the source's own."""
        return (source.authentication is Authentication.KEY) is (self is Door.KEY)


class OtherDoor(UnknownSource):
    """The source is to come in where proofs are shown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """What the sender shows for itself."""

    scheme: str
    """How it is to be used, in lower case: `bearer`."""
    text: str = field(repr=False)


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


@dataclass(frozen=True, slots=True)
class Handshake:
    """The sender asks for a word in return before it sends events."""

    code: str


@dataclass(frozen=True, slots=True)
class ScimUser:
    """A user came in SCIM's words."""

    key: str
    """The event's, to follow it by."""


@dataclass(frozen=True, slots=True)
class ScimBulk:
    """A bulk request came in SCIM's words, in which each operation stands by itself."""

    operations: Sequence[BulkOperation]


type Accepted = HrAnswer | Handshake | ScimUser | ScimBulk


def find_source(door: Door, name: str, senders: Senders) -> Source:
    """Find the source of that name.

    Raises:
        OtherDoor: it comes in by a proof. Only who holds a key is told.
        UnknownSource: there is none.
    """
    source = senders.sources.get(name)
    if source and door.is_of(source):
        return source
    raise (OtherDoor if source and door is Door.KEY else UnknownSource)(
        "no source of that name is to be found here"
    )


def agrees(door: Door, name: str, senders: Senders) -> None:
    """Let pass who asks, before the first event, whether events are welcome (CloudEvents).

    Raises:
        UnknownSource: the source is none that would ask.
    """
    if find_source(door, name, senders).kind not in _WITH_HANDSHAKE:
        raise UnknownSource("no source of that name asks so")


async def accept_hr(sent: Sent, senders: Senders, outbox: Outbox, now: datetime) -> Accepted:
    """Take a message in; all of its events or none are put on the queue, but of SCIM bulk requests.

    Raises:
        UnknownSource: no source of that name is to be found at that door.
        NotAuthenticated, NotAuthorised: the sender's proof is missing or wrong.
        TooLarge: the body is too large, or holds too many events.
        InvalidMessage: naming the sender's field and the reason.
        DirectoryUnavailable: a token could not be checked.
    """
    source = find_source(sent.door, sent.source, senders)
    if len(sent.body) > LARGEST_BODY:
        raise TooLarge("(body)", f"send at most {LARGEST_BODY:,} bytes at once")
    try:
        await _check_proof(source, sent, senders, now)
    except (NotAuthenticated, NotAuthorised) as error:
        # A secret that was changed on one side only is seen by the sender alone, or by nobody.
        emit([SenderRefused(source=source.name, reason=plain_text(str(error)))])
        raise
    value = decode(sent.body)
    if source.kind is Kind.EVENT_GRID and (code := event_grid.validation_code(value)) is not None:
        return Handshake(code)
    if source.kind is Kind.SCIM and scim.is_bulk(value):
        return await _accept_bulk(source, value, outbox, now)
    translated = translate(source, value, now)
    await _send(translated.events, outbox)
    await outbox.send_callbacks(translated.callbacks)
    if source.kind is Kind.SCIM:
        return ScimUser(translated.keys[0])
    left_alone = tuple(LeftAloneView.model_validate(one) for one in translated.left_alone)
    return HrAnswer(keys=translated.keys, left_alone=left_alone)


async def _accept_bulk(source: Source, value: Any, outbox: Outbox, now: datetime) -> ScimBulk:
    outcomes = list(scim.translate_bulk(source, value, now))
    await _send([one.event for one in outcomes if one.event], outbox)
    return ScimBulk([_operation(one) for one in outcomes])


def _operation(outcome: scim.BulkOutcome) -> BulkOperation:
    return BulkOperation(
        method=outcome.method,
        bulk_id=outcome.bulk_id,
        key=key_of(outcome.event) if outcome.event else None,
        problem=outcome.problem,
    )


async def _send(events: Sequence[Event], outbox: Outbox) -> None:
    await outbox.send_onboarding([(key_of(one), json.dumps(one).encode()) for one in events])


async def _check_proof(source: Source, sent: Sent, senders: Senders, now: datetime) -> None:
    """Of a key the host has seen to it."""
    if source.hmac and source.authentication is Authentication.HMAC:
        secret = senders.secrets[source.hmac.secret.lower()]
        Signing.of(source).check(secret, sent.notes, sent.body, now)
    if source.entra and source.authentication is Authentication.ENTRA:
        application = await _application_of(sent.token, senders, now)
        if application not in source.entra.applications:
            raise NotAuthorised(f"the app {application} may not send for {source.name}")


async def _application_of(token: Token | None, senders: Senders, now: datetime) -> str:
    if token and token.scheme == _PROOF_OF_POSSESSION:
        # Lifecycle Workflows' own: bound to the Logic App that they are sent to.
        raise NotAuthenticated("proof-of-possession tokens are not taken; send a bearer token")
    if token is None or token.scheme != _BEARER or not token.text or senders.tokens is None:
        raise NotAuthenticated("send a bearer token of Entra")
    return await senders.tokens.application_of(token.text, now)
