"""Any request at any address: an answer that says why, or all of it on its way; never an exception.

Through the app's own triggers, on a world in memory. Whoever comes afterwards, or stands in the
same list, is taken.
"""

import json
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

import azure.functions as func
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.adapters.memory.senders import MemoryTokens
from shared.contracts.documents.hr_sources.model import source_model
from shared.contracts.documents.hr_sources.vocabulary import Source
from shared.contracts.messages.queues import ONBOARDING_EVENTS
from shared.hr.proofs.signature import Signing
from shared.hr.registry import HR_KINDS
from shared.hr.request import HrRequest
from shared.ports.senders import Senders
from tests.support.any_bodies import BODIES, JSON, Body
from tests.support.doors import Doors, asked
from tests.support.repository import ROOT
from tests.support.stage import Stage, a_stage

SECRET = "a-secret-of-some-length"
GRID = "4962773b-9cdb-44cf-a8bf-237846a00ab7"
ADDRESSES = Doors(a_stage()).addresses
BEARER = {"authorization": f"Bearer {SECRET}"}
TOKEN = {"authorization": "Bearer good"}
EVENT = {
    "ce-specversion": "1.0",
    "ce-type": "hired",
    "ce-id": "1",
    "ce-source": "/hr",
    "content-type": "application/json",
}


def source(name: str, kind: str, authentication: str, **more: Any) -> Source:
    fields = {"name": name, "kind": kind, "authentication": authentication, **more}
    return source_model(HR_KINDS).model_validate_json(json.dumps(fields))


_SENT_ALONG = {"secret": "S", "form": "bearer"}
_OF_EVENTS = {"action": "type", "actions": {"hired": "onboard", "left": "offboard"}}
_BY_GRID = {"applications": [GRID]}
SOURCES = {
    one.name: one
    for one in (
        source("mapped", "mapped", "key", mapping={"employeeId": "employeeId"}),
        source("events", "mapped", "key", mapping={"employeeId": "data.employeeId", **_OF_EVENTS}),
        source("keyed", "scim", "key"),
        source("bamboohr", "bamboohr", "hmac", hmac={"secret": "S"}),
        source("arrivals", "event-grid", "entra", entra=_BY_GRID),
        source("joiners", "lifecycle-workflows", "entra", entra=_BY_GRID),
        source("shown", "scim", "secret", secret=_SENT_ALONG),
    )
}


def at_the_doors(stage: Stage) -> Doors:
    tokens = MemoryTokens()
    tokens.issue("good", GRID, datetime.now(UTC) + timedelta(hours=1))
    return Doors(stage, Senders(sources=SOURCES, secrets={"s": SECRET.encode()}, tokens=tokens))


def why(answer: func.HttpResponse) -> str:
    """What a refusal says: in SCIM's words, of the whole, or of each record."""
    said = json.loads(answer.get_body())
    if "schemas" in said:
        return str(said["detail"])
    if "refused" in said:
        return " ".join(f"{one['field']}: {one['reason']}" for one in said["refused"])
    return str(said["error"]["reason"])


HEADERS = st.dictionaries(
    st.sampled_from(
        [
            *("content-type", "content-length", "content-encoding", "transfer-encoding"),
            *("authorization", "x-functions-key", "x-sspr-actor", "x-ms-client-principal"),
            *("x-bamboohr-signature", "x-bamboohr-timestamp", "if-match", "if-none-match"),
            *("webhook-request-origin", "accept", *EVENT),
        ]
    )
    | st.text(max_size=12),
    st.sampled_from(["chunked", "gzip", "application/scim+json", *TOKEN.values(), "1.0", "*"])
    | st.text(max_size=30),
    max_size=5,
)
PARTS = st.sampled_from([*SOURCES, "nobody", "Users", "Users/1", "Bulk", "Schemas", ".search"])
SEGMENTS = PARTS | st.text(min_size=1, max_size=20)
QUERY = st.dictionaries(
    st.sampled_from(["filter", "count", "startIndex", "attributes", "after", "limit", "version"])
    | st.text(max_size=8),
    st.sampled_from(["1", "-1", 'userName eq "a"', "((("]) | st.text(max_size=20),
    max_size=3,
)


