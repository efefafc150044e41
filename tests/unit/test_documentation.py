"""The documentation: its commands, settings, links and rollout documents are those there are."""

import json
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from cli.exits import Status
from cli.settings import CliSettings
from hybrid_worker.delta_sync.problems import SyncProblem
from shared.contracts.documents.rollout_document import findings
from shared.contracts.messages import queues
from shared.domain.person.enrolment import State
from shared.domain.person.policy import Topology
from shared.domain.person.reasons import Reason
from shared.domain.rollout.gate import Outcome
from shared.domain.rollout.gates.registry import GATES
from shared.domain.rollout.state import PauseReason, Phase
from shared.domain.rollout.writing import StopReason
from shared.hr import documents as sources_document
from shared.settings import AppSettings
from tests.support import documentation, documented_references, documented_tables
from tests.support.command_line import SSPR, parse
from tests.support.documentation import (
    PAGES,
    RENDERED,
    Block,
    Said,
    anchors,
    blocks,
    first_cells,
    headings,
    headless_columns,
    headless_tables,
    inline,
    lines_of,
    name_of,
    prose,
    section,
    skipped_levels,
    swallowed,
    too_wide,
)
from tests.support.repository import ROOT

GUIDE = (ROOT / "docs/rollouts.md").read_text()
RUNBOOK = ROOT / "docs/operations.md"
SECURITY = ROOT / "docs/security.md"
DECISIONS = ROOT / "docs/decisions"
ALARMS = (
    "dead-letters",
    "dead-letter-found",
    "queue-stalled",
    "queue-deep",
    "rollout-paused",
    "writing-stopped",
    "gate-failed",
    "condition-failed",
    "writeback-failures",
    "events-held",
    "source-silent",
    "resets-lost",
    "plan-unsafe",
    "drift-held",
    "drift-found",
    "scope-changed",
    "sspr-scope-wrong",
    "worker-silent",
    "command-unanswered",
    "delta-sync-problem",
    "person-flagged",
    "app-silent",
    "timer-overdue",
    "app-misconfigured",
    "work-postponed",
    "function-failures",
    "ending-soon",
    "ending-urgent",
    "alarm-test",
    "logs-capped",
    "messages-refused",
    "sender-refused",
)

REFERENCE = "docs/commands.md"
CHANGELOG = "CHANGELOG.md"
WORKED_THROUGH = [
    f"docs/{name}.md"
    for name in (
        "coming-from",
        "deploy",
        "faq",
        "first-deployment",
        "first-rollout",
        "helpdesk",
        "operations",
        "privacy",
    )
]
"""Pages of steps; the others explain, and may call a command by its name alone."""
_SETTING = re.compile(r"\bSSPR_[A-Z][A-Z_]*[A-Z]\b")
_END_OF_COMMAND = {"|", ">", "<", "&&", ";"}


def commands_in_blocks() -> Iterator[Said]:
    for page in PAGES:
        for block in blocks(page):
            for line in lines_of(block):
                text = line.removeprefix(".venv/bin/")
                if text.startswith("sspr "):
                    yield Said(name_of(page), text)


def commands_in_prose() -> Iterator[Said]:
    for page in PAGES:
        yield from (one for one in inline(page) if one.text.startswith("sspr "))


def links() -> Iterator[Said]:
    for page in PAGES:
        yield from documentation.links(page)


def documents(kind: str = "rollout") -> Iterator[Said]:
    for page in PAGES:
        for block in blocks(page):
            if block.language == "yaml" and f"schema: sspr-rollout/{kind}/" in block.text:
                yield Said(name_of(page), block.text)


def words_of(line: str) -> list[str]:
    """What follows `sspr`, up to where the shell goes on with something else."""
    words = shlex.split(line, comments=True)[1:]
    return words[: next((n for n, word in enumerate(words) if word in _END_OF_COMMAND), None)]


def settings() -> set[str]:
    """Every setting of the app, of the worker and of the command line."""
    of_the_app = {f"SSPR_{name.upper()}" for name in AppSettings.model_fields}
    of_the_cli = {f"SSPR_{name.upper()}" for name in CliSettings.model_fields}
    sample = json.loads((ROOT / "local.settings.json.sample").read_text())
    of_the_worker = _SETTING.findall((ROOT / "worker.env.sample").read_text())
    return of_the_app | of_the_cli | set(sample["Values"]) | set(of_the_worker)


