"""Reports of which a record is bad, handshakes, and answers as senders want them."""

import asyncio
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from structlog.typing import EventDict

from shared.contracts.api.hr_answers import Answered, Echo
from shared.contracts.documents.hr_sources.model import source_model
from shared.contracts.documents.hr_sources.vocabulary import Source
from shared.contracts.messages.queues import ONBOARDING_EVENTS
from shared.domain.errors import (
    InvalidMessage,
    NotAuthenticated,
    SsprRolloutError,
    UnknownSource,
)
from shared.hr.registry import HR_KINDS
from shared.ports.senders import Senders
from shared.use_cases.onboarding.accept_hr import Accepted, Door, Sent, accept_hr
from tests.support.enrolments import HOUR, NOW
from tests.support.stage import Stage, a_stage, said

SOURCE = source_model(HR_KINDS)
SECRET = "a secret of enough bytes"
REPORT = {"people": [{"id": "1"}, {"id": "(&)"}, {"id": "2"}, 7]}
MAPPING = {"events": "people", "employeeId": "id"}


def source(name: str, **more: Any) -> Source:
    fields = {
        "name": name,
        "kind": "mapped",
        "authentication": "key",
        "mapping": MAPPING,
        **more,
    }
    return SOURCE.model_validate_json(json.dumps(fields))


PROVED = {
    "authentication": "secret",
    "secret": {"secret": "S", "header": "X-Token"},
    "mapping": {"employeeId": "id"},
}
SOURCES = [
    source("report"),
    source("strict", answer={"partly": 422, "refused": 409}),
    source("meek", answer={"status": 200, "partly": 200, "refused": 200, "body": "empty"}),
    source("single", mapping={"employeeId": "id"}),
    source("single-meek", mapping={"employeeId": "id"}, answer={"refused": 200}),
    source(
        "okta",
        handshakes=[{"header": "X-Challenge", "answer": "verification"}],
        **PROVED,
    ),
    source("graph", handshakes=[{"query": "validationToken"}], **PROVED),
    source("proved", handshakes=[{"query": "validationToken", "proof": "required"}], **PROVED),
    source(
        "feishu",
        handshakes=[{"body": "challenge", "when": "type == 'test'", "answer": "challenge"}],
        **PROVED | {"secret": {"secret": "S", "field": "token"}},
    ),
    source("gusto", handshakes=[{"show": "verification_token"}], **PROVED),
    source(
        "bob",
        handshakes=[{"ping": "@ == 'Ping test' || text == 'Ping test'", "proof": "none"}],
        **PROVED,
    ),
    source("empty", handshakes=[{"ping": "@ == null"}], **PROVED),
]
SENDERS = Senders(
    sources={one.name: one for one in SOURCES},
    secrets={"s": SECRET.encode()},
)
TOKEN = {"x-token": SECRET}


def sent(name: str, value: Any = b"", method: str = "POST", query: str = "", **notes: str) -> Sent:
    is_proof = SENDERS.sources[name].authentication != "key"
    return Sent(
        door=Door.PROOF if is_proof else Door.KEY,
        source=name,
        body=value if isinstance(value, bytes) else json.dumps(value).encode(),
        notes={key.replace("_", "-"): text for key, text in notes.items()},
        method=method,
        url=f"https://app.test/api/hooks/{name}{query}",
    )


async def accept(stage: Stage, one: Sent) -> Accepted:
    return await accept_hr(one, SENDERS, stage.world, NOW)


def queued(stage: Stage) -> list[str]:
    messages = stage.broker.messages(ONBOARDING_EVENTS)
    return [json.loads(one.body)["data"]["employeeId"] for one in messages]


async def test_one_bad_record_costs_the_others_nothing_and_is_kept_told_and_answered(
    stage: Stage, signals: list[EventDict]
) -> None:
    reply = await accept(stage, sent("report", REPORT))
    assert isinstance(reply, Answered)
    assert reply.status == 207
    assert queued(stage) == ["1", "2"]
    assert len(reply.answer.keys) == 2
    assert [(one.index, one.field) for one in reply.answer.refused] == [
        (1, "[1].id"),
        (3, "[3].id"),
    ]
    kept = await stage.world.ledger.refused(10)
    assert sorted(one.body or "" for one in kept) == ["7", '{"id": "(&)"}']
    assert {one.key for one in kept} == {one.key for one in reply.answer.refused}
    assert all(one.detail.startswith("hr/report: ") for one in kept)
    told = said(signals, "message-refused")
    assert len(told) == 2
    assert "(&)" not in json.dumps(told)


async def test_a_report_that_is_sent_again_keeps_no_second_copy_of_what_is_bad(
    stage: Stage,
) -> None:
    await accept(stage, sent("report", REPORT))
    await accept(stage, sent("report", REPORT))
    assert len(await stage.world.ledger.refused(10)) == 2


@pytest.mark.parametrize(
    ("name", "partly", "wholly", "is_empty"),
    [("report", 207, 400, False), ("strict", 422, 409, False), ("meek", 200, 200, True)],
)
async def test_the_status_is_the_one_that_the_sender_wants(
    stage: Stage, name: str, partly: int, wholly: int, *, is_empty: bool
) -> None:
    some = await accept(stage, sent(name, REPORT))
    none = await accept(stage, sent(name, {"people": [{"id": "(&)"}]}))
    assert isinstance(some, Answered)
    assert isinstance(none, Answered)
    assert (some.status, none.status, some.is_empty) == (partly, wholly, is_empty)
    assert none.answer.refused[0].index == 0