@pytest.mark.parametrize("name", ADDRESSES)
@settings(max_examples=12, deadline=None)
@given(data=st.data(), headers=HEADERS, query=QUERY, body=BODIES)
async def test_whatever_is_asked_is_answered_and_every_refusal_says_why(
    name: str, data: st.DataObject, headers: dict[str, str], query: dict[str, str], body: Body
) -> None:
    address, stage = ADDRESSES[name], a_stage()
    told = {one: data.draw(SEGMENTS, label=one) for one in re.findall(r"\{\*?(\w+)", address.route)}
    path = re.sub(r"\{\*?(\w+)[^}]*\}", lambda one: quote(told[one[1]], safe=""), address.route)
    method = data.draw(st.sampled_from(address.methods), label="method")
    url = f"https://app.test/api/{path}"
    request = asked(method, url, body.whole, headers, params=query, route_params=told)

    answer = await at_the_doors(stage).ask(name, request)

    assert answer.status_code < 500 or name == "get_health" or answer.status_code == 501
    if answer.status_code >= 400 and method != "OPTIONS":
        assert why(answer)


type Sign = Callable[[bytes], Mapping[str, str]]


def _signed(body: bytes) -> Mapping[str, str]:
    stamp = str(int(datetime.now(UTC).timestamp()))
    signing = Signing.of(SOURCES["bamboohr"])
    made = signing.sign(SECRET.encode(), HrRequest(body=body), stamp)
    return {name.lower(): value for name, value in made.items()}


def payload(name: str) -> Any:
    return json.loads((ROOT / f"tests/events/hr/{name}.json").read_text())


GOOD = {"employeeId": "1"}
USER = {"userName": "kim@contoso.test", "active": True, "externalId": "7"}
PROVED: dict[str, tuple[str, str, Sign, Any]] = {
    "webhook": ("onboarding_webhook", "onboarding-events", lambda _: {}, GOOD),
    "mapped": ("take_hr_event", "hr/mapped", lambda _: {}, GOOD),
    "events": ("take_hr_event", "hr/events", lambda _: EVENT, GOOD),
    "keyed": ("take_hr_event", "hr/keyed", lambda _: {}, payload("scim-user")),
    "bamboohr": ("take_hook", "hooks/bamboohr", _signed, payload("bamboohr-created")),
    "arrivals": ("take_hook", "hooks/arrivals", lambda _: TOKEN, payload("event-grid")),
    "joiners": ("take_hook", "hooks/joiners", lambda _: TOKEN, payload("lifecycle-workflows")),
    "users": ("serve_scim", "hr/shown/scim/v2/Users", lambda _: BEARER, USER),
}
"""Where somebody comes in who has proved to be a sender: function, address, proof, a good body."""


async def send(doors: Doors, door: str, body: bytes) -> func.HttpResponse:
    name, path, sign, _ = PROVED[door]
    _, source_name, *_ = [*path.split("/"), ""]
    told = {"source": "shown" if name == "serve_scim" else source_name, "path": "Users"}
    url = f"https://app.test/api/{path}"
    return await doors.ask(name, asked("POST", url, body, sign(body), route_params=told))


def queued(stage: Stage) -> set[str]:
    return {one.key for one in stage.broker.messages(ONBOARDING_EVENTS)}


@pytest.mark.parametrize("door", PROVED)
@settings(max_examples=25, deadline=None)
@given(bodies=st.lists(BODIES, min_size=1, max_size=3))
async def test_after_any_bodies_of_a_sender_the_next_is_taken_and_nothing_is_lost(
    door: str, bodies: list[Body]
) -> None:
    stage = a_stage()
    doors = at_the_doors(stage)
    for body in bodies:
        answer = await send(doors, door, body.whole)
        assert answer.status_code < 500
        if answer.status_code >= 400:
            assert why(answer)
        elif door != "users":
            said = json.loads(answer.get_body())
            assert set(said.get("keys", ())) <= queued(stage)
    answer = await send(doors, door, json.dumps(PROVED[door][3]).encode())
    assert answer.status_code in {201, 202}, answer.get_body()
    assert queued(stage)


@pytest.mark.parametrize("door", ["webhook", "mapped", "arrivals"])
@settings(max_examples=40, deadline=None)
@given(before=st.lists(JSON, max_size=3), after=st.lists(JSON, min_size=1, max_size=3))
async def test_in_a_list_the_neighbour_of_anything_is_taken_and_each_is_accounted_for(
    door: str, before: list[Any], after: list[Any]
) -> None:
    stage, good = a_stage(), PROVED[door][3]
    good = good[0] if isinstance(good, list) else good
    value = [*before, good, *after]
    answer = await send(at_the_doors(stage), door, json.dumps(value).encode())
    assert answer.status_code in {202, 207}, answer.get_body()
    said = json.loads(answer.get_body())
    assert set(said["keys"]) == queued(stage)
    assert said["keys"]
    accounted = len(said["keys"]) + len(said.get("refused", ())) + len(said.get("leftAlone", ()))
    assert accounted == len(value)
    assert all(one["field"] and one["reason"] for one in said.get("refused", ()))
    kept = {one.key for one in await stage.world.ledger.refused(99)}
    assert {one["key"] for one in said.get("refused", ())} <= kept
