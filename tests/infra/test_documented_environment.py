"""What the pages set by `azd env set`: names that something reads, and values that it takes."""

import json
import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.documentation import PAGES, Said, blocks, inline, lines_of, name_of
from tests.support.infra.compiler import EXAMPLES, INFRA, Compiler, Refused, copied
from tests.support.repository import ROOT

COMMAND = "azd env set "
SETTINGS = "AZURE_MORE_SETTINGS"
FROM_AZD = re.compile(r"\$\{([A-Z_]+)(?:=[^}]*)?\}")
FOR_HOOKS = re.compile(r"\$(?:env:)?([A-Z_]+)")
STANDS_FOR_MORE = {"NAME"}
"""What the pages write where a reader puts something of their own."""


def known() -> set[str]:
    """The variables that the template's parameters and azd's hooks are filled from."""
    given = (INFRA / "main.parameters.json").read_text()
    hooks = (ROOT / "azure.yaml").read_text()
    return {*FROM_AZD.findall(given), *FOR_HOOKS.findall(hooks)}


def assignments() -> Iterator[tuple[Said, list[str]]]:
    """Each `azd env set` of the pages, in blocks and in the text, with the words after it."""
    for page in PAGES:
        typed = [line for block in blocks(page) for line in lines_of(block)]
        for line in [*typed, *(one.text for one in inline(page))]:
            at = line.find(COMMAND)
            if at >= 0:
                words = shlex.split(line[at + len(COMMAND) :], comments=True)
                yield Said(name_of(page), line), words


def test_every_variable_that_a_page_sets_is_one_that_something_reads() -> None:
    shown = list(assignments())
    assert {one.page for one, _ in shown} >= {"docs/deploy.md", "docs/operations.md"}
    for said, words in shown:
        assert len(words) == 2, said
        assert words[0] in known() | STANDS_FOR_MORE, said


@pytest.fixture(scope="session")
def set_ups(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return copied(tmp_path_factory.mktemp("documented")) / "examples"


def snapshot(settings: str, set_ups: Path, compiler: Compiler) -> str:
    """What the template makes of the settings, by the compiler."""
    quoted = settings.replace("\\", "\\\\").replace("'", "\\'").replace("${", "\\${")
    file = set_ups / "documented.bicepparam"
    cloud = (EXAMPLES / "cloud.bicepparam").read_text()
    file.write_text(f"{cloud}\nparam moreSettings = '{quoted}'\n")
    return compiler.snapshot(file)


def test_settings_that_a_page_sets_are_taken_by_the_template(
    set_ups: Path, compiler: Compiler
) -> None:
    given = [words[1] for _, words in assignments() if words[0] == SETTINGS]
    assert len(given) > 1
    for settings in given:
        made = snapshot(settings, set_ups, compiler)
        for one in settings.split(";"):
            name, value = one.split("=", 1)
            assert f"{json.dumps(name)}: {json.dumps(value)}" in made, settings


def test_settings_that_the_template_would_refuse_are_noticed(
    set_ups: Path, compiler: Compiler
) -> None:
    with pytest.raises(Refused):
        snapshot('{"SSPR_PROVISION_ON_DEMAND": "true"}', set_ups, compiler)
