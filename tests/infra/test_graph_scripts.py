"""The scripts that give the app and the operators their places in Entra, in bash and in PowerShell.

Both are asked the same against one directory, by a stand-in of the Azure CLI and by REST. By REST
each page of a list has two entries, so that a script which reads the first alone is noticed.
"""

import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.azure_cli import TOKEN
from tests.support.documentation import blocks_under, headings, prose
from tests.support.graph_scripts import (
    BASH,
    FOLDER,
    GRAPH,
    IDENTITY,
    LIST,
    OPERATORS,
    POWERSHELL,
    READERS,
    SCOPE,
    SCRIPTS_IN_BASH,
    Tenant,
    a_tenant,
    kebab,
)
from tests.support.infra.powershell import run
from tests.support.repository import ROOT

DEPLOY = ROOT / "docs/deploy.md"
APP = json.loads((FOLDER / "operators-app.json").read_text())
NEEDED = {"User.Read.All", "AuditLog.Read.All", "GroupMember.ReadWrite.All"}
NARROWER = {"User.Read.All", "AuditLog.Read.All", "GroupMember.Read.All"}


@pytest.fixture(params=[BASH, POWERSHELL])
def tenant(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Tenant]:
    monkeypatch.setenv("AZURE_CLI_RUN", "by REST")
    with a_tenant(tmp_path, request.param) as tenant:
        yield tenant


def spoken(ran: subprocess.CompletedProcess[str]) -> str:
    """What it said, in one line: PowerShell colours errors and breaks them into lines."""
    plain = re.sub(r"\x1b\[[0-9;]*m", "", ran.stderr + ran.stdout)
    return re.sub(r"\s+(\|\s+)?", " ", plain)


GRANT, REGISTER = SCRIPTS_IN_BASH


def test_permissions_are_shown_then_granted_then_there(tenant: Tenant) -> None:
    before = tenant.state
    assert tenant.done(GRANT, Identity=IDENTITY) == dict.fromkeys(NEEDED, "to be done")
    assert tenant.state == before
    assert tenant.done(GRANT, Identity=IDENTITY, Apply=True) == dict.fromkeys(NEEDED, "done")
    assert tenant.held() == NEEDED
    again = tenant.run(GRANT, Identity="the app")
    assert "Nothing is to be done." in again.stdout


def test_a_unit_narrows_the_app_to_one_group(tenant: Tenant) -> None:
    tenant.done(GRANT, Identity=IDENTITY, Apply=True)
    scoped = {"Identity": IDENTITY, "Scoped": "sspr", "Group": SCOPE}
    shown = tenant.done(GRANT, **scoped)
    assert shown["restricted unit"] == shown["group in the unit"] == "to be done"
    tenant.done(GRANT, **scoped, Apply=True, RemoveSuperfluous=True)
    assert tenant.held() == NARROWER
    (unit,) = tenant.state["administrativeUnits"]
    assert (unit["members"], unit["isMemberManagementRestricted"]) == ([SCOPE], True)
    (role,) = tenant.state["roleAssignments"]
    assert role["directoryScopeId"] == f"/administrativeUnits/{unit['id']}"
    before = tenant.state
    assert "Nothing is to be done." in tenant.run(GRANT, **scoped, Apply=True).stdout
    assert tenant.state == before


DOCTOR = {"Policy.Read.All", "LicenseAssignment.Read.All"}
OPTIONAL = {
    "WithLifecycleWorkflows": {"LifecycleWorkflows.ReadWrite.All"},
    "WithCloudSync": {"Synchronization.Read.All", "ProvisioningLog.Read.All"},
    "WithOnDemand": {"Synchronization.ReadWrite.All"},
    "WithDoctor": DOCTOR,
    "WithRoleAssignments": {"RoleManagement.Read.Directory"},
}


def scoped(tenant: Tenant) -> None:
    tenant.done(GRANT, Identity=IDENTITY, Scoped="sspr", Group=SCOPE, Apply=True)
    assert tenant.held() == NARROWER


def test_whatever_is_granted_later_an_app_that_was_narrowed_stays_narrow(tenant: Tenant) -> None:
    scoped(tenant)
    done = tenant.done(GRANT, Identity=IDENTITY, Apply=True, **dict.fromkeys(OPTIONAL, True))
    assert tenant.held() == NARROWER.union(*OPTIONAL.values())
    assert done["Groups Administrator there"] == done["GroupMember.Read.All"] == "there"


