"""The adapters by kind: from a message as it was sent to events of our own type."""

import json
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from shared.contracts.api.hr_answers import Echo
from shared.contracts.documents.hr_sources.secrets import weaknesses
from shared.contracts.documents.hr_sources.vocabulary import Authentication, Source
from shared.domain.errors import InvalidMessage
from shared.hr.cloud_event_headers import with_headers
from shared.hr.formats.reading import read_body
from shared.hr.handshakes import Ping, Shown, greeting_of
from shared.hr.kind import HrKinds
from shared.hr.proofs.checked import check_proof, is_in_body
from shared.hr.registry import HR_KINDS
from shared.hr.request import HrRequest
from shared.hr.translation import Translated

__all__ = [
    "HrRequest",
    "event_tree_of",
    "greeting_text",
    "proof_of",
    "receive",
    "translate",
    "tree_of",
]


def tree_of(source: Source, body: bytes, charset: str | None = None) -> Any:
    """Returns a source's body as a tree, in the form that the source says; None where it is empty.

    Args:
        source: whose body it is.
        body: as it came.
        charset: what the sender says beside it that it is written in.

    Raises:
        BadMediaType: it is written in a charset that is not taken.
        InvalidMessage: it is not written so.
    """
    return _guarded(lambda: read_body(body, source.body, charset))


def event_tree_of(source: Source, request: HrRequest, kinds: HrKinds = HR_KINDS) -> Any:
    """Returns what a request says as a tree; of a CloudEvent in binary mode its headers as well.

    Raises:
        BadMediaType: it is written in a charset that is not taken.
        InvalidMessage: it is not written as the source says, or a header cannot be read with it.
    """
    value = tree_of(source, request.body, request.charset)
    return with_headers(source, value, request, kinds)


def translate(source: Source, value: Any, now: datetime, kinds: HrKinds = HR_KINDS) -> Translated:
    """Returns what a source's message comes to; records that cannot be taken are named in it.

    Raises:
        InvalidMessage: nothing of it can be taken; naming the sender's field and the reason.
    """
    return _guarded(lambda: kinds[source.kind].translate(source, value, now))


def receive(source: Source, value: Any, now: datetime, kinds: HrKinds = HR_KINDS) -> Translated:
    """Does the same as `translate`, and adds the answer the sender's own protocol wants, if any.

    Raises:
        InvalidMessage: naming the sender's field and the reason.
    """
    kind = kinds[source.kind]
    return _guarded(lambda: (kind.receive or kind.translate)(source, value, now))


def greeting_text(source: Source, request: HrRequest, *, is_proved: bool) -> str | None:
    """Returns what a handshake would be answered, in words; None of a message that is none."""
    match greeting_of(source, request, is_proved=is_proved):
        case Echo(word, None):
            return word
        case Echo(word, field):
            return json.dumps({field: word})
        case Ping():
            return "a test, of which nothing comes"
        case Shown(place, _):
            return f"nothing; {place} is kept, for a person to see"
        case None:
            return None


def proof_of(
    source: Source, request: HrRequest, secrets: Mapping[str, bytes], now: datetime
) -> str:
    """Checks what a request proves, with the secrets at hand; returns what was found in a sentence.

    Raises:
        NotAuthenticated: the proof is missing or wrong.
    """
    if source.authentication is Authentication.KEY:
        return "the Functions host checks the function key; it was not checked here"
    if source.authentication is Authentication.ENTRA:
        return "the app checks the token, with Entra's keys; it was not checked here"
    missing = [name for name in source.secret_names if name.lower() not in secrets]
    if missing:
        return f"the proof was not checked: {', '.join(missing)} is not among the --secrets"
    value = tree_of(source, request.body, request.charset) if is_in_body(source) else None
    check_proof(source, request, secrets, now, value=value)
    weak = [f"{name} {reason}" for name, reason in weaknesses(source, secrets)]
    if weak:
        return f"the proof is good, but the app would not start: {'; '.join(weak)}"
    return "the proof is good"


def _guarded[T](work: Callable[[], T]) -> T:
    try:
        return work()
    except RecursionError:
        raise InvalidMessage("(body)", "values lie too deep in one another") from None
