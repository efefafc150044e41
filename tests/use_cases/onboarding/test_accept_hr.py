"""What an HR system sends: proved, translated, and put on the queue wholly or not at all."""

import hmac
import json
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from structlog.typing import EventDict

from shared.adapters.memory.senders import MemoryTokens
from shared.contracts.api.hr_answers import Answered, Handshake, ScimBulk, ScimUser
from shared.contracts.documents.hr_sources.model import source_model
from shared.contracts.documents.hr_sources.vocabulary import Source
from shared.contracts.messages.contract import LARGEST_BODY
from shared.contracts.messages.lifecycle_callback import LifecycleCallback
from shared.contracts.messages.queues import LIFECYCLE_CALLBACKS, ONBOARDING_EVENTS
from shared.domain.errors import (
    DirectoryUnavailable,
    InvalidMessage,
    NotAuthenticated,
    NotAuthorised,
    TooLarge,
    UnknownSource,
)
from shared.hr.proofs.signature import Signing
from shared.hr.registry import HR_KINDS
from shared.hr.request import HrRequest
from shared.ports.senders import Senders
from shared.use_cases.onboarding.accept_hr import (
    Accepted,
    Door,
    OtherDoor,
    Sent,
    accept_hr,
    agrees,
)
from shared.use_cases.onboarding.admit_sender import NotProved, Token
from tests.support.enrolments import HOUR, NOW
from tests.support.repository import ROOT
from tests.support.stage import Stage

PAYLOADS = ROOT / "tests/events/hr"
SECRET = b"bamboo-shoots-in-spring"
GRID = "4962773b-9cdb-44cf-a8bf-237846a00ab7"
STRANGER = "0a6d2a34-5b5e-4cf4-9d0f-000000000000"
MAPPING = {"employeeId": "id"}
SOURCE = source_model(HR_KINDS)


def source(name: str, kind: str, authentication: str = "key", **more: Any) -> Source:
    fields = {"name": name, "kind": kind, "authentication": authentication, **more}
    return SOURCE.model_validate_json(json.dumps(fields))


SOURCES = [
    source("any", "mapped", mapping=MAPPING),
    source("scim", "scim"),
    source("bamboohr", "bamboohr", "hmac", hmac={"secret": "BAMBOOHR"}),
    source("arrivals", "event-grid", "entra", entra={"applications": [GRID]}),
    source("joiners", "lifecycle-workflows", "entra", entra={"applications": [GRID]}),
]


@pytest.fixture
def tokens(stage: Stage) -> MemoryTokens:
    tokens = MemoryTokens(stage.turns)
    tokens.issue("grid", GRID, NOW + HOUR)
    tokens.issue("stranger", STRANGER, NOW + HOUR)
    return tokens


@pytest.fixture
def senders(tokens: MemoryTokens) -> Senders:
    by_name = {one.name: one for one in SOURCES}
    return Senders(sources=by_name, secrets={"bamboohr": SECRET}, tokens=tokens)


def payload(name: str) -> Any:
    return json.loads((PAYLOADS / f"{name}.json").read_text())


def sent(name: str, value: Any, door: Door = Door.KEY, token: Token | None = None) -> Sent:
    body = value if isinstance(value, bytes) else json.dumps(value).encode()
    return Sent(door=door, source=name, body=body, notes={}, token=token)


def signed(value: Any, secret: bytes = SECRET, at: datetime = NOW) -> Sent:
    body, stamp = json.dumps(value).encode(), str(int(at.timestamp()))
    made = Signing.of(SOURCES[2]).sign(secret, HrRequest(body=body), stamp)
    notes = {name.lower(): value for name, value in made.items()}
    return Sent(door=Door.PROOF, source="bamboohr", notes=notes, body=body)


def bearing(name: str, value: Any, text: str = "grid", scheme: str = "bearer") -> Sent:
    return sent(name, value, Door.PROOF, Token(scheme=scheme, text=text))


def keys_of(accepted: Accepted) -> list[str]:
    assert isinstance(accepted, Answered)
    return list(accepted.answer.keys)


def queued(stage: Stage) -> list[str]:
    return [one.key for one in stage.broker.messages(ONBOARDING_EVENTS)]


async def test_what_a_mapping_finds_is_put_on_the_queue_under_the_key_that_is_answered(
    stage: Stage, senders: Senders
) -> None:
    reply = await accept_hr(sent("any", {"id": "7"}), senders, stage.world, NOW)
    assert keys_of(reply) == queued(stage)
    (event,) = (json.loads(one.body) for one in stage.broker.messages(ONBOARDING_EVENTS))
    assert event["data"] == {"employeeId": "7", "actor": "hr/any"}