def test_only_a_word_of_its_own_widens_an_app_that_was_narrowed(tenant: Tenant) -> None:
    scoped(tenant)
    tenant.done(GRANT, Identity=IDENTITY, Apply=True, RemoveSuperfluous=True)
    assert tenant.held() == NARROWER
    tenant.done(GRANT, Identity=IDENTITY, Apply=True, EveryGroup=True)
    assert tenant.held() == NARROWER | NEEDED
    again = tenant.run(GRANT, Identity=IDENTITY, Apply=True, RemoveSuperfluous=True)
    assert "without GroupMember.ReadWrite.All done" in spoken(again)
    assert tenant.held() == NARROWER


def test_an_app_that_writes_no_group_only_reads_them_whatever_is_granted_later(
    tenant: Tenant,
) -> None:
    tenant.done(GRANT, Identity=IDENTITY, Synced=True, Apply=True)
    assert tenant.held() == NARROWER
    tenant.done(GRANT, Identity=IDENTITY, WithDoctor=True, Apply=True)
    assert tenant.held() == NARROWER | DOCTOR
    assert tenant.state["administrativeUnits"] == tenant.state["roleAssignments"] == []


def test_a_role_of_somebody_else_or_for_the_whole_tenant_narrows_nothing(tenant: Tenant) -> None:
    role = {"roleDefinitionId": LIST["scopedRole"]["id"], "id": "1"}
    everywhere = {**role, "principalId": IDENTITY, "directoryScopeId": "/"}
    another = {**role, "principalId": READERS, "directoryScopeId": f"/administrativeUnits/{SCOPE}"}
    tenant.put(roleAssignments=[everywhere, another])
    assert tenant.done(GRANT, Identity=IDENTITY) == dict.fromkeys(NEEDED, "to be done")


def test_what_another_run_was_asked_for_is_taken_away_by_a_word_of_its_own(tenant: Tenant) -> None:
    whole = NEEDED.union(*OPTIONAL.values())
    tenant.done(GRANT, Identity=IDENTITY, Apply=True, **dict.fromkeys(OPTIONAL, True))
    said = spoken(tenant.run(GRANT, Identity=IDENTITY, Apply=True, RemoveSuperfluous=True))
    assert tenant.held() == whole
    for option, names in OPTIONAL.items():
        named = f"-{option}" if tenant.shell == POWERSHELL else f"--{kebab(option)}"
        assert all(f"{name} of {named}, and stays" in said for name in names)
    shown = spoken(tenant.run(GRANT, Identity=IDENTITY, WithDoctor=True, RemoveOptional=True))
    assert all(f"without {name} to be done" in shown for name in whole - NEEDED - DOCTOR)
    assert tenant.held() == whole
    tenant.done(GRANT, Identity=IDENTITY, WithDoctor=True, RemoveOptional=True, Apply=True)
    assert tenant.held() == NEEDED | DOCTOR


def test_operators_are_shown_then_registered_then_there(tenant: Tenant) -> None:
    groups = {"ReaderGroup": READERS, "OperatorGroup": OPERATORS}
    before = tenant.state
    shown = tenant.done(REGISTER, **groups)
    assert set(shown.values()) == {"to be done"}
    assert tenant.state == before
    done = tenant.done(REGISTER, **groups, Apply=True)
    assert done.keys() == shown.keys()
    (application,) = tenant.state["applications"]
    assert application["identifierUris"] == [f"api://{application['appId']}"]
    assert application["api"]["requestedAccessTokenVersion"] == 2
    assert [one["value"] for one in application["appRoles"]] == [
        "Rollout.Reader",
        "Rollout.Operator",
    ]
    # An unattended export reads; nothing that is unattended plans or applies.
    assert [one["allowedMemberTypes"] for one in application["appRoles"]] == [
        ["User", "Application"],
        ["User"],
    ]
    (client,) = application["api"]["preAuthorizedApplications"]
    assert client == {
        "appId": APP["azureCliAppId"],
        "delegatedPermissionIds": [APP["scope"]["id"]],
    }
    (principal,) = (
        one for one in tenant.state["servicePrincipals"] if one.get("appId") == application["appId"]
    )
    assert principal["appRoleAssignmentRequired"] is True
    given = {(one["principalId"], one["appRoleId"]) for one in tenant.state["appRoleAssignments"]}
    assert given == {(READERS, APP["roles"][0]["id"]), (OPERATORS, APP["roles"][1]["id"])}
    before = tenant.state
    again = tenant.run(REGISTER, **groups, Apply=True)
    assert "Nothing is to be done." in again.stdout
    assert f"azd env set AZURE_OPERATOR_APP_ID {application['appId']}" in again.stdout
    assert tenant.state == before


