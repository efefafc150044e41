"""The tours of the pages: what they show is what the product prints when they are walked."""

import os
import re
import subprocess
import sys
from itertools import takewhile
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from tests.support.documentation import PAGES, blocks, name_of
from tests.support.repository import ROOT
from tests.support.tour import (
    COMPANIES,
    CUT,
    LABEL,
    commands,
    differences,
    documents,
    typed,
    walk,
)

README = ROOT / "README.md"


@pytest.mark.parametrize("page", COMPANIES)
def test_the_tour_shows_what_was_printed(
    page: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, text in documents(ROOT / page).items():
        (tmp_path / name).write_text(text)
    monkeypatch.chdir(tmp_path)
    with capture_logs():
        answers = list(walk(ROOT / page, typed))
    shown = list(commands(ROOT / page))
    assert [command for command, _ in shown] == [command for command, _ in answers]
    assert len(shown) > 5
    for (command, lines), (_, printed) in zip(shown, answers, strict=True):
        if not command.startswith("#"):
            assert list(differences(lines, printed.split("\n"))) == [], command


def test_every_page_with_a_tour_is_walked() -> None:
    toured = [name_of(page) for page in PAGES if any(one.label == LABEL for one in blocks(page))]
    assert sorted(toured) == sorted(COMPANIES)


def test_the_tour_can_be_walked_by_hand(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    command = [sys.executable, "-m", "tests.support.tour_at_hand"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    monkeypatch.chdir(tmp_path)
    with subprocess.Popen(
        command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as company:
        assert company.stdin
        assert company.stdout
        said = list(takewhile(lambda line: not line.startswith("here: "), company.stdout))
        url = re.search(r"SSPR_URL=(\S+)", "".join(said))
        assert url
        (document,) = documents(README)
        planned = typed(f"sspr plan {document}", {"SSPR_URL": url[1]})
        plan = re.search(r"sspr apply --plan \w+", planned)
        assert plan, planned
        typed(f"{plan[0]} --yes", {"SSPR_URL": url[1]})
        company.stdin.write("2 days\nresets fail\nnonsense\n2 hours\n")
        company.stdin.flush()
        heard = [company.stdout.readline() for _ in range(4)]
        assert "Wednesday" in heard[0]
        assert heard[2].startswith("2 days, 3 hours or")
        assert "paused" in typed("sspr status", {"SSPR_URL": url[1]})
        company.stdin.close()
        assert company.wait(30) == 0


@pytest.mark.parametrize(
    ("shown", "printed"),
    [
        (["a"], ["b"]),
        (["a"], ["a", "b"]),
        (["a", "b"], ["a"]),
        ([CUT, "c"], ["a", "b"]),
        (["b", "a"], ["a", "b"]),
        ([CUT, "a", CUT, "a"], ["a", "b"]),
    ],
)
def test_what_was_not_printed_so_is_noticed(shown: list[str], printed: list[str]) -> None:
    assert list(differences(shown, printed))


def test_lines_may_be_left_out() -> None:
    assert list(differences(["a", CUT, "c", CUT], ["a", "b", "c", "d"])) == []
