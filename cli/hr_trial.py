"""A trial of an HR source: what a message would come to, were it sent, and what it proves."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from cli.exits import Failure, Status
from cli.terminal import contents
from shared.contracts.api.hr_answers import LeftAloneView

if TYPE_CHECKING:
    from shared.contracts.documents.hr_sources.vocabulary import Source
    from shared.hr.adapters import HrRequest

_METHODS = ("POST", "GET", "PUT")
_SETTING = "SSPR_HR_SECRETS__"


@dataclass(frozen=True, slots=True)
class Trial:
    """The events as they would be sent, what would be left alone, and what would be refused."""

    events: Sequence[Mapping[str, object]]
    left_alone: Sequence[LeftAloneView]
    refused: Sequence[LeftAloneView] = ()
    answer: str | None = None
    """What a handshake would be answered; None of a message that is none."""
    proof: str = ""
    """What was found of the proof, in a sentence."""

    def as_json(self) -> str:
        """Returns the JSON text that is printed."""
        left_alone = [one.model_dump(by_alias=True) for one in self.left_alone]
        refused = [one.model_dump(by_alias=True) for one in self.refused]
        found: dict[str, object] = {
            "events": [*map(dict, self.events)],
            "leftAlone": left_alone,
            "refused": refused,
        }
        return json.dumps(found | ({"answer": self.answer} if self.answer is not None else {}))


def recorded(request: str | None, body: str | None) -> "HrRequest":
    """Reads a recorded request, or a body alone.

    Raises:
        Failure: neither is named, a file cannot be read, or is no request.
    """
    from shared.hr.adapters import HrRequest

    if request is None and body is None:
        raise Failure(Status.USAGE, "name --body or --request")
    if request is None:
        return HrRequest(body=contents(body or "-"))
    head, between, rest = _halves(contents(request))
    first, *lines = head.decode("utf-8", "replace").splitlines() or [""]
    method, _, address = first.strip().partition(" ")
    address = address.partition(" HTTP/")[0].strip()
    headers = dict(map(_header, filter(str.strip, lines)))
    if method.upper() not in _METHODS or not address.startswith(("/", "http://", "https://")):
        raise Failure(Status.NOT_FOUND, f"{request}:1: write POST and the address, then headers")
    if not address.startswith(("http://", "https://")):
        address = f"https://{headers.get('host', 'localhost')}{address}"
    sent = contents(body) if body else rest if between else b""
    return HrRequest(body=sent, headers=headers, method=method.upper(), url=address)


def secrets_in(file: str) -> Mapping[str, bytes]:
    """Reads secrets, NAME=secret a line, with or without the name of the setting before it.

    Raises:
        Failure: the file cannot be read.
    """
    found = {}
    for line in contents(file).decode("utf-8", "replace").splitlines():
        name, equals, secret = line.strip().partition("=")
        if equals and not name.startswith("#"):
            name = name.strip().upper().removeprefix(_SETTING)
            found[name.lower()] = secret.strip().encode()
    return found


def time_of(text: str | None) -> datetime:
    """Returns the time that is written; now where there is none.

    Raises:
        Failure: it is no time with a zone.
    """
    if text is None:
        return datetime.now(UTC)
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise Failure(Status.USAGE, f"--at {text}: write a time such as 2026-12-01T08:00:00Z")
    return moment


def tried(
    source: "Source",
    sent: "HrRequest",
    secrets: Mapping[str, bytes],
    now: datetime,
    *,
    with_proof: bool,
) -> Trial:
    """Does with a request what the app would do, but for sending and keeping anything.

    Raises:
        Failure: it would be refused.
    """
    from shared.domain.errors import InvalidMessage, NotAuthenticated
    from shared.hr.adapters import event_tree_of, greeting_text, proof_of, translate

    try:
        greeted = greeting_text(source, sent, is_proved=False)
        if greeted is not None:
            return Trial((), (), answer=greeted, proof="a handshake, which needs no proof")
        proof = "the proof was not checked; give a recorded --request"
        if with_proof:
            proof = proof_of(source, sent, secrets, now)
        greeted = greeting_text(source, sent, is_proved=True)
        if greeted is not None:
            return Trial((), (), answer=greeted, proof=proof)
        found = translate(source, event_tree_of(source, sent), now)
    except InvalidMessage as error:
        raise Failure(Status.NOT_FOUND, f"{error.field}: {error.reason}") from None
    except NotAuthenticated as error:
        raise Failure(Status.NOT_FOUND, f"the proof is refused: {error}") from None
    return Trial(
        found.events,
        [LeftAloneView.model_validate(one) for one in found.left_alone],
        [LeftAloneView(field=one.field, reason=one.reason) for one in found.refused],
        proof=proof,
    )


def _halves(text: bytes) -> tuple[bytes, bytes, bytes]:
    """Parts a request at its first empty line, whichever line ends it has."""
    places = [(text.find(mark), mark) for mark in (b"\r\n\r\n", b"\n\n") if mark in text]
    if not places:
        return text, b"", b""
    _, mark = min(places)
    return text.partition(mark)


def _header(line: str) -> tuple[str, str]:
    name, _, value = line.partition(":")
    return name.strip().lower(), value.strip()
