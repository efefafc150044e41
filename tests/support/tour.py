"""Tours of pages: the app's own triggers on a memory world, and `sspr` asking them by HTTP.

Nothing is shown that was not printed: `python -m tests.support.tour README.md` prints the page's
commands with the whole of what each one answers, and a test holds the page against it.
"""

import asyncio
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from textwrap import dedent
from threading import Thread
from typing import Any, override
from unittest.mock import patch
from urllib.parse import parse_qsl, unquote, urlsplit

import structlog
from typer.testing import CliRunner

from cli.main import app as command_line
from shared.bootstrap import App
from shared.contracts.messages.queues import ROLLOUT_OPERATIONS
from shared.domain.person.people import Person, UserRef
from shared.domain.person.policy import Topology
from shared.domain.rollout.resets import Reset, ResetOutcome
from shared.domain.rollout.sspr_policy import SsprScope
from shared.use_cases.rollout.operate import run_operations
from shared.use_cases.rollout.reconcile import reconcile
from shared.use_cases.tick import tick
from shared.use_cases.writing.apply_scope_changes import apply_scope_changes
from shared.use_cases.writing.read_registrations import read_registrations
from tests.support.documentation import blocks, name_of
from tests.support.doors import Doors, asked
from tests.support.repository import ROOT
from tests.support.stage import Stage, a_stage

GROUP = "4d5aa595-35c9-417f-a276-e04e05aa0f2a"
ADA = "4c4a05ff-6096-4ab8-8629-363e4bc15dfc"
GRACE = "6d021521-1835-4045-87b1-2953c133e6c3"
DEPARTMENTS = ("Engineering", "Finance", "Legal", "Operations", "Sales")
BEGIN = datetime(2026, 11, 30, 8, 0, tzinfo=UTC)
"""A Monday, nine o'clock in Berlin."""
LABEL = "tour"
CUT = "…"
_PROMPT = "$ "
_DIGEST = re.compile(r"\b[0-9a-f]{12,64}\b")
"""Of a plan or a document: another version of the product may count it otherwise."""
_PEOPLE = 300
_LEAVES_OUT: Mapping[int, Mapping[str, Any]] = {
    **{number: {"licensed": False} for number in range(290, 296)},
    **{number: {"enabled": False} for number in range(296, 299)},
    299: {"guest": True},
}
_METHODS = (("email",), ("softwareOneTimePasscode",), ("mobilePhone",), ())
"""What everybody has registered who is asked to, in turn."""


@dataclass
class Tour:
    """A company of 300 people in the cloud, the app that serves it, and its time."""

    stage: Stage
    now: datetime

    def __post_init__(self) -> None:
        self._doors = Doors(self.stage)
        self._routes = [
            (re.compile(re.sub(r"\{\*?(\w+)[^}]*\}", r"(?P<\1>[^/]+)", one.route)), name, one)
            for name, one in self._doors.addresses.items()
        ]

    async def answer(
        self, method: str, path: str, headers: Mapping[str, str], body: bytes
    ) -> tuple[int, bytes]:
        """Answer a request by the function whose address it is, and do what it has set going."""
        parts = urlsplit(path.removeprefix("/api/"))
        for pattern, name, address in self._routes:
            found = pattern.fullmatch(parts.path)
            if found and method in address.methods:
                given = {key: unquote(value) for key, value in found.groupdict().items()}
                query = dict(parse_qsl(parts.query))
                request = asked(method, path, body, headers, params=query, route_params=given)
                answered = await self._doors.ask(name, request)
                await self._run_operations()
                return answered.status_code, answered.get_body()
        return 404, b""

    async def _run_operations(self) -> None:
        while waiting := self.stage.deliver(ROLLOUT_OPERATIONS, enqueued_at=self.now):
            await run_operations(waiting, self.stage.world, self.now)

    async def pass_time(self, length: timedelta, step: timedelta = timedelta(hours=1)) -> None:
        """Let the clock, the report and the writes do what they do meanwhile."""
        end = self.now + length
        while self.now < end:
            self.now = min(self.now + step, end)
            await self._tick()

    async def _tick(self) -> None:
        world = self.stage.world
        await tick(world, lambda: self.now)
        while changes := self.stage.deliver("scope-changes", enqueued_at=self.now):
            await apply_scope_changes(changes, world, self.now)
        await reconcile(world, lambda: self.now)
        await read_registrations(world, lambda: self.now)
        await tick(world, lambda: self.now)

    def resets_fail(self, count: int) -> None:
        """Let so many people in scope forget their password, and AD refuse the new one."""
        members = sorted(self.stage.scope)[:count]
        outcome = ResetOutcome.WRITEBACK_FAILED
        self.stage.tenant.resets += [Reset(self.now, one, outcome) for one in members]

    def another_arrives(self, *, licensed: bool) -> None:
        """Let one account more be there or, where it is there, have a licence or none."""
        _arrive(self.stage, _PEOPLE, licensed=licensed)


def a_tour() -> Tour:
    """The company on the first morning."""
    stage = a_stage(scope_group_id=GROUP, excluded_group_ids=frozenset(), topology=Topology.CLOUD)
    for number in range(_PEOPLE):
        _arrive(stage, number)
    return Tour(stage, BEGIN)


