"""The README's tour: what it shows is what the product prints when it is walked."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from tests.support.repository import ROOT
from tests.support.tour import CUT, commands, documents, typed, walk

README = ROOT / "README.md"
_DIGEST = re.compile(r"\b[0-9a-f]{12,64}\b")
"""Of a plan or a document: another version of the product may count it otherwise."""


def differences(shown: list[str], printed: list[str]) -> Iterator[str]:
    """The first line that was shown and not printed in its turn; `…` stands for any lines."""
    rest = iter([_DIGEST.sub("DIGEST", line) for line in printed])
    skipping = False
    for line in (_DIGEST.sub("DIGEST", one) for one in shown):
        if line == CUT:
            skipping = True
            continue
        found = next((one for one in rest if not skipping or one == line), None)
        if found != line:
            yield f"shown: {line!r}, printed: {found!r}"
            return
        skipping = False
    if not skipping and (more := next(rest, None)) is not None:
        yield f"printed as well: {more!r}"


def test_the_tour_shows_what_was_printed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, text in documents(README).items():
        (tmp_path / name).write_text(text)
    monkeypatch.chdir(tmp_path)
    with capture_logs():
        answers = list(walk(README, typed))
    shown = list(commands(README))
    assert [command for command, _ in shown] == [command for command, _ in answers]
    assert len(shown) > 6
    for (command, lines), (_, printed) in zip(shown, answers, strict=True):
        if not command.startswith("#"):
            assert list(differences(lines, printed.split("\n"))) == [], command


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
