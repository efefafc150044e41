"""The set-ups that are supported: what each comes to is in git, and what is refused is refused."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.support.infra import overview
from tests.support.infra.compiler import EXAMPLES, Compiler, Refused, copied, validate
from tests.support.infra.snapshots import SNAPSHOTS

NAMES = sorted(file.stem for file in EXAMPLES.glob("*.bicepparam"))
GIVEN = re.compile(r"^param (\w+) = (.+)$", re.MULTILINE)
REFUSED = {
    "workerPrincipalId = 'svc-sspr-worker$'": 'AZURE_WORKER_PRINCIPAL_ID: "svc-sspr-worker$"',
    "excludedGroupIds = 'All guests'": 'SSPR_EXCLUDED_GROUP_IDS: "Allguests"',
    "operatorAppId = 'api://sspr'": 'AZURE_OPERATOR_APP_ID: "api://sspr"',
    "hrSecretNames = 'people_first'": 'a vault has no secret "people_first"',
    "hrSecretNames = 'hr-a,HR-A'": "SSPR_HR_SECRETS__HR_A",
    "alertEmail = 'a@contoso.com, b@contoso.com'": "is not one e-mail address",
    "moreSettings = 'SSPR_LEASE'": '"SSPR_LEASE" is not NAME=VALUE',
    "moreTags = 'owner'": 'AZURE_TAGS: "owner" is not NAME=VALUE',
    "location = 'West US'": "westus has no zones for Standard_ZRS",
    "networkAddressPrefix = '10.0.0.0/26'\nparam privateNetwork = true": "10.0.0.0/26 is too small",
}
"""What is given, and what is said of it."""


@pytest.mark.parametrize("name", NAMES)
def test_a_set_up_comes_to_what_its_snapshot_says(name: str, compiler: Compiler) -> None:
    """After a change of the templates `make snapshots` writes them anew, for you to read."""
    made = json.loads(compiler.snapshot(EXAMPLES / f"{name}.bicepparam"))
    assert made == json.loads((EXAMPLES / f"{name}.snapshot.json").read_text())
    assert made["diagnostics"] == []


def test_the_command_that_people_use_finds_the_same() -> None:
    ran = validate(EXAMPLES / "everything.bicepparam")
    assert ran.returncode == 0, ran.stdout + ran.stderr


def test_every_snapshot_is_of_a_set_up_and_those_promised_are_there() -> None:
    promised = {"nested", "synced", "cloud", "private-network", "entra-sign-in", "hr-secrets"}
    assert set(NAMES) == set(SNAPSHOTS) == promised | {"account-ledger", "everything"}


def test_a_snapshot_that_is_out_of_date_would_be_noticed(tmp_path: Path) -> None:
    examples = copied(tmp_path) / "examples"
    content = json.loads((EXAMPLES / "cloud.snapshot.json").read_text())
    content["predictedResources"][-1]["properties"]["enabled"] = "perhaps"
    (examples / "cloud.snapshot.json").write_text(json.dumps(content))
    assert validate(examples / "cloud.bicepparam").returncode != 0


def test_one_set_up_gives_every_parameter_a_value_of_its_own(
    parameters: dict[str, dict[str, Any]],
) -> None:
    given = dict(GIVEN.findall((EXAMPLES / "everything.bicepparam").read_text()))
    assert given.keys() == parameters.keys()
    usual = {name: one["defaultValue"] for name, one in parameters.items() if "defaultValue" in one}
    assert {name for name, one in usual.items() if given[name].strip("'") == str(one)} == set()


@pytest.fixture(scope="session")
def spoilt(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the set-ups, for parameters that nobody would want."""
    return copied(tmp_path_factory.mktemp("refused")) / "examples"


@pytest.mark.parametrize("given", REFUSED)
def test_a_value_that_cannot_be_meant_ends_the_deployment_before_it_begins(
    given: str, spoilt: Path, compiler: Compiler
) -> None:
    name = given.partition(" ")[0]
    cloud = (spoilt / "cloud.bicepparam").read_text().splitlines()
    others = [line for line in cloud if not line.startswith(f"param {name} =")]
    file = spoilt / f"{name}.bicepparam"
    file.write_text("\n".join([*others, f"param {given}", ""]))
    with pytest.raises(Refused) as refused:
        compiler.snapshot(file)
    assert REFUSED[given] in json.loads(str(refused.value))["data"]["message"]


def test_the_documentation_shows_what_the_snapshots_say() -> None:
    page = overview.PAGE.read_text()
    assert overview.filled_in(page, overview.tables()) == page
