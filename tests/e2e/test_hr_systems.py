"""HR systems that send in their own words, each with its own proof, to people in scope."""

import json
from datetime import UTC, datetime
from typing import Any

from sandbox.company import SCOPE_GROUP
from sandbox.parts import HR_AUDIENCE, HR_SECRETS, HR_SOURCES
from shared.hr.documents import read
from shared.hr.proofs.signature import Signing
from shared.hr.request import HrRequest
from tests.support.repository import ROOT
from tests.support.rig import People, Rig, reasons, until

PAYLOADS = ROOT / "tests/events/hr"
SOURCES = {source.name: source for source in read(HR_SOURCES.read_text())}
GRID, JOINERS = "4962773b-9cdb-44cf-a8bf-237846a00ab7", "0a6d2a34-5b5e-4cf4-9d0f-3a1a5d1b9c11"


def payload(name: str) -> Any:
    return json.loads((PAYLOADS / f"{name}.json").read_text())


def signed(rig: Rig, name: str, value: Any) -> list[str]:
    """What a system sends that signs it; answers with the keys."""
    signing, body = Signing.of(SOURCES[name]), json.dumps(value).encode()
    stamp = datetime.now(UTC).isoformat()
    secret = HR_SECRETS[name.upper()].encode()
    headers = signing.sign(secret, HrRequest(body=body), stamp)
    answer = rig.console.app.post(f"/hooks/{name}", content=body, headers=headers)
    keys: list[str] = answer.raise_for_status().json()["keys"]
    return keys


def with_token(rig: Rig, name: str, app_id: str, value: Any) -> list[str]:
    """What a system sends that shows a token of Entra; answers with the keys."""
    asked = {"audience": HR_AUDIENCE, "appId": app_id}
    token = rig.console.tenant.post("/sandbox/webhook-tokens", json=asked).json()["access_token"]
    headers = {"Authorization": f"Bearer {token}"}
    answer = rig.console.app.post(f"/hooks/{name}", json=value, headers=headers)
    keys: list[str] = answer.raise_for_status().json()["keys"]
    return keys


def test_bamboohr_s_new_hire_is_enrolled_once_their_account_is_there(rig: Rig) -> None:
    """Given a signed webhook with but an id, when the account comes later, then they get in."""
    event = payload("bamboohr-created")
    event["data"]["employeeId"] = "Nbirgit"
    event["timestamp"] = datetime.now(UTC).isoformat()

    signed(rig, "bamboohr", event)
    assert rig.reaches("Nbirgit", "waiting")["reason"] == "not-in-any-directory"
    person = rig.hire("birgit")

    enrolled = rig.reaches("Nbirgit", "visible", "effective")
    assert enrolled["userPrincipalName"] == person.user_principal_name
    assert SCOPE_GROUP in rig.groups(person)


def test_event_grid_s_arrival_ends_the_wait_at_once(rig: Rig) -> None:
    """Given somebody who waits, when Graph tells of a new user, then they get in without a look."""
    name = "edda.late@contoso.test"
    rig.onboard(name)
    rig.reaches(name, "waiting")
    changed = payload("event-grid")[:1]

    # No timer is to see her first: they look for arrivals, too.
    with rig.console.timers_held():
        rig.reaches(name, "waiting")
        made = rig.console.tenant.post(
            "/sandbox/users",
            json={"userPrincipalName": name, "displayName": "Edda", "licensed": True},
        )
        user: str = made.raise_for_status().json()["id"]
        changed[0]["id"] = f"e2e-{user}"
        changed[0]["data"]["resourceData"]["id"] = user
        (key,) = with_token(rig, "arrivals", GRID, changed)
        until(lambda: rig.console.event(key), "the arrival to be dealt with")

    followed = rig.console.person(key)
    assert followed is not None
    assert followed["objectId"] == user
    assert "arrived-in-entra" in reasons(rig.reaches(name, "visible", "effective"))