@pytest.mark.parametrize("name", ["nobody", "bamboohr"])
async def test_who_holds_a_key_is_told_that_a_source_has_another_address(
    stage: Stage, senders: Senders, name: str
) -> None:
    with pytest.raises(UnknownSource) as caught:
        await accept_hr(sent(name, {"id": "7"}), senders, stage.world, NOW)
    assert isinstance(caught.value, OtherDoor) is (name == "bamboohr")
    assert queued(stage) == []


def test_at_the_door_for_proofs_everybody_is_as_welcome_to_try(senders: Senders) -> None:
    for name in ("arrivals", "bamboohr", "any", "nobody"):
        agrees(Door.PROOF, name, senders)
    agrees(Door.KEY, "any", senders)
    for name in ("scim", "nobody"):
        with pytest.raises(UnknownSource):
            agrees(Door.KEY, name, senders)


async def test_a_signature_lets_its_sender_in(stage: Stage, senders: Senders) -> None:
    value = payload("bamboohr-created")
    first = await accept_hr(signed(value), senders, stage.world, NOW)
    again = await accept_hr(signed(value), senders, stage.world, NOW)
    assert keys_of(first) == keys_of(again) == queued(stage)


async def test_what_changes_nothing_is_accepted_without_a_key_and_with_the_reason(
    stage: Stage, senders: Senders
) -> None:
    value = payload("bamboohr-updated")
    reply = await accept_hr(signed(value), senders, stage.world, NOW)
    assert keys_of(reply) == queued(stage) == []
    assert isinstance(reply, Answered)
    assert reply.answer.left_alone[0].field == "data.changedFields"


@pytest.mark.parametrize(
    ("request_", "problem"),
    [
        (signed({}, secret=b"another"), NotAuthenticated),
        (signed({}, at=NOW - HOUR), NotAuthenticated),
        (sent("bamboohr", {}, Door.PROOF), NotAuthenticated),
        (sent("arrivals", [], Door.PROOF), NotAuthenticated),
        (bearing("arrivals", [], ""), NotAuthenticated),
        (bearing("arrivals", [], scheme="basic"), NotAuthenticated),
        (bearing("arrivals", [], scheme="pop"), NotAuthenticated),
        (bearing("arrivals", [], "made-up"), NotAuthenticated),
        (bearing("arrivals", [], "stranger"), NotAuthorised),
    ],
    ids=[
        *("other secret", "too old", "unsigned", "no token", "empty token", "no bearer"),
        *("proof of possession", "unknown token", "other app"),
    ],
)
async def test_whoever_proves_nothing_is_refused_and_nothing_is_logged(
    stage: Stage,
    senders: Senders,
    signals: list[EventDict],
    request_: Sent,
    problem: type[Exception],
) -> None:
    with pytest.raises(problem):
        await accept_hr(request_, senders, stage.world, NOW)
    assert queued(stage) == []
    assert signals == []


@pytest.mark.parametrize(
    ("request_", "holds_secret"),
    [(signed({}, at=NOW - HOUR), True), (signed({}, secret=b"another"), False)],
)
async def test_only_who_holds_the_secret_can_ring_an_alarm(
    stage: Stage, senders: Senders, request_: Sent, holds_secret: bool
) -> None:
    """What anybody on the internet can send is counted apart from it."""
    with pytest.raises(NotProved) as refused:
        await accept_hr(request_, senders, stage.world, NOW)
    assert refused.value.holds_secret is holds_secret


UNPROVED = [
    sent("?", {"id": "7"}, Door.PROOF),
    replace(signed({"id": "7"}, secret=b"another"), source="?"),
    replace(signed({"id": "7"}, at=NOW - HOUR), source="?"),
    *(
        bearing("?", {"id": "7"}, text, scheme)
        for text in ("", "made-up")
        for scheme in ("bearer", "pop")
    ),
]


@pytest.mark.parametrize("request_", UNPROVED)
async def test_names_of_sources_cannot_be_found_out(
    stage: Stage, senders: Senders, monkeypatch: pytest.MonkeyPatch, request_: Sent
) -> None:
    """Whoever proves nothing: at a name that there is and at one that there is not, all is one."""
    digests: list[object] = []
    made = hmac.new

    def counted(*given: Any, **more: Any) -> Any:
        digests.append(given)
        return made(*given, **more)

    monkeypatch.setattr(hmac, "new", counted)
    seen = set()
    for name in ("nobody", "any", "scim", "bamboohr", "arrivals", "joiners"):
        digests.clear()
        stage.turns.points.clear()
        with pytest.raises(NotProved) as refused:
            await accept_hr(replace(request_, source=name), senders, stage.world, NOW)
        seen.add((str(refused.value), len(digests), len(stage.turns.points)))
    assert len(seen) == 1, seen
    assert refused.value.reason not in str(refused.value)


