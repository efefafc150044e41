"""The templates, judged by the real compiler and its linter."""

import json
import re
from itertools import pairwise
from pathlib import Path
from typing import Any

from tests.infra.compiler import INFRA, Ran, bicep, copied

CONFIGURATION = INFRA / "bicepconfig.json"
USED = re.compile(r"^(?:module \w+|import \{[^}]*\} from) '([^']+\.bicep)'", re.MULTILINE)


def test_the_templates_compile_without_a_word(built: Ran) -> None:
    assert (built.returncode, built.stderr) == (0, "")


def test_the_linter_finds_nothing() -> None:
    linted = bicep("lint", INFRA / "main.bicep")
    assert (linted.returncode, linted.stdout, linted.stderr) == (0, "", "")


def test_what_is_wrong_would_be_found(tmp_path: Path) -> None:
    """The fault that once made every deployment impossible, and one that only the rules know."""
    spoilt = copied(tmp_path) / "modules/identity.bicep"
    spoilt.write_text(f"{spoilt.read_text()}\n@description('it')\nparam description string\n")
    unused = copied(tmp_path / "second") / "modules/identity.bicep"
    unused.write_text(f"{unused.read_text()}\nparam nobodyReadsThis string\n")
    for file, code in ((spoilt, "BCP079"), (unused, "no-unused-params")):
        ran = bicep("build", file, "--stdout")
        assert ran.returncode != 0
        assert code in ran.stderr


def test_every_template_but_main_is_used() -> None:
    files = set(INFRA.rglob("*.bicep"))
    used = {
        (file.parent / name).resolve() for file in files for name in USED.findall(file.read_text())
    }
    assert used == files - {INFRA / "main.bicep"}


def test_a_rule_is_an_error_or_has_a_reason() -> None:
    lines = CONFIGURATION.read_text().splitlines()
    for above, line in pairwise(lines):
        if '"off"' in line:
            assert above.strip().startswith("// "), line
    rules = json.loads("\n".join(line for line in lines if not line.strip().startswith("//")))
    levels = {one["level"] for one in rules["analyzers"]["core"]["rules"].values()}
    assert levels == {"error", "off"}


def test_whoever_deploys_is_told_what_each_parameter_is(parameters: dict[str, Any]) -> None:
    """The rule that asks for it is off, since it asks for the modules' as well."""
    assert [name for name, one in parameters.items() if not one["metadata"]["description"]] == []


def test_exceptions_in_the_templates_are_these() -> None:
    """Each with its reason beside it."""
    disabled = {
        (file.name, code)
        for file in INFRA.rglob("*.bicep")
        for code in re.findall(r"#disable-next-line (\S+)", file.read_text())
    }
    assert disabled == {
        ("function-app.bicep", "BCP187"),
        ("network.bicep", "use-resource-id-functions"),
    }
