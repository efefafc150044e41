"""A SCIM service provider: what connectors ask in their cycles, and what it comes to for people."""

import json
from datetime import timedelta
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shared.adapters.memory.senders import MemoryTokens
from shared.contracts.documents.hr_sources.model import source_model
from shared.contracts.messages.contract import LARGEST_BODY
from shared.contracts.messages.onboarding_event import LISTED, OFFBOARDED, ONBOARDED
from shared.contracts.messages.queues import ONBOARDING_EVENTS
from shared.domain.errors import ServiceUnavailable
from shared.hr.registry import HR_KINDS
from shared.ports.scim_users import ScimKey
from shared.ports.senders import Senders
from shared.use_cases.onboarding.admit_sender import NotProved
from tests.support.enrolments import HOUR, NOW
from tests.support.repository import ROOT
from tests.support.scim_client import FORMER, SENDERS, ScimClient, scim_source
from tests.support.stage import Stage, a_stage

PAYLOADS = ROOT / "tests/events/queue"
ERROR = "urn:ietf:params:scim:api:messages:2.0:Error"
LIST = "urn:ietf:params:scim:api:messages:2.0:ListResponse"
ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
GUID = "5b3e7c1e-0000-4000-8000-000000000000"
KIM = {"userName": "kim@contoso.test", "active": True}


def payload(name: str) -> Any:
    return json.loads((PAYLOADS / f"{name}.json").read_text())


@pytest.fixture
def entra(stage: Stage) -> ScimClient:
    """Matched by userName."""
    return ScimClient(stage.world)


@pytest.fixture
def okta(stage: Stage) -> ScimClient:
    """Matched by employee number."""
    return ScimClient(stage.world, source="okta")


def told(stage: Stage) -> list[tuple[str, str | None]]:
    """Who was said to have come or gone, in order."""
    events = [json.loads(one.body) for one in stage.broker.messages(ONBOARDING_EVENTS)]
    kinds = {ONBOARDED: "on", OFFBOARDED: "off", LISTED: "listed"}
    return [
        (kinds[one["type"]], one["data"].get("userPrincipalName") or one["data"].get("employeeId"))
        for one in events
    ]


def looking_for(name: str) -> str:
    return f"/Users?filter={quote(f'userName eq "{name}"')}"


def active(value: Any, op: str = "Replace") -> Any:
    return {"Operations": [{"op": op, "path": "active", "value": value}]}


async def refused(client: ScimClient, method: str, path: str, body: Any = None) -> tuple[int, Any]:
    answer = await client.ask(method, path, body)
    assert answer.body is not None
    assert answer.body["schemas"] == [ERROR]
    assert answer.body["detail"]
    assert answer.body["status"] == str(answer.status)
    return answer.status, answer.body.get("scimType")


async def test_entra_tests_the_connection_creates_patches_disables_and_deletes(
    stage: Stage, entra: ScimClient
) -> None:
    found = await entra.done("GET", looking_for(GUID))
    assert found == {
        "schemas": [LIST],
        "totalResults": 0,
        "startIndex": 1,
        "itemsPerPage": 0,
        "Resources": [],
    }
    sent = payload("entra-scim-create")
    assert (await entra.done("GET", looking_for(sent["userName"])))["totalResults"] == 0
    created = await entra.ask("POST", "/Users", sent)
    assert created.status == 201
    assert created.body
    user_id = created.body["id"]
    assert created.headers["Location"] == f"{entra.base}/Users/{user_id}"
    assert created.body["meta"]["location"] == created.headers["Location"]
    for name in ("userName", "active", "emails", "name"):
        assert created.body[name] == sent[name]
    assert await entra.done("GET", f"/Users/{user_id}") == created.body
    found = await entra.done("GET", looking_for(sent["userName"].upper()))
    assert found["Resources"] == [created.body]
    patched = await entra.done("PATCH", f"/Users/{user_id}", payload("entra-scim-patch"))
    assert patched["active"] is False
    assert (await entra.done("GET", f"/Users/{user_id}"))["active"] is False
    deleted = await entra.ask("DELETE", f"/Users/{user_id}")
    assert (deleted.status, deleted.body) == (204, None)
    assert await refused(entra, "GET", f"/Users/{user_id}") == (404, None)
    assert await refused(entra, "DELETE", f"/Users/{user_id}") == (404, None)
    # Deleted thirty days after they were disabled: they have left once.
    name = sent["userName"]
    assert told(stage) == [("on", name), ("off", name)]