def a_tour_on_all() -> Tour:
    """The same company with SSPR on for all, where whoever has registered has two methods."""
    tour = a_tour()
    tenant = tour.stage.tenant
    tenant.sspr = SsprScope.ALL
    for key, held in tenant.methods.items():
        tenant.methods[key] = held | {"microsoftAuthenticatorPush"}
    return tour


COMPANIES: Mapping[str, Callable[[], Tour]] = {
    "README.md": a_tour,
    "docs/coming-from.md": a_tour_on_all,
}
"""Pages with a tour, each with the company that it is walked in."""


def _arrive(stage: Stage, number: int, **parts: Any) -> None:
    object_id, name = {1: (ADA, "ada"), 2: (GRACE, "grace")}.get(
        number, (f"{number:08x}-0000-4000-8000-000000000000", f"person{number}")
    )
    ref = UserRef(object_id=object_id, user_principal_name=f"{name}@contoso.com")
    person = Person(ref=ref, synced=False, **{**_LEAVES_OUT.get(number, {}), **parts})
    person = replace(person, department=DEPARTMENTS[number % len(DEPARTMENTS)])
    stage.tenant.put(person, administrator=number == 0)
    if methods := _METHODS[number % len(_METHODS)]:
        stage.tenant.registered.add(object_id)
        stage.tenant.methods[object_id] = frozenset(methods)


@contextmanager
def served(tour: Tour) -> Iterator[str]:
    """The address of the app, for as long as it is asked."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._serve("GET")

        def do_POST(self) -> None:
            self._serve("POST")

        def _serve(self, method: str) -> None:
            headers = {name.lower(): value for name, value in self.headers.items()}
            body = self.rfile.read(int(headers.get("content-length", "0")))
            with patch.object(App, "now", staticmethod(lambda: tour.now)):
                code, content = asyncio.run(tour.answer(method, self.path, headers, body))
            self.send_response(code)
            self.send_header("content-length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        @override
        def log_message(self, format: str, *args: object) -> None:
            """Nothing: the output is the tour's."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/api"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def commands(page: Path) -> Iterator[tuple[str, list[str]]]:
    """Each command of the page's tour, with the lines that the page shows for its answer."""
    for block in blocks(page):
        if block.label == LABEL:
            text = dedent(block.text)
            for part in re.split(rf"\n(?={re.escape(_PROMPT)}|# )", f"\n{text}")[1:]:
                command, *lines = part.rstrip("\n").split("\n")
                yield command.removeprefix(_PROMPT), lines


def documents(page: Path) -> Mapping[str, str]:
    """The files of the page's tour: a block's label is `tour:` and the name of its file."""
    return {
        block.label.removeprefix(f"{LABEL}:"): dedent(block.text)
        for block in blocks(page)
        if block.label.startswith(f"{LABEL}:")
    }


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


def walk(page: Path, run: Callable[[str, Mapping[str, str]], str]) -> Iterator[tuple[str, str]]:
    """Each command with all that it printed; what happens between them is said by comments.

    A comment `# 2 days later` lets so much time pass; where it says `resets fail`, they do.
    """
    tour = COMPANIES[name_of(page)]()
    fingerprint = ""
    with served(tour) as url:
        for command, _ in commands(page):
            if command.startswith("#"):
                asyncio.run(happens(command, tour))
                yield command, ""
                continue
            printed = run(command.replace("FINGERPRINT", fingerprint), {"SSPR_URL": url})
            found = re.search(r"sspr apply --plan ([0-9a-f]{64})", printed)
            fingerprint = found[1] if found else fingerprint
            yield command, printed


async def happens(comment: str, tour: Tour) -> None:
    """What a comment says: time passes, resets fail, or an account is made or gets its licence."""
    if "resets fail" in comment:
        tour.resets_fail(7)
    if "licence" in comment:
        tour.another_arrives(licensed="without" not in comment)
    if found := re.search(r"(\d+) (hour|day|minute)s? later", comment):
        await tour.pass_time(timedelta(**{f"{found[2]}s": int(found[1])}))


def typed(command: str, more: Mapping[str, str]) -> str:
    """What `sspr` prints for this line, typed into a terminal of 100 columns."""
    import shlex

    environment = {
        "LOGNAME": "ada",
        "SSPR_KEY": "a-function-key",
        "COLUMNS": "100",
        "SSPR_TOKEN": "",
        **more,
    }
    words = shlex.split(command)
    assert words[0] == "sspr", command
    result = CliRunner().invoke(command_line, words[1:], env=environment, input="y\n")
    return "\n".join(line.rstrip() for line in result.output.rstrip().split("\n"))


if __name__ == "__main__":
    import os
    from tempfile import TemporaryDirectory

    here = ROOT / sys.argv[1]
    with TemporaryDirectory() as folder:
        for name, text in documents(here).items():
            (Path(folder) / name).write_text(text)
        os.chdir(folder)
        structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(50))
        for line, answer in walk(here, typed):
            sys.stdout.write(f"$ {line}\n{answer}\n")
