"""The documentation: its commands, settings, links and rollout documents are those there are."""

import json
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import typer

from cli.exits import Status
from cli.main import app
from cli.settings import Settings as CliSettings
from shared.contracts.hr import sources_document
from shared.contracts.rollout_document import findings
from shared.domain.gate import GateKind, Outcome
from shared.domain.rollout import PauseReason, Phase
from shared.settings import Settings

ROOT = Path(__file__).parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")])
GUIDE = (ROOT / "docs/rollouts.md").read_text()
SSPR: Any = typer.main.get_command(app)

_FENCED = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_INLINE = re.compile(r"`([^`\n]+)`")
_LINK = re.compile(r"(?<!!)\[[^\]]+\]\(([^)\s]+)\)")
_HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
_SETTING = re.compile(r"\bSSPR_[A-Z][A-Z_]*[A-Z]\b")
_COMMAND = re.compile(r"(?:\$ )?(?:\.venv/bin/)?(sspr .*)")
_END_OF_COMMAND = {"|", ">", "<", "&&", ";"}


class Said(NamedTuple):
    """Something that a page says."""

    page: str
    text: str

    def __str__(self) -> str:
        return f"{self.page}: {self.text}"


def said(pattern: re.Pattern[str], text: str, page: Path) -> Iterator[Said]:
    return (Said(page.name, found[1]) for found in pattern.finditer(text))


def prose(page: Path) -> str:
    """The page without its code blocks."""
    return _FENCED.sub("", page.read_text())


def blocks(page: Path) -> Iterator[tuple[str, str]]:
    """Language and text of each code block."""
    return ((found[1], found[2]) for found in _FENCED.finditer(page.read_text()))


def commands_in_blocks() -> Iterator[Said]:
    for page in PAGES:
        for _, text in blocks(page):
            for line in text.replace("\\\n", " ").splitlines():
                if found := _COMMAND.fullmatch(line.strip()):
                    yield Said(page.name, found[1])


def commands_in_prose() -> Iterator[Said]:
    for page in PAGES:
        yield from (one for one in said(_INLINE, prose(page), page) if one.text.startswith("sspr "))


def links() -> Iterator[Said]:
    """Those within the repository."""
    for page in PAGES:
        yield from (one for one in said(_LINK, prose(page), page) if "://" not in one.text)


def documents(kind: str = "rollout") -> Iterator[Said]:
    for page in PAGES:
        for language, text in blocks(page):
            if language == "yaml" and f"schema: sspr-rollout/{kind}/" in text:
                yield Said(page.name, text)


def words_of(line: str) -> list[str]:
    """What follows `sspr`, up to where the shell goes on with something else."""
    words = shlex.split(line, comments=True)[1:]
    return words[: next((n for n, word in enumerate(words) if word in _END_OF_COMMAND), None)]


def parse(words: list[str]) -> None:
    """Parse them as the command line does, without running anything.

    Raises:
        Exception: typer's own, of an unknown command or option, or a missing argument.
    """
    command, context = SSPR, None
    while True:
        context = command.make_context(command.name, list(words), parent=context)
        if not hasattr(command, "commands"):
            return
        _, command, words = command.resolve_command(context, words)


def slug(heading: str) -> str:
    """The anchor that GitHub gives a heading."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def settings() -> set[str]:
    """Every setting of the app, of the worker and of the command line."""
    of_the_app = {f"SSPR_{name.upper()}" for name in Settings.model_fields}
    of_the_cli = {f"SSPR_{name.upper()}" for name in CliSettings.model_fields}
    sample = json.loads((ROOT / "local.settings.json.sample").read_text())
    of_the_worker = _SETTING.findall((ROOT / "worker.env.sample").read_text())
    return of_the_app | of_the_cli | set(sample["Values"]) | set(of_the_worker)


@pytest.mark.parametrize("command", list(commands_in_blocks()), ids=str)
def test_a_command_in_a_code_block_is_taken_as_it_stands(command: Said) -> None:
    parse(words_of(command.text))


@pytest.mark.parametrize("command", list(commands_in_prose()), ids=str)
def test_a_command_in_the_text_exists_with_its_options(command: Said) -> None:
    words, there = words_of(command.text), SSPR
    while words and hasattr(there, "commands"):
        there = there.commands[words.pop(0)]
    options = {name for one in there.params for name in (*one.opts, *one.secondary_opts)}
    assert {word for word in words if word.startswith("-")} <= options | {"--help"}


def test_the_commands_of_every_page_that_has_some_are_found() -> None:
    """So that a change of layout does not make the tests above pass for want of commands."""
    assert {one.page for one in commands_in_blocks()} >= {"README.md", "rollouts.md"}
    assert {one.page for one in commands_in_prose()} >= {"README.md", "rollouts.md"}


def test_an_unknown_command_or_option_would_be_noticed() -> None:
    with pytest.raises(Exception, match="No such command 'unroll'"):
        parse(words_of("sspr unroll early"))
    with pytest.raises(Exception, match="No such option: --quietly"):
        parse(words_of("sspr pause --reason lunch --quietly"))
    with pytest.raises(Exception, match="Missing parameter: reason"):
        parse(words_of("sspr pause"))


def test_every_command_stands_somewhere() -> None:
    shown = {words_of(one.text)[0] for one in (*commands_in_blocks(), *commands_in_prose())}
    assert set(SSPR.commands) <= shown


@pytest.mark.parametrize("link", list(links()), ids=str)
def test_a_link_within_the_repository_leads_somewhere(link: Said) -> None:
    page = next(page for page in PAGES if page.name == link.page)
    path, _, anchor = link.text.partition("#")
    target = page.parent / path if path else page
    assert target.exists()
    if anchor:
        assert anchor in {slug(found[1]) for found in _HEADING.finditer(prose(target))}


def test_a_rollout_document_in_the_documentation_has_no_findings() -> None:
    shown = list(documents())
    assert "README.md" in {one.page for one in shown}
    for one in shown:
        assert [str(found) for found in findings(one.text)] == [], one.page


def test_a_file_of_hr_sources_in_the_documentation_has_no_findings() -> None:
    shown = list(documents("hr-sources"))
    assert "hr-systems.md" in {one.page for one in shown}
    for one in shown:
        assert [str(found) for found in sources_document.findings(one.text)] == [], one.page


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_setting_that_a_page_names_exists(page: Path) -> None:
    # A secret's own name follows two underscores.
    named = {name.partition("__")[0] for name in _SETTING.findall(page.read_text())}
    assert named <= settings()


def test_the_guide_names_every_phase_pause_reason_gate_and_outcome() -> None:
    for word in (*Phase, *PauseReason, *GateKind):
        assert f"`{word}`" in GUIDE, word
    for outcome in Outcome:
        assert outcome in GUIDE


def test_the_guide_says_what_every_exit_status_means() -> None:
    shown = re.findall(r"^\| (\d) \|", GUIDE, re.MULTILINE)
    assert [int(number) for number in shown] == [status.value for status in Status]


def test_the_guide_s_lease_is_the_default() -> None:
    minutes = Settings.model_fields["lease"].default.total_seconds() / 60
    assert f"(`SSPR_LEASE`, {minutes:g} minutes)" in GUIDE


def test_no_page_names_a_path_of_the_machine_it_was_written_on() -> None:
    for page in PAGES:
        assert not re.search(r"(?<![\w.])/(home|root|tmp|work|Users)/", page.read_text()), page.name
