"""PowerShell in the documentation: PowerShell can read it, and beside bash it says the same."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

from tests.support.documentation import PAGES, Block, blocks, lines_of, name_of
from tests.support.graph_scripts import FOLDER as GRAPH
from tests.support.graph_scripts import SCRIPTS_IN_BASH
from tests.support.infra.powershell import run
from tests.support.repository import ROOT

DEPLOY = ROOT / "docs/deploy.md"
SHELL = "Windows PowerShell 5.1"

_PARSE = """
param([string] $File)
foreach ($one in ConvertFrom-Json -InputObject ([IO.File]::ReadAllText($File))) {
    $tokens = $errors = $null
    $parser = [Management.Automation.Language.Parser]
    [void] $parser::ParseInput($one.text, [ref] $tokens, [ref] $errors)
    foreach ($fault in $errors) { "$($one.page): $($fault.Message)" }
}
"""
_SAME = ("az ", "azd ", "sspr ", "uv ")
"""Programs that are called alike in both shells."""


_BESIDE = re.compile(
    r"^```sh *\n((?:(?!^```).)*)^```\n\n```powershell\n(.*?)^```$", re.MULTILINE | re.DOTALL
)


def pairs() -> Iterator[tuple[str, Block, Block]]:
    """Each block of PowerShell with the one of bash that stands right above it."""
    for page in PAGES:
        for found in _BESIDE.finditer(page.read_text()):
            yield name_of(page), Block("sh", "", found[1]), Block("powershell", "", found[2])


def called(block: Block) -> list[str]:
    """What is called, without what the shell does with what it prints."""
    lines = (line for line in lines_of(block) if line.startswith(_SAME))
    return [re.split(r" [|>] ", line)[0] for line in lines]


def test_beside_bash_powershell_calls_the_same_with_the_same_words() -> None:
    shown = list(pairs())
    # What is the same in both shells is shown once, and `test_both_shells` runs it in both.
    assert {"docs/deploy.md", "docs/first-deployment.md"} <= {page for page, _, _ in shown}
    assert sum(len(called(second)) for _, _, second in shown) > 5
    for page, first, second in shown:
        assert called(first) == called(second), page


def test_what_is_the_same_in_both_shells_stands_there_once() -> None:
    assert [page for page, first, second in pairs() if first.text == second.text] == []


def test_powershell_can_read_every_block(tmp_path: Path) -> None:
    texts = [
        {"page": name_of(page), "text": block.text}
        for page in PAGES
        for block in blocks(page)
        if block.language == "powershell"
    ]
    script, file = tmp_path / "parse.ps1", tmp_path / "blocks.json"
    script.write_text(_PARSE)
    wrong = {"page": "wrong", "text": "if ("}
    file.write_text(json.dumps([*texts, wrong]))
    said = run(script, file).stdout.splitlines()
    assert said, "what is wrong was not noticed"
    assert [line for line in said if not line.startswith("wrong: ")] == []


def parts(page: Path) -> Iterator[tuple[str, str]]:
    """Each part of a page below a heading of its own, with its code."""
    inside = False
    heading, lines = "", list[str]()
    for line in page.read_text().splitlines():
        inside ^= line.startswith("```")
        if line.startswith("#") and not inside:
            yield heading, "\n".join(lines)
            heading, lines = line.lstrip("# "), []
        else:
            lines.append(line)
    yield heading, "\n".join(lines)


def in_bash(script: str) -> set[str]:
    """The options that the script of bash says it takes."""
    text = (GRAPH / script).read_text().partition("<<'TEXT'\n")[2].partition("\nTEXT\n")[0]
    return set(re.findall(r"^  (--[a-z-]+)", text, re.MULTILINE))


def as_powershell(option: str) -> str:
    return "-" + "".join(word.capitalize() for word in option.strip("-").split("-"))


def lacking(text: str) -> set[str]:
    """The options of the scripts for Graph that it says for bash alone."""
    options = {one for script in SCRIPTS_IN_BASH.values() for one in in_bash(script)}
    said = {one for one in options if re.search(rf"`[^`\n]*{one}\b(?!-)[^`\n]*`", text)}
    written = {as_powershell(one) for one in said}
    there = {one for one in written if re.search(rf"(?<!-){one}\b", text)}
    return written - there


def test_an_option_of_the_scripts_for_graph_is_said_for_both_shells() -> None:
    """On pages that are typed from; by parts, since whoever comes by a link reads one alone."""
    found = {
        (name_of(page), heading): lacking(text)
        for page in (DEPLOY, ROOT / "docs/first-deployment.md")
        for heading, text in parts(page)
        if re.search(
            r"grant-permissions|register-operators|--with-|--scoped|--remove-|--cloud", text
        )
    }
    assert len(found) > 5
    assert {place: options for place, options in found.items() if options} == {}


def test_an_option_that_is_said_for_bash_alone_would_be_noticed() -> None:
    assert lacking("by `--with-doctor` say") == {"-WithDoctor"}
    assert lacking("by `--with-doctor` (`-WithDoctor`) say") == set()
    assert lacking("with `--every-group --apply`, and `-Apply`") == {"-EveryGroup"}
    assert "--remove-optional" in in_bash("grant-permissions")


_ON_A_SERVER = re.compile(
    r"infra\\worker\\windows\\|(Install|Test)-ADServiceAccount|KdsRootKey|WSMan:|Export-Certificate"
)


def shell_unsaid(text: str) -> bool:
    """Whether it has somebody type into a server before it has said into which shell."""
    for block in re.finditer(r"^```powershell\n(.*?)^```$", text, re.MULTILINE | re.DOTALL):
        if _ON_A_SERVER.search(block[1]) and SHELL not in text[: block.start()].replace("\n", " "):
            return True
    return False


def test_the_page_says_into_which_shell_what_is_for_a_server_is_typed() -> None:
    concerned = {heading for heading, text in parts(DEPLOY) if _ON_A_SERVER.search(text)}
    assert concerned >= {"The delta sync", "The AD group", "The worker's account", "The check"}
    assert [heading for heading, text in parts(DEPLOY) if shell_unsaid(text)] == []
    assert shell_unsaid("On the server:\n\n```powershell\nTest-ADServiceAccount x\n```\n")