@pytest.mark.parametrize("command", list(commands_in_blocks()), ids=str)
def test_a_command_in_a_code_block_is_taken_as_it_stands(command: Said) -> None:
    parse(words_of(command.text))


@pytest.mark.parametrize("command", list(commands_in_prose()), ids=str)
def test_a_command_in_the_text_exists_with_its_options(command: Said) -> None:
    there, words = named_by(command.text)
    options = {name for one in there.params for name in (*one.opts, *one.secondary_opts)}
    assert {word for word in words if word.startswith("-")} <= options | {"--help"}


def named_by(line: str) -> tuple[Any, list[str]]:
    """The command that the line names, and the words after its name."""
    words, there = words_of(line), SSPR
    while words and hasattr(there, "commands"):
        # A group that does something by itself has options of its own.
        if words[0].startswith("-"):
            break
        there = there.commands[words.pop(0)]
    return there, words


def lacks(line: str) -> list[str]:
    """The options without which the command refuses, and which the line does not say."""
    there, words = named_by(line)
    needed = (one for one in there.params if one.required and one.param_type_name == "option")
    return [one.opts[0] for one in needed if not {*one.opts, "--help"} & set(words)]


@pytest.mark.parametrize("command", list(commands_in_prose()), ids=str)
def test_a_command_that_is_more_than_its_name_has_every_option_it_needs(command: Said) -> None:
    if named_by(command.text)[1] and command.page != CHANGELOG:
        assert lacks(command.text) == []


@pytest.mark.parametrize("page", WORKED_THROUGH)
def test_a_command_that_a_page_only_names_stands_whole_on_that_page(page: str) -> None:
    """Whoever works through the page would type the name, and be refused."""
    said = [one.text for one in (*commands_in_prose(), *commands_in_blocks()) if one.page == page]
    whole = {id(named_by(line)[0]) for line in said if not lacks(line)}
    assert [line for line in said if id(named_by(line)[0]) not in whole] == []


def test_a_form_that_is_kept_is_shown_with_its_file() -> None:
    """Whoever had to redirect it would have it in the encoding of the shell."""
    of_files = [
        one
        for one in (*commands_in_blocks(), *commands_in_prose())
        if re.search(r"--output (csv|markdown)\b", one.text) and one.page != CHANGELOG
    ]
    assert len(of_files) > 4
    assert [str(one) for one in of_files if "--out" not in words_of(one.text)] == []


def test_a_missing_option_would_be_noticed() -> None:
    assert lacks("sspr alarms test") == ["--reason"]
    assert lacks("sspr refused resend --reason not-done") == ["--why"]
    assert lacks("sspr alarms test --reason TEXT") == []
    assert lacks("sspr status") == []


def test_the_commands_of_every_page_that_has_some_are_found() -> None:
    """So that a change of layout does not make the tests above pass for want of commands."""
    pages = {"README.md", "docs/rollouts.md", "docs/operations.md"}
    assert {one.page for one in commands_in_blocks()} >= pages
    assert {one.page for one in commands_in_prose()} >= pages


def test_an_unknown_command_or_option_would_be_noticed() -> None:
    with pytest.raises(Exception, match="No such command 'unroll'"):
        parse(words_of("sspr unroll early"))
    with pytest.raises(Exception, match="No such option: --quietly"):
        parse(words_of("sspr pause --reason lunch --quietly"))
    with pytest.raises(Exception, match="Missing parameter: reason"):
        parse(words_of("sspr pause"))


def test_every_command_stands_somewhere() -> None:
    by_hand = (
        one for one in (*commands_in_blocks(), *commands_in_prose()) if one.page != REFERENCE
    )
    assert set(SSPR.commands) <= {words_of(one.text)[0] for one in by_hand}


@pytest.mark.parametrize("link", list(links()), ids=str)
def test_a_link_within_the_repository_leads_somewhere(link: Said) -> None:
    page = ROOT / link.page
    path, _, anchor = link.text.partition("#")
    target = page.parent / path if path else page
    assert target.exists()
    if anchor:
        assert anchor in anchors(target)


