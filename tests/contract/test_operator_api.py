"""The operator API over HTTP: a rollout's life, the audit of it, and every kind of refusal."""

import json
from base64 import b64encode
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
from azure.data.tables import TableServiceClient
from azure.servicebus import ServiceBusClient, ServiceBusMessage

from sandbox.tenant.tenant import TENANT_ID
from sandbox.testing.service_bus_process import take
from shared.adapters.tables.keys import RowKind, row_key
from shared.adapters.tables.tables import Tables
from shared.contracts.api.operation_orders import ApplyOrder
from shared.contracts.messages.operation_request import OperationRequest
from shared.contracts.messages.queues import DEAD_LETTERS_OF, ONBOARDING_EVENTS, ROLLOUT_OPERATIONS
from shared.domain.audit import AuditEnd, AuditRecord, broken_at
from shared.ports.operations import Operation
from tests.support.operator_api_parts import DESCRIPTION, SCOPE, Api, Parts

DOCUMENT = f"""\
schema: sspr-rollout/rollout/1
name: sspr  # für alle
scope: {{group: {SCOPE}, topology: cloud}}
waves:
  - {{name: pilot, count: 5, soak: PT1H}}
  - {{name: everybody, percent: 100, soak: PT0S}}
"""
WHY = {"reason": "a test wants it so"}
ADA = {"x-sspr-actor": "ada"}
GRACE = "grace@contoso.test"
UNA = "una@contoso.test"