def test_event_grid_enrols_nobody_who_was_not_asked_for(rig: Rig, people: People) -> None:
    """Given a user whom nothing asks for, when they change, then nothing comes of it."""
    person = people.cloud()
    changed = payload("event-grid")[:1]
    changed[0]["id"] = f"e2e-{person.object_id}"
    changed[0]["data"]["resourceData"]["id"] = person.object_id

    (key,) = with_token(rig, "arrivals", GRID, changed)

    until(lambda: rig.console.event(key), "the change to be dealt with")
    event = rig.console.event(key)
    assert event is not None
    assert (event["outcome"], event["people"]) == ("nobody-waits", [])
    assert rig.console.user(person.user_principal_name) is None


def test_a_lifecycle_workflow_hears_when_its_joiner_is_in(rig: Rig, people: People) -> None:
    """Given a workflow that waits, when its joiner is written, then it is told: Completed."""
    person = people.synced()
    asked = {"userPrincipalName": person.user_principal_name}
    call = rig.console.tenant.post("/sandbox/lifecycle", json=asked).raise_for_status().json()
    task = call["data"]["taskProcessingResult"]["id"]

    def told() -> Any:
        found = rig.console.tenant.get(f"/sandbox/lifecycle/{task}").raise_for_status()
        return found.json()["callback"]

    rig.comes_to_rest()
    with rig.held("directory-commands", "deliver"):
        with_token(rig, "joiners", JOINERS, call)
        rig.reaches(person.user_principal_name, "requested")
        assert told() is None

    until(told, "the workflow to be told")
    assert told()["data"]["operationStatus"] == "Completed"
    assert rig.state(person.user_principal_name) in {"applied", "visible", "effective"}


def test_a_callback_that_we_are_not_authorised_to_make_waits_for_the_right_and_shows(
    rig: Rig, people: People
) -> None:
    """Given an extension that does not authorise our app, then no callback is used up by it."""
    person = people.cloud()
    asked = {"userPrincipalName": person.user_principal_name, "authorizedApps": []}
    call = rig.console.tenant.post("/sandbox/lifecycle", json=asked).raise_for_status().json()

    (key,) = with_token(rig, "joiners", JOINERS, call)

    rig.reaches(person.user_principal_name, "visible", "effective")
    until(lambda: _postponed(rig, "lifecycle-callbacks"), "the callback to be put back")
    assert "403" in _postponed(rig, "lifecycle-callbacks")[-1]
    assert any(key in json.dumps(one) for one in rig.messages("lifecycle-callbacks"))
    assert rig.messages("lifecycle-callbacks", dead=True) == []


def _postponed(rig: Rig, queue: str) -> list[str]:
    """What the app has told of messages that it put back on a queue."""
    lines = (rig.layout.logs / "functions_host.log").read_text().splitlines()
    return [line for line in lines if "work-postponed" in line and queue in line]


def test_a_deel_worker_and_a_scim_bulk_request_come_in_by_mapping_and_by_key(
    rig: Rig, people: People
) -> None:
    """Given two senders in their own words, when both send, then each one's people get in."""
    worker, users = people.cloud(), [people.cloud(), people.cloud()]
    deel = payload("deel")
    deel["data"]["meta"]["tracking_id"] = f"e2e-{worker.employee_id}"
    deel["data"]["resource"] |= {"user_name": worker.user_principal_name, "start_date": None}
    bulk = {
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"],
        "Operations": [
            {
                "method": "POST",
                "path": "/Users",
                "bulkId": one.employee_id,
                "data": {
                    "externalId": one.employee_id,
                    "userName": one.user_principal_name,
                    "active": True,
                },
            }
            for one in users
        ],
    }

    signed(rig, "deel", deel)
    answer = rig.console.app.post("/hr/scim", json=bulk).raise_for_status().json()

    assert [one["status"] for one in answer["Operations"]] == ["202", "202"]
    for person in (worker, *users):
        rig.reaches(person.user_principal_name, "visible", "effective")
