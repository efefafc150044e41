"""Back a version: rows, journal and messages of a newer one, before the code that runs now.

The newer version is played by what it would have left behind: this works in a copy of the
repository without its history, and goes on working when the version before is long gone.
"""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from azure.data.tables import TableClient, UpdateMode

from shared.contracts.messages.version import VERSION
from shared.domain.ledger_mark import FORMAT
from tests.support.rig import EVENTS, RESULTS, People, Rig, until
from tests.support.typed_page import Operator

NEWER = "9.0.0"
_ON_THE_WAY = ("requested", "applied", "visible", "effective")
"""Whose event was taken; how fast they go on from there is tested elsewhere."""


def test_a_ledger_that_this_version_may_not_read_is_refused_in_words_and_eats_nothing(
    rig: Rig, people: People
) -> None:
    """Given a newer version's mark, then nothing is taken until that version is there again.

    Health, the API and the command line name the version that has to run; events that come
    meanwhile lie where they lie, are neither refused nor dead-lettered, and are done afterwards.
    """
    cloud, synced = people.cloud(), people.synced()
    rig.console.status()  # so that the app has left its mark
    rig.kill("functions_host")
    with _mark_of_a_newer_version(rig, readable_from=FORMAT + 1):
        for person in (cloud, synced):
            rig.place(EVENTS, {"userPrincipalName": person.user_principal_name})
        rig.start()
        report = rig.console.app.get("/health/report").raise_for_status().json()
        assert report["health"] == "degraded"
        (refusal,) = (one for one in report["checks"] if one["trouble"] == "newer")
        assert refusal["name"] == "mark"
        assert f"deploy {NEWER} or newer" in refusal["detail"]
        answer = rig.console.app.get("/status")
        assert answer.status_code == 503
        assert NEWER in answer.text
        said = rig.sspr("status")
        assert said.returncode == 4
        assert f"written by the newer version {NEWER}" in " ".join(said.stderr.split())
        until(lambda: _has_come_again(rig), "an event to have been given back")
        assert rig.groups(cloud) == []

    for person in (cloud, synced):
        rig.reaches(person.user_principal_name, *_ON_THE_WAY)
    assert rig.messages(EVENTS, dead=True) == []


def test_a_ledger_that_this_version_may_read_is_gone_on_with(
    rig: Rig, people: People, tmp_path: Path
) -> None:
    """Given a newer version that lets this one follow, then it works, and says since when.

    All is stopped for it, as the runbook has it.
    """
    person = people.cloud()
    rig.console.status()  # as above
    with Operator(rig.layout, tmp_path).follows("Back a version") as page:
        assert "STOPPED" in page.types().stdout
        assert VERSION in page.types().stdout
        page.types()
    rig.kill("functions_host")
    with _mark_of_a_newer_version(rig, readable_from=FORMAT):
        rig.start()
        rig.says("start", "the older version goes on").raise_for_status()
        rig.onboard(person.user_principal_name)
        rig.reaches(person.user_principal_name, "effective")
        kept = json.loads(rig.table("rollouts").get_entity("ledger", "mark")["Mark0"])
        app = rig.console.status()["app"]
        assert app["since"] is not None
        assert kept["version"] == app["version"]
        assert (kept["format"], kept["written_by"]) == (FORMAT + 8, NEWER)


def test_a_person_with_a_word_of_tomorrow_waits_and_costs_nobody_else(
    rig: Rig, people: People
) -> None:
    """Given a state that nobody here knows, then who comes with them is done, and they are not.

    Their event is not eaten: it is dealt with once the row can be read again.
    """
    person, other = people.cloud(), people.cloud()
    rig.onboard(person.user_principal_name)
    key = rig.reaches(person.user_principal_name, "effective")["key"]
    row, table = _row_of(rig, key)
    table.upsert_entity({**row, "State": "teleported"}, mode=UpdateMode.REPLACE)
    rig.offboard(person.user_principal_name)
    rig.onboard(other.user_principal_name)

    rig.reaches(other.user_principal_name, *_ON_THE_WAY)
    answer = rig.console.app.get(f"/users/{person.user_principal_name}")
    assert answer.status_code == 503
    assert "this version does not know 'teleported'" in answer.text

    table.upsert_entity(row, mode=UpdateMode.REPLACE)
    rig.reaches(person.user_principal_name, "withdrawing", "withdrawn")
    assert rig.messages(EVENTS, dead=True) == []


def test_a_journal_of_a_newer_worker_is_set_aside_and_said_and_nobody_waits(
    rig: Rig, people: People
) -> None:
    """Given the worker goes back a version, then it begins a new journal and carries on."""
    person = people.synced()
    rig.comes_to_rest()
    rig.kill("hybrid_worker")
    (journal,) = rig.layout.state.rglob("journal.sqlite3")
    with closing(sqlite3.connect(journal)) as database:
        database.execute("PRAGMA user_version = 99")
    rig.onboard(person.user_principal_name)
    rig.start()

    rig.reaches(person.user_principal_name, "effective")
    set_aside = list(journal.parent.glob("journal.sqlite3.set-aside-*"))
    assert set_aside
    for file in set_aside:
        # As the worker's check asks for, which is run in this sandbox too.
        file.unlink()
    assert "it is of version 99, and this worker knows" in rig.log("hybrid_worker")


def test_a_newer_worker_is_heard_of_though_it_says_more_than_is_known(rig: Rig) -> None:
    """Given the app goes back and its worker does not, then its sign of life is no refusal.

    What is said of the two versions then is tested in `tests/unit/domain/test_versions.py`.
    """
    told = {
        "schema": "sspr-rollout/worker-report/1",
        "worker": "of-tomorrow",
        "reportedAt": rig.console.now().isoformat(),
        "directoryAnswers": True,
        "sync": {"state": "not-needed"},
        "version": NEWER,
        "ofTomorrow": {"nobody": "knows it"},
    }
    rig.place(RESULTS, told)

    def heard() -> bool:
        rows = rig.table("rollouts").query_entities("PartitionKey eq 'workers'")
        sights = [json.loads(row["Sight0"]) for row in rows]
        return any((one["worker"], one.get("version")) == ("of-tomorrow", NEWER) for one in sights)

    until(heard, "the newer worker to be heard of")
    assert not any(one["queue"] == RESULTS for one in rig.console.status()["refused"])


@contextmanager
def _mark_of_a_newer_version(rig: Rig, readable_from: int) -> Iterator[None]:
    """What a newer version leaves; afterwards that version is here again, and this is it."""
    table = rig.table("rollouts")
    before = table.get_entity("ledger", "mark")
    said = json.loads(before["Mark0"]) | {
        "version": NEWER,
        "written_by": NEWER,
        "format": FORMAT + 8,
        "readable_from": readable_from,
        "of_tomorrow": True,
    }
    newer = {"PartitionKey": "ledger", "RowKey": "mark", "Mark0": json.dumps(said)}
    table.upsert_entity(newer, mode=UpdateMode.REPLACE)
    try:
        yield
    finally:
        table.upsert_entity(before, mode=UpdateMode.REPLACE)


def _row_of(rig: Rig, key: str) -> tuple[dict[str, Any], TableClient]:
    table = rig.table("enrolments")
    (row,) = (
        one
        for one in table.query_entities("Key eq @key", parameters={"key": key})
        if "Steps" in one
    )
    return dict(row), table


def _has_come_again(rig: Rig) -> bool:
    """Whether the app has looked at an event, and given it back as it came."""
    return "work-postponed" in rig.log("functions_host").rpartition(" stopping\n")[2]
