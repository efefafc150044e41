"""The HR systems' addresses on the real functions host: every proof, every protocol's answers."""

import json
from base64 import b64encode
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import jsonschema_rs
import pytest

from sandbox.parts import HR_AUDIENCE, HR_SECRETS, HR_SOURCES
from sandbox.tenant.tenant import TENANT_ID
from sandbox.testing.functions_host_process import App
from sandbox.testing.waiting import wait_until
from shared.adapters.entra.signing_keys import SigningKeys
from shared.adapters.entra.tokens import EntraTokens
from shared.domain.errors import DirectoryUnavailable, NotAuthenticated
from shared.hr.documents import read
from shared.hr.proofs.signature import Signing
from shared.hr.request import HrRequest
from tests.support import operator_api_parts
from tests.support.operator_api_parts import DESCRIPTION, Parts
from tests.support.repository import ROOT

PAYLOADS = ROOT / "tests/events/hr"
SOURCES = {source.name: source for source in read(HR_SOURCES.read_text())}
CODE = """
from functions import hr, lifecycle, onboarding

app.register_functions(hr.blueprint(served))
app.register_functions(lifecycle.blueprint(served))
app.register_functions(onboarding.blueprint(served))
"""
GRID, JOINERS = "4962773b-9cdb-44cf-a8bf-237846a00ab7", "0a6d2a34-5b5e-4cf4-9d0f-3a1a5d1b9c11"
STRANGER = "0a6d2a34-5b5e-4cf4-9d0f-000000000000"
HOOK_ANSWERS = DESCRIPTION["paths"]["/hooks/{source}"]["post"]["responses"]


@pytest.fixture(scope="module")
def app(parts: Parts, tmp_path_factory: pytest.TempPathFactory) -> App:
    folder = tmp_path_factory.mktemp("app")
    return App(folder, operator_api_parts.CODE + CODE, values=settings(parts))


@pytest.fixture(scope="module")
def http(app: App) -> Iterator[httpx.Client]:
    with app.running() as host:
        host.http.timeout = httpx.Timeout(20)
        host.http.headers["x-function-key-of-the-test"] = host.function_key
        yield host.http


def settings(parts: Parts) -> dict[str, str]:
    return {
        **parts.settings,
        "SSPR_HR_SOURCES_FILE": str(HR_SOURCES),
        **{f"SSPR_HR_SECRETS__{name}": secret for name, secret in HR_SECRETS.items()},
        "SSPR_HR_AUDIENCE": HR_AUDIENCE,
        "SSPR_ENTRA_TENANT_ID": TENANT_ID,
        "SSPR_ENTRA_AUTHORITY": str(parts.tenant.http.base_url).rstrip("/"),
        "SSPR_CALLBACK_RETRY": "PT1S",
    }


def payload(name: str) -> Any:
    return json.loads((PAYLOADS / f"{name}.json").read_text())


def keyed(http: httpx.Client) -> dict[str, str]:
    return {"x-functions-key": http.headers["x-function-key-of-the-test"]}


def signed(name: str, value: Any, *, at: datetime | None = None) -> dict[str, Any]:
    """A request as that sender signs it."""
    signing, body = Signing.of(SOURCES[name]), json.dumps(value).encode()
    stamp = str(int((at or datetime.now(UTC)).timestamp()))
    secret = HR_SECRETS[name.upper()].encode()
    headers = signing.sign(secret, HrRequest(body=body), stamp)
    return {"content": body, "headers": headers}


def bearing(parts: Parts, **token: Any) -> dict[str, str]:
    """The header with a token that the tenant has issued."""
    asked = {"audience": HR_AUDIENCE, "appId": GRID, **token}
    issued = parts.tenant.sandbox("POST", "webhook-tokens", asked)
    return {"Authorization": f"Bearer {issued['access_token']}"}


def refusal(answer: httpx.Response, status: int) -> str:
    assert answer.status_code == status, answer.text
    reason: str = answer.json()["error"]["reason"]
    return reason


def refused_as_nobody(http: httpx.Client, answer: httpx.Response, **shown: Any) -> None:
    """The same, in every byte, as at a name that no source has."""
    nobody = http.post("/api/hooks/nobody", **shown)
    assert (answer.status_code, answer.content) == (nobody.status_code, nobody.content)
    assert "proof" in refusal(answer, 401)


