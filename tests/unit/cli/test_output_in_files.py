"""Output that is kept: letters survive every code page, and a file is whole or not there."""

import fcntl
import os
import pty
import struct
import subprocess
import sys
import termios
from collections.abc import Iterator
from contextlib import suppress
from enum import EnumType
from itertools import chain
from pathlib import Path
from typing import Any

import pytest

from shared.contracts.api.people_views import ListedPerson
from tests.support.cli_api import KEY, Api, refusal, serving, sspr
from tests.support.cli_samples import FINGERPRINT, NOW, operation, plan, rollout
from tests.support.command_line import SSPR
from tests.support.repository import ROOT

ON = "2127-02-01"
DEPARTMENT = "Süd"
AS_UTF_8 = DEPARTMENT.encode()
DOCUMENT = """\
schema: sspr-rollout/rollout/1
name: fabrikam
scope:
  group: 0b9d9f0e-5f6b-4b5e-8f2b-6f3e2f6d1a01
  topology: cloud
waves:
  - {name: everyone, percent: 100}
"""
FOR_FILES = {"csv", "jsonl", "markdown"}
UNSAFE = "more people than Süd has"
NO_LOCALE = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
"""What Python then takes for the machine's code page has no ü, as many of Windows lack letters."""


def listed() -> dict[str, Any]:
    person = ListedPerson(
        key="id-1",
        user_principal_name=f"{DEPARTMENT}@contoso.test",
        employee_id=None,
        state="resettable",
        reason="registered",
        flag=None,
        since=NOW,
        wave=DEPARTMENT,
        held=(),
    )
    return person.model_dump(mode="json", by_alias=True)


def tally(group: str) -> dict[str, Any]:
    names = ("people", "canToday", "canThen", "notKnownThen", "lose", "gain")
    return {"group": group, **dict.fromkeys(names, 1)}


@pytest.fixture
def api() -> Iterator[Api]:
    with serving() as server:
        forecast: dict[str, Any] = {
            "today": "2126-11-29",
            "on": ON,
            "groupBy": "department",
            "whole": tally(""),
            "groups": [tally(DEPARTMENT)],
            "losing": [],
            "savedByOneMore": 0,
            "resetsInThirtyDays": 1,
            "callsInThirtyDays": 1.0,
            "method": None,
            "onlyMethod": None,
        }
        server.answer("forecast", (200, forecast))
        server.answer("people", (200, {"people": [listed()], "next": None}))
        server.answer("rollout/document", (200, f"name: {DEPARTMENT}\n"))
        server.answer("rollout", (200, rollout("planned", wave=None, name=DEPARTMENT)))
        server.answer("rollout/plans", (202, operation("succeeded", plan(name=DEPARTMENT))))
        yield server


@pytest.fixture
def document(tmp_path: Path) -> str:
    file = tmp_path / "rollout.yaml"
    file.write_text(DOCUMENT)
    return str(file)


def environment(api: Api) -> dict[str, str]:
    return {"PATH": os.environ["PATH"], "SSPR_URL": api.url, "SSPR_KEY": KEY, "LOGNAME": "ada"}


COMMANDS = [
    "plan rollout.yaml",
    "plan rollout.yaml --output markdown",
    "document",
    "people",
    "people --output csv",
    f"forecast --on {ON} --group-by department",
    f"forecast --on {ON} --group-by department --output markdown",
    f"forecast --on {ON} --group-by department --output csv",
]
"""Each prints the department."""


def ran(api: Api, command: str, folder: Path) -> subprocess.CompletedProcess[bytes]:
    """What `sspr` writes into a pipe on a machine whose own encoding lacks the letters."""
    words = [sys.executable, "-m", "cli", *command.split()]
    env = environment(api) | NO_LOCALE | {"PYTHONPATH": str(ROOT)}
    return subprocess.run(words, cwd=folder, env=env, capture_output=True, check=False)


@pytest.mark.parametrize("command", COMMANDS)
def test_what_is_piped_is_utf_8_whatever_the_machine_speaks(
    api: Api, document: str, command: str
) -> None:
    done = ran(api, command, Path(document).parent)
    assert (done.returncode, done.stderr) == (0, b"")
    assert AS_UTF_8 in done.stdout


def test_so_is_a_complaint(api: Api, document: str) -> None:
    api.answer("rollout/document", (400, refusal(UNSAFE)))
    done = ran(api, "document", Path(document).parent)
    assert done.returncode != 0
    assert UNSAFE.encode() in done.stderr


@pytest.mark.parametrize("command", COMMANDS)
def test_what_is_kept_as_a_file_is_what_is_piped(api: Api, document: str, command: str) -> None:
    folder = Path(document).parent
    piped = ran(api, command, folder).stdout
    (folder / "kept").write_text("of yesterday")
    done = ran(api, f"{command} --out kept", folder)
    assert (done.returncode, done.stdout) == (0, b"")
    assert done.stderr == b"written to kept\n"
    assert (folder / "kept").read_bytes() == piped
    assert AS_UTF_8 in piped


