"""Cloud Sync's agents read the real domain, and the tenant's job shows what became of it."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import ldap3
import pytest

from sandbox.clock import Clock
from sandbox.company import (
    INITIAL_PASSWORD,
    SCOPE_GROUP,
    SYNCED_SCOPE_GROUP,
    UPN_SUFFIX,
    build_company,
)
from sandbox.domain_controller import domain
from sandbox.testing import tenant_process
from sandbox.testing.cloud_sync_process import CloudSync, running_cloud_sync
from sandbox.testing.domain_controller_process import SIZE, Controller
from sandbox.testing.domain_controller_process import running as running_controller
from sandbox.testing.waiting import wait_until

COMPANY = build_company(SIZE)
USUAL: dict[str, Any] = {"agents": "running", "scopingFilter": [], "cycleSeconds": 0.0}
HEALTHY: dict[str, Any] = {
    "code": "Active",
    "fails": False,
    "failsGroups": False,
    "quarantineAfter": 10,
    "deleteThreshold": 500,
    "mostMembers": 50_000,
}


@pytest.fixture(scope="module")
def controller(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Controller]:
    with running_controller(tmp_path_factory.mktemp("dc") / "dc") as controller:
        yield controller


@pytest.fixture(scope="module")
def clock(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("clock") / "clock.json"


@pytest.fixture(scope="module")
def shared(
    controller: Controller, clock: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[CloudSync]:
    folder = tmp_path_factory.mktemp("tenant")
    size = f"--company-size={SIZE}"
    with (
        tenant_process.running(folder, size, "--clock", clock) as tenant,
        running_cloud_sync(
            folder / "cloud-sync", controller, tenant, f"--clock={clock}", "--interval-seconds=3600"
        ) as sync,
    ):
        tenant.sandbox("POST", "settings", {"membershipLagSeconds": 0.0})
        # The log is read more often here than Graph allows.
        tenant.sandbox("POST", "quotas", {"factor": 20})
        yield sync


@pytest.fixture
def sync(shared: CloudSync) -> CloudSync:
    """The shared agents and their job in good health, with nothing left to bring."""
    shared.put(**USUAL)
    shared.set_job(**HEALTHY)
    for _ in range(2):
        assert shared.cycle() == "success"
    return shared


@pytest.fixture
def ad(controller: Controller) -> ldap3.Connection:
    return controller.administrator()


def hire(ad: ldap3.Connection, name: str, unit: str = "Legal") -> str:
    dn = f"CN={name},OU={unit},{domain.PEOPLE}"
    attributes = {
        "sAMAccountName": name,
        "userPrincipalName": f"{name}@{UPN_SUFFIX}",
        "unicodePwd": f'"{INITIAL_PASSWORD}"'.encode("utf-16-le"),
        "userAccountControl": 512,
    }
    assert ad.add(dn, "user", attributes), ad.result
    return dn


def change_member(ad: ldap3.Connection, dn: str, operation: str) -> None:
    assert ad.modify(domain.SCOPE_GROUP_DN, {"member": [(operation, [dn])]}), ad.result


def upn(name: str) -> str:
    return f"{name}@{UPN_SUFFIX}"


def test_the_first_cycle_brings_everybody_but_the_new_hires(
    controller: Controller, tmp_path: Path
) -> None:
    """Given a new configuration, its first cycle brings the company, and the next the hires."""
    with (
        tenant_process.running(tmp_path, f"--company-size={SIZE}") as tenant,
        running_cloud_sync(tmp_path / "cloud-sync", controller, tenant) as sync,
    ):
        (hired, *_) = COMPANY.people_not_yet_synced
        (synced, *_) = COMPANY.people_synced
        assert sync.knows(synced.user_principal_name)
        assert not sync.knows(hired.user_principal_name)
        assert sync.status()["code"] == "Active"
        assert sync.control.get("/state").json()["conditions"]["intervalSeconds"] == 120
        assert sync.cycle() == "success"
        assert sync.knows(hired.user_principal_name)


def test_who_is_hired_is_a_member_a_cycle_after_they_have_come(
    ad: ldap3.Connection, sync: CloudSync
) -> None:
    """Given a hire in the AD group, the first cycle brings the person, the second membership."""
    change_member(ad, hire(ad, "nova"), ldap3.MODIFY_ADD)
    sync.cycle()
    assert sync.knows(upn("nova"))
    assert upn("nova") not in sync.members(SYNCED_SCOPE_GROUP)
    sync.cycle()
    assert upn("nova") in sync.members(SYNCED_SCOPE_GROUP)
    assert {one["sourceIdentity"]["identityType"] for one in sync.log()} == {"User", "Group"}


def test_members_come_and_go_with_the_cycle_that_follows(
    ad: ldap3.Connection, sync: CloudSync
) -> None:
    """Given a synced person, what is written to the AD group is in Entra after one cycle."""
    dn = hire(ad, "otto")
    sync.cycle()
    change_member(ad, dn, ldap3.MODIFY_ADD)
    sync.cycle()
    assert upn("otto") in sync.members(SYNCED_SCOPE_GROUP)
    change_member(ad, dn, ldap3.MODIFY_DELETE)
    sync.cycle()
    assert upn("otto") not in sync.members(SYNCED_SCOPE_GROUP)


@pytest.mark.parametrize("code", ["Paused", "Quarantine"])
def test_a_job_that_stands_still_brings_nothing_and_all_once_it_is_started(
    ad: ldap3.Connection, sync: CloudSync, code: str
) -> None:
    """Given a job that was stopped, what is written meanwhile comes when it is started again."""
    name = f"ines-{code.lower()}"
    before = sync.status()["lastExecution"]
    sync.set_job(code=code, reason="EncounteredTotalEscrowThreshold")
    hire(ad, name)
    assert sync.cycle() == "stopped"
    assert sync.status()["lastExecution"] == before
    assert not sync.knows(upn(name))
    sync.set_job(code="Active")
    assert sync.cycle() == "success"
    assert sync.knows(upn(name))


@pytest.mark.parametrize(
    ("agents", "code"),
    [
        ("away", "HybridIdentityServiceNoActiveAgents"),
        ("removed", "HybridIdentityServiceNoAgentsAssigned"),
    ],
)
def test_without_an_agent_cycles_fail_until_the_job_is_in_quarantine(
    sync: CloudSync, agents: str, code: str
) -> None:
    """Given no agent, each cycle fails by its code, and after enough of them the job stops."""
    sync.set_job(quarantineAfter=2)
    sync.put(agents=agents)
    assert sync.cycle() == f"failed: {code}"
    status = sync.status()
    assert (status["code"], status["countSuccessiveCompleteFailures"]) == ("Active", 1)
    assert status["lastExecution"]["error"] == {"code": code}
    assert status["lastSuccessfulExecution"]["state"] == "Succeeded"
    sync.cycle()
    assert sync.status()["quarantine"]["reason"] == "EncounteredQuarantineException"


def test_the_scoping_filter_takes_people_and_the_group_out_of_the_sync(
    ad: ldap3.Connection, sync: CloudSync
) -> None:
    """Given a filter of one unit, who is elsewhere is deleted, and a group elsewhere stays so."""
    dn = hire(ad, "pia")
    hire(ad, "quinn", "Sales")
    sync.cycle()
    sync.put(scopingFilter=[f"OU=Legal,{domain.PEOPLE}", domain.GROUPS])
    change_member(ad, dn, ldap3.MODIFY_ADD)
    sync.cycle()
    assert sync.knows(upn("pia"))
    assert not sync.knows(upn("quinn"))
    assert upn("pia") in sync.members(SYNCED_SCOPE_GROUP)
    sync.put(scopingFilter=[f"OU=Legal,{domain.PEOPLE}"])
    sync.cycle()
    found = sync.tenant.get("/groups", filter=f"displayName eq '{SYNCED_SCOPE_GROUP}'")
    assert found["value"] == []
    answer = sync.control.post("/conditions", json={"scopingFilter": ["OU=X"] * 60})
    assert answer.status_code == 400


def test_a_single_person_is_brought_without_a_cycle_and_whatever_the_filter_says(
    ad: ldap3.Connection, sync: CloudSync
) -> None:
    """Given a hire whom a filter keeps out, on-demand provisioning brings them, and no group."""
    dn = hire(ad, "wanda", "Sales")
    change_member(ad, dn, ldap3.MODIFY_ADD)
    sync.put(scopingFilter=[f"OU=Legal,{domain.PEOPLE}", domain.GROUPS])
    ran = len(sync.control.get("/cycles").json())
    assert sync.provision(dn) == {"result": "Success", "details": {}}
    assert sync.knows(upn("wanda"))
    assert upn("wanda") not in sync.members(SYNCED_SCOPE_GROUP)
    assert len(sync.control.get("/cycles").json()) == ran
    assert sync.provision(dn)["details"]["errorCode"] == "RedundantExport"
    assert sync.provision("CN=nobody,DC=corp")["details"]["errorCode"] == "EntryNotFound"
    assert sync.provision("no name at all")["details"]["errorCode"] == "EntryNotFound"
    sync.put(scopingFilter=[])
    sync.cycle()
    assert upn("wanda") in sync.members(SYNCED_SCOPE_GROUP)


def test_where_no_agent_is_nobody_is_brought_on_demand(
    ad: ldap3.Connection, sync: CloudSync
) -> None:
    """Given agents that are away, the answer has their code."""
    dn = hire(ad, "xanthe")
    sync.put(agents="away")
    code = "HybridIdentityServiceNoActiveAgents"
    assert sync.provision(dn) == {
        "result": "Failure",
        "details": {"errorCode": code, "errorMessage": ""},
    }
    assert not sync.knows(upn("xanthe"))


def test_too_many_deletions_delete_nobody_and_put_the_job_in_quarantine(
    ad: ldap3.Connection, sync: CloudSync
) -> None:
    """Given the threshold, a cycle that would delete as many stops the job before it does."""
    sync.set_job(deleteThreshold=1)
    dn = hire(ad, "rita")
    sync.cycle()
    assert ad.delete(dn)
    sync.cycle()
    assert sync.status()["quarantine"]["reason"] == "TooManyDeletes"
    assert sync.knows(upn("rita"))
    sync.set_job(code="Active", deleteThreshold=2)
    sync.cycle()
    assert not sync.knows(upn("rita"))


@pytest.mark.parametrize("trouble", [{"failsGroups": True}, {"mostMembers": 0}])
def test_a_group_that_cannot_be_brought_is_in_the_log_and_comes_later(
    ad: ldap3.Connection, sync: CloudSync, trouble: dict[str, Any]
) -> None:
    """Given a group that fails, the log says so, people come, and memberships once it is well."""
    name = f"sara-{next(iter(trouble)).lower()}"[:20]
    dn = hire(ad, name)
    sync.cycle()
    sync.set_job(**trouble)
    change_member(ad, dn, ldap3.MODIFY_ADD)
    before = sync.failures()
    sync.cycle()
    assert sync.failures() == before + 1
    assert upn(name) not in sync.members(SYNCED_SCOPE_GROUP)
    sync.set_job(**HEALTHY)
    sync.cycle()
    assert upn(name) in sync.members(SYNCED_SCOPE_GROUP)


def test_a_cycle_is_due_after_each_interval_of_the_sandboxs_time(
    ad: ldap3.Connection, sync: CloudSync, clock: Path
) -> None:
    """Given that no time passes, no cycle runs; a day in one step brings one, and people."""
    hire(ad, "tilda")
    ran = len(sync.control.get("/cycles").json())
    moved = Clock(clock)
    moved.move_to(moved.offset() + timedelta(days=1))
    wait_until(lambda: sync.knows(upn("tilda")))
    cycles = sync.control.get("/cycles").json()
    assert [one["trigger"] for one in cycles[ran:]] == ["schedule"]


def test_what_is_written_to_ad_after_it_was_read_comes_with_the_next_cycle(
    ad: ldap3.Connection, sync: CloudSync, clock: Path
) -> None:
    """Given a cycle that takes its time, a change during it is not in it."""
    sync.put(cycleSeconds=30.0)
    moved = Clock(clock)
    moved.move_to(moved.offset() + timedelta(hours=2))
    wait_until(lambda: sync.control.get("/cycles").json()[-1]["result"] == "in-progress")
    wait_until(lambda: sync.control.get("/state").json()["read"])
    hire(ad, "ulla")
    moved.move_to(moved.offset() + timedelta(seconds=31))
    wait_until(lambda: sync.control.get("/cycles").json()[-1]["result"] == "success")
    assert not sync.knows(upn("ulla"))
    sync.put(cycleSeconds=0.0)
    sync.cycle()
    assert sync.knows(upn("ulla"))


def test_a_reset_is_written_back_by_an_agent_and_by_none_where_none_listens(
    ad: ldap3.Connection, sync: CloudSync
) -> None:
    """Given a synced person in scope, a reset works but where no agent takes passwords."""
    change_member(ad, hire(ad, "vera"), ldap3.MODIFY_ADD)
    for _ in range(2):
        sync.cycle()
    sync.tenant.sandbox("POST", "users", {"userPrincipalName": upn("vera"), "licensed": True})
    nesting = {"group": SYNCED_SCOPE_GROUP, "in": SCOPE_GROUP}
    sync.tenant.sandbox("POST", "nesting", nesting)
    register = {"userPrincipalName": upn("vera"), "methods": ["mobilePhone", "email"]}
    sync.tenant.http.post("/sspr/register", json=register).raise_for_status()
    order = {"userPrincipalName": upn("vera"), "newPassword": "Found-Again-2!"}
    sync.put(agents="away")
    assert sync.tenant.http.post("/sspr/reset", json=order).status_code == 502
    sync.put(agents="running")
    assert sync.tenant.http.post("/sspr/reset", json=order).is_success