@pytest.fixture(scope="module")
def http(parts: Parts, tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    with parts.app(tmp_path_factory.mktemp("app")) as http:
        yield http


@pytest.fixture
def api(http: httpx.Client) -> Api:
    return Api(http)


@pytest.fixture(scope="module")
def plan(http: httpx.Client) -> dict[str, Any]:
    """What the operator is shown of the document."""
    operation = Api(http).done("rollout/plans", DOCUMENT, headers=ADA)
    assert operation["state"] == "succeeded", operation
    result: dict[str, Any] = operation["result"]
    return result


@pytest.fixture(scope="module")
def applied(http: httpx.Client, plan: dict[str, Any]) -> dict[str, Any]:
    """The operation that put the plan into force."""
    operation = Api(http).done("rollout/apply", {"plan": plan["fingerprint"]}, headers=ADA)
    assert operation["state"] == "succeeded", operation
    return operation


def refusal(answer: httpx.Response, status: int) -> dict[str, Any]:
    assert answer.status_code == status, answer.text
    error: dict[str, Any] = answer.json()["error"]
    return error


@pytest.mark.parametrize(
    "path",
    [
        "rollout",
        "rollout/document",
        "rollout/document?version=7",
        "rollout/plans/unknown",
        "rollout/plans/unknown/people",
        "rollout/plans/%23%2F%3F/people?page=3",
        "operations/unknown",
        "audit/unknown",
        "events/unknown",
        "users/nobody@contoso.test",
    ],
)
def test_what_is_not_there_is_not_found_with_a_reason(api: Api, path: str) -> None:
    assert refusal(api.get(path), 404)["reason"]


def test_before_the_first_rollout_there_is_nothing_to_steer(api: Api) -> None:
    for verb in ("pause", "resume", "promote", "abort", "restart", "selected"):
        assert "no rollout" in refusal(api.post(f"rollout/{verb}", WHY), 409)["reason"]
    assert api.get("rollout/gates").json() == {"evaluations": []}


def test_before_the_first_rollout_the_outlook_of_whoever_is_in_entra_says_so(api: Api) -> None:
    answer = api.get(f"users/{GRACE}").json()
    (forecast,) = answer["forecast"]
    assert (answer["people"], forecast["userPrincipalName"]) == ([], GRACE)
    assert (forecast["text"], forecast["position"]) == ("There is no rollout.", None)


def test_a_document_with_mistakes_is_refused_with_all_of_them_and_their_lines(api: Api) -> None:
    wrong = DOCUMENT.replace("count: 5", "count: 0").replace("percent: 100", "percent: 101")
    error = refusal(api.post("rollout/plans", wrong), 400)
    assert [(one["line"], one["field"]) for one in error["findings"]] == [
        (5, "waves[0].count"),
        (6, "waves[1].percent"),
    ]


def test_a_plan_is_drawn_up_kept_and_shown_with_everybody_in_it(
    api: Api, plan: dict[str, Any]
) -> None:
    assert [wave["name"] for wave in plan["waves"]] == ["pilot", "everybody"]
    assert plan["waves"][0]["additions"] == 5
    path = f"rollout/plans/{plan['fingerprint']}"
    assert api.get(path).json() == plan
    people: list[dict[str, Any]] = []
    page: int | None = 0
    while page is not None:
        answer = api.get(f"{path}/people", params={"page": page}).json()
        people, page = people + answer["people"], answer["nextPage"]
    added = [one for one in people if one["action"] == "add"]
    assert len(added) == plan["additions"]
    assert sum(one["wave"] == "pilot" for one in added) == 5
    assert all("@" in one["userPrincipalName"] for one in people)


def test_an_operation_says_who_asked_and_why_it_was_refused(api: Api) -> None:
    operation = api.done("rollout/apply", {"plan": "never-shown"}, headers=ADA)
    assert (operation["state"], operation["actor"]) == ("refused", "key: ada")
    assert operation["result"] is None
    assert operation["problem"].startswith("no plan with this fingerprint was shown")


@pytest.mark.usefixtures("applied")
def test_the_document_is_kept_as_it_was_written(api: Api) -> None:
    for path in ("rollout/document", "rollout/document?version=1"):
        answer = api.get(path)
        assert answer.text == DOCUMENT
        assert answer.headers["content-type"].startswith("application/yaml")


@pytest.mark.usefixtures("applied")
def test_a_rollout_is_paused_resumed_aborted_and_restarted(api: Api) -> None:
    shown = api.get("rollout").json()
    assert (shown["phase"], shown["version"], shown["actor"]) == ("planned", 1, "key: ada")
    assert [wave["state"] for wave in shown["waves"]] == ["ahead", "ahead"]
    assert shown["next"]["move"] == "begin-wave"

    paused = api.post("rollout/pause", WHY, headers={"x-sspr-actor": "grace"}).json()
    assert paused == api.get("rollout").json()
    assert (paused["phase"], paused["pause"]["actor"]) == ("paused", "key: grace")
    assert paused["pause"]["detail"] == WHY["reason"]
    assert "sspr stop" in paused["meanwhile"]
    assert api.post("rollout/pause", WHY).json()["pause"]["actor"] == "key"
    assert api.post("rollout/resume", WHY).json()["phase"] == "planned"
    assert "planned" in refusal(api.post("rollout/resume", WHY), 409)["reason"]
    assert "no wave" in refusal(api.post("rollout/promote", WHY), 409)["reason"]
    assert api.post("rollout/abort", WHY).json()["phase"] == "aborted"
    assert api.post("rollout/restart", WHY).json()["phase"] == "planned"


def test_everything_that_writes_is_stopped_and_started_with_or_without_a_rollout(api: Api) -> None:
    assert "nothing is stopped" in refusal(api.post("writing/start", WHY), 409)["reason"]
    stopped = api.post("writing/stop", WHY, headers=ADA).json()
    assert stopped == api.get("writing").json() == api.get("status").json()["writing"]
    assert (stopped["stopped"], stopped["stop"], stopped["actor"]) == (
        True,
        "by-operator",
        "key: ada",
    )
    assert api.post("writing/start", WHY).json()["stopped"] is False


@pytest.mark.usefixtures("applied")
def test_a_rollback_shows_first_whom_it_would_take_out(api: Api) -> None:
    operation = api.done("rollout/rollback", {"wave": "pilot"} | WHY)
    assert operation["state"] == "succeeded"
    assert (operation["result"]["removals"], operation["result"]["done"]) == (0, False)
    unknown = api.done("rollout/rollback", {"wave": "pilots"} | WHY)
    assert (unknown["state"], "no wave 'pilots'" in unknown["problem"]) == ("refused", True)


@pytest.mark.usefixtures("applied")
def test_whom_nothing_has_asked_for_has_an_outlook_in_the_rollout(api: Api) -> None:
    (forecast,) = api.get(f"users/{UNA}").json()["forecast"]
    assert (forecast["refusal"], forecast["text"].split(":")[0]) == ("unlicensed", "Not eligible")
    answer = api.get(f"users/{GRACE}").json()
    (forecast,) = answer["forecast"]
    assert (answer["people"], forecast["refusal"], forecast["wave"]) == ([], None, None)
    assert "everybody (100 %) does at the latest" in forecast["text"]


def test_a_person_shows_what_operators_said_of_them(api: Api) -> None:
    until = "2099-01-01T00:00:00Z"
    excluded = api.post(f"people/{GRACE}/exclude", WHY | {"until": until}, headers=ADA).json()
    (person,) = excluded["people"]
    # Whoever asks for somebody is told as well whether Entra still shows them in.
    (asked,) = api.get(f"users/{GRACE}").json()["people"]
    assert asked == person | {"stillMember": False}
    assert person["exclusion"]["reason"] == "excluded-by-operator"
    assert (person["exclusion"]["actor"], person["exclusion"]["until"]) == ("key: ada", until)
    assert (person["exclusion"]["detail"], person["claims"]) == (WHY["reason"], [])

    (person,) = api.post(f"people/{GRACE}/include", WHY, headers=ADA).json()["people"]
    (claim,) = person["claims"]
    assert (claim["cause"]["kind"], claim["cause"]["actor"]) == ("override", "key: ada")
    assert (person["exclusion"], claim["until"]) == (None, None)

    (person,) = api.post(f"people/{GRACE}/release", WHY).json()["people"]
    assert person["claims"] == []
    assert "nobody" in refusal(api.post("people/noone@contoso.test/include", WHY), 409)["reason"]


def test_people_are_listed_with_where_to_go_on(api: Api) -> None:
    """Given one who is kept out, each list has them once, and goes on after them where asked."""
    (person,) = api.post(f"people/{UNA}/exclude", WHY, headers=ADA).json()["people"]
    for path in (f"people?state={person['state']}", "excluded"):
        answer = api.get(path).json()
        assert [one["userPrincipalName"] for one in answer["people"]].count(UNA) == 1
        assert answer["next"] is None
        rest = api.get(path, params={"after": person["objectId"]}).json()["people"]
        assert UNA not in [one["userPrincipalName"] for one in rest]
    assert api.get("forecast/people?on=2127-02-01").json()["next"] is None


def test_all_that_is_kept_of_a_person_is_told_place_by_place_and_the_audit_names_nobody(
    api: Api,
) -> None:
    api.post(f"people/{GRACE}/include", WHY, headers=ADA)
    records, page = list[Any](), 0
    while page is not None:
        order = {"reason": "request 4711", "page": page}
        answer = api.post(f"people/{GRACE}/export", order, headers=ADA).json()
        records += answer["records"]
        page = answer["nextPage"]
    assert {"person", "audit"} <= {one["kind"] for one in records}
    assert answer["elsewhere"]
    assert GRACE in answer["knownBy"]
    told = [json.loads(one["content"]) for one in api.get("audit/messages").json()["records"]]
    exports = [one for one in told if one.get("action") == "export-person"]
    assert [one["page"] for one in exports] == list(range(len(exports)))
    said = exports[-1]
    assert (said["actor"], said["reason"]) == ("key: ada", "request 4711")
    assert GRACE not in json.dumps(said)
    assert "page" in refusal(api.post(f"people/{GRACE}/export", WHY | {"page": 150}), 400)["field"]


def test_what_is_kept_of_a_person_is_shown_and_erased_by_its_fingerprint(api: Api) -> None:
    """Given one who is kept out, then nothing of them is left but what is said to be kept.

    The order is kept by a digest of their name.
    """
    erasing = f"people/{UNA}/erase"
    api.post(f"people/{UNA}/exclude", WHY, headers=ADA)
    shown = api.done(erasing, WHY, headers=ADA)
    assert shown["state"] == "succeeded", shown
    result = shown["result"]
    assert {("person", "erased"), ("audit", "kept")} <= {
        (one["kind"], one["fate"]) for one in result["rows"]
    }
    assert (result["done"], result["needsExclusion"]) == (False, False)
    assert result["elsewhere"]
    assert api.get(f"users/{UNA}").json()["people"] != []

    other = api.done(erasing, WHY | {"plan": "of-something-else"})
    assert (other["state"], "look again" in other["problem"]) == ("refused", True)
    done = api.done(erasing, WHY | {"plan": result["fingerprint"]}, headers=ADA)
    assert (done["state"], done["actor"]) == ("succeeded", "key: ada")
    assert done["result"] == result | {"done": True}
    assert api.get(f"users/{UNA}").json()["people"] == []
    assert UNA not in api.get(f"operations/{done['key']}").text
    told = [json.loads(one["content"]) for one in api.get("audit/messages").json()["records"]]
    (erasure,) = [one for one in told if one.get("action") == "erase-person"]
    assert (erasure["actor"], erasure["reason"]) == ("key: ada", WHY["reason"])
    assert UNA not in json.dumps(erasure)


@pytest.mark.parametrize(
    ("person", "said", "problem"),
    [
        (GRACE, {}, "say sspr exclude"),
        (UNA, {"reason": f"{UNA} asked for it"}, "it names the person"),
    ],
)
def test_an_erasure_that_is_not_possible_says_what_to_do_first(
    api: Api, person: str, said: dict[str, Any], problem: str
) -> None:
    """Given one who is wanted in, and a reason that the audit would keep."""
    api.post(f"people/{GRACE}/include", WHY)
    refused = api.done(f"people/{person}/erase", WHY | said)
    assert (refused["state"], refused["result"]) == ("refused", None)
    assert problem in refused["problem"]


def test_an_exclusion_for_good_ends_by_an_erasure_only_if_that_is_meant(api: Api) -> None:
    erasing = f"people/{UNA}/erase"
    api.post(f"people/{UNA}/exclude", WHY | {"never": True})
    shown = api.done(erasing, WHY)["result"]
    assert shown["needsExclusion"] is True
    again = WHY | {"plan": shown["fingerprint"]}
    assert "--with-exclusion" in api.done(erasing, again)["problem"]
    assert api.done(erasing, again | {"withExclusion": True})["result"]["done"] is True


@pytest.mark.usefixtures("applied")
def test_the_audit_can_be_read_and_proved_and_names_whoever_asked(api: Api) -> None:
    api.post("rollout/pause", WHY, headers={"x-sspr-actor": "mallory"})
    api.post("rollout/resume", WHY)
    contents = []
    for end in api.get("audit").json()["partitions"]:
        records: list[AuditRecord] = []
        while page := api.get(f"audit/{end['partition']}", params={"after": len(records)}).json()[
            "records"
        ]:
            records += [AuditRecord(**one) for one in page]
        assert broken_at(records, AuditEnd(**end)) is None
        contents += [json.loads(one.content) for one in records]
    assert "key: mallory" in {content["actor"] for content in contents}


@pytest.mark.parametrize(
    ("path", "field"),
    [
        ("rollout/gates?limit=0", "limit"),
        ("rollout/gates?limit=101", "limit"),
        ("rollout/gates?limit=ten", "limit"),
        ("rollout/gates?limit=1&limit=2", "limit"),
        ("rollout/gates?lmit=1", "lmit"),
        ("rollout/document?version=0", "version"),
        ("rollout/plans/one/people?page=-1", "page"),
        ("people?page=0", "page"),
        ("excluded?page=0", "page"),
        ("forecast/people?on=2127-02-01&page=0", "page"),
        ("people?after=somebody", "after"),
        ("audit/rollout?after=-1", "after"),
        (f"dead-letters/{ONBOARDING_EVENTS}?after=-1", "after"),
        ("status?verbose=1", "verbose"),
    ],
)
def test_a_query_parameter_that_is_wrong_is_refused_by_name(
    api: Api, path: str, field: str
) -> None:
    assert refusal(api.get(path), 400)["field"] == field


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        ("rollout/pause", {}, "reason"),
        ("rollout/pause", {"reason": "  x "}, "reason"),
        ("rollout/abort", WHY | {"force": True}, "force"),
        ("rollout/promote", WHY | {"skipSoak": "perhaps"}, "skipSoak"),
        ("rollout/apply", {"plan": ""}, "plan"),
        (f"people/{GRACE}/erase", {}, "reason"),
        (f"people/{GRACE}/erase", WHY | {"plan": ""}, "plan"),
        (f"people/{GRACE}/erase", WHY | {"person": "somebody else"}, "person"),
        (f"people/{GRACE}/erase", WHY | {"withExclusion": "perhaps"}, "withExclusion"),
        ("rollout/rollback", WHY, "wave"),
        (f"people/{GRACE}/exclude", WHY | {"until": "2026-01-01T00:00:00"}, "until"),
        (f"people/{GRACE}/release", WHY | {"until": "2099-01-01T00:00:00Z"}, "until"),
        (f"dead-letters/{ONBOARDING_EVENTS}/discard", WHY | {"numbers": []}, "numbers"),
        (f"dead-letters/{ONBOARDING_EVENTS}/resubmit", {"numbers": [1]}, "reason"),
        ("refused/resend", {"keys": ["k"]}, "reason"),
        ("refused/resend", WHY | {"keys": ["k"], "fixes": {"give": {"id": "x"}}}, "id"),
        ("rollout/resume", "no JSON", "(body)"),
        ("rollout/resume", "", "(body)"),
        ("rollout/resume", "[]", "(body)"),
    ],
)
def test_a_body_that_is_wrong_is_refused_by_field(
    api: Api, path: str, body: Any, field: str
) -> None:
    assert refusal(api.post(path, body), 400)["field"] == field


