"""Whatever stands in the journal: the worker starts, and what it cannot read is set aside."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from structlog.testing import capture_logs

from hybrid_worker.check.installation import JOURNAL, installation_checks
from hybrid_worker.check.outcome import CheckState, outcomes
from hybrid_worker.journal import Journal
from hybrid_worker.plan import LastChange
from hybrid_worker.results import messages
from hybrid_worker.settings import load_settings
from shared.contracts.messages.directory_result import SyncReport, SyncState
from shared.domain.person.writes import ScopeAction
from tests.support.journal import NOW, ONE, TWO, planned, record
from tests.support.worker_settings import write

LATER = NOW + timedelta(minutes=5)
SETTINGS = {
    "SERVICE_BUS_NAMESPACE": "contoso.servicebus.windows.net",
    "DIRECTORY_SERVER": "dc1.corp.contoso.com",
    "DIRECTORY_DOMAIN": "corp.contoso.com",
    "DIRECTORY_SCOPE_GROUP": "SSPR-Enabled-Users",
    "SYNC_MODE": "none",
}
FUTURE = "9999-12-31T23:59:59+00:00"


def filled(file: Path) -> None:
    """Writes a journal of two commands whose answers are as yet to be told."""
    with Journal(file, NOW) as journal:
        record(journal, planned("bad", ONE))
        record(journal, planned("good", TWO))


def changed(file: Path, sql: str, *values: object) -> None:
    with closing(sqlite3.connect(file, isolation_level=None)) as database:
        database.execute(sql, values)


def work(journal: Journal) -> list[str]:
    """Does all that the worker does with its journal; returns whose answers it tells."""
    told = [key for one in journal.untold() for key, _ in messages(one, "w", LATER)]
    journal.owed()
    journal.history([ONE, TWO])
    journal.earlier(["bad", "good"])
    journal.settle({ONE})
    journal.report(["bad", "good"], SyncReport(state=SyncState.SUCCEEDED))
    journal.prune(LATER)
    return told


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE command SET key = printf('%.200c', 'x') WHERE key = 'bad'",
        "UPDATE command SET key = 'a/b' WHERE key = 'bad'",
        "UPDATE command SET key = CAST(x'ff' AS TEXT) WHERE key = 'bad'",
        "UPDATE command SET action = 'burn' WHERE key = 'bad'",
        "UPDATE command SET recorded_at = 'once' WHERE key = 'bad'",
        "UPDATE command SET owed_since = '9999-12-31T23:59:59+00:00' WHERE key = 'bad'",
        "UPDATE command SET owed_since = '2026-03-02' WHERE key = 'bad'",
        "UPDATE command SET members = '[{' WHERE key = 'bad'",
        'UPDATE command SET members = \'[{"key": "p", "outcome": "odd"}]\' WHERE key = \'bad\'',
        "UPDATE command SET members = x'c3' WHERE key = 'bad'",
        "UPDATE command SET sync = NULL WHERE key = 'bad'",
        "UPDATE command SET sync = '{}' WHERE key = 'bad'",
        "UPDATE command SET told = 'perhaps' WHERE key = 'bad'",
    ],
)
def test_a_row_that_cannot_be_read_is_set_aside_and_its_neighbour_is_told(
    tmp_path: Path, statement: str
) -> None:
    filled(tmp_path / "journal")
    changed(tmp_path / "journal", statement)
    with capture_logs() as lines, Journal(tmp_path / "journal", LATER) as journal:
        assert journal.kept_aside == 1
        assert work(journal) == ["good:pending"]
    assert [line["event"] for line in lines] == ["journal-mended"]
    with Journal(tmp_path / "journal", LATER) as journal:
        assert journal.kept_aside == 1


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE change SET guid = 'nobody' WHERE command_key = 'bad'",
        "UPDATE change SET action = 'burn' WHERE command_key = 'bad'",
        "UPDATE change SET issued_at = 'once' WHERE command_key = 'bad'",
        "UPDATE change SET issued_at = '2026-03-02T00:00:00' WHERE command_key = 'bad'",
        "UPDATE change SET outcome = 'odd' WHERE command_key = 'bad'",
        "UPDATE change SET command_key = x'ff' WHERE command_key = 'bad'",
    ],
)
def test_a_change_that_cannot_be_read_is_set_aside(tmp_path: Path, statement: str) -> None:
    filled(tmp_path / "journal")
    changed(tmp_path / "journal", statement)
    with Journal(tmp_path / "journal", LATER) as journal:
        assert journal.kept_aside == 1
        assert set(journal.history([ONE, TWO])) == {TWO}
        assert work(journal) == ["bad:pending", "good:pending"]


def test_a_change_of_the_future_bars_its_account_no_longer(tmp_path: Path) -> None:
    filled(tmp_path / "journal")
    changed(
        tmp_path / "journal", "UPDATE change SET issued_at = ? WHERE command_key = 'bad'", FUTURE
    )
    with Journal(tmp_path / "journal", LATER) as journal:
        assert journal.history([ONE]) == {ONE: LastChange(ScopeAction.ADD, LATER, ours=True)}


def truncated(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:5000])


def emptied(file: Path) -> None:
    file.write_bytes(b"")


def scribbled(file: Path) -> None:
    file.write_bytes(b"something else entirely" * 100)


def of_a_newer_worker(file: Path) -> None:
    changed(file, "PRAGMA user_version = 99")


def of_another_shape(file: Path) -> None:
    changed(file, "ALTER TABLE command RENAME COLUMN members TO people")


DAMAGES = [truncated, emptied, scribbled, of_a_newer_worker, of_another_shape]


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_file_that_cannot_be_read_is_set_aside_and_a_new_one_begun(
    tmp_path: Path, damage: Callable[[Path], None]
) -> None:
    file = tmp_path / "journal"
    filled(file)
    damage(file)
    before = file.read_bytes()
    with capture_logs() as lines, Journal(file, LATER) as journal:
        assert journal.kept_aside == 1
        assert work(journal) == []
        record(journal, planned("new", ONE))
        assert work(journal) == ["new:pending"]
    (aside,) = tmp_path.glob("journal.set-aside-*")
    assert aside.read_bytes() == before
    assert "journal-set-aside" in [line["event"] for line in lines]


def test_two_files_that_cannot_be_read_are_both_kept(tmp_path: Path) -> None:
    for now in (NOW, LATER):
        filled(tmp_path / "journal")
        scribbled(tmp_path / "journal")
        Journal(tmp_path / "journal", now).close()
        (tmp_path / "journal").unlink()
    assert len(list(tmp_path.glob("journal.set-aside-*"))) == 2


@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60, deadline=None
)
@given(at=st.integers(0, 40_000), scrawl=st.binary(min_size=1, max_size=64))
def test_no_scrawl_in_the_file_stops_a_start(
    tmp_path_factory: pytest.TempPathFactory, at: int, scrawl: bytes
) -> None:
    file = tmp_path_factory.mktemp("scrawl") / "journal"
    filled(file)
    content = bytearray(file.read_bytes())
    place = at % len(content)
    content[place : place + len(scrawl)] = scrawl
    file.write_bytes(content)
    with Journal(file, LATER) as journal:
        work(journal)


def test_what_is_set_aside_is_kept_by_name_and_forgotten_in_time(tmp_path: Path) -> None:
    with Journal(tmp_path / "journal", NOW) as journal:
        journal.set_aside("command-1 \ud800", "TypeError", b"{}", NOW)
        assert journal.kept_aside == 1
        journal.prune(NOW + timedelta(days=31))
        assert journal.kept_aside == 0


def checked(folder: Path, file: Path) -> tuple[CheckState, str]:
    state = folder / "state"
    state.chmod(0o700)
    found = {one.name: one for one in outcomes(installation_checks(load_settings(file)))}
    return found["journal"].state, found["journal"].detail


def test_the_check_names_what_was_set_aside(tmp_path: Path) -> None:
    (tmp_path / "state").mkdir(mode=0o700)
    file = write(tmp_path, SETTINGS | {"STATE_DIRECTORY": str(tmp_path / "state")})
    journal = tmp_path / "state" / JOURNAL
    assert checked(tmp_path, file)[0] is CheckState.NOT_APPLICABLE
    filled(journal)
    assert checked(tmp_path, file) == (CheckState.PASSED, "nothing was set aside")
    with Journal(journal, NOW) as running:
        running.set_aside("command-1", "TypeError", b"{}", NOW)
        assert checked(tmp_path, file)[0] is CheckState.NOT_APPLICABLE
    state, detail = checked(tmp_path, file)
    assert state is CheckState.FAILED
    assert "command-1" in detail
    scribbled(journal)
    Journal(journal, LATER).close()
    assert "1 journals could not be read" in checked(tmp_path, file)[1]
