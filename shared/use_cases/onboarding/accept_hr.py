"""Accept what an HR system sends: check who it is, translate it, put all of it on the queue."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from shared.contracts.api.hr_answers import HrAnswer, LeftAloneView, SenderAnswer
from shared.contracts.api.view import View
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
_PROOF_OF_POSSESSION = "pop"
_WITH_HANDSHAKE = frozenset({Kind.EVENT_GRID, Kind.MAPPED})
"""Kinds of senders that may ask by OPTIONS whether their events are welcome."""
_OK, _ACCEPTED = 200, 202


class Door(StrEnum):
    """The two addresses: behind the host's function key, or behind a proof that we check."""

    KEY = "hr"
    HOOK = "hooks"

    def of(self, source: Source) -> bool:
        """Whether it is the source's own."""
        return (source.authentication is Authentication.KEY) is (self is Door.KEY)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """A request from an HR system."""

    door: Door
    source: str
    headers: Mapping[str, str]
    """With names in lower case."""
    body: bytes
    """As it came."""
    events_url: str = ""
    """Where to ask what became of an event, without its key."""


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer and its status."""

    status: int
    view: View
    media_type: str = "application/json"


def find_source(door: Door, name: str, senders: Senders) -> Source:
    """The source of that name.

    Raises:
        UnknownSource: there is none, or it has the other address. Only who holds a key is told.
    """
    source = senders.sources.get(name)
    if source is None or not door.of(source):
        hint = f"; it is configured for /api/hooks/{name}" if source and door is Door.KEY else ""
        raise UnknownSource(f"no source of that name is to be found here{hint}")
    return source


def agrees(door: Door, name: str, senders: Senders) -> None:
    """Whether events are welcome, as a sender asks before the first one (CloudEvents).

    Raises:
        UnknownSource: the source is none that would ask.
    """
    if find_source(door, name, senders).kind not in _WITH_HANDSHAKE:
        raise UnknownSource("no source of that name asks so")


async def accept_hr(sent: Sent, senders: Senders, outbox: Outbox, now: datetime) -> Reply:
    """Take a message in; all of its events or none are put on the queue, but of SCIM bulk requests.

    Raises:
        UnknownSource: no source of that name is to be found at that address.
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
        return Reply(_OK, SenderAnswer.model_validate({"validationResponse": code}))
    if source.kind is Kind.SCIM and scim.is_bulk(value):
        return await _accept_bulk(source, value, sent, outbox, now)
    translated = translate(source, value, now)
    await _send(translated.events, outbox)
    await outbox.send_callbacks(translated.callbacks)
    if source.kind is Kind.SCIM and speaks_scim(sent.headers):
        user = SenderAnswer.model_validate(scim.user_answer(translated.keys[0]))
        return Reply(_ACCEPTED, user, scim.MEDIA_TYPE)
    left_alone = tuple(LeftAloneView.model_validate(one) for one in translated.left_alone)
    return Reply(_ACCEPTED, HrAnswer(keys=translated.keys, left_alone=left_alone))


def speaks_scim(headers: Mapping[str, str]) -> bool:
    """Whether the sender writes, and so reads, SCIM's own media type."""
    return headers.get("content-type", "").partition(";")[0].strip().lower() == scim.MEDIA_TYPE


async def _accept_bulk(
    source: Source, value: Any, sent: Sent, outbox: Outbox, now: datetime
) -> Reply:
    outcomes = list(scim.translate_bulk(source, value, now))
    events = {place: one.event for place, one in enumerate(outcomes) if one.event}
    await _send(list(events.values()), outbox)
    keys = {place: key_of(event) for place, event in events.items()}
    answer = scim.bulk_answer(outcomes, keys, sent.events_url)
    return Reply(_OK, SenderAnswer.model_validate(answer), scim.MEDIA_TYPE)


async def _send(events: Sequence[Event], outbox: Outbox) -> None:
    await outbox.send_onboarding([(key_of(one), json.dumps(one).encode()) for one in events])


async def _check_proof(source: Source, sent: Sent, senders: Senders, now: datetime) -> None:
    """Of a function key the host has seen to it."""
    if source.hmac and source.authentication is Authentication.HMAC:
        secret = senders.secrets[source.hmac.secret.lower()]
        Signing.of(source).check(secret, sent.headers, sent.body, now)
    if source.entra and source.authentication is Authentication.ENTRA:
        await _check_token(source, source.entra.applications, sent, senders, now)


async def _check_token(
    source: Source, applications: Sequence[str], sent: Sent, senders: Senders, now: datetime
) -> None:
    scheme, _, token = sent.headers.get("authorization", "").strip().partition(" ")
    if scheme.lower() == _PROOF_OF_POSSESSION:
        # Lifecycle Workflows' own: bound to the Logic App that they are sent to.
        raise NotAuthenticated("proof-of-possession tokens are not taken; send a bearer token")
    if scheme.lower() != "bearer" or not token or senders.tokens is None:
        raise NotAuthenticated("send a bearer token of Entra")
    application = await senders.tokens.application_of(token.strip(), now)
    if application not in applications:
        raise NotAuthorised(f"the app {application} may not send for {source.name}")