def test_a_name_that_is_no_name_is_refused(api: Api) -> None:
    error = refusal(api.get("rollout/gates", headers={"x-sspr-actor": "a" * 101}), 400)
    assert error["field"] == "x-sspr-actor"


def test_the_key_may_stand_in_the_address_and_without_one_nobody_gets_in(
    http: httpx.Client, parts: Parts
) -> None:
    key = http.headers["x-functions-key"]
    with httpx.Client(base_url=http.base_url) as bare:
        assert bare.get("/api/rollout/gates", params={"code": key}).status_code == 200
        assert bare.get("/api/rollout/gates").status_code == 401
        token = bearing(parts, "Rollout.Reader")
        assert bare.get("/api/rollout/gates", headers=token).status_code == 401


def test_a_directory_that_does_not_answer_is_told_apart_from_a_mistake(
    api: Api, parts: Parts
) -> None:
    fault = {"match": {"method": "", "path": ""}, "action": "status", "status": 403, "times": 50}
    parts.tenant.sandbox("POST", "faults", fault)
    try:
        assert refusal(api.get(f"users/{GRACE}"), 503)["reason"]
    finally:
        parts.tenant.sandbox("DELETE", "faults")


def test_the_app_serves_its_own_description(api: Api) -> None:
    assert api.get("openapi.json").json() == DESCRIPTION