def test_an_application_that_has_come_to_differ_is_mended(tenant: Tenant) -> None:
    tenant.done(REGISTER, Apply=True)
    (application,) = tenant.state["applications"]
    (principal,) = [
        one for one in tenant.state["servicePrincipals"] if one.get("appId") == application["appId"]
    ]
    others = [one for one in tenant.state["servicePrincipals"] if one != principal]
    tenant.put(
        applications=[{**application, "identifierUris": []}],
        servicePrincipals=[*others, {**principal, "appRoleAssignmentRequired": False}],
    )
    done = tenant.done(REGISTER, Apply=True)
    assert done == {
        "application": "there",
        "roles, address, Azure CLI": "done",
        "enterprise application": "there",
        "assignment required": "done",
    }
    assert tenant.state["applications"] == [application]


def test_whoever_is_not_signed_in_is_told_so(tenant: Tenant) -> None:
    tenant.put(signedIn=False)
    for ran in (tenant.run(GRANT, Identity=IDENTITY), tenant.run(REGISTER)):
        assert ran.returncode != 0
        assert "az login" in spoken(ran)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"Identity": "nobody"}, "nobody"),
        ({"Identity": IDENTITY, "Group": SCOPE}, "roup"),
        ({"Identity": IDENTITY, "Scoped": "u", "Group": "SSPR"}, "object id of the scope group"),
        ({"Identity": SCOPE}, SCOPE),
        ({"Identity": IDENTITY, "Scoped": "u", "Group": SCOPE, "EveryGroup": True}, "roup"),
        ({"Identity": IDENTITY, "Synced": True, "EveryGroup": True}, "ynced"),
    ],
)
def test_what_cannot_be_meant_is_refused_and_changes_nothing(
    tenant: Tenant, given: dict[str, str], said: str
) -> None:
    before = tenant.state
    ran = tenant.run(GRANT, **given, Apply=True)
    assert ran.returncode != 0
    assert said in spoken(ran)
    assert tenant.state == before


def test_a_group_that_graph_may_not_write_is_not_scoped(tenant: Tenant) -> None:
    tenant.put(groups=[{"id": SCOPE, "groupTypes": [], "onPremisesSyncEnabled": True}])
    before = tenant.state
    ran = tenant.run(GRANT, Identity=IDENTITY, Scoped="u", Group=SCOPE, Apply=True)
    assert ran.returncode != 0
    assert "not synced, dynamic or role-assignable" in spoken(ran)
    assert tenant.state == before


GRAPHS = {
    "public": "graph.microsoft.com",
    "usgov": "graph.microsoft.us",
    "usgov-dod": "dod-graph.microsoft.us",
    "china": "microsoftgraph.chinacloudapi.cn",
}
"""Source: "National cloud deployments", Microsoft Learn, as `shared/domain/clouds.py` has it."""


@pytest.mark.parametrize(
    ("said", "named", "meant"),
    [
        ("", "", "public"),
        ("usgov-dod", "", "usgov-dod"),
        ("china", "usgov", "usgov"),
        ("usgov", "public", "public"),
    ],
)
@pytest.mark.parametrize("script", [GRANT, REGISTER])
def test_the_cloud_is_that_of_the_environment_unless_one_is_named(
    tenant: Tenant, script: str, said: str, named: str, meant: str
) -> None:
    given = {"Identity": IDENTITY} if script == GRANT else {}
    given |= {"Cloud": named} if named else {}
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SSPR_CLOUD", said)
        assert tenant.run(script, **given).returncode == 0
    assert tenant.clouds == {GRAPHS[meant]}


