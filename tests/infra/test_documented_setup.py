"""The set-up's page: each step says what it takes, and the output shown is what was printed."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from tests.support import graph_scripts
from tests.support.documentation import blocks, headings, prose, slug
from tests.support.graph_scripts import BASH, Tenant, a_tenant
from tests.support.repository import ROOT
from tests.support.tour import CUT, GROUP, a_tour, served, typed

PAGE = ROOT / "docs/deploy.md"
LABEL = "setup"
_STEP = re.compile(r"^\| (\d+)\. \[[^\]]+\]\(#([\w-]+)\).*\|([^|]*)\|([^|]*)\|$", re.MULTILINE)
_GUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
NAMES: Mapping[str, str] = {
    "SCOPE_GROUP_ID": GROUP,
    "READER_GROUP_ID": graph_scripts.READERS,
    "OPERATOR_GROUP_ID": graph_scripts.OPERATORS,
    "IDENTITY": graph_scripts.IDENTITY,
}


def shown() -> Iterator[tuple[str, list[str]]]:
    """Each command of the page with the lines that it is said to print."""
    for block in blocks(PAGE):
        if block.label == LABEL:
            for part in re.split(r"^\$ ", block.text, flags=re.MULTILINE)[1:]:
                command, *lines = part.rstrip("\n").split("\n")
                yield command, lines


def named(text: str) -> list[str]:
    """The lines, with what differs from tenant to tenant by the page's names."""
    for name, value in NAMES.items():
        text = text.replace(value, name)
    text = re.sub(r"^sspr \d\S+$", "sspr VERSION", text)
    return _GUID.sub("CLIENT_ID", text).rstrip().split("\n")


def is_shown(lines: list[str], printed: list[str]) -> bool:
    """Whether the lines are those printed; one that is `…` stands for any."""
    pattern = "\n".join("(?:.*\n)*?.*" if line == CUT else re.escape(line) for line in lines)
    return re.fullmatch(pattern, "\n".join(printed)) is not None


def given(words: list[str]) -> dict[str, str | bool]:
    """The options of a script as PowerShell names them."""
    options: dict[str, str | bool] = {}
    for word in words:
        if word.startswith("--"):
            last = "".join(part.capitalize() for part in word[2:].split("-"))
            options[last] = True
        elif options and next(reversed(options.values())) is True:
            options[next(reversed(options))] = NAMES.get(word, word)
        else:
            options["Identity"] = NAMES.get(word, word)
    return options


def answer(command: str, tenant: Tenant, url: str) -> str:
    first, *rest = command.split()
    if first == "sspr":
        return typed(command, {"SSPR_URL": url})
    by_name = {name: script for script, name in graph_scripts.SCRIPTS_IN_BASH.items()}
    ran = tenant.run(by_name[Path(first).name], **given(rest))
    assert ran.returncode == 0, ran.stderr
    return ran.stdout


def test_the_output_of_the_set_up_is_what_was_printed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AZURE_CLI_RUN", "by REST")
    monkeypatch.chdir(ROOT)
    commands = list(shown())
    assert len(commands) > 7
    with capture_logs(), a_tenant(tmp_path, BASH) as tenant, served(a_tour()) as url:
        tenant.put(groups=[*tenant.state["groups"], {"id": GROUP, **graph_scripts.PLAIN}])
        for command, lines in commands:
            printed = named(answer(command, tenant, url))
            assert is_shown(lines, printed), (command, printed)


def test_what_was_not_printed_so_would_be_noticed() -> None:
    assert not is_shown(["a"], ["b"])
    assert not is_shown(["a"], ["a", "b"])
    assert not is_shown([CUT, "c"], ["a", "b"])
    assert is_shown(["a", CUT, "c"], ["a", "b", "c"])
    assert is_shown(["a", CUT], ["a", "b", "c"])


def test_every_step_has_its_part_in_that_order_with_who_and_how_long() -> None:
    steps = _STEP.findall(PAGE.read_text())
    assert [int(number) for number, *_ in steps] == list(range(1, len(steps) + 1))
    assert len(steps) > 10
    there = [slug(one) for one in headings(prose(PAGE))]
    places = [there.index(anchor) for _, anchor, _, _ in steps]
    assert places == sorted(places)
    for _, anchor, who, long in steps:
        assert who.strip(), anchor
        assert re.search(r"guess|measured|minutes|until|depends", long), anchor
