"""The runbook's situations of people, messages and the record: found, taken back and proved."""

import json
from collections.abc import Iterator
from contextlib import contextmanager

from azure.data.tables import UpdateMode

from sandbox.company import Employee
from tests.support.rig import COMMANDS, EVENTS, Rig, plain, until
from tests.support.rollout_rig import RolloutRig
from tests.support.typed_page import Operator

LEEDS = "/hr/leeds"
"""The source of events that were a mistake."""
A_PASSWORD, ANOTHER = "Forgotten-No-More-1!", "Another-One-1!"


def enrolled(stage: RolloutRig, *people: Employee) -> None:
    """By an event that nobody means to take back."""
    stage.rig.onboard(*(person.object_id for person in people))
    stage.is_in(*people)


def test_refused_messages_are_fixed_and_sent_again(stage: RolloutRig, on_call: Operator) -> None:
    """Given a hire and a leaver whose sender named a field wrongly, then one is in, one out."""
    hired, leaver = stage.cloud(), stage.cloud()
    enrolled(stage, leaver)
    hire = {"employeeID": hired.employee_id}
    leave = {"employeeID": leaver.employee_id, "action": "offboard"}
    stage.rig.place(EVENTS, hire, leave)
    for message in (hire, leave):
        stage.rig.refused(json.dumps(message))

    with on_call.follows("messages-refused") as page:
        shown = page.types().stdout
        for word in ("offboard", "onboard", hired.employee_id, leaver.employee_id):
            assert str(word) in shown
        assert "Sent again" in page.types().stdout
    stage.is_in(hired)
    stage.is_out(leaver)


def test_messages_that_were_set_aside_are_looked_at_and_dealt_with(
    stage: RolloutRig, on_call: Operator
) -> None:
    """Given a command that nobody understands, then afterwards no dead letter is left."""
    stage.rig.place(COMMANDS, b"no JSON")
    until(lambda: stage.rig.messages(COMMANDS, dead=True), "the worker to set it aside")
    (letter,) = stage.rig.messages(COMMANDS, dead=True)
    number = {f"{COMMANDS} 1": f"{COMMANDS} {letter['sequenceNumber']}"}

    with on_call.follows("Messages were set aside", **number) as page:
        assert "InvalidMessage" in page.types().stdout
        assert "no JSON" in page.types().stdout
        assert "1 dead letter discarded" in page.types().stdout
        assert "no dead letters" in page.types().stdout


def test_many_who_came_in_by_a_mistake_are_taken_out_and_nobody_else_is(
    stage: RolloutRig, on_call: Operator
) -> None:
    """Given hires of a source that were none, then they are forgotten while all is stopped."""
    wrong, other = [stage.cloud(), stage.synced(), stage.cloud()], stage.cloud()
    enrolled(stage, other)
    stage.rig.console.inject([_hire(person) for person in wrong])
    stage.is_in(*wrong)

    name = wrong[0].user_principal_name
    with on_call.follows("Many people are in who should not be", PERSON=name, SOURCE=LEEDS) as page:
        assert "STOPPED" in page.types().stdout
        assert wrong[0].object_id in page.types().stdout
        assert "3 people" in page.types().stdout
        page.types()
        assert "STOPPED" not in page.types().stdout
    stage.is_out(*wrong)
    stage.is_in(other)


def test_one_who_must_not_be_in_is_out_by_what_the_page_types(
    stage: RolloutRig, on_call: Operator
) -> None:
    """Given somebody synced, when excluded, then the page waits until Entra shows them out."""
    person = stage.synced()
    enrolled(stage, person)
    with on_call.follows("A wrong person is in scope", PERSON=person.user_principal_name) as page:
        page.types()
        page.types()
        assert "still in the scope group" not in page.types().stdout
    stage.is_out(person)


def test_a_leaver_of_whom_nobody_said_so_can_no_longer_reset(
    stage: RolloutRig, on_call: Operator
) -> None:
    """Given a person who could reset until then, when excluded, then SSPR refuses them."""
    person, console = stage.cloud(), stage.rig.console
    upn = person.user_principal_name
    enrolled(stage, person)
    console.register(upn)
    assert console.reset_password(upn, A_PASSWORD).is_success
    with on_call.follows("A leaver can still reset", PERSON=upn) as page:
        page.types()
        page.types()
        assert "withdrawn" in page.types().stdout
    assert console.reset_password(upn, ANOTHER).json()["code"] == "SSPR_0013"
    stage.is_out(person)


def test_an_audit_that_does_not_verify_is_kept_as_it_was_found(
    stage: RolloutRig, on_call: Operator
) -> None:
    """Given a record in which somebody put another word, then the page names it and exports it."""
    person = stage.cloud()
    enrolled(stage, person)
    with (
        on_call.follows("The audit does not verify") as page,
        _one_record_changed(stage.rig, person) as partition,
    ):
        assert f"{partition}: record " in page.types().stderr
        page.types()
    assert "somebody else" in (on_call.folder / "audit-as-found.jsonl").read_text()


def _hire(person: Employee) -> dict[str, object]:
    return {
        "specversion": "1.0",
        "id": f"leeds-{person.object_id}",
        "source": LEEDS,
        "type": "io.sspr-rollout.person.onboarded.v1",
        "data": plain(person.user_principal_name),
    }


@contextmanager
def _one_record_changed(rig: Rig, person: Employee) -> Iterator[str]:
    """Past the app, in the table, and as it was afterwards; yields the record's partition."""
    with rig.table("enrolments") as table:
        records = table.query_entities("RowKey ge 'audit|' and RowKey lt 'audit}'")
        before = next(dict(row) for row in records if person.object_id in row["Content0"])
        content = json.loads(before["Content0"]) | {"actor": "somebody else"}
        changed = before | {"Content0": json.dumps(content)}
        table.upsert_entity(changed, mode=UpdateMode.REPLACE)
        try:
            yield before["PartitionKey"]
        finally:
            table.upsert_entity(before, mode=UpdateMode.REPLACE)