def test_links_of_every_folder_are_followed() -> None:
    """So that the test above does not pass for want of pages."""
    assert {Path(one.page).parent.as_posix() for one in links()} >= {".", "docs", "docs/decisions"}


def test_no_page_has_two_headings_of_one_anchor() -> None:
    """A link to the second would lead to the first."""
    for page in PAGES:
        found = [documentation.slug(one) for one in headings(documentation.prose(page))]
        twice = {one for one in found if found.count(one) > 1}
        # A changelog's and a decision's parts are named alike on purpose.
        assert page.name == "CHANGELOG.md" or not twice, (page.name, twice)


def test_a_rollout_document_in_the_documentation_has_no_findings() -> None:
    shown = list(documents())
    assert "README.md" in {one.page for one in shown}
    for one in shown:
        assert [str(found) for found in findings(one.text)] == [], one.page


def test_a_file_of_hr_sources_in_the_documentation_has_no_findings() -> None:
    shown = list(documents("hr-sources"))
    assert "docs/hr-systems.md" in {one.page for one in shown}
    for one in shown:
        assert [str(found) for found in sources_document.findings(one.text)] == [], one.page


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_setting_that_a_page_names_exists(page: Path) -> None:
    # A secret's own name follows two underscores.
    named = {name.partition("__")[0] for name in _SETTING.findall(page.read_text())}
    assert named <= settings()


def test_the_guide_names_every_phase_pause_reason_gate_and_outcome() -> None:
    for word in (*Phase, *PauseReason, *GATES):
        assert f"`{word}`" in GUIDE, word
    for outcome in Outcome:
        assert outcome in GUIDE


def test_the_tables_that_are_made_from_the_code_say_what_it_says() -> None:
    anew = "write it anew by `python -m tests.support.documented_tables`"
    for page, tables in documented_tables.pages().items():
        assert documented_tables.filled_in(page.read_text(), tables) == page.read_text(), anew


def test_the_references_are_those_of_the_code() -> None:
    anew = "write it anew by `python -m tests.support.documented_tables`"
    for page, whole in documented_references.references().items():
        assert page.read_text() == whole, anew


def test_the_references_name_every_command_and_every_setting() -> None:
    """So that the test above does not hold two empty pages for equal."""
    named = headings(prose(documented_references.COMMANDS))
    assert {
        f"sspr {name}" for name, one in SSPR.commands.items() if not hasattr(one, "commands")
    } <= set(named)
    assert "sspr dead-letters resubmit" in named
    sample = (ROOT / "worker.env.sample").read_text()
    text = documented_references.SETTINGS.read_text()
    assert set(_SETTING.findall(sample)) <= set(_SETTING.findall(text))
    assert {"SSPR_SCOPE_GROUP_ID", "SSPR_CLOCK_SCHEDULE", "SSPR_URL"} <= set(_SETTING.findall(text))


def test_the_guide_says_what_every_exit_status_means() -> None:
    shown = re.findall(r"^\| (\d) \|", GUIDE, re.MULTILINE)
    assert [int(number) for number in shown] == [status.value for status in Status]


def test_the_guide_s_lease_is_the_default() -> None:
    minutes = AppSettings.model_fields["lease"].default.total_seconds() / 60
    assert f"(`SSPR_LEASE`, {minutes:g} minutes)" in GUIDE


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_row_of_a_table_is_shown_as_one(page: Path) -> None:
    assert list(headless_tables(prose(page))) == []


def test_a_row_after_an_empty_line_would_be_noticed() -> None:
    table = "| a | b |\n|---|---:|\n| 1 | 2 |\n"
    assert list(headless_tables(table)) == []
    assert list(headless_tables(f"{table}\n| 3 | 4 |\n")) == ["| 3 | 4 |"]


@pytest.mark.parametrize("page", RENDERED, ids=name_of)
def test_a_page_is_shown_as_it_is_meant(page: Path) -> None:
    """What a picture of the page, rendered as GitHub does, would show to be wrong."""
    text = prose(page)
    assert list(headless_columns(text)) == []
    assert list(swallowed(text)) == []
    assert list(skipped_levels(text)) == []


@pytest.mark.parametrize("page", RENDERED, ids=name_of)
def test_code_is_read_without_scrolling_where_it_can_be_broken(page: Path) -> None:
    assert [line for block in blocks(page) for line in too_wide(block)] == []


