"""What the documentation has people type besides `sspr`: it is there, and takes those options."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.util import find_spec
from itertools import dropwhile
from pathlib import Path

import pytest

from tests.support.command_line import parse
from tests.support.documentation import (
    PAGES,
    Said,
    blocks,
    commands_of,
    is_typed,
    lines_of,
    name_of,
)
from tests.support.repository import ROOT

_TARGET = re.compile(r"^([a-z-]+):", re.MULTILINE)
_OPTION = re.compile(r"--?[A-Za-z][\w-]*")
_PARAMETER = re.compile(r"\$(\w+)")
_ASSIGNED = re.compile(r"[A-Z_]+=.*", re.DOTALL)
_OF_A_FUNCTION = re.compile(r"\w+\(\)|}")
_BUILT_IN = {"cd", "export", "source", "set"}

OPTIONS: Mapping[str, frozenset[str]] = {
    "azd auth login": frozenset({"--tenant-id"}),
    "azd deploy": frozenset(),
    "azd down": frozenset({"--purge", "--force"}),
    "azd env get-value": frozenset(),
    "azd env get-values": frozenset(),
    "azd env new": frozenset({"--subscription"}),
    "azd env set": frozenset(),
    "azd package": frozenset({"--output-path"}),
    "azd provision": frozenset({"--preview"}),
    "azd up": frozenset(),
    "az account get-access-token": frozenset({"--resource", "--scope", "--query", "--output"}),
    "az account set": frozenset({"--subscription"}),
    "az account show": frozenset({"--query", "--output"}),
    "az ad app create": frozenset({"--display-name"}),
    "az ad group create": frozenset({"--display-name", "--mail-nickname", "--query", "--output"}),
    "az ad group member add": frozenset({"--group", "--member-id"}),
    "az ad group member list": frozenset({"--group", "--query"}),
    "az ad user show": frozenset({"--id", "--query", "--output"}),
    "az ad sp show": frozenset({"--id", "--query", "--output"}),
    "az bicep build": frozenset({"--file"}),
    "az connectedmachine show": frozenset({"--name", "--resource-group", "--query", "--output"}),
    "az deployment sub create": frozenset({"--location", "--template-file", "--parameters"}),
    "az deployment sub validate": frozenset({"--location", "--parameters"}),
    "az extension add": frozenset({"--name"}),
    "az functionapp config appsettings set": frozenset(
        {"--name", "--resource-group", "--settings"}
    ),
    "az functionapp deployment source config-zip": frozenset(
        {"--name", "--resource-group", "--src", "--build-remote"}
    ),
    "az functionapp function list": frozenset(
        {"--name", "--resource-group", "--query", "--output"}
    ),
    "az functionapp function keys list": frozenset(
        {"--name", "--resource-group", "--function-name"}
    ),
    "az functionapp function keys set": frozenset(
        {"--name", "--resource-group", "--function-name", "--key-name"}
    ),
    "az functionapp function keys delete": frozenset(
        {"--name", "--resource-group", "--function-name", "--key-name"}
    ),
    "az functionapp keys list": frozenset({"--name", "--resource-group", "--query", "--output"}),
    "az functionapp keys set": frozenset(
        {"--name", "--resource-group", "--key-name", "--key-type"}
    ),
    "az functionapp list-flexconsumption-locations": frozenset(),
    "az functionapp restart": frozenset({"--name", "--resource-group"}),
    "az functionapp start": frozenset({"--name", "--resource-group"}),
    "az functionapp stop": frozenset({"--name", "--resource-group"}),
    "az group delete": frozenset({"--name"}),
    "az identity federated-credential list": frozenset({"--identity-name", "--resource-group"}),
    "az keyvault secret list": frozenset({"--vault-name", "--query", "--output"}),
    "az keyvault secret set": frozenset({"--vault-name", "--name", "--file"}),
    "az login": frozenset({"--tenant", "--allow-no-subscriptions"}),
    "az logout": frozenset(),
    "az provider register": frozenset({"--namespace"}),
    "az rest": frozenset({"--method", "--url", "--headers", "--body"}),
    "az role assignment delete": frozenset({"--ids"}),
    "az role assignment list": frozenset({"--assignee", "--all", "--query", "--output"}),
    "az storage entity delete": frozenset(
        {"--account-name", "--auth-mode", "--table-name", "--partition-key", "--row-key"}
    ),
    "func start": frozenset(),
}
"""Azure's commands that the documentation may use, with the options it may use of each.