async def test_okta_s_own_test_of_a_service(entra: ScimClient) -> None:
    await entra.done("POST", "/Users", payload("entra-scim-create"))
    page = await entra.done("GET", "/Users?count=1&startIndex=1")
    assert (page["itemsPerPage"], page["startIndex"], page["totalResults"]) == (1, 1, 1)
    (first,) = page["Resources"]
    assert first["id"]
    assert first["name"]["familyName"]
    assert first["emails"][0]["value"]
    assert await entra.done("GET", f"/Users/{first['id']}") == first
    assert (await entra.done("GET", looking_for("nobody@contoso.test")))["totalResults"] == 0
    assert await refused(entra, "GET", "/Users/00919288221112222") == (404, None)
    name = {"familyName": "Runscope", "givenName": "Test"}
    user = {
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
        "userName": "runscope1@contoso.test",
        "name": name,
        "emails": [{"primary": True, "value": "runscope1@contoso.test", "type": "work"}],
        "displayName": "Test Runscope",
        "locale": "en-US",
        "externalId": "00u1abcdefGHIJKLMNOP",
        "groups": [],
        "password": "1mz050nq",
        "active": True,
    }
    made = await entra.done("POST", "/Users", user)
    assert made["name"] == name
    assert made["active"] is True
    assert "password" not in made
    assert await refused(entra, "POST", "/Users", user) == (409, "uniqueness")
    groups = await entra.done("GET", "/Groups?startIndex=1&count=100")
    assert groups["totalResults"] == 0


async def test_okta_pushes_a_profile_deactivates_and_brings_back(
    stage: Stage, entra: ScimClient
) -> None:
    sent = payload("okta-scim-put")
    made = await entra.done("POST", "/Users", {**sent, "active": True})
    path = f"/Users/{made['id']}"
    pushed = {**sent, "active": True, "displayName": "Another"}
    assert (await entra.done("PUT", path, pushed))["displayName"] == "Another"
    name = sent["userName"]
    assert told(stage) == [("on", name)], "an attribute alone hires nobody"
    put = await entra.done("PUT", path, sent)
    assert (put["active"], put["id"]) == (False, made["id"])
    assert "displayName" not in put
    await entra.done("PATCH", path, {"Operations": [{"op": "replace", "value": {"active": True}}]})
    assert told(stage) == [("on", name), ("off", name), ("on", name)]


async def test_sailpoint_disables_by_the_bare_list(stage: Stage, entra: ScimClient) -> None:
    made = await entra.done("POST", "/Users", KIM)
    await entra.done("PATCH", f"/Users/{made['id']}", payload("sailpoint-scim-patch"))
    assert told(stage)[-1] == ("off", "kim@contoso.test")


async def test_who_leaves_comes_back_and_leaves_within_a_minute_has_left(
    stage: Stage, entra: ScimClient
) -> None:
    made = await entra.done("POST", "/Users", KIM)
    for value in ("False", "True", "False"):
        await entra.done("PATCH", f"/Users/{made['id']}", active(value))
    assert [what for what, _ in told(stage)] == ["on", "off", "on", "off"]
    assert len({one.key for one in stage.broker.messages(ONBOARDING_EVENTS)}) == 4


