"""`sspr` as a process of its own: questions at a terminal, Ctrl-C, and how little starts it."""

import os
import pty
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version

import pytest

from sandbox.testing.waiting import wait_until
from tests.support.cli_api import KEY, Api, serving
from tests.support.cli_samples import APPLIED, FINGERPRINT, STATUS, operation, plan, rollout
from tests.support.repository import ROOT

# Pydantic itself is not among them: typer reads options with it.
HEAVY = {"httpx", "pydantic_settings", "ruamel", "jmespath", "azure", "msgraph", "structlog"}


@pytest.fixture
def api() -> Iterator[Api]:
    with serving() as server:
        server.answer("rollout", (200, rollout("planned", wave=None)))
        server.answer("status", (200, STATUS))
        yield server


def environment(api: Api | None = None) -> dict[str, str]:
    known = {"SSPR_URL": api.url, "SSPR_KEY": KEY} if api else {}
    return {"PATH": os.environ["PATH"], "PYTHONUTF8": "1", "TERM": "xterm"} | known


@contextmanager
def started(
    *arguments: str, env: dict[str, str], **streams: int
) -> Iterator[subprocess.Popen[str]]:
    """`sspr` with pipes where no other stream is given; it does not outlive its test.

    Where the tests themselves run in the background, Ctrl-C is ignored and so it would be in it.
    """
    pipes = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    command = ["env", "--default-signal=INT", sys.executable, *arguments]
    with subprocess.Popen(  # type: ignore[call-overload]  # a mix of streams
        command, env=env, cwd=ROOT, text=True, **(pipes | streams)
    ) as process:
        try:
            yield process
        finally:
            process.kill()


@pytest.fixture
def terminal() -> Iterator[tuple[int, int]]:
    """Both ends: ours, and the one that a process takes for a terminal."""
    ours, theirs = pty.openpty()
    try:
        yield ours, theirs
    finally:
        os.close(ours)
        os.close(theirs)


def asked_to_apply(api: Api, terminal: tuple[int, int], typed: bytes) -> tuple[int, str]:
    api.answer(f"rollout/plans/{FINGERPRINT}", (200, plan()))
    api.answer("rollout/apply", (202, operation("succeeded", APPLIED, kind="apply")))
    ours, theirs = terminal
    os.write(ours, typed)
    arguments = ("-m", "cli", "apply", "--plan", FINGERPRINT)
    with started(*arguments, env=environment(api), stdin=theirs) as process:
        _, stderr = process.communicate(timeout=30)
    return process.returncode, stderr


def test_a_yes_at_the_terminal_applies_the_plan_that_was_shown(
    api: Api, terminal: tuple[int, int]
) -> None:
    status, stderr = asked_to_apply(api, terminal, b"y\n")
    assert status == 0
    assert "1,788 to be put in" in stderr
    assert "Apply this plan of Contoso SSPR? [y/N]:" in stderr
    assert len(api.posts) == 1


@pytest.mark.parametrize("typed", [b"n\n", b"\n", b"\x04"])
def test_anything_but_a_yes_does_nothing_and_is_status_1(
    api: Api, terminal: tuple[int, int], typed: bytes
) -> None:
    status, _ = asked_to_apply(api, terminal, typed)
    assert status == 1
    assert api.posts == []


def test_ctrl_c_ends_a_watch_well_and_leaves_the_last_look(api: Api) -> None:
    with started("-m", "cli", "status", "--watch", env=environment(api)) as process:
        wait_until(lambda: api.paths.count("rollout") >= 2)
        process.send_signal(signal.SIGINT)
        stdout, stderr = process.communicate(timeout=30)
    assert (process.returncode, stderr) == (0, "")
    assert stdout.count("Contoso SSPR") == 1


def test_a_document_cannot_steer_the_terminal_that_it_is_shown_on(
    api: Api, terminal: tuple[int, int]
) -> None:
    api.answer("rollout/document", (200, "name: x # \x1b[2J\x9b2J\r\n"))
    ours, theirs = terminal
    with started("-m", "cli", "document", env=environment(api), stdout=theirs) as process:
        process.communicate(timeout=30)
    shown = b""
    # The kernel hands on what was written in as many pieces as it likes.
    while not shown.endswith(b"\r\n"):
        shown += os.read(ours, 1_000)
    assert shown == b"name: x # \\x1b[2J\\x9b2J\r\n"


def loaded_by(*arguments: str, env: dict[str, str]) -> tuple[str, set[str]]:
    """What a command prints, and the packages and modules of ours that it loads."""
    with started("-X", "importtime", "-m", "cli", *arguments, env=env) as process:
        stdout, stderr = process.communicate(timeout=60)
    assert process.returncode == 0, stderr
    modules = {line.rpartition("|")[2].strip() for line in stderr.splitlines()}
    return stdout, modules | {one.partition(".")[0] for one in modules}


def test_completion_names_the_commands_without_loading_what_only_they_need() -> None:
    asked = {"_SSPR_COMPLETE": "complete_bash", "COMP_WORDS": "sspr pa", "COMP_CWORD": "1"}
    stdout, loaded = loaded_by(env=environment() | asked)
    assert stdout.split() == ["pause"]
    assert "typer" in loaded
    assert loaded & (HEAVY | {"rich", "cli.http"}) == set()


def test_help_loads_neither_a_client_nor_a_view() -> None:
    stdout, loaded = loaded_by("--help", env=environment())
    assert "Plan and apply" in stdout
    assert loaded & (HEAVY | {"cli.http", "cli.render", "shared.domain"}) == set()


def test_a_simple_command_loads_what_it_shows_and_as_json_no_tables(api: Api) -> None:
    _, loaded = loaded_by("status", env=environment(api))
    assert loaded & HEAVY == set()
    assert "cli.render.rollout" in loaded
    _, loaded = loaded_by("status", "-o", "json", env=environment(api))
    assert loaded & (HEAVY | {"rich", "cli.render"}) == set()


def test_the_version_is_that_of_the_package() -> None:
    with started("-m", "cli", "--version", env=environment()) as process:
        stdout, _ = process.communicate(timeout=30)
    assert stdout == f"sspr {version('sspr-rollout')}\n"
