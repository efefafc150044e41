"""Messages that are no events: what a sender asks before its first event, and its tests."""

from dataclasses import dataclass
from typing import Any

from shared.contracts.api.hr_answers import Echo
from shared.contracts.documents.hr_sources.answers import Handshake
from shared.contracts.documents.hr_sources.expression import evaluated
from shared.contracts.documents.hr_sources.vocabulary import Source
from shared.domain.errors import InvalidMessage
from shared.hr.formats.reading import read_body
from shared.hr.request import HrRequest

_LONGEST = 1_000
"""Characters of a word that is given back; published ones have at most 200."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A word that a person has to see."""

    field: str
    word: str


@dataclass(frozen=True, slots=True)
class Ping:
    """A test, of which nothing is to come."""


type Greeting = Echo | Shown | Ping


def greeting_of(source: Source, request: HrRequest, *, is_proved: bool) -> Greeting | None:
    """Returns what the message asks for, where it is a handshake; None where it is none.

    Args:
        source: whose it is.
        request: as it came.
        is_proved: whether it has been proved who asks. Handshakes that have to be proved are
            looked at only then.
    """
    asked = [one for one in source.handshakes if is_proved or not _needs_proof(one)]
    value = _seen(source, request) if asked else None
    greetings = (_found(one, request, value) for one in asked)
    return next((one for one in greetings if one is not None), None)


def _seen(source: Source, request: HrRequest) -> Any:
    """Returns what handshakes see of a body, which need not be written as events are.

    Amazon SNS has a sentence where events have JSON in a text; HiBob tests an address by the words
    Ping test, which are no JSON.
    """
    wrapped = source.body.model_copy(update={"unwrap": []}) if source.body else None
    for told in (source.body, wrapped):
        try:
            return read_body(request.body, told, request.charset)
        except (InvalidMessage, RecursionError):
            continue
    text = request.body.decode(errors="replace").strip()
    return text if _is_word(text) else None


def _needs_proof(told: Handshake) -> bool:
    by_default = "required" if told.body or told.ping else "none"
    return (told.proof or by_default) == "required"


def _found(told: Handshake, request: HrRequest, value: Any) -> Greeting | None:
    if told.header or told.query:
        sent = request.header(told.header) if told.header else request.parameter(told.query or "")
        return Echo(sent, told.answer) if _is_word(sent) else None
    if told.ping:
        return Ping() if _said(told.ping, value) is True else None
    expression = told.body or told.show or ""
    word = _said(expression, value)
    if not isinstance(word, str) or not _is_word(word):
        return None
    if told.when and not _said(told.when, value):
        return None
    return Echo(word, told.answer) if told.body else Shown(expression, word)


def _is_word(text: str) -> bool:
    return 0 < len(text) <= _LONGEST and text.isprintable()


def _said(expression: str, value: Any) -> Any:
    """Returns what the expression finds; nothing where it cannot cope with what was sent."""
    try:
        return evaluated(expression, value)
    except InvalidMessage:
        return None
