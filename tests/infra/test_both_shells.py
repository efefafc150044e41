"""What the pages have people type: bash and PowerShell hand the same words to the same programs."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from tests.support.cli_api import KEY, serving
from tests.support.documentation import Block, blocks, commands_of, lines_of, name_of
from tests.support.infra.powershell import pwsh
from tests.support.repository import ROOT
from tests.support.tour import a_tour, documents, served, typed

PAGES = [page for page in (ROOT / "docs").rglob("*.md") if page.name != "try-it.md"]
"""Those that are read on Windows; the other one is about the sandbox, which is for Linux alone.

A block of bash that is marked `debian` is for the sandbox.
"""
ALIKE = {"az", "azd", "cd", "git", "sspr", "uv"}
"""Programs that are called alike on Windows; a block with another one has PowerShell beside it."""
ON_LINUX = {"install", "journalctl", "sudo", "systemctl"}
"""For a worker on Linux, and for nobody on Windows."""
ON_EITHER = {"python3.13", "python", ".venv/bin/python"}
"""The packages and the check: on Windows the installer's own scripts do the same."""
_BLOCK = re.compile(
    r"^```(\w*) ?([^\n]*)\n(.*?)^```$\n*(?=(```powershell)?)", re.MULTILINE | re.DOTALL
)
LETTERS = "S\u00fcd"
PYTHON = sys.executable
_PIPE = """
function sspr {{ & $env:PYTHON -m cli @args }}
[Console]::OutputEncoding = [Text.Encoding]::GetEncoding(850)
{first}
sspr document | Set-Content -Encoding utf8 -Path $args[0]
exit $LASTEXITCODE
"""
_FAKE = '#!/bin/sh\nfor word in "${0##*/}" "$@"; do printf "%s\\037" "$word"; done >> "$CALLS"\n'
_RUN = """
param([string] $File)
$PSNativeCommandArgumentPassing = 'Standard'
foreach ($line in [IO.File]::ReadAllLines($File)) {
    [IO.File]::AppendAllText($env:CALLS, "`n")
    Invoke-Expression $line
}
"""


def alone() -> Iterator[tuple[str, list[str]]]:
    """The lines of each block of bash that has no PowerShell beside it."""
    for page in PAGES:
        for found in _BLOCK.finditer(page.read_text()):
            block = Block(found[1], found[2].strip(), found[3])
            if block.language == "sh" and not block.label and not found[4]:
                lines = list(lines_of(block))
                programs = {words[0] for line in lines for words in commands_of(line)}
                if not programs & ON_LINUX:
                    yield name_of(page), lines


def by_hand() -> list[str]:
    return [line for _, lines in alone() for line in lines]


def complaint(line: str) -> str | None:
    """Why Windows would not take the line as bash does; None where it would."""
    for words in commands_of(line):
        if words[0] not in ALIKE | ON_EITHER:
            return f"{words[0]} is not called so on Windows"
        if problem := lost(words):
            return problem
    redirected = re.search(r"(?<!-)>(?![^\"']*[\"'])", line.partition(" #")[0])
    return "Windows PowerShell 5.1 writes UTF-16 into a file" if redirected else None


def lost(words: list[str]) -> str | None:
    """What of the words would not arrive there, typed into PowerShell.

    `az` is a batch file there, so that the command prompt reads its words once more, and PowerShell
    puts quotes around one with a space alone (doc/quoting-issues-with-powershell.md of azure-cli).
    """
    if any('"' in word or not word for word in words):
        return "Windows PowerShell 5.1 hands on no quotes and no empty words"
    if words[0] == "az" and any(re.fullmatch(r"\S*[&|<>^]\S*", word) for word in words):
        return "the command prompt cuts a word of az at & | < > ^"
    return None


def in_powershell() -> Iterator[tuple[str, list[str]]]:
    """What the pages' own lines of PowerShell have `az` do."""
    for page in PAGES:
        for block in blocks(page):
            if block.language == "powershell":
                for line in lines_of(block):
                    for words in commands_of(line):
                        if "az" in words:
                            yield name_of(page), words[words.index("az") :]