@pytest.mark.parametrize("script", [GRANT, REGISTER])
def test_a_cloud_that_there_is_not_is_refused_wherever_it_is_said(
    tenant: Tenant, script: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = {"Identity": IDENTITY} if script == GRANT else {}
    ran = tenant.run(script, **given, Cloud="germany", Apply=True)
    assert (ran.returncode != 0, "germany" in spoken(ran)) == (True, True)
    monkeypatch.setenv("SSPR_CLOUD", "germany")
    ran = tenant.run(script, **given, Apply=True)
    assert ran.returncode != 0
    assert "germany is none of" in spoken(ran)
    assert tenant.clouds == set()


NAMED = re.compile(r'docs/deploy\.md, "([^"]+)"')
"""A part of the page as the scripts name it."""


def test_what_graph_refuses_has_another_way_that_is_there(tenant: Tenant) -> None:
    """The Entra admin center cannot add a permission to a managed identity: it is not that."""
    tenant.put(refusesChanges=True)
    ran = tenant.run(GRANT, Identity=IDENTITY, Apply=True)
    assert ran.returncode != 0
    assert "Insufficient privileges" in spoken(ran)
    (heading,) = NAMED.findall(spoken(ran))
    assert heading in headings(prose(DEPLOY))
    assert tenant.held() == set()


def test_what_graph_refuses_of_the_operators_ends_it_there(tenant: Tenant) -> None:
    tenant.put(refusesChanges=True)
    ran = tenant.run(REGISTER, OperatorGroup=OPERATORS, Apply=True)
    assert ran.returncode != 0
    assert "Insufficient privileges" in spoken(ran)
    assert "operators-app.json" in spoken(ran)
    assert " done" not in spoken(ran)


def test_a_permission_of_another_id_is_left_alone_and_has_the_other_way(tenant: Tenant) -> None:
    graph = next(one for one in tenant.state["servicePrincipals"] if one["id"] == GRAPH)
    roles = [
        {**one, "id": READERS} if one["value"] == "User.Read.All" else one
        for one in graph["appRoles"]
    ]
    others = [one for one in tenant.state["servicePrincipals"] if one["id"] != GRAPH]
    tenant.put(servicePrincipals=[*others, {**graph, "appRoles": roles}])
    ran = tenant.run(GRANT, Identity=IDENTITY, Apply=True)
    assert ran.returncode != 0
    (heading,) = NAMED.findall(spoken(ran))
    assert heading in headings(prose(DEPLOY))
    assert tenant.held() == set()


def test_every_part_of_the_page_that_a_script_names_is_there() -> None:
    named = {
        heading.replace("'\\''", "'").replace("''", "'")
        for file in FOLDER.iterdir()
        if file.is_file()
        for heading in NAMED.findall(file.read_text())
    }
    assert named
    assert named <= set(headings(prose(DEPLOY)))


_MODULE = """
param([string] $Block)
$ErrorActionPreference = 'Stop'
function Ask {
    param([string] $Path, [string] $Method = 'Get', [string] $Body)
    $asked = @{ Uri = "ADDRESS/v1.0/$Path"; Method = $Method; ContentType = 'application/json' }
    if ($Body) { $asked.Body = $Body }
    Invoke-RestMethod @asked -Headers @{ Authorization = 'Bearer TOKEN' }
}
function Install-Module { }
function Connect-MgGraph {
    param([string] $TenantId, [string[]] $Scopes)
    $script:Scopes = $Scopes
}
function Get-MgServicePrincipal {
    param([string] $Filter)
    (Ask "servicePrincipals?`$filter=$([Uri]::EscapeDataString($Filter))").value
}
function Get-MgServicePrincipalAppRoleAssignment {
    param([string] $ServicePrincipalId)
    (Ask "servicePrincipals/$ServicePrincipalId/appRoleAssignments").value
}
function New-MgServicePrincipalAppRoleAssignment {
    param([string] $ServicePrincipalId, [string] $PrincipalId, [string] $ResourceId, $AppRoleId)
    if ($Scopes -notcontains 'AppRoleAssignment.ReadWrite.All') { throw 'Insufficient privileges' }
    $body = @{ principalId = $PrincipalId; resourceId = $ResourceId; appRoleId = $AppRoleId }
    $path = "servicePrincipals/$ServicePrincipalId/appRoleAssignments"
    Ask $path -Method 'Post' -Body (ConvertTo-Json $body)
}
. $Block
"""
"""The cmdlets of Microsoft Graph PowerShell that the page uses, by REST.

Source: Microsoft Learn, "Assign an application role to a managed identity using PowerShell".
"""


def test_the_other_way_grants_what_the_script_would_have_granted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (block,) = [
        one.text
        for one in blocks_under(DEPLOY, "Graph refuses the Azure CLI's own token")
        if one.language == "powershell"
    ]
    monkeypatch.setenv("AZURE_CLI_RUN", "by REST")
    with a_tenant(tmp_path, POWERSHELL) as tenant:
        typed, module = tmp_path / "typed.ps1", tmp_path / "module.ps1"
        typed.write_text(block.replace("IDENTITY", IDENTITY))
        module.write_text(_MODULE.replace("ADDRESS", tenant.address).replace("TOKEN", TOKEN))
        ran = run(module, typed)
        assert (ran.returncode, ran.stderr) == (0, "")
        assert tenant.held() == NARROWER