@pytest.mark.parametrize("before", [True, False, None])
async def test_what_does_not_speak_of_active_changes_nobody_s_leaving(
    stage: Stage, entra: ScimClient, *, before: bool | None
) -> None:
    said_of_active = {} if before is None else {"active": before}
    made = await entra.done("POST", "/Users", {"userName": "kim@contoso.test", **said_of_active})
    path, so_far = f"/Users/{made['id']}", told(stage)
    put = await entra.done("PUT", path, {"userName": "kim@contoso.test", "displayName": "K"})
    assert put.get("active") is before
    await entra.done("PATCH", path, {"Operations": [{"op": "remove", "path": "active"}]})
    assert told(stage) == so_far


async def test_another_first_day_or_number_is_told_while_they_are_active(
    stage: Stage, okta: ScimClient
) -> None:
    hire = "urn:ietf:params:scim:schemas:extension:contoso:2.0:User"
    number = {"employeeNumber": "7"}
    user = {**KIM, ENTERPRISE: number, hire: {"HireDate": "2026-12-24"}}
    path = f"/Users/{(await okta.done('POST', '/Users', user))['id']}"
    later = {"op": "replace", "path": f"{hire}:HireDate", "value": "2027-01-07T00:00:00Z"}
    await okta.done("PATCH", path, {"Operations": [later]})
    renumbered = {"op": "replace", "path": f"{ENTERPRISE}:employeeNumber", "value": "8"}
    await okta.done("PATCH", path, {"Operations": [renumbered]})
    events = [json.loads(one.body)["data"] for one in stage.broker.messages(ONBOARDING_EVENTS)]
    assert [(one["employeeId"], one["effectiveDate"]) for one in events] == [
        ("7", "2026-12-24"),
        ("7", "2027-01-07"),
        ("8", "2027-01-07"),
    ]
    await okta.done("PATCH", path, active(value=False))
    leaving = json.loads(stage.broker.messages(ONBOARDING_EVENTS)[-1].body)
    assert (leaving["type"], leaving["data"].get("effectiveDate")) == (OFFBOARDED, None)


async def test_an_active_user_who_is_deleted_has_left(stage: Stage, entra: ScimClient) -> None:
    made = await entra.done("POST", "/Users", KIM)
    await entra.done("DELETE", f"/Users/{made['id']}")
    assert told(stage) == [("on", "kim@contoso.test"), ("off", "kim@contoso.test")]


async def test_whom_entra_renames_as_it_deletes_leaves_under_the_name_they_came_by(
    stage: Stage, entra: ScimClient
) -> None:
    made = await entra.done("POST", "/Users", KIM)
    renamed = {"op": "Replace", "path": "userName", "value": f"{GUID} kim@contoso.test"}
    disabled = {"op": "Replace", "path": "active", "value": "False"}
    await entra.done("PATCH", f"/Users/{made['id']}", {"Operations": [renamed, disabled]})
    assert told(stage)[-1] == ("off", "kim@contoso.test")


async def test_who_has_come_back_under_a_second_account_does_not_leave_with_the_first(
    stage: Stage, okta: ScimClient
) -> None:
    first = await okta.done("POST", "/Users", {**KIM, ENTERPRISE: {"employeeNumber": "7"}})
    second = {"userName": "kim2@contoso.test", "active": True, "externalId": "7"}
    other = await okta.done("POST", "/Users", second)
    so_far = told(stage)
    await okta.done("PATCH", f"/Users/{first['id']}", active("False"))
    await okta.done("DELETE", f"/Users/{first['id']}")
    assert told(stage) == so_far
    await okta.done("DELETE", f"/Users/{other['id']}")
    assert told(stage)[-1] == ("off", "7")


async def test_whom_the_source_cannot_mean_is_refused_and_not_kept(
    stage: Stage, entra: ScimClient, okta: ScimClient
) -> None:
    assert await refused(entra, "POST", "/Users", {"userName": "kim"}) == (400, "invalidValue")
    # Okta's own id is no employee id: the mapping has to say which is.
    user = {**KIM, "externalId": "00u1abcdefGHIJKLMNOP"}
    assert await refused(okta, "POST", "/Users", user) == (400, "invalidValue")
    assert (await okta.done("GET", "/Users"))["totalResults"] == 0
    assert told(stage) == []


