"""A sender's brake over the real parts: what is beyond it is held until an operator decides."""

from base64 import b64encode
from datetime import UTC, datetime
from typing import Any

from sandbox.company import Employee
from sandbox.console import wait_for
from sandbox.parts import HR_SECRETS
from tests.support.rig import PATIENCE, People, Rig, until

SOURCE, MOST = "report", 3
"""Of the sandbox's HR systems, the one with `most: 3 in 1h`."""


def test_a_report_of_everybody_is_held_beyond_its_brake_until_an_operator_lets_it_through(
    rig: Rig, people: People
) -> None:
    """Given five joiners from a source that may bring in three, then two wait for an operator."""
    joiners = [people.cloud() for _ in range(MOST + 2)]

    _report(rig, joiners)
    held = wait_for(lambda: _held(rig, 2), PATIENCE, "two to be held")
    bodies = " ".join(event["body"] for event in held)
    beyond = [person for person in joiners if str(person.employee_id) in bodies]
    within = [person for person in joiners if person not in beyond]

    assert {event["direction"] for event in held} == {"joining"}
    for person in within:
        rig.reaches(person.user_principal_name, "effective")
    assert [rig.groups(person) for person in beyond] == [[], []]

    keys = [event["key"] for event in held]
    answer = {"keys": keys, "reason": "five do begin today"}
    rig.console.app.post("/held-events/let-through", json=answer).raise_for_status()

    for person in beyond:
        rig.reaches(person.user_principal_name, "effective")
    until(lambda: not _held(rig, 1), "nothing to be held any more")


def _report(rig: Rig, joiners: list[Employee]) -> None:
    today = datetime.now(UTC).strftime("%d.%m.%Y")
    rows = [{"number": person.employee_id, "starts": today} for person in joiners]
    proof = b64encode(HR_SECRETS["REPORT"].encode()).decode()
    headers = {"Authorization": f"Basic {proof}"}
    sent = rig.console.app.post(f"/hooks/{SOURCE}", json={"people": rows}, headers=headers)
    sent.raise_for_status()


def _held(rig: Rig, at_least: int) -> list[dict[str, Any]] | None:
    found = rig.console.app.get("/held-events").raise_for_status().json()
    events = [event for event in found["events"] if event["source"] == SOURCE]
    return events if len(events) >= at_least else None