def accepted(answer: httpx.Response) -> list[str]:
    assert answer.status_code == 202, answer.text
    schema = HOOK_ANSWERS["202"]["content"]["application/json"]["schema"]
    whole = {**schema, "components": DESCRIPTION["components"]}
    jsonschema_rs.validator_for(whole).validate(answer.json())
    keys: list[str] = answer.json()["keys"]
    return keys


def test_while_nobody_waits_a_changed_user_costs_no_request_to_graph(
    parts: Parts, http: httpx.Client
) -> None:
    """The first test: the others leave people behind who wait."""
    parts.tenant.sandbox("DELETE", "requests")
    answer = http.post("/api/hooks/arrivals", json=payload("event-grid"), headers=bearing(parts))
    (key,) = accepted(answer)
    wait_until(lambda: http.get(f"/api/events/{key}", headers=keyed(http)).status_code == 200)
    event = http.get(f"/api/events/{key}", headers=keyed(http)).json()
    assert (event["outcome"], event["people"]) == ("nobody-waits", [])
    assert parts.tenant.sandbox("GET", "requests")["httpRequests"] == 0


def test_a_signed_webhook_is_accepted_and_sent_again_it_has_the_same_key(
    http: httpx.Client,
) -> None:
    first = accepted(
        http.post("/api/hooks/bamboohr", **signed("bamboohr", payload("bamboohr-created")))
    )
    again = accepted(
        http.post("/api/hooks/bamboohr", **signed("bamboohr", payload("bamboohr-created")))
    )
    assert first == again
    assert len(first) == 1


def test_what_changes_nothing_is_accepted_without_a_key_and_with_the_reason(
    http: httpx.Client,
) -> None:
    answer = http.post("/api/hooks/bamboohr", **signed("bamboohr", payload("bamboohr-updated")))
    assert accepted(answer) == []
    assert answer.json()["leftAlone"][0]["field"] == "data.changedFields"


def test_a_signature_that_is_missing_wrong_or_old_is_refused(http: httpx.Client) -> None:
    value = payload("bamboohr-created")
    old = signed("bamboohr", value, at=datetime.now(UTC) - timedelta(minutes=6))
    other = signed("bamboohr", value) | {"content": b"{}"}
    for shown in ({"json": value}, old, other):
        answer = http.post("/api/hooks/bamboohr", **shown)
        refused_as_nobody(http, answer, **shown)
        assert answer.headers["www-authenticate"]


def test_who_cannot_prove_who_they_are_is_counted_without_what_they_sent(
    http: httpx.Client, app: App
) -> None:
    value = {"type": "employee.created", "secret-of-ada": "ada@contoso.test"}
    for name in ("bamboohr", "bamboohr", "bamboohr", "made-up-1", "made-up-2"):
        refusal(http.post(f"/api/hooks/{name}", json=value), 401)
    told = [line for line in app.log().splitlines() if "requests-refused" in line]
    # Whoever knows the secret and signs at another time is told apart; another test does.
    hooks = [line for line in told if '"door": "hooks"' in line and "too far" not in line]
    # The first of a span alone: of bamboohr's, and of all names that there are not.
    assert len([line for line in hooks if '"source": "bamboohr"' in line]) == 1
    assert len([line for line in hooks if '"source":' not in line]) == 1
    assert "secret-of-ada" not in app.log()
    assert "made-up" not in "".join(told)


def test_broken_input_names_the_senders_field_once_the_proof_is_good(http: httpx.Client) -> None:
    answer = http.post("/api/hooks/deel", **signed("deel", {"data": {}}))
    assert "is missing" in refusal(answer, 400)
    assert answer.json()["error"]["field"] == "data.meta.event_type"


def test_each_source_has_one_door(http: httpx.Client) -> None:
    user = payload("scim-user")
    refused_as_nobody(http, http.post("/api/hooks/scim", json=user), json=user)
    told = refusal(http.post("/api/hr/bamboohr", json=user, headers=keyed(http)), 404)
    assert "/api/hooks/bamboohr" in told
    assert http.post("/api/hr/scim", json=user).status_code == 401


