"""PowerShell in the documentation: PowerShell can read it, and beside bash it says the same."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

from tests.support.documentation import PAGES, Block, blocks, lines_of, name_of
from tests.support.infra.powershell import run

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