@pytest.mark.parametrize(
    ("source", "token"),
    [
        ("entra", None),
        ("entra", ""),
        ("entra", "wrong"),
        ("nobody", "wrong"),
        ("nobody", "a-secret-of-some-length"),
        ("mapped", "wrong"),
        ("keyed", "wrong"),
    ],
)
async def test_who_proves_nothing_is_not_told_which_sources_there_are(
    stage: Stage, source: str, token: str | None
) -> None:
    others: dict[str, dict[str, Any]] = {
        "mapped": {"kind": "mapped", "authentication": "key", "mapping": {"employeeId": "id"}},
        "keyed": {"kind": "scim", "authentication": "key"},
    }
    made = {
        name: source_model(HR_KINDS).model_validate_json(json.dumps({"name": name, **fields}))
        for name, fields in others.items()
    }
    senders = Senders(sources={**SENDERS.sources, **made}, secrets=SENDERS.secrets)
    client = ScimClient(stage.world, source=source, token=token, senders=senders)
    for path in ("/Users", "/ServiceProviderConfig", "/nothing"):
        answer = await client.ask("GET", path)
        assert answer.body
        assert (answer.status, answer.body["detail"]) == (401, str(NotProved("")))
        assert answer.headers["WWW-Authenticate"] == "Bearer"


async def test_the_headers_of_a_cloud_event_are_refused_and_not_passed_over(
    stage: Stage, entra: ScimClient
) -> None:
    """Given a SCIM body whose headers say that somebody left, then nobody is taken for a joiner."""
    answer = await entra.ask("POST", "/Users", KIM, ce_type="com.contoso.worker.deleted")
    assert answer.body
    assert answer.status == 400
    assert "ce-type" in answer.body["detail"]
    assert told(stage) == []


async def test_while_a_secret_is_changed_the_one_before_is_taken_as_well(stage: Stage) -> None:
    client = ScimClient(stage.world, token=FORMER)
    assert (await client.done("GET", "/Users"))["totalResults"] == 0


async def test_a_token_of_entra_is_taken_of_the_apps_that_are_named(stage: Stage) -> None:
    tokens = MemoryTokens(stage.turns)
    tokens.issue("theirs", GUID, NOW + HOUR)
    tokens.issue("a-stranger-s", "0a6d2a34-5b5e-4cf4-9d0f-000000000000", NOW + HOUR)
    by_entra = {"authentication": "entra", "entra": {"applications": [GUID]}}
    fields = {"name": "entra", "kind": "scim", **by_entra}
    source = source_model(HR_KINDS).model_validate_json(json.dumps(fields))
    senders = Senders(sources={"entra": source}, tokens=tokens)
    client = ScimClient(stage.world, senders=senders, token="theirs")
    assert (await client.done("GET", "/Users"))["totalResults"] == 0
    client.token = "a-stranger-s"
    assert await refused(client, "GET", "/Users") == (403, None)
    client.token = "made-up"
    assert await refused(client, "GET", "/Users") == (401, None)


async def test_each_source_sees_its_own_users_alone(entra: ScimClient, okta: ScimClient) -> None:
    made = await entra.done("POST", "/Users", KIM)
    assert await refused(okta, "GET", f"/Users/{made['id']}") == (404, None)
    assert (await okta.done("GET", looking_for("kim@contoso.test")))["totalResults"] == 0
    await okta.done("POST", "/Users", KIM)


