"""The journal: what survives a crash, what is told, and what is forgotten."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest

from hybrid_worker.journal import KEPT, Journal
from hybrid_worker.plan import LastChange
from shared.contracts.messages.directory_result import MemberResult
from shared.domain.errors import ConfigurationError
from shared.domain.person.writes import ScopeAction, WriteOutcome
from tests.support.journal import NOW, ONE, PENDING, STAGING, SUCCEEDED, TWO, planned, record


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    with Journal(tmp_path / "journal", NOW) as journal:
        yield journal


def test_a_second_worker_on_the_same_file_is_refused(tmp_path: Path) -> None:
    with (
        Journal(tmp_path / "journal", NOW),
        pytest.raises(ConfigurationError, match="SSPR_WORKER_STATE_DIRECTORY"),
    ):
        Journal(tmp_path / "journal", NOW)


def test_a_folder_that_cannot_be_written_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="cannot be used"):
        Journal(tmp_path / "missing" / "journal", NOW)


def test_an_answer_survives_a_restart_until_it_has_been_told(tmp_path: Path) -> None:
    with Journal(tmp_path / "journal", NOW) as journal:
        record(journal, planned("a", ONE))
    with Journal(tmp_path / "journal", NOW) as journal:
        (untold,) = journal.untold()
        assert (untold.key, untold.sync, untold.told) == ("a", PENDING, False)
        assert untold.members == (MemberResult(key="person-1", outcome=WriteOutcome.DONE),)
        journal.told(["a"])
        assert journal.untold() == []
        journal.tell_again(["a"])
        assert [again.key for again in journal.untold()] == ["a"]


def test_the_intent_is_remembered_and_settled_by_the_groups_members(tmp_path: Path) -> None:
    with Journal(tmp_path / "journal", NOW) as journal:
        journal.intend([planned("a", ONE), planned("a", TWO)], NOW)
    with Journal(tmp_path / "journal", NOW) as journal:
        assert journal.unclear()
        assert journal.owed() == {}, "a cycle now could miss the write"
        journal.settle({ONE})
        assert not journal.unclear()
        assert journal.earlier(["a"]) == {("a", ONE): WriteOutcome.DONE}
        assert journal.owed() == {"a": NOW}


def test_an_intended_removal_counts_when_the_member_is_gone(journal: Journal) -> None:
    journal.intend(
        [planned("a", ONE, ScopeAction.REMOVE), planned("a", TWO, ScopeAction.REMOVE)], NOW
    )
    journal.settle({TWO})
    assert journal.earlier(["a"]) == {("a", ONE): WriteOutcome.DONE}


def test_of_two_intents_for_one_account_the_last_speaks_for_both(journal: Journal) -> None:
    journal.intend([planned("a", ONE), planned("b", ONE, ScopeAction.REMOVE)], NOW)
    journal.settle(set())
    assert journal.earlier(["a", "b"]) == {
        ("a", ONE): WriteOutcome.DONE,
        ("b", ONE): WriteOutcome.DONE,
    }


def test_what_was_not_written_leaves_nothing_behind(journal: Journal) -> None:
    journal.intend([planned("a", ONE)], NOW)
    journal.settle(set())
    assert journal.earlier(["a"]) == {}
    assert journal.owed() == {}


def test_an_intent_that_ad_refused_is_not_remembered_as_done(journal: Journal) -> None:
    journal.intend([planned("a", ONE)], NOW)
    record(journal, planned("a", ONE, outcome=WriteOutcome.REFUSED), owes=False)
    assert not journal.unclear()
    assert journal.earlier(["a"]) == {}
    assert journal.owed() == {}


def test_the_newest_command_of_an_account_is_known_by_its_issue_and_not_its_arrival(
    journal: Journal,
) -> None:
    record(journal, planned("new", ONE, ScopeAction.REMOVE, issued_at=NOW))
    record(journal, planned("old", ONE, issued_at=NOW - timedelta(minutes=1)))
    assert journal.history([ONE, TWO]) == {ONE: LastChange(ScopeAction.REMOVE, NOW, ours=True)}


def test_times_compare_across_time_zones_and_fractions(journal: Journal) -> None:
    east = datetime.fromisoformat("2026-03-02T10:00:00.5+01:00")
    record(journal, planned("new", ONE, ScopeAction.REMOVE, issued_at=east))
    record(journal, planned("old", ONE, issued_at=NOW))
    assert journal.history([ONE])[ONE].action is ScopeAction.REMOVE


def test_success_ends_the_debt_and_a_problem_does_not(journal: Journal) -> None:
    record(journal, planned("a", ONE))
    journal.told(["a"])
    journal.report(["a"], STAGING)
    assert (journal.owed(), journal.untold()[0].sync) == ({"a": NOW}, STAGING)
    journal.told(["a"])
    journal.report(["a"], STAGING)
    assert journal.untold() == [], "nothing new to tell"
    journal.report(["a"], SUCCEEDED)
    assert (journal.owed(), journal.untold()[0].sync) == ({}, SUCCEEDED)


def test_a_sync_without_an_answer_is_paid_in_silence(journal: Journal) -> None:
    journal.intend([planned("a", ONE)], NOW)
    journal.settle({ONE})
    journal.report(["a"], SUCCEEDED)
    assert (journal.owed(), journal.untold()) == ({}, [])


def test_after_thirty_days_only_debts_are_remembered(journal: Journal) -> None:
    for key, guid, owes in (("paid", ONE, False), ("owed", TWO, True)):
        record(journal, planned(key, guid, issued_at=NOW), owes=owes)
        journal.told([key])
    assert journal.prune(NOW + KEPT) == 0
    assert journal.prune(NOW + KEPT + timedelta(seconds=1)) == 1
    assert set(journal.recorded(["paid", "owed"])) == {"owed"}
    assert set(journal.history([ONE, TWO])) == {TWO}


def test_thousands_of_accounts_can_be_asked_for_at_once(journal: Journal) -> None:
    record(journal, planned("a", ONE))
    assert set(journal.history([UUID(int=n) for n in range(5000)])) == {ONE}