def test_the_totals_are_those_of_before(api: Api) -> None:
    status = api.get("status").json()
    assert set(status) >= {"people", "states", "reasons", "flags", "flagged", "refusedMessages"}


def test_dead_letters_are_counted_shown_sent_again_and_discarded(api: Api, parts: Parts) -> None:
    bodies = ['{"employeeId": "7"}', '{"employeeId": "8"}']
    with parts.bus.client() as client:
        with client.get_queue_sender(ONBOARDING_EVENTS) as sender:
            for body in bodies:
                sender.send_messages(ServiceBusMessage(body, message_id=uuid4().hex))
        with client.get_queue_receiver(ONBOARDING_EVENTS) as receiver:
            for _ in bodies:
                (one,) = take(receiver, 1)
                receiver.dead_letter_message(one, reason="NotDone", error_description="ten times")
    counted = {one["queue"]: one["number"] for one in api.get("dead-letters").json()["queues"]}
    assert counted == {name: 2 if name == ONBOARDING_EVENTS else 0 for name in DEAD_LETTERS_OF}
    assert {one["number"] for one in api.get("health/report").json()["deadLetters"]} == {0, 2}
    place = f"dead-letters/{ONBOARDING_EVENTS}"
    first, second = (one["sequenceNumber"] for one in api.get(place).json()["letters"])
    assert api.get(f"{place}/messages/{first}").json()["body"] == bodies[0]
    answer = api.post(f"{place}/resubmit", WHY | {"numbers": [first]}, headers=ADA)
    assert answer.json() == {"queue": ONBOARDING_EVENTS, "done": [first], "left": []}
    answer = api.post(f"{place}/discard", WHY | {"numbers": [first, second]}, headers=ADA)
    assert answer.json() == {"queue": ONBOARDING_EVENTS, "done": [second], "left": [first]}
    assert api.get(place).json()["letters"] == []
    kept = [one for one in api.get("status").json()["refused"] if one["outcome"] == "discarded"]
    assert [one["body"] for one in kept] == [bodies[1]]
    told = [change["action"] for one in dealt_with(api) for change in one["changes"]]
    assert told == ["resubmit-dead-letter", "discard-dead-letter"]
    resend = WHY | {"keys": [kept[0]["key"]]}
    shown = api.post("refused/resend", resend, headers=ADA).json()
    assert [one["becomes"] for one in shown["messages"]] == ["sent"]
    assert (
        "look again" in refusal(api.post("refused/resend", resend | {"plan": "x"}), 409)["reason"]
    )
    sent = api.post("refused/resend", resend | {"plan": shown["fingerprint"]}, headers=ADA)
    assert sent.json() == shown | {"done": True}
    with parts.bus.client() as client, client.get_queue_receiver(ONBOARDING_EVENTS) as receiver:
        found = take(receiver, 2)
        events = [json.loads(str(one)) for one in found]
        for one in found:
            receiver.complete_message(one)
    (event,) = [one for one in events if "specversion" in one]
    assert (event["id"], event["data"]) == (kept[0]["key"], {"employeeId": "8"})
    assert {one["actor"] for one in dealt_with(api)} == {"key: ada"}


