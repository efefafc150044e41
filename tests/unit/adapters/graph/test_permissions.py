"""The script that grants Graph's permissions: what it shows, what it does, and what it never does.

The real script; the Azure CLI is a stand-in at the process boundary.
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest

from tests.support.repository import ROOT

SCRIPT = ROOT / "infra/graph/grant-permissions"
LIST = json.loads((ROOT / "infra/graph/permissions.json").read_text())
PERMISSIONS = {one["name"]: one for one in LIST["permissions"]}
IDENTITY, GRAPH, OTHER_API = (f"{number}0000000-0000-4000-8000-000000000000" for number in "123")
GROUP = "4000000a-0000-4000-8000-000000000000"
NEEDED = {"User.Read.All", "AuditLog.Read.All", "GroupMember.ReadWrite.All"}
NARROWER = {"User.Read.All", "AuditLog.Read.All", "GroupMember.Read.All"}
MAIL = "10000000-0000-4000-8000-00000000000a"


@dataclass(frozen=True)
class Directory:
    """A tenant as the Azure CLI sees it."""

    folder: Path

    @property
    def state(self) -> dict[str, Any]:
        state: dict[str, Any] = json.loads((self.folder / "state.json").read_text())
        return state

    def put(self, **changes: Any) -> None:
        (self.folder / "state.json").write_text(json.dumps({**self.state, **changes}))

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        environment = {
            "PATH": f"{self.folder}:{os.environ['PATH']}",
            "AZURE_CLI_STATE": str(self.folder / "state.json"),
            "AZURE_CLI_RUN": uuid4().hex,
        }
        return subprocess.run(
            [SCRIPT, *arguments], env=environment, capture_output=True, text=True, check=False
        )

    def done(self, *arguments: str) -> dict[str, str]:
        """Run it with success; answers with what it says of each thing."""
        result = self.run(*arguments)
        assert result.returncode == 0, result.stderr
        lines = [line[2:] for line in result.stdout.splitlines() if line.startswith("  ")]
        return {line[:32].strip(): line[32:].strip() for line in lines}

    def refused(self, *arguments: str) -> str:
        before = self.state
        result = self.run(*arguments)
        assert result.returncode != 0
        assert self.state == before
        return result.stderr

    def held(self) -> set[str]:
        """The permissions that the identity holds, by name."""
        names = {one["id"]: one["name"] for one in LIST["permissions"]} | {MAIL: "Mail.Read"}
        assignments = self.state["appRoleAssignments"]
        return {names[one["appRoleId"]] for one in assignments if one["resourceId"] == GRAPH}

    def give(self, *names: str) -> None:
        ids = {**{name: one["id"] for name, one in PERMISSIONS.items()}, "Mail.Read": MAIL}
        self.put(appRoleAssignments=[assignment(ids[name]) for name in names])


def assignment(role: str, resource: str = GRAPH) -> dict[str, str]:
    return {
        "id": f"{role}-assigned",
        "principalId": IDENTITY,
        "resourceId": resource,
        "appRoleId": role,
    }


def app_roles(permissions: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    offered = [{"value": one["name"], "id": one["id"]} for one in permissions]
    # The delegated permission of a name has another id than the application permission.
    delegated = {"value": "User.Read.All", "id": OTHER_API, "allowedMemberTypes": ["User"]}
    roles = [*offered, {"value": "Mail.Read", "id": MAIL}]
    return [delegated, *({"allowedMemberTypes": ["Application"], **one} for one in roles)]


@pytest.fixture
def directory(tmp_path: Path) -> Directory:
    az = tmp_path / "az"
    program = ROOT / "tests/support/azure_cli.py"
    az.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{program}" "$@"\n')
    az.chmod(0o755)
    state = {
        "signedIn": True,
        "changes": [],
        "servicePrincipals": [
            {
                "id": IDENTITY,
                "displayName": "sspr's app",
                "servicePrincipalType": "ManagedIdentity",
            },
            {
                "id": GRAPH,
                "appId": "00000003-0000-0000-c000-000000000000",
                "displayName": "Microsoft Graph",
                "appRoles": app_roles(LIST["permissions"]),
            },
        ],
        "appRoleAssignments": [],
        "groups": [{"id": GROUP, "groupTypes": [], "onPremisesSyncEnabled": None}],
        "administrativeUnits": [],
        "roleAssignments": [],
    }
    (tmp_path / "state.json").write_text(json.dumps(state))
    return Directory(tmp_path)


def test_whoever_grants_is_told_how_long_an_app_that_runs_will_not_know(
    directory: Directory,
) -> None:
    assert "24 hours" not in directory.run(IDENTITY).stdout
    assert "up to 24 hours" in directory.run(IDENTITY, "--apply").stdout
    assert "24 hours" not in directory.run(IDENTITY, "--apply").stdout


def test_at_first_it_shows_what_is_missing_and_changes_nothing(directory: Directory) -> None:
    before = directory.state
    assert directory.done(IDENTITY) == dict.fromkeys(NEEDED, "to be done")
    assert directory.state == before


def test_it_grants_exactly_the_list_and_a_second_time_nothing(directory: Directory) -> None:
    assert directory.done(IDENTITY, "--apply") == dict.fromkeys(NEEDED, "done")
    assert directory.held() == NEEDED
    after = directory.state
    assert len(after["changes"]) == 3
    assert directory.done(IDENTITY, "--apply") == dict.fromkeys(NEEDED, "there")
    assert directory.state == after


def test_after_half_the_work_it_does_the_other_half(directory: Directory) -> None:
    directory.give("User.Read.All")
    shown = directory.done(IDENTITY, "--apply")
    assert shown["User.Read.All"] == "there"
    assert directory.held() == NEEDED


def test_an_identity_is_found_by_its_name_apostrophe_and_all(directory: Directory) -> None:
    directory.done("sspr's app", "--apply")
    assert directory.held() == NEEDED


def test_what_is_too_much_is_shown_and_stays(directory: Directory) -> None:
    directory.give(*NEEDED, "Mail.Read")
    assert directory.done(IDENTITY, "--apply")["Mail.Read"].startswith("superfluous")
    assert directory.held() == {*NEEDED, "Mail.Read"}


def test_what_is_too_much_is_taken_away_on_demand_and_only_then(directory: Directory) -> None:
    directory.give(*NEEDED, "Mail.Read")
    assert directory.done(IDENTITY, "--remove-superfluous")["without Mail.Read"] == "to be done"
    assert directory.held() == {*NEEDED, "Mail.Read"}
    directory.done(IDENTITY, "--remove-superfluous", "--apply")
    assert directory.held() == NEEDED


def test_permissions_of_other_apis_are_none_of_its_business(directory: Directory) -> None:
    directory.put(appRoleAssignments=[assignment(MAIL, OTHER_API)])
    directory.done(IDENTITY, "--remove-superfluous", "--apply")
    assert assignment(MAIL, OTHER_API) in directory.state["appRoleAssignments"]


OPTIONAL = {
    "cloud-sync": {"Synchronization.Read.All", "ProvisioningLog.Read.All"},
    "on-demand": {"Synchronization.ReadWrite.All"},
    "doctor": {"Policy.Read.All", "LicenseAssignment.Read.All"},
    "lifecycle-workflows": {"LifecycleWorkflows.ReadWrite.All"},
    "role-assignments": {"RoleManagement.Read.Directory"},
}


@pytest.mark.parametrize("kind", OPTIONAL)
def test_what_not_everybody_needs_is_granted_only_on_demand(
    directory: Directory, kind: str
) -> None:
    directory.done(IDENTITY, "--apply", f"--with-{kind}")
    assert directory.held() == {*NEEDED, *OPTIONAL[kind]}
    again = directory.done(IDENTITY)
    for name in OPTIONAL[kind]:
        assert again[name].startswith(f"of --with-{kind}, and stays")


def test_a_tenant_that_knows_a_permission_by_another_id_is_left_alone(directory: Directory) -> None:
    principals = directory.state["servicePrincipals"]
    principals[1]["appRoles"] = app_roles(
        {**one, "id": MAIL} if one["name"] == "AuditLog.Read.All" else one
        for one in LIST["permissions"]
    )
    directory.put(servicePrincipals=principals)
    assert "AuditLog.Read.All: is " in directory.refused(IDENTITY, "--apply")


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        ([], "IDENTITY: missing"),
        (["nobody"], "nobody: there is no managed identity of this name"),
        ([GROUP], "no service principal has this object id"),
        ([IDENTITY, "--grant"], "--grant: there is no such option"),
        ([IDENTITY, "--group", GROUP], "--group: only with --scoped"),
        ([IDENTITY, "--scoped", "sspr"], "--group: give the object id of the scope group"),
    ],
)
def test_what_cannot_be_meant_is_refused_with_the_reason(
    directory: Directory, arguments: list[str], complaint: str
) -> None:
    assert complaint in directory.refused(*arguments, "--apply")


def test_whoever_is_not_signed_in_is_told_so(directory: Directory) -> None:
    directory.put(signedIn=False)
    assert "az login" in directory.refused(IDENTITY)


SCOPED = (IDENTITY, "--scoped", "SSPR scope", "--group", GROUP)


def test_scoped_to_a_unit_the_app_gets_a_role_there_and_may_write_no_other_group(
    directory: Directory,
) -> None:
    before = directory.state
    assert set(directory.done(*SCOPED).values()) == {"to be done"}
    assert directory.state == before
    directory.done(*SCOPED, "--apply")
    (unit,) = directory.state["administrativeUnits"]
    assert unit["isMemberManagementRestricted"] is True
    assert unit["members"] == [GROUP]
    (role,) = directory.state["roleAssignments"]
    assert role["roleDefinitionId"] == LIST["scopedRole"]["id"]
    assert role["principalId"] == IDENTITY
    assert role["directoryScopeId"] == f"/administrativeUnits/{unit['id']}"
    assert directory.held() == NARROWER
    after = directory.state
    assert set(directory.done(*SCOPED, "--apply").values()) == {"there"}
    assert directory.state == after


def test_on_the_way_to_a_unit_the_app_can_write_the_group_all_the_time(
    directory: Directory,
) -> None:
    directory.give(*NEEDED)
    directory.done(*SCOPED, "--apply", "--remove-superfluous")
    assert directory.held() == NARROWER
    (unit,) = directory.state["administrativeUnits"]
    changes = directory.state["changes"]
    # In the unit the wide permission does not count any more: the role has to be there by then.
    assert changes[:3] == [
        "post directory/administrativeUnits",
        "post roleManagement/directory/roleAssignments",
        f"post directory/administrativeUnits/{unit['id']}/members/$ref",
    ]
    assert [change.split("/")[0] for change in changes[3:]] == [
        "post servicePrincipals",
        "delete servicePrincipals",
    ]


def test_a_group_is_known_in_whichever_case_its_id_is_written(directory: Directory) -> None:
    directory.done(*SCOPED, "--apply")
    assert directory.done(*SCOPED[:-1], GROUP.upper())["group in the unit"] == "there"


def test_a_group_that_is_not_there_is_said_to_be_missing(directory: Directory) -> None:
    assert f"{MAIL}: there is no such group" in directory.refused(*SCOPED[:-1], MAIL, "--apply")


def test_a_unit_that_others_manage_as_well_is_refused(directory: Directory) -> None:
    open_unit = {"id": MAIL, "displayName": "SSPR scope", "members": []}
    directory.put(administrativeUnits=[{**open_unit, "isMemberManagementRestricted": None}])
    assert "not restricted" in directory.refused(*SCOPED, "--apply")


@pytest.mark.parametrize(
    "kind",
    [{"groupTypes": ["Unified"]}, {"onPremisesSyncEnabled": True}, {"isAssignableToRole": True}],
)
def test_a_group_that_no_unit_can_guard_is_refused(
    directory: Directory, kind: dict[str, Any]
) -> None:
    directory.put(groups=[{"id": GROUP, "groupTypes": [], **kind}])
    assert "only a security group" in directory.refused(*SCOPED, "--apply")


def test_the_list_gives_a_reason_and_calls_for_each_permission() -> None:
    assert len(PERMISSIONS) == len(LIST["permissions"])
    for one in LIST["permissions"]:
        assert str(UUID(one["id"])) == one["id"]
        assert one["why"].endswith(".")
        assert one["calls"]
        assert one["when"] in {"always", "unscoped", "scoped", *OPTIONAL}
