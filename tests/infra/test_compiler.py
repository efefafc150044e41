"""The templates, judged by the real compiler and its linter."""

import json
import re
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from tests.support.infra.compiler import INFRA, Compiler, bicep, copied

CONFIGURATION = INFRA / "bicepconfig.json"


@pytest.mark.parametrize("command", [("build", "--stdout"), ("lint",)])
def test_the_compiler_and_its_linter_say_nothing(command: tuple[str, ...]) -> None:
    """As whoever deploys runs them."""
    verb, *options = command
    ran = bicep(verb, INFRA / "main.bicep", *options)
    assert (ran.returncode, ran.stderr) == (0, "")
    assert bool(ran.stdout) == (verb == "build")


@pytest.mark.parametrize(
    ("added", "code"),
    [
        # Once made every deployment impossible: the parameter hides the decorator.
        ("@description('it')\nparam description string", "BCP079"),
        ("param nobodyReadsThis string", "no-unused-params"),
    ],
)
def test_what_is_wrong_would_be_found(
    added: str, code: str, compiler: Compiler, tmp_path: Path
) -> None:
    spoilt = copied(tmp_path) / "modules/identity.bicep"
    spoilt.write_text(f"{spoilt.read_text()}\n{added}\n")
    _, findings = compiler.compiled(spoilt)
    assert code in {one.code for one in findings}


def test_every_template_and_everything_beside_it_is_used(compiler: Compiler) -> None:
    used = compiler.files(INFRA / "main.bicep")
    written = {*INFRA.rglob("*.bicep"), *(INFRA / "monitoring").iterdir(), *INFRA.glob("*.json")}
    # azd reads the parameters, and alone.
    assert written - used == {INFRA / "main.parameters.json"}


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