def calls(folder: Path, shell: list[str | Path]) -> list[list[str]]:
    """Which words each line hands to which program, as they arrive there."""
    programs = folder / "programs"
    programs.mkdir(exist_ok=True)
    for name in ALIKE - {"cd"}:
        (programs / name).write_text(_FAKE)
        (programs / name).chmod(0o755)
    heard = folder / "calls"
    heard.unlink(missing_ok=True)
    environment = {**os.environ, "PATH": f"{programs}:/usr/bin:/bin", "CALLS": str(heard)}
    ran = subprocess.run(
        shell, cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    assert ran.stderr == "", ran.stderr
    return [line.split("\037")[:-1] for line in heard.read_text().split("\n")[1:]]


def in_both(folder: Path, lines: list[str]) -> tuple[list[list[str]], list[list[str]]]:
    file, script = folder / "lines", folder / "run.ps1"
    file.write_text("\n".join(lines))
    script.write_text(_RUN)
    bash = 'while IFS= read -r line; do echo >> $CALLS; eval "$line"; done < <(cat lines; echo)'
    start: list[str | Path] = [pwsh(), "-NoLogo", "-NoProfile", "-NonInteractive", "-File"]
    return calls(folder, ["/bin/bash", "-c", bash]), calls(folder, [*start, script, file])


def test_a_block_without_powershell_beside_it_is_taken_by_both_shells() -> None:
    pages = {page for page, _ in alone()}
    assert pages >= {"docs/operations.md", "docs/privacy.md", "docs/who-can-reset.md"}
    found = {line: problem for line in by_hand() if (problem := complaint(line))}
    assert found == {}


def test_no_line_of_a_block_for_both_shells_goes_on_below() -> None:
    """What says so in bash is a word of its own in PowerShell."""
    found = [
        name_of(page)
        for page in PAGES
        for one in _BLOCK.finditer(page.read_text())
        if one[1] == "sh" and not one[2].strip() and not one[4] and "\\\n" in one[3]
    ]
    assert found == []


def test_what_windows_would_take_otherwise_is_noticed() -> None:
    assert complaint("curl -sS https://example.com") is not None
    assert complaint("sspr people --output csv > people.csv   # who") is not None
    assert complaint("sspr document > now.yaml") is not None
    assert complaint("""sspr pause --reason 'say "stop"'""") is not None
    assert complaint('sspr pause --reason ""') is not None
    assert complaint('sspr pause --reason "a > b"   # > is said') is None
    assert complaint("az rest --url x --body '{\"a\": 1}'") is not None
    assert complaint("az rest --url 'https://example.com?a=1&b=2'") is not None
    assert complaint("az rest --url 'https://example.com?a=1&b=two words'") is None
    assert complaint("az rest --url x --body '@body.json'") is None


def test_az_in_a_line_of_powershell_gets_the_words_whole() -> None:
    found = list(in_powershell())
    assert "docs/deploy.md" in {page for page, _ in found}
    assert [(page, words) for page, words in found if lost(words)] == []


def test_both_shells_hand_on_the_same_words(tmp_path: Path) -> None:
    lines = [line for line in by_hand() if line.split()[0] in ALIKE - {"cd"}]
    assert len(lines) > 40
    bash, powershell = in_both(tmp_path, lines)
    assert len(bash) == len(lines)
    for line, first, second in zip(lines, bash, powershell, strict=True):
        assert first == second, line
        assert first[0] == line.split()[0]


def test_a_line_that_the_shells_take_otherwise_is_noticed(tmp_path: Path) -> None:
    bash, powershell = in_both(tmp_path, ['sspr user "$HOME" `whoami`', "sspr status"])
    assert bash[0] != powershell[0]
    assert bash[1] == powershell[1] == ["sspr", "status"]


@pytest.mark.parametrize(
    "command", ["sspr lint contoso.yaml", "sspr health", "sspr plan contoso.yaml"]
)
def test_sspr_in_powershell_prints_what_it_prints_elsewhere(tmp_path: Path, command: str) -> None:
    (document,) = documents(ROOT / "README.md").items()
    (tmp_path / document[0]).write_text(document[1])
    script = tmp_path / "run.ps1"
    script.write_text(
        f"$env:SSPR_URL = $args[0]\n$env:SSPR_KEY = 'a-key'\n{command}\nexit $LASTEXITCODE\n"
    )
    environment = {**os.environ, "PATH": f"{ROOT}/.venv/bin:/usr/bin:/bin", "COLUMNS": "100"}
    environment |= {"LOGNAME": "ada", "SSPR_TOKEN": ""}
    with capture_logs(), served(a_tour()) as url:
        ran = subprocess.run(
            [pwsh(), "-NoLogo", "-NoProfile", "-NonInteractive", "-File", script, url],
            cwd=tmp_path,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        before = Path.cwd()
        os.chdir(tmp_path)
        try:
            elsewhere = typed(command, {"SSPR_URL": url})
        finally:
            os.chdir(before)
    assert ran.returncode == 0, ran.stdout
    printed = [line.rstrip() for line in ran.stdout.rstrip().split("\n")]
    assert printed == elsewhere.split("\n")


def test_the_line_for_whoever_pipes_in_powershell_keeps_every_letter(tmp_path: Path) -> None:
    """On a console of an older code page, as Windows has it."""
    texts = (block.text for block in blocks(ROOT / "docs/rollouts.md"))
    (said,) = (text for text in texts if "[Console]::OutputEncoding" in text)
    script, file = tmp_path / "pipe.ps1", tmp_path / "kept"
    kept = []
    with serving() as api:
        api.answer("rollout/document", (200, f"name: {LETTERS}\n"))
        known = {"PYTHONPATH": str(ROOT), "SSPR_URL": api.url, "SSPR_KEY": KEY, "PYTHON": PYTHON}
        for first in ("", said):
            script.write_text(_PIPE.format(first=first))
            ran = subprocess.run(
                [pwsh(), "-NoLogo", "-NoProfile", "-NonInteractive", "-File", script, file],
                env={**os.environ, **known},
                capture_output=True,
                check=False,
            )
            assert (ran.returncode, ran.stderr) == (0, b"")
            kept.append(file.read_text("utf-8-sig"))
    assert LETTERS not in kept[0]
    assert kept[1] == f"name: {LETTERS}\n"