async def test_a_token_is_good_until_it_ends(stage: Stage, senders: Senders) -> None:
    value = payload("event-grid")
    reply = await accept_hr(bearing("arrivals", value), senders, stage.world, NOW)
    assert keys_of(reply) == queued(stage)
    with pytest.raises(NotAuthenticated):
        await accept_hr(bearing("arrivals", value), senders, stage.world, NOW + HOUR)


async def test_without_tokens_that_could_be_checked_nobody_is_let_in(
    stage: Stage, senders: Senders
) -> None:
    blind = Senders(sources=senders.sources, secrets=senders.secrets)
    with pytest.raises(NotAuthenticated):
        await accept_hr(bearing("arrivals", []), blind, stage.world, NOW)


async def test_while_entras_keys_cannot_be_read_the_sender_is_not_to_blame(
    stage: Stage, senders: Senders, signals: list[EventDict]
) -> None:
    stage.turns.fail("tokens.application_of", DirectoryUnavailable("away"))
    with pytest.raises(DirectoryUnavailable):
        await accept_hr(bearing("arrivals", []), senders, stage.world, NOW)
    assert signals == []


async def test_event_grids_question_is_answered_and_nothing_queued(
    stage: Stage, senders: Senders
) -> None:
    value = payload("event-grid-validation")
    reply = await accept_hr(bearing("arrivals", value), senders, stage.world, NOW)
    code = value[0]["data"]["validationCode"]
    assert reply == Handshake(code)
    assert queued(stage) == []


@pytest.mark.parametrize("body", [b"{", b"\xff", b'{"id": {}}', b'{"name": "?"}'])
async def test_what_cannot_be_read_is_refused_by_the_senders_own_field(
    stage: Stage, senders: Senders, body: bytes
) -> None:
    with pytest.raises(InvalidMessage):
        await accept_hr(sent("any", body), senders, stage.world, NOW)
    assert queued(stage) == []


async def test_a_body_that_is_too_large_is_not_even_read(stage: Stage, senders: Senders) -> None:
    with pytest.raises(TooLarge):
        await accept_hr(sent("any", b" " * (LARGEST_BODY + 1)), senders, stage.world, NOW)


async def test_a_scim_user_is_known_by_the_events_key(stage: Stage, senders: Senders) -> None:
    reply = await accept_hr(sent("scim", payload("scim-user")), senders, stage.world, NOW)
    assert isinstance(reply, ScimUser)
    assert [reply.key] == queued(stage)


async def test_of_a_scim_bulk_request_each_operation_stands_by_itself(
    stage: Stage, senders: Senders
) -> None:
    value = payload("scim-bulk-rfc")
    value["Operations"].append({"method": "POST", "path": "/Users", "bulkId": "x", "data": {}})
    reply = await accept_hr(sent("scim", value), senders, stage.world, NOW)
    assert isinstance(reply, ScimBulk)
    assert len(reply.operations) == len(value["Operations"])
    assert reply.operations[-1].problem is not None
    assert [one.key for one in reply.operations if one.key] == queued(stage) != []


async def test_a_workflow_that_waits_is_to_be_called_back_and_its_event_is_queued_first(
    stage: Stage, senders: Senders
) -> None:
    value = payload("lifecycle-workflows")
    await accept_hr(bearing("joiners", value), senders, stage.world, NOW)
    (callback,) = stage.deliver(LIFECYCLE_CALLBACKS)
    read = LifecycleCallback.read(callback.body)
    assert [read.event_key] == queued(stage)
    assert read.deadline == NOW + timedelta(minutes=25)
    sends = [point for point in stage.turns.points if point.endswith("done")]
    assert sends == ["outbox.send_onboarding done", "outbox.send_callbacks done"]


async def test_a_workflow_whose_callback_could_not_be_queued_asks_again_and_is_one_event(
    stage: Stage, senders: Senders
) -> None:
    value = payload("lifecycle-workflows")
    stage.turns.fail("outbox.send_callbacks", ConnectionError("the broker is away"))
    with pytest.raises(ConnectionError):
        await accept_hr(bearing("joiners", value), senders, stage.world, NOW)
    await accept_hr(bearing("joiners", value), senders, stage.world, NOW)
    assert len(queued(stage)) == len(stage.broker.messages(LIFECYCLE_CALLBACKS)) == 1
