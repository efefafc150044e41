"""HR's mistake over the real parts: what its events did is undone, and nothing else is."""

import re
from datetime import datetime
from pathlib import Path
from typing import Any

from sandbox.company import Employee
from tests.support.rig import People, Rig, flat, names_of

REASON = "HR sent the wrong file, change 4711"
_FINGERPRINT = re.compile(r"--apply ([0-9a-f]{64})")


def test_what_a_wrong_file_did_is_undone_and_the_rest_stays_as_it_was(
    rig: Rig, people: People, tmp_path: Path
) -> None:
    """Given wrong hires and wrong leavers of one source, when they are forgotten, then all is well.

    The leavers by a file of events and people, the hires by source and time: each shown first and
    done by its fingerprint, and a second time there is nothing to do.
    """
    kept, left, gone = people.synced(), people.synced(), people.cloud()
    hired = [people.cloud(), people.synced(), people.cloud()]
    rig.onboard(*(one.user_principal_name for one in (kept, left, gone)))
    for one in (kept, left, gone):
        rig.reaches(one.user_principal_name, "effective")
    began = rig.console.now()
    wrong_hires = [_event(one, "onboarded", began) for one in (*hired, kept)]
    wrong_leavers = [_event(one, "offboarded", began) for one in (left, gone)]
    keys = rig.console.inject([*wrong_leavers, *wrong_hires])
    for one in hired:
        rig.reaches(one.user_principal_name, "effective")
    for one in (left, gone):
        rig.reaches(one.user_principal_name, "withdrawn")
    assert rig.members_among(kept, left, gone, *hired) == names_of(kept, *hired)

    file = tmp_path / "leavers.txt"
    file.write_text(f"# an event, and a person\n{keys[0]}\n{gone.user_principal_name}\n")
    of_file = ("--file", str(file), "--source", "mistaken", "--reason", REASON)
    fingerprint = _shows(rig, of_file, "2 events of 2 people", "They are wanted as before")
    assert rig.members_among(left, gone) == []
    _does(rig, of_file, fingerprint)
    for one in (left, gone):
        rig.reaches(one.user_principal_name, "effective")

    of_source = ("--source", "mistaken", "--from", began.isoformat(), "--reason", REASON)
    fingerprint = _shows(
        rig,
        of_source,
        "4 events of 4 people",
        "Nothing else wants them in; they are taken out.",
        "Something else wants them in; they stay.",
    )
    _does(rig, of_source, fingerprint)
    for one in hired:
        rig.reaches(one.user_principal_name, "withdrawn")

    assert rig.members_among(kept, left, gone, *hired) == names_of(kept, left, gone)
    again = rig.sspr("events", "forget", *of_source)
    assert (again.returncode, "0 events of 0 people" in again.stdout) == (0, True), again.stderr
    event = rig.console.event(keys[-1])
    assert event is not None
    assert event["outcome"] == "forgotten"


def _event(person: Employee, kind: str, now: datetime) -> dict[str, Any]:
    """A CloudEvent of the source that erred."""
    return {
        "specversion": "1.0",
        "id": f"{kind} {person.employee_id}",
        "source": "mistaken",
        "type": f"io.sspr-rollout.person.{kind}.v1",
        "time": now.isoformat(),
        "data": {"userPrincipalName": person.user_principal_name},
    }


def _shows(rig: Rig, asked: tuple[str, ...], *texts: str) -> str:
    """What becomes of whom, as it is read at the terminal; returns the fingerprint in it."""
    shown = rig.sspr("events", "forget", *asked)
    assert shown.returncode == 0, shown.stderr
    said = flat(shown.stdout)
    assert [text for text in texts if text not in said] == [], shown.stdout
    found = _FINGERPRINT.search(said)
    assert found, shown.stdout
    return found[1]


def _does(rig: Rig, asked: tuple[str, ...], fingerprint: str) -> None:
    unasked = rig.sspr("events", "forget", *asked, "--apply", fingerprint)
    assert unasked.returncode != 0, "nobody said yes"
    done = rig.sspr("events", "forget", *asked, "--apply", fingerprint, "--yes")
    assert (done.returncode, "Forgotten" in done.stdout) == (0, True), done.stdout + done.stderr
