"""Input that cannot be understood: refused with the field and the reason, and harms nobody else."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from azure.servicebus.amqp import AmqpAnnotatedMessage

from shared.contracts.messages.directory_command import CommandMember, DirectoryCommand
from shared.contracts.messages.directory_result import DirectoryResult
from shared.contracts.messages.onboarding_event import OFFBOARDED
from shared.domain.person.writes import ScopeAction
from tests.support.rig import COMMANDS, EVENTS, RESULTS, People, Rig, until

BAD_EVENTS = {
    '{"userPrincipalName": "broken': "(body)",
    '{"specversion": "1.0", "id": "1", "source": "/hr", "type": "person.promoted",'
    ' "data": {"employeeId": "1"}}': "type",
    '{"reason": "no name at all"}': "(body)",
    json.dumps({"employeeId": "9" * 17}): "employeeId",
    json.dumps({"employeeId": "*)(objectClass=*"}): "employeeId",
    json.dumps({"n" * 33_000: "a name longer than a column"}): "n",
    "": "(body)",
    r"\xe9 in Latin 1": "(body)",
}
"""As the ledger keeps them, each with the field that is wrong."""
IN_LATIN_1 = b"\xe9 in Latin 1"


def test_bad_events_in_a_batch_with_good_ones_are_set_aside(rig: Rig, people: People) -> None:
    """Given good and bad messages in one batch, when it is read, then only the bad are refused."""
    first, last = people.cloud().user_principal_name, people.cloud().user_principal_name

    bad = [IN_LATIN_1 if "Latin 1" in body else body for body in BAD_EVENTS]
    with rig.hears("messages-refused"):
        rig.place(EVENTS, {"userPrincipalName": first}, *bad, {"userPrincipalName": last})

    for name in (first, last):
        rig.reaches(name, "visible", "effective")
    for body, bad_field in BAD_EVENTS.items():
        receipt = rig.refused(body)
        assert receipt["outcome"] == "invalid"
        assert receipt["field"].startswith(bad_field)
        assert receipt["detail"]


def test_of_a_list_only_the_bad_events_are_set_aside(rig: Rig, people: People) -> None:
    """Given a list with a bad event in it, when it is read, then the others are taken."""
    first, last = people.cloud().user_principal_name, people.cloud().user_principal_name
    bad = {"userPrincipalName": f"{uuid4()}@contoso.test", "hired": True}

    rig.place(EVENTS, [{"userPrincipalName": first}, bad, {"userPrincipalName": last}])

    for name in (first, last):
        rig.reaches(name, "visible", "effective")
    assert rig.refused(json.dumps(bad))["field"] == "[1].hired"


def test_a_text_of_jms_among_others_harms_none_and_is_taken_as_well(
    rig: Rig, people: People
) -> None:
    """Given an AMQP value beside data, when the host cannot bind it, then both are enrolled."""
    first, last = people.cloud().user_principal_name, people.cloud().user_principal_name
    value = AmqpAnnotatedMessage(value_body=json.dumps({"userPrincipalName": last}))

    rig.put(EVENTS, value, json.dumps({"userPrincipalName": first}))

    for name in (first, last):
        rig.reaches(name, "visible", "effective")


@pytest.mark.parametrize(
    ("bad", "named"),
    [
        ({"employeeId": "*)(objectClass=*"}, "[1].employeeId"),
        ({"reason": "nobody"}, "[1].(body)"),
        ({"userPrincipalName": "ada@contoso.test", "password": "x"}, "[1].password"),
        (["a list"], "[1].(body)"),
    ],
)
def test_the_webhook_names_the_place_and_the_field_and_takes_the_others(
    bad: Any, named: str, rig: Rig, people: People
) -> None:
    """Given a batch with one bad event, when it is posted, then that one alone is refused."""
    name = people.cloud().user_principal_name

    answer = rig.console.app.post("/onboarding-events", json=[{"userPrincipalName": name}, bad])

    assert answer.status_code == 207
    (refused,) = answer.json()["refused"]
    assert (refused["index"], refused["field"]) == (1, named)
    assert refused["reason"]
    assert len(answer.json()["keys"]) == 1
    assert rig.reaches(name, "requested", "applied", "visible", "effective", "registered")


def test_a_leaver_told_in_binary_mode_is_none_who_joins(rig: Rig, people: People) -> None:
    """Given a CloudEvent whose type stands in a header, then it is that which is done."""
    name = people.cloud().user_principal_name
    headers = {
        "ce-specversion": "1.0",
        "ce-id": f"binary-{name}",
        "ce-source": "/hr",
        "ce-type": OFFBOARDED,
    }

    told = rig.console.app.post(
        "/onboarding-events", json={"userPrincipalName": name}, headers=headers
    )
    unknown = rig.console.app.post(
        "/onboarding-events",
        json={"userPrincipalName": name},
        headers=headers | {"ce-type": "org.example.promoted"},
    )

    assert told.status_code == 202
    assert rig.reaches(name, "withdrawn")["reason"] == "unknown-leaver"
    assert (unknown.status_code, unknown.json()["error"]["field"]) == (400, "type")


def test_a_body_larger_than_is_taken_is_refused_by_its_size(rig: Rig) -> None:
    answer = rig.console.app.post("/onboarding-events", content=b" " * 1_500_000)

    assert answer.status_code == 413
    assert "1,048,576" in answer.json()["error"]["reason"]


def test_what_is_not_json_is_refused_by_the_webhook(rig: Rig) -> None:
    """Given a broken body, when it is posted, then the answer says where it breaks."""
    answer = rig.console.app.post("/onboarding-events", content=b'{"employeeId": ')

    assert answer.status_code == 400
    assert answer.json()["error"]["field"] == "(body)"
    assert "line 1 column" in answer.json()["error"]["reason"]


@pytest.mark.parametrize(
    ("sid", "valid", "reason"),
    [
        (None, timedelta(hours=-1), "command-expired"),
        ("S-1-5-21-1-2-3-4", timedelta(hours=1), "sid-mismatch"),
    ],
)
def test_a_command_that_must_not_be_carried_out_is_answered_with_the_reason(
    sid: str | None, valid: timedelta, reason: str, rig: Rig, people: People
) -> None:
    """Given a command past its time, or for another SID, when it comes, then AD stays as it is."""
    person = people.synced()
    user = rig.in_entra(person)
    member = CommandMember(
        key=person.object_id,
        source_anchor=user["onPremisesImmutableId"],
        sid=sid or user["onPremisesSecurityIdentifier"],
    )
    command = _command(member, valid)

    with rig.held(RESULTS, "deliver"):
        rig.place(COMMANDS, command.text())
        until(lambda: _answers(rig, command), "the worker's answer")
        (answer,) = _answers(rig, command)

    assert [(one.outcome, one.reason) for one in answer.members] == [("refused", reason)]
    assert person.sam_account_name not in rig.ad_members()


def test_a_command_that_is_not_json_is_dead_lettered_with_the_reason(rig: Rig) -> None:
    """Given a broken command, when the worker reads it, then it is set aside and says why."""
    body = f'{{"schema": "{uuid4()}'

    rig.place(COMMANDS, body)

    def set_aside() -> list[dict[str, Any]]:
        return [one for one in rig.messages(COMMANDS, dead=True) if one["body"] == body]

    until(set_aside, "the dead-lettered command")
    (dead,) = set_aside()
    assert dead["deadLetterReason"] == "InvalidMessage"
    assert "JSON" in dead["deadLetterErrorDescription"]


def _command(member: CommandMember, valid: timedelta) -> DirectoryCommand:
    now = datetime.now(UTC)
    return DirectoryCommand(
        command_key=str(uuid4()),
        action=ScopeAction.ADD,
        members=(member,),
        cause="e2e",
        actor="e2e",
        issued_at=now - timedelta(hours=2),
        expires_at=now + valid,
    )


def _answers(rig: Rig, command: DirectoryCommand) -> list[DirectoryResult]:
    """The results for that command; the worker's signs of life come on the same queue."""
    bodies = [one["body"] for one in rig.messages(RESULTS)]
    mine = [body for body in bodies if command.command_key in body]
    return [DirectoryResult.read(body) for body in mine]
