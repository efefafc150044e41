"""Erasing somebody from the worker's journal, by the statements that the page on privacy gives."""

import sqlite3
from contextlib import closing
from pathlib import Path

from hybrid_worker.journal import Journal
from shared.domain.person.writes import WriteOutcome
from tests.support.documentation import blocks_under
from tests.support.journal import NOW, ONE, SUCCEEDED, TWO, planned, record
from tests.support.repository import ROOT

ADA = "person-1"
"""By what the ledger calls her."""


def erase(file: Path) -> None:
    """Run what the page says, as it says it."""
    (said,) = (
        block.text
        for block in blocks_under(ROOT / "docs/privacy.md", "When one person asks")
        if block.language == "sql"
    )
    statements = said.replace("GUID", str(ONE)).replace("NAME", ADA)
    with closing(sqlite3.connect(file, isolation_level=None)) as database:
        database.executescript(statements)


def kept(folder: Path) -> str:
    """All that the files of the folder hold."""
    return "".join(one.read_bytes().decode("latin-1") for one in folder.iterdir())


def test_of_whom_is_erased_nothing_is_left_in_the_file_and_the_others_stay(tmp_path: Path) -> None:
    file = tmp_path / "journal.sqlite3"
    with Journal(file, NOW) as journal:
        record(journal, planned("a", ONE))
        record(journal, planned("b", TWO))
        journal.report(["a", "b"], SUCCEEDED, settles=True)
        journal.told(["a", "b"])
        journal.set_aside("a command", "cannot be read", f'{{"{ADA}": 1}}'.encode(), NOW)
    assert ADA in kept(tmp_path)
    erase(file)
    there = kept(tmp_path)
    assert [one for one in (ADA, str(ONE)) if one in there] == []
    with Journal(file, NOW) as journal:
        assert journal.earlier(["a", "b"]) == {("b", TWO): WriteOutcome.DONE}
        assert journal.kept_aside == 0