def test_more_than_a_megabyte_is_refused_before_anybody_looks_at_it(http: httpx.Client) -> None:
    answer = http.post("/api/hooks/bamboohr", content=b"x" * (1024 * 1024 + 1))
    assert "1,048,576 bytes" in refusal(answer, 413)


@pytest.mark.parametrize("version", ["1.0", "2.0"])
def test_a_token_of_either_version_is_taken(parts: Parts, http: httpx.Client, version: str) -> None:
    header = bearing(parts, version=version)
    answer = http.post("/api/hooks/arrivals", json=payload("event-grid"), headers=header)
    assert len(accepted(answer)) == 1


def test_the_token_s_audience_may_be_the_bare_client_id(parts: Parts, http: httpx.Client) -> None:
    header = bearing(parts, audience=HR_AUDIENCE.removeprefix("api://"))
    accepted(http.post("/api/hooks/arrivals", json=payload("event-grid"), headers=header))


def test_an_app_of_the_tenant_that_may_not_send_is_told_so(
    parts: Parts, http: httpx.Client
) -> None:
    answer = http.post("/api/hooks/arrivals", json=[], headers=bearing(parts, appId=STRANGER))
    assert f"the app {STRANGER} may not" in refusal(answer, 403)


@pytest.mark.parametrize(
    "token",
    [
        {"audience": "api://another"},
        {"claims": {"tid": STRANGER}},
        {"claims": {"exp": 1}},
        {"claims": {"scp": "user_impersonation"}},
        {"header": {"typ": "pop"}},
        {"header": {"kid": "made-up"}},
    ],
)
def test_every_other_token_is_refused(
    parts: Parts, http: httpx.Client, token: dict[str, Any]
) -> None:
    shown = {"json": payload("event-grid"), "headers": bearing(parts, **token)}
    refused_as_nobody(http, http.post("/api/hooks/arrivals", **shown), **shown)


def test_no_token_and_another_scheme_are_refused(parts: Parts, http: httpx.Client) -> None:
    token = bearing(parts)["Authorization"].removeprefix("Bearer ")
    # Signed by the tenant's other key, as Graph's tokens are.
    graph = parts.tenant.token(resource=HR_AUDIENCE).json()["access_token"]
    forged = token[:-6] + ("AAAAAA" if not token.endswith("AAAAAA") else "BBBBBB")
    for header in ("", f"PoP {token}", f"Basic {token}", f"Bearer {graph}", f"Bearer {forged}"):
        shown = {"json": payload("event-grid"), "headers": {"Authorization": header}}
        refused_as_nobody(http, http.post("/api/hooks/arrivals", **shown), **shown)


def reporting() -> dict[str, str]:
    credentials = b64encode(HR_SECRETS["REPORT"].encode()).decode()
    return {"Authorization": f"Basic {credentials}"}


def test_of_a_report_the_bad_records_are_answered_by_name_and_kept(http: httpx.Client) -> None:
    people = [{"number": "7001", "starts": "01.02.2027"}, {"number": "7002", "starts": "soon"}]
    answer = http.post("/api/hooks/report", json={"people": people}, headers=reporting())
    assert answer.status_code == 207
    (key,), (refused,) = answer.json()["keys"], answer.json()["refused"]
    assert (refused["index"], refused["field"]) == (1, "[1].starts")
    wait_until(lambda: http.get(f"/api/events/{key}", headers=keyed(http)).status_code == 200)
    kept = http.get(f"/api/events/{refused['key']}", headers=keyed(http)).json()
    assert (kept["outcome"], kept["field"]) == ("invalid", "[1].starts")
    assert refusal(http.post("/api/hooks/report", json={"people": people}), 401)


def dealt_with(http: httpx.Client, key: str) -> dict[str, Any]:
    """What became of an event, once it is known."""
    path = f"/api/events/{key}"
    wait_until(lambda: http.get(path, headers=keyed(http)).status_code == 200)
    found: dict[str, Any] = http.get(path, headers=keyed(http)).json()
    return found


