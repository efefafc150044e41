"""The set-ups that are supported: what each comes to is in git, and what is refused is refused."""

import json
import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from tests.infra import overview
from tests.infra.compiler import EXAMPLES, Ran, copied, snapshot
from tests.infra.snapshots import SNAPSHOTS

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
    "location = 'West US'": "westus has no zones for Standard_ZRS",
    "networkAddressPrefix = '10.0.0.0/26'\nparam privateNetwork = true": "10.0.0.0/26 is too small",
}
"""What is given, and what is said of it."""


@pytest.mark.parametrize("name", NAMES)
def test_a_set_up_comes_to_what_its_snapshot_says(name: str, validated: dict[str, Ran]) -> None:
    ran = validated[name]
    assert ran.returncode == 0, f"{ran.stdout}\n{ran.stderr}\n`make snapshots` writes them anew"
    assert SNAPSHOTS[name].diagnostics == []


def test_every_snapshot_is_of_a_set_up_and_those_promised_are_there() -> None:
    promised = {"nested", "synced", "cloud", "private-network", "entra-sign-in", "hr-secrets"}
    assert set(NAMES) == set(SNAPSHOTS) == promised | {"account-ledger", "everything"}


def test_a_snapshot_that_is_out_of_date_would_be_noticed(tmp_path: Path) -> None:
    examples = copied(tmp_path) / "examples"
    content = json.loads((EXAMPLES / "cloud.snapshot.json").read_text())
    content["predictedResources"][-1]["properties"]["enabled"] = "perhaps"
    (examples / "cloud.snapshot.json").write_text(json.dumps(content))
    assert snapshot(examples / "cloud.bicepparam", "validate").returncode != 0


def test_one_set_up_gives_every_parameter_a_value_of_its_own(
    parameters: dict[str, dict[str, Any]],
) -> None:
    given = dict(GIVEN.findall((EXAMPLES / "everything.bicepparam").read_text()))
    assert given.keys() == parameters.keys()
    usual = {name: one["defaultValue"] for name, one in parameters.items() if "defaultValue" in one}
    assert {name for name, one in usual.items() if given[name].strip("'") == str(one)} == set()


@pytest.fixture(scope="session")
def refusals(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Ran]:
    """What the compiler says of each value that is refused."""
    examples = copied(tmp_path_factory.mktemp("refused")) / "examples"
    cloud = (examples / "cloud.bicepparam").read_text()

    def refused(number: int, given: str) -> Ran:
        name = given.partition(" ")[0]
        others = [line for line in cloud.splitlines() if not line.startswith(f"param {name} =")]
        file = examples / f"refused-{number}.bicepparam"
        file.write_text("\n".join([*others, f"param {given}", ""]))
        return snapshot(file, "overwrite")

    with ThreadPoolExecutor(2) as pool:
        return dict(zip(REFUSED, pool.map(refused, range(len(REFUSED)), REFUSED), strict=True))


@pytest.mark.parametrize("given", REFUSED)
def test_a_value_that_cannot_be_meant_ends_the_deployment_before_it_begins(
    given: str, refusals: dict[str, Ran]
) -> None:
    assert refusals[given].returncode != 0
    assert REFUSED[given] in refusals[given].stdout + refusals[given].stderr


def test_the_documentation_shows_what_the_snapshots_say() -> None:
    page = overview.PAGE.read_text()
    assert overview.filled_in(page, overview.tables()) == page
