"""Accept what an HR system sends: check who it is, translate it, put all of it on the queue."""

import hmac
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum, auto

from shared.contracts.api.hr_answers import HrAnswer, LeftAloneView, OwnAnswer
from shared.contracts.documents.hr_sources.vocabulary import Authentication, Source
from shared.contracts.messages.onboarding_event import decode
from shared.domain.errors import NotAuthenticated, NotAuthorised, TooLarge, UnknownSource
from shared.domain.signals import SenderRefused, plain_text
from shared.hr.adapters import receive
from shared.hr.kind import HrKinds
from shared.hr.registry import HR_KINDS
from shared.hr.signature import Signing
from shared.hr.translation import Event, key_of
from shared.ports.outbox import Outbox
from shared.ports.senders import Senders
from shared.use_cases.signalling import emit

LARGEST_BODY = 1024 * 1024
"""Bytes: as much as Event Grid puts into one batch."""
_BEARER, _PROOF_OF_POSSESSION = "bearer", "pop"


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


type Accepted = HrAnswer | OwnAnswer


def find_source(door: Door, name: str, senders: Senders) -> Source:
    """Finds the source of that name.

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


def agrees(door: Door, name: str, senders: Senders, kinds: HrKinds = HR_KINDS) -> None:
    """Lets pass a source that asks before its first event if events are welcome (CloudEvents).

    Raises:
        UnknownSource: the source is none that would ask.
    """
    if not kinds[find_source(door, name, senders).kind].asks_first:
        raise UnknownSource("no source of that name asks so")


async def accept_hr(
    sent: Sent, senders: Senders, outbox: Outbox, now: datetime, kinds: HrKinds = HR_KINDS
) -> Accepted:
    """Takes a message in; all of its events or none are queued, except those of SCIM bulk requests.

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
        await _check_proof(source, sent, senders, now, kinds)
    except (NotAuthenticated, NotAuthorised) as error:
        # A secret that was changed on one side only is seen by the sender alone, or by nobody.
        emit([SenderRefused(source=source.name, reason=plain_text(str(error)))])
        raise
    received = receive(source, decode(sent.body), now, kinds)
    await _send(received.events, outbox)
    await outbox.send_callbacks(received.callbacks)
    if received.answer:
        return received.answer
    left_alone = tuple(LeftAloneView.model_validate(one) for one in received.left_alone)
    return HrAnswer(keys=received.keys, left_alone=left_alone)


async def _send(events: Sequence[Event], outbox: Outbox) -> None:
    await outbox.send_onboarding([(key_of(one), json.dumps(one).encode()) for one in events])


async def _check_proof(
    source: Source, sent: Sent, senders: Senders, now: datetime, kinds: HrKinds
) -> None:
    """Checks the sender's proof; of a key the host has made sure already."""
    if source.hmac and source.authentication is Authentication.HMAC:
        secret = senders.secrets[source.hmac.secret.lower()]
        Signing.of(source, kinds).check(secret, sent.notes, sent.body, now)
    await check_token(source, sent.token, senders, now)


async def check_token(source: Source, token: Token | None, senders: Senders, now: datetime) -> None:
    """Lets pass whoever shows what the source's file asks for, where that is a token.

    Raises:
        NotAuthenticated, NotAuthorised: it is missing or wrong.
        DirectoryUnavailable: it could not be checked.
    """
    if source.bearer and source.authentication is Authentication.BEARER:
        shown = token.text.encode() if token and token.scheme == _BEARER else b""
        # All are compared, so that the time taken tells nothing.
        right = [
            hmac.compare_digest(shown, senders.secrets[name.lower()])
            for name in source.bearer.secrets
        ]
        if not any(right):
            raise NotAuthenticated("send the secret as a bearer token")
    if source.entra and source.authentication is Authentication.ENTRA:
        application = await _application_of(token, senders, now)
        if application not in source.entra.applications:
            raise NotAuthorised(f"the app {application} may not send for {source.name}")


async def _application_of(token: Token | None, senders: Senders, now: datetime) -> str:
    if token and token.scheme == _PROOF_OF_POSSESSION:
        # Lifecycle Workflows' own: bound to the Logic App that they are sent to.
        raise NotAuthenticated("proof-of-possession tokens are not taken; send a bearer token")
    if token is None or token.scheme != _BEARER or not token.text or senders.tokens is None:
        raise NotAuthenticated("send a bearer token of Entra")
    return await senders.tokens.application_of(token.text, now)