def test_who_is_but_listed_by_a_report_is_counted_and_not_enrolled(http: httpx.Client) -> None:
    """Given a report of everybody, when it comes, then those hired long ago are only counted."""
    people = [
        {"number": "7011", "starts": "01.03.2014"},
        {"number": "7012", "starts": "01.02.2027"},
    ]
    answer = http.post("/api/hooks/report", json={"people": people}, headers=reporting())
    keys = accepted(answer)
    assert (len(keys), answer.json()["listed"]) == (2, 1)
    listed, joins = (dealt_with(http, key) for key in keys)
    assert (listed["outcome"], listed["people"]) == ("listed", [])
    assert joins["outcome"] == "hire-date-ahead"


def test_whom_a_report_brings_in_beyond_its_brake_is_held_until_an_operator_decides(
    http: httpx.Client,
) -> None:
    """Given a brake of three an hour, when a report has everybody join, then the rest is held."""
    headers = keyed(http) | {"x-sspr-actor": "olga"}
    people = [{"number": str(7100 + number), "starts": "01.02.2027"} for number in range(6)]
    keys = accepted(http.post("/api/hooks/report", json={"people": people}, headers=reporting()))

    def outcomes() -> list[str]:
        found = [http.get(f"/api/events/{key}", headers=headers) for key in keys]
        return [one.json()["outcome"] for one in found if one.status_code == 200]

    wait_until(lambda: len(outcomes()) == len(keys))
    held = [one["key"] for one in http.get("/api/held-events", headers=headers).json()["events"]]
    assert held
    assert outcomes().count("held") == len(held)
    assert http.get("/api/status", headers=headers).json()["heldEvents"] == len(held)

    asked = {"keys": [held[0], "unknown"], "reason": "they do join"}
    answer = http.post("/api/held-events/let-through", json=asked, headers=headers)
    assert (answer.status_code, answer.json()) == (200, {"done": [held[0]], "left": ["unknown"]})
    asked = {"keys": held[1:], "reason": "a report of last year"}
    answer = http.post("/api/held-events/drop", json=asked, headers=headers)
    assert answer.json()["done"] == held[1:]
    event = f"/api/events/{held[0]}"
    wait_until(
        lambda: http.get(event, headers=headers).json()["outcome"] == "hire-date-ahead",
    )
    wait_until(lambda: http.get("/api/held-events", headers=headers).json()["events"] == [])
    assert all(
        http.get(f"/api/events/{key}", headers=headers).json()["outcome"] == "discarded"
        for key in held[1:]
    )


def test_words_are_given_back_before_the_first_event(http: httpx.Client) -> None:
    asked = http.get("/api/hooks/report", headers={"X-Challenge": "abc"})
    assert (asked.status_code, asked.json()) == (200, {"verification": "abc"})
    asked = http.post("/api/hooks/report?validationToken=%3Cb%3Ea%20b")
    assert (asked.status_code, asked.text) == (200, "<b>a b")
    assert asked.headers["content-type"].startswith("text/plain")
    assert asked.headers["x-content-type-options"] == "nosniff"
    assert http.get("/api/hooks/bamboohr").status_code == 401
    assert http.get("/api/hooks/nobody", headers={"X-Challenge": "abc"}).status_code == 401


def test_event_grid_is_told_that_it_may_send(parts: Parts, http: httpx.Client) -> None:
    origin = {"WebHook-Request-Origin": "eventgrid.azure.net"}
    agreed = http.options("/api/hooks/arrivals", headers=origin)
    assert agreed.status_code == 200
    assert agreed.headers["webhook-allowed-origin"] == "eventgrid.azure.net"
    # Who asks cannot prove anything yet: another answer would tell which sources there are.
    for name in ("bamboohr", "nobody"):
        same = http.options(f"/api/hooks/{name}", headers=origin)
        assert (same.status_code, same.content) == (agreed.status_code, agreed.content)
        assert same.headers["webhook-allowed-origin"] == "eventgrid.azure.net"
    assert http.options("/api/hr/scim", headers=origin).status_code == 401
    answer = http.post(
        "/api/hooks/arrivals", json=payload("event-grid-validation"), headers=bearing(parts)
    )
    assert answer.status_code == 200
    assert answer.json() == {"validationResponse": "512d38b6-c7b8-40c8-89fe-f46f9e9622b6"}


