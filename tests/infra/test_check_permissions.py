"""Nothing is deployed to an identity that Graph would refuse. The Azure CLI is a stand-in."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.infra.compiler import INFRA
from tests.support.repository import ROOT

SCRIPT = INFRA / "graph/check_permissions.py"
IDENTITY, GRAPH, SCOPE = (f"{number}0000000-0000-4000-8000-000000000000" for number in "124")
IDS = {
    one["name"]: one["id"]
    for one in json.loads((INFRA / "graph/permissions.json").read_text())["permissions"]
}
ALWAYS = ("User.Read.All", "AuditLog.Read.All")

Check = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def check(tmp_path: Path) -> Check:
    """Runs the script in a tenant where the identity has these permissions."""
    az = tmp_path / "az"
    az.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{ROOT}/tests/support/azure_cli.py" "$@"\n')
    az.chmod(0o755)
    state = tmp_path / "state.json"

    def run(
        *granted: str,
        arguments: tuple[str, ...] = (IDENTITY,),
        has_cli: bool = True,
        topology: str = "nested",
    ) -> subprocess.CompletedProcess[str]:
        assignments = [
            {"id": name, "principalId": IDENTITY, "resourceId": GRAPH, "appRoleId": IDS[name]}
            for name in granted
        ]
        state.write_text(json.dumps({"signedIn": True, "appRoleAssignments": assignments}))
        path = f"{tmp_path}:{os.environ['PATH']}" if has_cli else str(tmp_path / "empty")
        return subprocess.run(
            [sys.executable, SCRIPT, *arguments],
            env={
                "PATH": path,
                "AZURE_CLI_STATE": str(state),
                "AZURE_CLI_RUN": "1",
                "SSPR_SCOPE_GROUP_ID": SCOPE,
                "SSPR_TOPOLOGY": topology,
            },
            capture_output=True,
            text=True,
            check=False,
        )

    return run


@pytest.mark.parametrize("last", ["GroupMember.ReadWrite.All", "GroupMember.Read.All"])
def test_either_way_of_granting_will_do(check: Check, last: str) -> None:
    ran = check(*ALWAYS, last)
    assert (ran.returncode, ran.stdout) == (0, "Permissions of Graph: there.\n")


def test_what_is_missing_is_named_with_the_remedy_and_nothing_goes_on(check: Check) -> None:
    ran = check("User.Read.All", "GroupMember.Read.All")
    assert ran.returncode == 1
    assert "Permissions of Graph: AuditLog.Read.All not granted yet." in ran.stderr
    narrow = f"grant-permissions {IDENTITY} --scoped sspr-rollout --group {SCOPE} --apply"
    assert f"infra/graph/{narrow}" in ran.stderr
    in_powershell = f"{IDENTITY} -Scoped sspr-rollout -Group {SCOPE} -Apply"
    assert rf"infra\graph\Grant-GraphPermissions.ps1 {in_powershell}" in ran.stderr
    assert "azd deploy" in ran.stderr


@pytest.mark.parametrize(("topology", "way"), [("nested", "-scoped"), ("synced", "-synced")])
def test_the_narrow_way_of_the_topology_is_asked_for(check: Check, topology: str, way: str) -> None:
    ran = check(*ALWAYS, topology=topology)
    assert "Permissions of Graph: GroupMember.Read.All not granted yet." in ran.stderr
    assert ran.stderr.lower().count(f" {way} ") == 1
    assert ran.stderr.lower().count(f" -{way} ") == 1


def test_before_there_is_an_identity_it_says_what_comes_first(check: Check) -> None:
    ran = check(arguments=("",))
    assert ran.returncode == 1
    assert "azd provision" in ran.stderr


def test_who_cannot_read_it_is_not_taken_for_having_it_and_is_told_a_way_on(check: Check) -> None:
    ran = check(has_cli=False)
    assert ran.returncode == 1
    assert "cannot be read: there is no Azure CLI" in ran.stderr
    assert "azd env set AZURE_PERMISSIONS_CHECKED true" in ran.stderr
    assert check(has_cli=False, arguments=(IDENTITY, "true")).returncode == 0