def dealt_with(api: Api) -> list[dict[str, Any]]:
    """What the audit tells of messages; of exports and erasures it tells in the same partition."""
    records = [json.loads(one["content"]) for one in api.get("audit/messages").json()["records"]]
    return [one for one in records if "changes" in one]


@pytest.mark.parametrize(
    "place", ["dead-letters/poison", f"dead-letters/{ONBOARDING_EVENTS}/messages/x"]
)
def test_dead_letters_that_are_not_there_are_not_found(api: Api, place: str) -> None:
    refusal(api.get(place), 404)


OPERATOR_APP = "0a4b6c1d-9e2f-4d3a-8b7c-5f6e7d8c9b0a"


def bearing(parts: Parts, *roles: str, **token: Any) -> dict[str, str]:
    """The header with a token that the tenant has issued to Ada."""
    claims = {"oid": "ada-id", "preferred_username": "ada@contoso.test", "roles": roles}
    asked = {"audience": OPERATOR_APP, "appId": "az", **token}
    asked["claims"] = {**claims, **token.get("claims", {})}
    issued = parts.tenant.sandbox("POST", "webhook-tokens", asked)
    return {"Authorization": f"Bearer {issued['access_token']}"}


def test_where_operators_sign_in_the_token_decides_and_neither_a_key_nor_a_header(
    parts: Parts, tmp_path: Path
) -> None:
    reader, operator = bearing(parts, "Rollout.Reader"), bearing(parts, "Rollout.Operator")
    settings = {
        "SSPR_OPERATOR_AUTH": "entra",
        "SSPR_OPERATOR_AUDIENCE": OPERATOR_APP,
        "SSPR_ENTRA_TENANT_ID": TENANT_ID,
        "SSPR_ENTRA_AUTHORITY": str(parts.tenant.http.base_url).rstrip("/"),
    }
    claims = [{"typ": "roles", "val": "Rollout.Operator"}, {"typ": "oid", "val": "ada-id"}]
    told = {"auth_typ": "aad", "claims": claims, "name_typ": "name", "role_typ": "roles"}
    written = {"x-ms-client-principal": b64encode(json.dumps(told).encode()).decode()}
    with parts.app(tmp_path, **settings) as http:
        api = Api(http)
        unknown = api.get("rollout/gates")
        assert refusal(unknown, 401)["reason"]
        assert unknown.headers["www-authenticate"] == "Bearer"
        assert refusal(api.get("rollout/gates", headers=written), 401), "App Service's own header"
        del http.headers["x-functions-key"]
        for other in (
            {"audience": "api://another"},
            {"claims": {"exp": 1}},
            {"claims": {"tid": "another"}},
            {"header": {"kid": "made-up"}},
        ):
            forged = bearing(parts, "Rollout.Operator", **other)
            assert refusal(api.get("rollout/gates", headers=forged | written), 401)
        graph = parts.tenant.token(resource=OPERATOR_APP).json()["access_token"]
        refusal(api.get("rollout/gates", headers={"Authorization": f"Bearer {graph}"}), 401)
        assert api.get("rollout/gates", headers=reader).status_code == 200
        event = {"userPrincipalName": "grace@contoso.test"}
        assert len(api.post("events", event, headers=operator).json()["keys"]) == 1
        refusal(api.post("events", event, headers=reader), 403)
        forbidden = api.post("rollout/pause", WHY, headers=reader)
        assert "Rollout.Operator" in refusal(forbidden, 403)["reason"]
        assert refusal(api.post("rollout/abort", {}, headers=reader), 403), "before the body"
        asked = api.done("rollout/apply", {"plan": "none"}, headers=operator)
        assert asked["actor"] == "entra: ada@contoso.test (ada-id)"


async def test_an_operation_that_meets_what_nobody_foresaw_ends_with_its_last_try(
    api: Api, parts: Parts
) -> None:
    lost = Operation(
        key=uuid4().hex,
        actor="ada",
        requested_at=datetime.now(UTC),
        order=ApplyOrder(plan="unreadable"),
    )
    unreadable = {
        "PartitionKey": row_key(RowKind.PLAN, "unreadable"),
        "RowKey": "plan",
        "Plan0": 5,  # no text; what is text and not understood is a newer version's
    }
    account = parts.settings["AzureWebJobsStorage"]
    with TableServiceClient.from_connection_string(account) as service:
        service.create_table_if_not_exists("plans").upsert_entity(unreadable)
    async with Tables.from_connection_string(account) as tables:
        await tables.operations.keep(lost)
    request = ServiceBusMessage(OperationRequest(operation_key=lost.key).text())
    bus = ServiceBusClient.from_connection_string(parts.settings["ServiceBusConnection"])
    with bus, bus.get_queue_sender(ROLLOUT_OPERATIONS) as sender:
        sender.send_messages(request)

    ended = api.ended(api.get(f"operations/{lost.key}").json())

    assert ended["state"] == "refused"
    assert "TypeError" in ended["problem"]