def test_what_is_not_shown_as_it_is_meant_would_be_noticed() -> None:
    assert list(headless_columns("| | a | b |\n|---|---|---|\n")) == []
    assert list(headless_columns("| | b |\n|---|---|\n| a | | c |\n|---|---|---|\n")) != []
    assert list(headless_columns("| | |\n|---|---|\n")) == ["| | |"]
    right = "`<name>`, <https://example.com>\n<!-- whole -->\nread <!-- so --> far\n"
    assert list(swallowed(right)) == []
    assert list(swallowed("POST <address>, then")) == ["<address>"]
    assert list(swallowed("1. as\n  <!-- read -->; *untried*)")) == ["  <!-- read -->; *untried*)"]
    assert list(skipped_levels("# a\n## b\n#### c\n")) == ["c"]
    assert list(skipped_levels("# a\n## b\n### c\n# d\n")) == []
    long = "word " * 30
    assert list(too_wide(Block("powershell", "", f"short\n{long}\n"))) == [long]
    assert list(too_wide(Block("sh", "", f"{long}\nsspr status # {long}\n"))) == [
        f"sspr status # {long}"
    ]


def test_a_line_that_goes_on_below_is_one() -> None:
    assert list(lines_of(Block("powershell", "", "a `\n    b\nc\\\n"))) == ["a      b", "c\\"]
    assert list(lines_of(Block("sh", "", "a \\\n  b\n"))) == ["a    b"]


def test_no_page_names_a_path_of_the_machine_it_was_written_on() -> None:
    for page in PAGES:
        assert not re.search(r"(?<![\w.])/(home|root|tmp|work|Users)/", page.read_text()), page.name


def test_the_runbook_has_a_page_s_part_for_every_alarm() -> None:
    """Each says what it means, how to see it, what to do and when it is over."""
    alarms = section(RUNBOOK, "Alarms")
    assert headings(alarms) == list(ALARMS)
    for alarm in ALARMS:
        said = section(RUNBOOK, alarm)
        assert [word for word in ("Means", "See", "Do", "Over") if f"**{word}.**" not in said] == []


def test_the_runbook_says_of_every_queue_what_a_dead_letter_means() -> None:
    names = [value for value in vars(queues).values() if isinstance(value, str) and "-" in value]
    rows = first_cells(section(RUNBOOK, "dead-letters"))
    assert sorted(rows) == sorted(name for name in names if re.fullmatch(r"[a-z-]+", name))


def test_the_runbook_has_a_row_for_every_reason_and_for_none_that_is_not() -> None:
    rows = first_cells(section(RUNBOOK, "Reason codes"))
    assert sorted(rows) == sorted(Reason)


def test_the_runbook_has_a_row_for_every_pause_reason_gate_and_problem_of_a_sync() -> None:
    assert sorted(first_cells(section(RUNBOOK, "Pause reasons"))) == sorted(PauseReason)
    assert sorted(first_cells(section(RUNBOOK, "Stop reasons"))) == sorted(StopReason)
    gates = section(RUNBOOK, "Gates").partition("### ")[0]
    assert sorted(first_cells(gates)) == sorted(GATES)
    assert sorted(first_cells(section(RUNBOOK, "Delta sync problems"))) == sorted(SyncProblem)


def test_every_decision_stands_in_the_index_and_has_its_three_parts() -> None:
    index = (DECISIONS / "README.md").read_text()
    pages = sorted(DECISIONS.glob("[0-9]*.md"))
    assert len(pages) > 10
    for page in pages:
        title = page.read_text().partition("\n")[0]
        assert title.startswith(f"# {int(page.name[:2])}. "), page.name
        assert headings(documentation.prose(page))[1:] == ["Context", "Decision", "Consequences"]
        assert f"]({page.name})" in index, page.name


def test_the_glossary_knows_every_state_phase_and_topology() -> None:
    glossary = (ROOT / "docs/glossary.md").read_text().lower()
    # What a row of the states' table explains need not stand twice.
    states = section(ROOT / "docs/architecture.md", "States")
    for word in (*Phase, *Topology):
        assert word in glossary, word
    for state in State:
        assert f"| {state} |" in states, state