@pytest.mark.parametrize(
    ("condition", "found"),
    [
        ('externalId eq "x-1"', ["a"]),
        ('employeeNumber eq "1"', ["a"]),
        (f'{ENTERPRISE}:employeeNumber eq "1" and userName eq "a@contoso.test"', ["a"]),
        ('userName eq "a@contoso.test" and externalId eq "x-2"', []),
        ('emails[type eq "work"].value eq "SHARED@contoso.test"', ["a", "b"]),
        ('emails.value eq "shared@contoso.test" and active eq false', ["b"]),
    ],
)
async def test_users_are_found_by_what_connectors_match_them_by(
    entra: ScimClient, condition: str, found: list[str]
) -> None:
    for number, name in enumerate("ab", start=1):
        user = {
            "userName": f"{name}@contoso.test",
            "active": name == "a",
            "externalId": f"x-{number}",
            "emails": [{"value": "shared@contoso.test", "type": "work"}],
            ENTERPRISE: {"employeeNumber": str(number)},
        }
        await entra.done("POST", "/Users", user)
    answer = await entra.done("GET", f"/Users?filter={quote(condition)}")
    assert sorted(one["userName"][0] for one in answer["Resources"]) == found
    assert answer["totalResults"] == len(found)
    search = {"filter": condition, "attributes": ["userName"], "startIndex": 1}
    answer = await entra.done("POST", "/Users/.search", search)
    assert all(one.keys() == {"schemas", "id", "userName"} for one in answer["Resources"])
    assert answer["totalResults"] == len(found)


async def test_pages_are_counted_from_one_and_bounded(entra: ScimClient) -> None:
    for number in range(5):
        entra.now = NOW + timedelta(seconds=number)
        await entra.done("POST", "/Users", {"userName": f"user{number}@contoso.test"})
    seen: list[str] = []
    for start in (1, 3, 5):
        page = await entra.done("GET", f"/Users?startIndex={start}&count=2")
        assert (page["totalResults"], page["startIndex"]) == (5, start)
        assert page["itemsPerPage"] == len(page["Resources"])
        seen += [one["userName"] for one in page["Resources"]]
    assert sorted(seen) == [f"user{number}@contoso.test" for number in range(5)]
    for query, count in [("count=0", 0), ("count=-4", 0), ("startIndex=-1", 5), ("count=9999", 5)]:
        page = await entra.done("GET", f"/Users?{query}")
        assert (len(page["Resources"]), page["totalResults"]) == (count, 5)
    assert await refused(entra, "GET", "/Users?count=ten") == (400, "invalidValue")


async def test_entity_tags_are_kept_to_as_they_are_promised(entra: ScimClient) -> None:
    made = await entra.ask("POST", "/Users", KIM)
    assert made.body
    path, tag = f"/Users/{made.body['id']}", made.headers["ETag"]
    assert made.body["meta"]["version"] == tag
    assert (await entra.ask("GET", path, if_none_match=tag)).status == 304
    changed = await entra.ask("PATCH", path, active("False"), if_match=tag)
    assert changed.headers["ETag"] != tag
    for method, body in [("PATCH", active("True")), ("PUT", KIM), ("DELETE", None)]:
        assert (await entra.ask(method, path, body, if_match=tag)).status == 412
    assert (await entra.ask("GET", path, if_none_match=tag)).status == 200
    unchanged = await entra.ask("PATCH", path, active("False"), if_match="*")
    assert unchanged.headers["ETag"] == changed.headers["ETag"]
    assert (await entra.ask("DELETE", path, if_match=unchanged.headers["ETag"])).status == 204


async def test_a_bulk_request_is_answered_operation_by_operation(
    stage: Stage, entra: ScimClient
) -> None:
    operations: list[Any] = [
        {"method": "POST", "path": "/Users", "bulkId": "kim", "data": KIM},
        {"method": "patch", "path": "/Users/bulkId:kim", "data": active("False")},
        {"method": "POST", "path": "/Users", "bulkId": "again", "data": KIM},
        {"method": "PUT", "path": "/Users/bulkId:nobody", "data": KIM},
        {"method": "GET", "path": "/Users"},
        {"method": "POST", "path": "/Groups", "bulkId": "g", "data": {}},
        "nothing",
        {"method": "DELETE", "path": "/Users/bulkId:kim"},
    ]
    answer = await entra.done("POST", "/Bulk", {"Operations": operations})
    answered = answer["Operations"]
    statuses = ["201", "200", "409", "400", "400", "501", "400", "204"]
    assert [one["status"] for one in answered] == statuses
    assert answered[0]["bulkId"] == "kim"
    assert answered[0]["location"].startswith(entra.base)
    assert answered[2]["response"]["scimType"] == "uniqueness"
    assert [what for what, _ in told(stage)] == ["on", "off"]
    answer = await entra.done("POST", "/Bulk", {"Operations": operations[2:], "failOnErrors": 2})
    assert [one["status"] for one in answer["Operations"]] == ["201", "400", "400"]


