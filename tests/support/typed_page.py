"""The runbook's commands, typed line by line as they stand there: a page that drifts fails.

What is capitals on the page is for the reader to fill in, and for the test as well. A comment
`# exits with 1` says how a line ends, else it ends with 0. Where a command asks, the answer is yes.
"""

import ast
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from sandbox.console import wait_for
from sandbox.layout import Layout
from tests.support.documentation import Block, blocks_under, commands_of, is_typed, lines_of
from tests.support.repository import ROOT

RUNBOOK = ROOT / "docs/operations.md"
TESTS = ROOT / "tests/e2e"
TYPED_HERE = frozenset({"sspr"})
"""Programs that the sandbox has; the page names every other one in its text only."""
_STATUS = re.compile(r"# exits with (\d)")
_TO_FILL_IN = re.compile(r"\b[A-Z]{3,}\b")
_QUOTED = re.compile(r'"[^"]*"')
_FINGERPRINT = re.compile(r"--(?:plan|apply) ([0-9a-f]{64})")
_FOLLOWS = "follows"
_LOOKS = ("sspr status", "sspr health")
"""Lines that change nothing, however often they are typed."""
_PATIENCE = 300
_SHOWS_WITHIN = 180.0
"""Seconds that it may take until a look shows what is so: what a worker says comes by a queue."""


def typed_blocks(heading: str) -> Iterator[Block]:
    """Yields the blocks below a heading of the runbook that are typed into bash as they stand."""
    for block in blocks_under(RUNBOOK, heading):
        if is_typed(block) and not block.label:
            yield block


def followed() -> Iterator[tuple[str, str]]:
    """Yields each test that follows a part of the page, by pytest's name, and that part."""
    for file in sorted(TESTS.glob("test_*.py")):
        yield from followed_in(file.read_text(), file.relative_to(ROOT).as_posix())


def followed_in(source: str, file: str) -> Iterator[tuple[str, str]]:
    """The same, of one file."""
    for test in ast.walk(ast.parse(source)):
        if isinstance(test, ast.FunctionDef) and test.name.startswith("test_"):
            for call in ast.walk(test):
                if isinstance(call, ast.Call) and _called(call) == _FOLLOWS:
                    # Written out, so that it is found without being run.
                    yield f"{file}::{test.name}", ast.literal_eval(call.args[0])


def _called(call: ast.Call) -> str:
    return call.func.attr if isinstance(call.func, ast.Attribute) else ""


@dataclass(frozen=True)
class Ran:
    """A line, and what it printed."""

    line: str
    stdout: str
    stderr: str


@dataclass
class Part:
    """A part of the page, of which a line is typed after the other."""

    lines: list[str]
    """Those still to be typed."""
    fill_in: dict[str, str]
    _operator: "Operator"

    def types(self) -> Ran:
        """Types the next line, and answers with what it printed."""
        ran = self._typed(self.lines.pop(0))
        for found in _FINGERPRINT.finditer(ran.stdout):
            self.fill_in["FINGERPRINT"] = found[1]
        return ran

    def types_until(self, shows: Callable[[str], bool], what: str) -> Ran:
        """Types the next line, and again while it does not show yet what will come to show.

        Args:
            shows: Tells of what the line printed whether it shows it.
            what: What that is, in words.

        Raises:
            TimeoutError: it never did; the text has what was printed last.
        """
        line = self.lines.pop(0)
        assert line.startswith(_LOOKS), f"{line} is typed once"
        printed = ""

        def look() -> Ran | None:
            nonlocal printed
            ran = self._typed(line)
            printed = ran.stdout
            return ran if shows(printed) else None

        try:
            return wait_for(
                look, _SHOWS_WITHIN, f"{line.partition(' #')[0].strip()} to show {what}"
            )
        except TimeoutError as error:
            error.add_note(printed)
            raise

    def _typed(self, line: str) -> Ran:
        return self._operator.ran(line, _filled_in(line, self.fill_in))


@dataclass(frozen=True)
class Operator:
    """Whoever is on call, at a shell that has what `python -m sandbox env` exports."""

    layout: Layout
    folder: Path
    """Where files are written."""
    fills_in: Mapping[str, str] = field(default_factory=dict)

    @contextmanager
    def follows(self, heading: str, **fills_in: str) -> Iterator[Part]:
        """Follows a part of the page, to its last line.

        Args:
            heading: of the part.
            fills_in: what is typed instead of the words in capitals; FINGERPRINT is what the
                lines before have shown.
        """
        lines = [line for block in typed_blocks(heading) for line in lines_of(block)]
        assert lines, f"{heading} has no commands"
        part = Part(lines, {**self.fills_in, **fills_in}, self)
        yield part
        assert not part.lines, f"{heading}: nobody has typed {part.lines}"

    def ran(self, line: str, text: str) -> Ran:
        """Runs a line of the page, filled in; it ends as the page says."""
        done = self._run(text)
        expected = _STATUS.search(line)
        said = f"{text}\n{done.stdout}\n{done.stderr}"
        assert done.returncode == (int(expected[1]) if expected else 0), said
        return Ran(line, done.stdout, done.stderr)

    def _run(self, text: str) -> subprocess.CompletedProcess[str]:
        with _terminal() as keyboard:
            return subprocess.run(
                ["bash", "-c", text],
                cwd=self.folder,
                env=self._environment,
                stdin=keyboard,
                capture_output=True,
                text=True,
                check=False,
                timeout=_PATIENCE,
            )

    @cached_property
    def _environment(self) -> Mapping[str, str]:
        return environment(self.layout)


@contextmanager
def _terminal() -> Iterator[int]:
    """A terminal at which somebody says yes to whatever is asked."""
    hands, keyboard = os.openpty()
    try:
        os.write(hands, b"y\n" * 3)
        yield keyboard
    finally:
        os.close(hands)
        os.close(keyboard)


def _filled_in(line: str, known: Mapping[str, str]) -> str:
    """Returns what is typed for a line of the page."""
    command = line.partition(" #")[0].strip()
    programs = {words[0] for words in commands_of(command)}
    assert programs <= TYPED_HERE, f"{line}: {programs - TYPED_HERE} is not run here"
    # What stands in quotes is words for people, in which capitals mean nothing.
    left = set(_TO_FILL_IN.findall(_QUOTED.sub("", command))) - known.keys()
    assert not left, f"{line}: nobody said what {left} is"
    for word, meant in known.items():
        command = re.sub(rf"\b{re.escape(word)}\b", meant.replace("\\", r"\\"), command)
    return command


def environment(layout: Layout) -> dict[str, str]:
    """Returns what `python -m sandbox env` exports, on top of this process's own."""
    words: Sequence[str] = [sys.executable, "-m", "sandbox", "--state", str(layout.state), "env"]
    ran = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=True)
    exports = dict(re.findall(r"^export (\w+)=(.*)$", ran.stdout, re.MULTILINE))
    assert {"SSPR_URL", "SSPR_KEY", "SANDBOX_TENANT", "SANDBOX_CONNECT"} == set(exports)
    path = f"{ROOT / '.venv/bin'}{os.pathsep}{os.environ['PATH']}"
    return {**os.environ, **exports, "PATH": path, "COLUMNS": "200"}