def test_the_roles_on_queues_are_those_of_the_templates() -> None:
    """Who receives from a queue and who sends to it, as the page has it and as Azure is told."""
    templates = (ROOT / "infra/modules/roles.bicep").read_text()
    rows = _ROLES.findall(section(SECURITY, "Least privilege"))
    for column, who in ((1, "app"), (2, "worker")):
        for role, does in (("Receiver", "ReceivesFrom"), ("Sender", "SendsTo")):
            (listed,) = re.findall(rf"^var {who}{does} = .*?\[([^\]]+)\]$", templates, _ACROSS)
            said = {row[0] for row in rows if role in row[column]}
            assert said == set(re.findall(r"'([^']+)'", listed)), who + does


def test_the_permissions_of_graph_are_those_that_are_granted() -> None:
    granted = json.loads((ROOT / "infra/graph/permissions.json").read_text())["permissions"]
    said = re.findall(
        r"^\| `([A-Za-z]+\.[A-Za-z.]+)` \|", section(SECURITY, "Least privilege"), re.MULTILINE
    )
    assert sorted(said) == sorted(one["name"] for one in granted)


_ROLES = re.compile(r"^\| `([a-z-]+)` \|([^|]*)\|([^|]*)\|$", re.MULTILINE)
_ACROSS = re.MULTILINE | re.DOTALL


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_a_module_that_a_page_names_is_there(page: Path) -> None:
    """By its path from the root, or from the folder that the page has named before."""
    paths = {path.relative_to(ROOT).as_posix() for path in tracked()}
    named = {one.text for one in inline(page) if re.fullmatch(r"[\w./-]+\.(py|ps1|json)", one.text)}
    assert {one for one in named if not any(path.endswith(one) for path in paths)} <= MADE_BY_HAND


MADE_BY_HAND = {"local.settings.json", "purge.json", "reader.json"}
"""Files that whoever deploys or develops has to make."""


def tracked() -> Iterator[Path]:
    """The repository's own files."""
    for top in ("*", *(f"{part}/**/*" for part in PARTS)):
        yield from (path for path in ROOT.glob(top) if path.is_file())


PARTS = ("functions", "shared", "hybrid_worker", "cli", "sandbox", "infra", "docs", "tests")


_NAMED = r"(?:def|class) {0}\b|^{0}(?::| =)"
_NAMED_IN = re.compile(r"`(\w+)` in `([\w./]+\.py)`|`(test_\w+)` \(`([\w./]+\.py)`\)")


def names_in_files(text: str) -> Iterator[tuple[str, str]]:
    """What a page says is in a file, as `name` in `file` or, of a test, `test_name` (`file`)."""
    for found in _NAMED_IN.finditer(" ".join(text.split())):
        yield found[1] or found[3], found[2] or found[4]


def is_defined(name: str, file: str) -> bool:
    """Whether such a file defines it; one that is only imported there is looked for in vain."""
    named = re.compile(_NAMED.format(re.escape(name)), re.MULTILINE)
    return any(
        named.search(path.read_text())
        for path in tracked()
        if path.relative_to(ROOT).as_posix().endswith(file)
    )


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_what_a_page_says_is_in_a_file_is_defined_there(page: Path) -> None:
    # What a version had in a file may be elsewhere since.
    said = [] if page.name == CHANGELOG else list(names_in_files(prose(page)))
    assert [one for one in said if not is_defined(*one)] == []


def test_a_name_that_has_moved_to_another_file_would_be_noticed() -> None:
    assert len(list(names_in_files(prose(SECURITY)))) > 10
    said = "(`take_out` in\n`shared/domain/person/withdrawal.py`), `test_x` (`tests/y.py`)"
    there, gone = names_in_files(said)
    assert (there, gone) == (
        ("take_out", "shared/domain/person/withdrawal.py"),
        ("test_x", "tests/y.py"),
    )
    assert is_defined(*there)
    assert not is_defined(*gone)
    # It is imported there.
    assert not is_defined("take_out", "shared/domain/person/onboarding.py")


def test_every_test_that_the_security_model_names_is_there() -> None:
    files = list((ROOT / "tests").rglob("*.py"))
    there = {name for file in files for name in re.findall(r"def (test_\w+)\(", file.read_text())}
    named = set(re.findall(r"`(test_\w+)`", SECURITY.read_text()))
    assert named
    assert named <= there