def test_a_scim_client_is_answered_in_its_own_words(http: httpx.Client) -> None:
    headers = keyed(http) | {"Content-Type": "application/scim+json; charset=utf-8"}
    answer = http.post("/api/hr/scim", content=json.dumps(payload("scim-user")), headers=headers)
    assert (answer.status_code, answer.headers["content-type"]) == (202, "application/scim+json")
    assert len(answer.json()["id"]) == 32
    answer = http.post("/api/hr/scim", content='{"active": "no"}', headers=headers)
    assert answer.status_code == 400
    assert answer.json() == {
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:Error"],
        "status": "400",
        "scimType": "invalidValue",
        "detail": "active: write true or false",
    }


def test_each_operation_of_a_bulk_request_is_answered_and_the_good_ones_are_done(
    http: httpx.Client,
) -> None:
    answer = http.post("/api/hr/scim", json=payload("scim-bulk-rfc"), headers=keyed(http))
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/scim+json")
    found = answer.json()
    assert found["schemas"] == ["urn:ietf:params:scim:api:messages:2.0:BulkResponse"]
    assert [(one.get("bulkId"), one["status"]) for one in found["Operations"]] == [
        ("qwerty", "202"),
        ("ytrewq", "204"),
        ("leaves", "202"),
        (None, "202"),
    ]
    (_, _, key) = found["Operations"][0]["location"].rpartition("/")
    assert "/api/events/" in found["Operations"][0]["location"]
    wait_until(lambda: http.get(f"/api/events/{key}", headers=keyed(http)).status_code == 200)


def joiner(parts: Parts, http: httpx.Client, upn: str, **task: Any) -> tuple[str, str]:
    """A workflow calls out for somebody; answers with the task's id and the event's key."""
    call = parts.tenant.sandbox("POST", "lifecycle", {"userPrincipalName": upn, **task})
    header = bearing(parts, appId=JOINERS)
    (key,) = accepted(http.post("/api/hooks/joiners", json=call, headers=header))
    return call["data"]["taskProcessingResult"]["id"], key


def callback(parts: Parts, task: str) -> dict[str, Any] | None:
    found: dict[str, Any] | None = parts.tenant.sandbox("GET", f"lifecycle/{task}")["callback"]
    return found


def test_a_workflow_is_told_that_somebody_is_out_of_the_question(
    parts: Parts, http: httpx.Client
) -> None:
    parts.tenant.sandbox(
        "POST", "users", {"userPrincipalName": "gus@contoso.test", "userType": "Guest"}
    )
    task, key = joiner(parts, http, "gus@contoso.test")
    wait_until(lambda: callback(parts, task) is not None)
    assert callback(parts, task) == {
        "source": "sspr-rollout",
        "type": "lifecycleEvent",
        "data": {
            "@odata.type": "#microsoft.graph.identityGovernance.customTaskExtensionCallbackData",
            "operationStatus": "Failed",
        },
    }
    event = http.get(f"/api/events/{key}", headers=keyed(http)).json()
    assert event["people"][0]["state"] == "excluded"


async def test_new_keys_are_read_once_a_minute_and_old_ones_outlive_an_outage(
    parts: Parts,
) -> None:
    keys = SigningKeys(authority=settings(parts)["SSPR_ENTRA_AUTHORITY"], tenant_id=TENANT_ID)
    tokens = EntraTokens(keys, audience=HR_AUDIENCE)
    now = datetime.now(UTC)
    first = bearing(parts)["Authorization"].removeprefix("Bearer ")
    assert await tokens.application_of(first, now) == GRID
    parts.tenant.sandbox("POST", "webhook-keys")
    second = bearing(parts)["Authorization"].removeprefix("Bearer ")
    with pytest.raises(NotAuthenticated, match="none of Entra's keys"):
        await tokens.application_of(second, now + timedelta(seconds=59))
    assert await tokens.application_of(second, now + timedelta(seconds=61)) == GRID


async def test_without_entras_keys_a_token_is_neither_taken_nor_called_false(
    parts: Parts,
) -> None:
    keys = SigningKeys(authority="http://127.0.0.1:9", tenant_id=TENANT_ID)
    tokens = EntraTokens(keys, audience=HR_AUDIENCE)
    token = bearing(parts)["Authorization"].removeprefix("Bearer ")
    for _ in range(2):
        with pytest.raises(DirectoryUnavailable, match="keys could not be read"):
            await tokens.application_of(token, datetime.now(UTC))