@pytest.mark.parametrize(
    "body", [{"id": "(&)"}, b"{", b"\xff", b"[" * 100_000], ids=lambda one: str(one)[:12]
)
async def test_a_body_of_which_nothing_can_be_taken_is_kept_whole(stage: Stage, body: Any) -> None:
    with pytest.raises(InvalidMessage):
        await accept(stage, sent("single", body))
    (kept,) = await stage.world.ledger.refused(10)
    assert kept.detail.startswith("hr/single: ")
    reply = await accept(stage, sent("single-meek", body))
    assert isinstance(reply, Answered)
    assert (reply.status, reply.answer.refused[0].index) == (200, None)
    assert len(await stage.world.ledger.refused(10)) == 2


async def test_a_challenge_in_a_header_is_given_back_before_anything_is_proved(
    stage: Stage,
) -> None:
    reply = await accept(stage, sent("okta", method="GET", x_challenge="abc"))
    assert reply == Echo("abc", "verification")
    with pytest.raises(NotAuthenticated):
        await accept(stage, sent("okta", {"id": "1"}))
    with pytest.raises(UnknownSource):
        await accept(stage, sent("okta", method="GET", **TOKEN))


async def test_a_token_in_the_address_is_given_back_as_text(stage: Stage) -> None:
    query = "?validationToken=Validation%3a+a%26b"
    assert await accept(stage, sent("graph", query=query)) == Echo("Validation: a&b")
    assert queued(stage) == []


@pytest.mark.parametrize(
    "query",
    ["?validationToken=", f"?validationToken={'x' * 1001}", "?validationToken=a%0Ab", "?a=b", ""],
)
async def test_what_is_no_word_is_not_given_back(stage: Stage, query: str) -> None:
    with pytest.raises(NotAuthenticated):
        await accept(stage, sent("graph", query=query))


async def test_a_handshake_that_has_to_be_proved_is(stage: Stage) -> None:
    query = "?validationToken=abc"
    with pytest.raises(NotAuthenticated):
        await accept(stage, sent("proved", query=query))
    assert await accept(stage, sent("proved", query=query, **TOKEN)) == Echo("abc")


async def test_a_challenge_in_the_body_is_given_back_to_who_proves_itself(stage: Stage) -> None:
    challenge = {"challenge": "abc", "type": "test"}
    reply = await accept(stage, sent("feishu", challenge | {"token": SECRET}))
    assert reply == Echo("abc", "challenge")
    with pytest.raises(NotAuthenticated):
        await accept(stage, sent("feishu", challenge | {"token": "guessed"}))
    event = challenge | {"token": SECRET, "type": "event", "id": "1"}
    assert isinstance(await accept(stage, sent("feishu", event)), Answered)
    assert queued(stage) == ["1"]


async def test_a_word_that_a_person_has_to_see_is_kept_and_stays_out_of_the_log(
    stage: Stage, signals: list[EventDict]
) -> None:
    reply = await accept(stage, sent("gusto", {"verification_token": "Lm3kQ9zT"}))
    assert isinstance(reply, Answered)
    assert reply.status == 202
    (kept,) = await stage.world.ledger.refused(10)
    assert json.loads(kept.body or "") == {"source": "gusto", "word": "Lm3kQ9zT"}
    assert signals == [], "anybody may send it, and so ring an alarm"


async def test_who_has_proved_nothing_cannot_fill_the_ledger_with_words(stage: Stage) -> None:
    for number in range(20):
        await accept(stage, sent("gusto", {"verification_token": f"made-up-{number}"}))
    assert len(await stage.world.ledger.refused(30)) == 1
    one = sent("gusto", {"verification_token": "an hour later"})
    await accept_hr(one, SENDERS, stage.world, NOW + HOUR)
    assert len(await stage.world.ledger.refused(30)) == 2


@pytest.mark.parametrize("body", [b"Ping test", b'"Ping test"', b'{"text": "Ping test"}'])
async def test_a_test_is_answered_as_if_it_were_taken_and_nothing_comes_of_it(
    stage: Stage, body: bytes
) -> None:
    reply = await accept(stage, sent("bob", body))
    assert isinstance(reply, Answered)
    assert (reply.status, reply.answer.keys, queued(stage)) == (202, (), [])
    assert await stage.world.ledger.refused(10) == []


async def test_a_test_may_be_empty(stage: Stage) -> None:
    reply = await accept(stage, sent("empty", b"", **TOKEN))
    assert isinstance(reply, Answered)
    assert reply.status == 202


async def test_a_source_without_handshakes_answers_no_get(stage: Stage) -> None:
    with pytest.raises(UnknownSource):
        await accept(stage, sent("report", method="GET"))


ANY_BODY = st.binary(max_size=2_000) | st.text(max_size=500).map(str.encode)
ANY_TEXT = st.text(st.characters(codec="latin-1"), max_size=60)


@given(st.sampled_from(sorted(SENDERS.sources)), ANY_BODY, ANY_TEXT, st.booleans(), st.booleans())
def test_whatever_comes_is_taken_answered_or_refused_and_never_raises_what_nobody_foresaw(
    name: str,
    body: bytes,
    text: str,
    is_proved: bool,
    is_get: bool,
) -> None:
    stage = a_stage()
    notes = TOKEN if is_proved else {"x-token": text}
    one = sent(name, body, "GET" if is_get else "POST", f"?validationToken={text}", **notes)
    try:
        explained = asyncio.run(accept(stage, one)) is not None
    except SsprRolloutError as error:
        explained = bool(str(error))
    assert explained


@given(st.lists(st.recursive(st.none() | st.text(max_size=5), st.lists, max_leaves=5), max_size=5))
def test_beside_whatever_else_two_good_people_come_in(others: list[Any]) -> None:
    stage = a_stage()
    people = [{"id": "1"}, *others, {"id": "2"}]
    asyncio.run(accept(stage, sent("report", {"people": people})))
    assert {"1", "2"} <= set(queued(stage))
