"""A sender's brake over the real parts: what is beyond it is held until an operator decides."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from sandbox.company import SCOPE_GROUP, Employee
from sandbox.console import wait_for
from tests.support.rig import PATIENCE, People, Rig, names_of, until
from tests.support.typed_page import Operator

SOURCE, MOST = "workday", 3
"""Of the sandbox's HR systems, the one that the runbook names, with `most: 3 in 1h`."""


def test_who_is_beyond_a_brake_either_way_is_held_until_the_page_s_commands_decide(
    rig: Rig, people: People, tmp_path: Path
) -> None:
    """Given a report of five hires and four leavers where three are allowed, then the rest waits.

    What the runbook types drops the leaver, who stays in, and lets the hires through.
    """
    joiners = [people.cloud() for _ in range(MOST + 2)]
    leavers = [people.cloud() for _ in range(MOST + 1)]
    rig.onboard(*names_of(*leavers))
    for person in leavers:
        rig.reaches(person.user_principal_name, "effective")

    with rig.hears("events-held"):
        _report(rig, joiners, leavers)
    held = wait_for(lambda: _held(rig, 3), PATIENCE, "three to be held")
    late, kept = _of(held, "joining", joiners), _of(held, "leaving", leavers)
    assert (len(late), len(kept)) == (2, 1)
    for person in set(joiners) - set(late):
        rig.reaches(person.user_principal_name, "effective")
    for person in set(leavers) - set(kept):
        rig.reaches(person.user_principal_name, "withdrawn")
    assert [rig.groups(person) for person in late] == [[], []]

    with Operator(rig.layout, tmp_path).follows("events-held") as page:
        everybody = page.types().stdout
        assert [one for one in (*late, *kept) if str(one.object_id) not in everybody] == []
        (shown,) = json.loads(page.types().stdout)
        assert (shown["source"], shown["personKey"]) == (SOURCE, kept[0].object_id)
        assert str(kept[0].object_id) in page.types().stdout
        assert len(_held(rig, 1) or ()) == 3
        assert "1 held event dropped" in page.types().stdout
        assert "2 held events let through" in page.types().stdout
    for person in (*late, *kept):
        rig.reaches(person.user_principal_name, "effective")
    assert SCOPE_GROUP in rig.groups(kept[0])
    until(lambda: not _held(rig, 1), "nothing to be held any more")
    assert "no held events" in rig.sspr("held", "list", "--source", SOURCE).stdout


def _report(rig: Rig, joiners: Sequence[Employee], leavers: Sequence[Employee]) -> None:
    rows = [
        {"number": person.employee_id, "event": event}
        for people, event in ((joiners, "hired"), (leavers, "left"))
        for person in people
    ]
    sent = rig.console.app.post(f"/hr/{SOURCE}", json={"people": rows})
    sent.raise_for_status()


def _held(rig: Rig, at_least: int) -> list[dict[str, Any]] | None:
    found = rig.console.app.get("/held-events").raise_for_status().json()
    events = [event for event in found["events"] if event["source"] == SOURCE]
    return events if len(events) >= at_least else None


def _of(
    held: Sequence[dict[str, Any]], direction: str, people: Sequence[Employee]
) -> list[Employee]:
    """Those of these people who are held in that direction."""
    keys = {event["personKey"] for event in held if event["direction"] == direction}
    return [person for person in people if person.object_id in keys]