async def test_the_limits_are_those_that_are_promised(entra: ScimClient) -> None:
    config = await entra.done("GET", "/ServiceProviderConfig")
    most = config["bulk"]["maxOperations"]
    operations = [{"method": "DELETE", "path": "/Users/x"}] * (most + 1)
    assert await refused(entra, "POST", "/Bulk", {"Operations": operations}) == (413, None)
    answer = await entra.done("POST", "/Bulk", {"Operations": operations[:-1]})
    assert len(answer["Operations"]) == most
    assert config["bulk"]["maxPayloadSize"] == LARGEST_BODY
    large = b" " * (LARGEST_BODY + 1)
    assert await refused(entra, "POST", "/Users", large) == (413, None)


@pytest.mark.parametrize(
    ("method", "path", "refusal"),
    [
        ("GET", "", (404, None)),
        ("GET", "/nothing", (404, None)),
        ("GET", "/Users/a/b", (404, None)),
        ("GET", "/Groups/1", (404, None)),
        ("POST", "/Groups", (501, None)),
        ("PATCH", "/Groups/1", (501, None)),
        ("GET", "/Me", (501, None)),
        ("DELETE", "/Users", (405, None)),
        ("POST", "/Users/1", (405, None)),
        ("GET", "/Bulk", (405, None)),
        ("PUT", "/Schemas", (405, None)),
        ("GET", "/Schemas?filter=id", (403, None)),
        ("GET", "/Schemas/urn:nothing", (404, None)),
        ("GET", "/Users?filter=userName%20pr", (400, "invalidFilter")),
        ("POST", "/Users", (400, "invalidSyntax")),
    ],
)
async def test_what_is_not_there_is_refused_as_the_standard_says(
    entra: ScimClient, method: str, path: str, refusal: tuple[int, str | None]
) -> None:
    assert await refused(entra, method, path) == refusal


async def test_the_service_describes_what_it_keeps_and_nothing_else(entra: ScimClient) -> None:
    schemas = await entra.done("GET", "/Schemas")
    for schema in schemas["Resources"]:
        assert await entra.done("GET", f"/Schemas/{schema['id']}") == schema
    core = next(one for one in schemas["Resources"] if one["name"] == "User")
    names = {attribute["name"] for attribute in core["attributes"]}
    everything = {**KIM, **dict.fromkeys(("title", "locale", "nickName", "password"), "x")}
    made = await entra.done("POST", "/Users", {**everything, "addresses": [{"locality": "x"}]})
    assert made.keys() - {"id", "schemas", "meta"} <= names
    kinds = await entra.done("GET", "/ResourceTypes")
    assert [one["id"] for one in kinds["Resources"]] == ["User"]


async def test_two_who_change_one_user_at_once_both_get_their_way(
    stage: Stage, entra: ScimClient
) -> None:
    made = await entra.done("POST", "/Users", KIM)
    path = f"/Users/{made['id']}"
    other = ScimClient(stage.another())

    async def meanwhile() -> None:
        rename = {"Operations": [{"op": "add", "path": "displayName", "value": "Kim"}]}
        await other.done("PATCH", path, rename)

    stage.turns.at("scim_users.replace", meanwhile)
    await entra.done("PATCH", path, active("False"))
    found = await entra.done("GET", path)
    assert (found["active"], found["displayName"]) == (False, "Kim")
    events = told(stage)
    assert events[0] == ("on", "kim@contoso.test")
    assert set(events[1:]) == {("off", "kim@contoso.test")}