Source: the references of the Azure CLI, of the Azure Developer CLI and of Core Tools, Microsoft
Learn. None of the three can be installed here, so that a new one is looked up there first.
"""

TOOLS: Mapping[str, frozenset[str]] = {
    "chmod": frozenset(),
    "cp": frozenset({"-r"}),
    "curl": frozenset({"-sS", "-o", "-w", "--json"}),
    "dsacls": frozenset(),
    "git": frozenset({"--always", "--follow-tags", "--grep", "--max-count", "--oneline"}),
    "grep": frozenset({"-E"}),
    "install": frozenset({"-d", "-m", "-o", "-g"}),
    "jq": frozenset({"-c", "-f", "-r"}),
    "journalctl": frozenset({"-u", "-f", "-n"}),
    "mkdir": frozenset({"-p"}),
    "scp": frozenset({"-r"}),
    "sudo": frozenset(),
    "systemctl": frozenset({"--now"}),
    "tar": frozenset({"-xzf", "-czf", "-C"}),
    "useradd": frozenset(),
    "uv": frozenset({"--python", "--force", "--frozen", "--no-default-groups", "--extra", "-m"}),
}
"""Tools of the machine, with the options that the documentation may use of each."""
XARGS = frozenset({"-r", "-I"})


def typed() -> Iterator[tuple[str, list[str]]]:
    for page in PAGES:
        for block in blocks(page):
            if is_typed(block):
                for line in lines_of(block):
                    for words in commands_of(line):
                        yield name_of(page), words


def _ids() -> list[str]:
    return [f"{page}: {' '.join(words)[:80]}" for page, words in typed()]


@pytest.mark.parametrize(("page", "words"), list(typed()), ids=_ids())
def test_a_command_is_there_and_takes_its_options(page: str, words: list[str]) -> None:
    assert complaint(words) is None, page


def complaint(words: list[str]) -> str | None:
    """What is wrong with the command; None where it is as it should be."""
    first, *rest = list(dropwhile(_stands_before, words)) or ["set"]
    first = first.removeprefix(".venv/bin/")
    if first == "sspr":
        return _of_sspr(rest)
    if first == "make":
        targets = set(_TARGET.findall((ROOT / "Makefile").read_text()))
        # A variable of make's, such as VERSION=0.3.0, is none.
        named = {word for word in rest if not re.fullmatch(r"[A-Z]+=.*", word)}
        return None if named <= targets else f"no such target: {rest}"
    if re.fullmatch(r"python(3\.\d+)?", first):
        return _of_python(rest)
    if first == "sudo":
        return complaint(rest)
    if first == "xargs":
        # What it runs for each line is a command like any other.
        return complaint(rest[rest.index("sspr") :]) or _unknown(XARGS, rest[: rest.index("sspr")])
    if first in _BUILT_IN or _OF_A_FUNCTION.fullmatch(first):
        return None
    if first in TOOLS:
        return _unknown(TOOLS[first], rest)
    if first in {"az", "azd", "func"}:
        return _of_azure(words)
    if "/" in first:
        return _of_script(ROOT / first, rest)
    return f"nobody knows {first}"


def _stands_before(word: str) -> bool:
    """Whether the command itself comes after this word."""
    return word == "command" or bool(_ASSIGNED.fullmatch(word))


def _of_sspr(words: list[str]) -> str | None:
    if words == ["$@"]:
        return None  # whatever is typed after the function's name
    try:
        parse(words)
    except Exception as error:  # noqa: BLE001  # typer's have no common root that it exports
        return str(error)
    return None


def _of_python(words: list[str]) -> str | None:
    if words[0] != "-m":
        return _of_script(ROOT / words[0], words[1:], executable=False)
    module, rest = words[1], words[2:]
    if module in {"pip", "venv"}:
        return None
    if find_spec(module) is None:
        return f"no module {module}"
    # A word in the first place says what the module is to do; behind an option it is its value.
    verb = [word for word in rest[:1] if not word.startswith("-")]
    missing = [word for word in (*verb, *_options(rest)) if word not in help_of(module)]
    return f"{module} does not speak of {missing}" if missing else None


@cache
def help_of(module: str) -> str:
    """What the module says of itself, as the shell shows it."""
    ran = subprocess.run(
        [sys.executable, "-m", module, "--help"],
        cwd=ROOT,
        env={**os.environ, "COLUMNS": "200"},
        capture_output=True,
        text=True,
        check=True,
    )
    return ran.stdout


def _of_azure(words: list[str]) -> str | None:
    command = next(
        (known for known in sorted(OPTIONS, key=len, reverse=True) if _begins(words, known)), None
    )
    if command is None:
        return f"not on the list: {' '.join(words)}"
    return _unknown(OPTIONS[command], words)


def _begins(words: list[str], command: str) -> bool:
    named = command.split()
    return words[: len(named)] == named


def _of_script(path: Path, words: list[str], *, executable: bool = True) -> str | None:
    if not path.is_file():
        return f"there is no {path.relative_to(ROOT)}"
    if executable and not os.access(path, os.X_OK):
        return f"{path.relative_to(ROOT)} is not executable"
    text = path.read_text()
    missing = [option for option in _options(words) if option not in text]
    return f"{path.name} does not know {missing}" if missing else None


def _unknown(known: frozenset[str], words: list[str]) -> str | None:
    unknown = set(_options(words)) - known
    return f"not on the list: {sorted(unknown)}" if unknown else None


def _options(words: list[str]) -> list[str]:
    return [word.partition("=")[0] for word in words if _OPTION.fullmatch(word.partition("=")[0])]


def faults_of(text: str) -> str:
    """What bash says of a block that it cannot read; what it runs is not run."""
    ran = subprocess.run(
        ["bash", "-n"], input=text, capture_output=True, text=True, check=False, timeout=10
    )
    return ran.stderr


def test_bash_can_read_every_block() -> None:
    """Those too that no machine of ours can run: Azure's, and those of a worker's host.

    Of PowerShell its own parser says so, in `tests/infra/test_documented_powershell.py`.
    """
    read = [(name_of(page), one) for page in PAGES for one in blocks(page) if one.language == "sh"]
    assert len(read) > 60
    assert [(page, wrong) for page, one in read if (wrong := faults_of(one.text))] == []
    assert faults_of("if true; do")


def scripts_in_powershell() -> Iterator[Said]:
    for page in PAGES:
        for block in blocks(page):
            if block.language == "powershell":
                yield from (Said(name_of(page), line) for line in lines_of(block))


def test_a_script_in_a_powershell_block_is_there_with_its_parameters() -> None:
    for one in scripts_in_powershell():
        words = one.text.replace("\\", "/").split()
        if not words[0].endswith(".ps1"):
            continue
        path = ROOT / words[0].removeprefix("./")
        assert path.is_file(), one
        known = {name.lower() for name in _PARAMETER.findall(path.read_text())} | {"whatif"}
        given = {word[1:].lower() for word in words[1:] if re.fullmatch(r"-[A-Za-z]\w*", word)}
        assert given <= known, one


def test_a_command_that_is_wrong_would_be_noticed() -> None:
    assert complaint(["make", "tea"])
    assert complaint(["python", "-m", "sandbox", "clock", "--backwards"])
    assert complaint(["python", "-m", "sandbox", "sideways"])
    assert complaint(["python", "-m", "hybrid_worker", "--loudly"])
    assert complaint(["python", "-m", "nosuchmodule"])
    assert complaint(["infra/no-such-script"])
    assert complaint(["az", "group", "purge"])
    assert complaint(["azd", "up", "--quickly"])
    assert complaint(["jq", "--shout"])
    assert complaint(["rm", "everything"])
    assert complaint(["sspr", "unroll"])
    assert complaint(["SSPR_URL=x", "command", "sspr", "unroll"])


def test_commands_of_a_line_are_told_apart() -> None:
    """A pipe, a redirection, a comment and a process substitution do not hide a command."""
    assert commands_of("a --x | b -y > file # c") == [["a", "--x"], ["b", "-y"]]
    assert commands_of("source <(p -m q env)") == [["p", "-m", "q", "env"]]
    assert commands_of("a && b; c < in") == [["a"], ["b"], ["c"]]


def test_the_commands_of_the_pages_that_have_some_are_found() -> None:
    """So that a change of layout does not make the tests above pass for want of commands."""
    found = [(page, words[0]) for page, words in typed()]
    assert {("README.md", "make"), ("docs/operations.md", "curl")} <= set(found)
    assert len(found) > 60