def on_a_terminal(api: Api, command: str, folder: Path, columns: int) -> bytes:
    """What `sspr` shows on one of that width, which has no letter beyond ASCII."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 50, columns, 0, 0))
    words = [sys.executable, "-m", "cli", *command.split()]
    env = environment(api) | NO_LOCALE | {"PYTHONPATH": str(ROOT), "TERM": "dumb"}
    streams: dict[str, Any] = {"stdin": theirs, "stdout": theirs, "stderr": theirs}
    with subprocess.Popen(words, cwd=folder, env=env, **streams) as process:
        os.close(theirs)
        seen = b""
        # Linux ends what nobody writes to any more by an error.
        with suppress(OSError):
            while part := os.read(ours, 65_536):
                seen += part
        assert process.wait(30) == 0, seen
    os.close(ours)
    return seen


def test_a_terminal_is_told_what_it_can_show(api: Api, document: str) -> None:
    seen = on_a_terminal(api, "people --output csv", Path(document).parent, 80)
    assert AS_UTF_8 not in seen
    assert b"S?d" in seen


def test_a_file_is_as_wide_as_its_table_whatever_terminal_it_is_written_from(
    api: Api, document: str
) -> None:
    folder = Path(document).parent
    on_a_terminal(api, "people --out kept", folder, 40)
    assert (folder / "kept").read_bytes() == ran(api, "people", folder).stdout
    assert f"{DEPARTMENT}@contoso.test" in (folder / "kept").read_text("utf-8")


def test_half_an_answer_becomes_no_file_and_leaves_that_of_before(api: Api, tmp_path: Path) -> None:
    first = (200, {"people": [listed()], "next": "id-1"})
    api.answer("people", first, (400, refusal("not now")))
    (tmp_path / "kept.csv").write_text("of yesterday")
    done = sspr(api, "people", "--output", "csv", "--out", str(tmp_path / "kept.csv"))
    assert done.exit_code != 0
    assert "written" not in done.stderr
    assert (tmp_path / "kept.csv").read_text() == "of yesterday"
    assert list(tmp_path.iterdir()) == [tmp_path / "kept.csv"]


def test_a_file_that_cannot_be_written_is_named(api: Api, tmp_path: Path) -> None:
    done = sspr(api, "people", "--out", str(tmp_path / "none" / "kept"))
    assert (done.exit_code, done.stdout) == (2, "")
    assert "kept cannot be written: No such file or directory" in done.stderr


def test_a_plan_that_is_unsafe_is_kept_too_and_ends_as_unsafe(
    api: Api, document: str, tmp_path: Path
) -> None:
    unsafe = plan(name=DEPARTMENT, unsafe=[UNSAFE])
    api.answer("rollout/plans", (202, operation("succeeded", unsafe)))
    done = sspr(api, "plan", document, "-o", "markdown", "--out", str(tmp_path / "plan.md"))
    assert (done.exit_code, done.stdout) == (5, "")
    assert FINGERPRINT in (tmp_path / "plan.md").read_text("utf-8")


def test_a_plan_in_a_file_leaves_stdout_to_its_people(
    api: Api, document: str, tmp_path: Path
) -> None:
    line = {"objectId": "id-1", "action": "add", "wave": "five", "reason": "wave"}
    people = f"rollout/plans/{FINGERPRINT}/people"
    api.answer(people, (200, {"people": [line], "nextPage": None}))
    done = sspr(api, "plan", document, "--people", "-", "--out", str(tmp_path / "plan.txt"))
    assert done.stdout.splitlines()[1] == "id-1,add,five,wave,"
    assert FINGERPRINT in (tmp_path / "plan.txt").read_text("utf-8")
    assert FINGERPRINT not in done.stderr


def commands(group: Any = SSPR, name: str = "sspr") -> Iterator[tuple[str, dict[str, Any]]]:
    """Every command with its options by name."""
    for word, one in group.commands.items():
        if hasattr(one, "commands"):
            yield from commands(one, f"{name} {word}")
        else:
            yield f"{name} {word}", {name: given for given in one.params for name in given.opts}


def forms(options: dict[str, Any]) -> set[str]:
    """What a command's output can be."""
    given = (options[name] for name in ("--output", "--format") if name in options)
    kinds = (getattr(one.type_descriptor, "annotation", None) for one in given)
    members: list[Any] = [list(kind) for kind in kinds if isinstance(kind, EnumType)]
    return {str(one.value) for one in chain(*members)}


def test_a_form_that_is_for_files_can_be_written_into_one() -> None:
    """CSV and Markdown are made to be kept, and a shell would write them in its own encoding."""
    of_files = {name: options for name, options in commands() if forms(options) & FOR_FILES}
    assert set(of_files) >= {"sspr plan", "sspr forecast", "sspr people", "sspr audit export"}
    assert [name for name, options in of_files.items() if "--out" not in options] == []


def test_the_option_is_one_and_the_same_everywhere() -> None:
    shown = {
        (options["--out"].help, options["--out"].metavar, options["--out"].default)
        for _, options in commands()
        if "--out" in options
    }
    assert shown == {("Write to this file, as UTF-8; - for stdout.", "<file>", "-")}