async def test_of_two_who_create_one_name_at_once_one_is_refused(
    stage: Stage, entra: ScimClient
) -> None:
    other = ScimClient(stage.another())
    other.now = NOW + timedelta(seconds=1)

    async def meanwhile() -> None:
        await other.done("POST", "/Users", KIM)

    stage.turns.at("scim_users.create", meanwhile)
    assert await refused(entra, "POST", "/Users", KIM) == (409, "uniqueness")
    found = await stage.another().scim_users.find_by("entra", ScimKey.USER_NAME, "kim@contoso.test")
    assert len(found) == 1


@pytest.mark.parametrize("point", ["outbox.send_onboarding", "scim_users.replace"])
async def test_a_leaving_that_could_not_be_kept_is_told_when_it_is_sent_again(
    stage: Stage, entra: ScimClient, point: str
) -> None:
    made = await entra.done("POST", "/Users", KIM)
    path = f"/Users/{made['id']}"
    stage.turns.fail(point, ServiceUnavailable("away"))
    away = await entra.ask("PATCH", path, active("False"))
    assert (away.status, away.headers["Retry-After"]) == (503, "5")
    assert (await entra.done("GET", path))["active"] is True
    await entra.done("PATCH", path, active("False"))
    left = [one.key for one in stage.broker.messages(ONBOARDING_EVENTS)][1:]
    assert len(set(left)) == 1, "a second try is the same event"


async def test_users_written_while_the_source_was_matched_otherwise_can_be_mended(
    stage: Stage,
) -> None:
    was = ScimClient(stage.world, source="okta")
    made = await was.done("POST", "/Users", {"userName": "kim", "externalId": "7"})
    by_name = scim_source("okta", match="userPrincipalName")
    senders = Senders(sources={"okta": by_name}, secrets=SENDERS.secrets)
    now = ScimClient(stage.world, source="okta", senders=senders)
    path = f"/Users/{made['id']}"
    mended = {"op": "replace", "path": "userName", "value": "kim@contoso.test"}
    enabled = {"op": "replace", "path": "active", "value": True}
    await now.done("PATCH", path, {"Operations": [mended, enabled]})
    assert told(stage) == [("listed", "7"), ("on", "kim@contoso.test")]
    await now.done("DELETE", path)
    again = await was.done("POST", "/Users", {"userName": "kim", "externalId": "7"})
    await now.done("DELETE", f"/Users/{again['id']}")


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner),
    max_leaves=8,
)
words = st.sampled_from(
    ["Users", "Bulk", "Groups", "Schemas", "ResourceTypes", ".search", "Me", "bulkId:x", "%2f"]
) | st.text(max_size=8)
methods = st.sampled_from(["GET", "POST", "PUT", "PATCH", "DELETE"])
queries = st.dictionaries(
    st.sampled_from(["filter", "count", "startIndex", "attributes", "excludedAttributes"]),
    st.text(max_size=12),
)


@given(
    method=methods,
    steps=st.lists(words, max_size=3),
    body=st.binary(max_size=40) | anything | st.dictionaries(st.sampled_from([*KIM]), anything),
    query=queries,
)
@settings(suppress_health_check=[HealthCheck.too_slow])
async def test_whatever_is_asked_is_answered_in_scim(
    method: str, steps: list[str], body: Any, query: dict[str, str]
) -> None:
    client = ScimClient(a_stage().world)
    made = await client.done("POST", "/Users", KIM)
    path = "/".join(["", *(quote(one, safe="%:") for one in steps)])
    asked = "&".join(f"{name}={quote(value)}" for name, value in query.items())
    for target in (path, f"/Users/{made['id']}"):
        answer = await client.ask(method, f"{target}?{asked}", body)
        assert answer.status < 500 or answer.status == 501
        if answer.status >= 400:
            assert answer.body
            assert answer.body["schemas"] == [ERROR]
