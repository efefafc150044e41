"""The sandbox's Connect host: delta syncs over PSRP, exports, conditions, and writeback."""

import ssl
import subprocess
from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import ldap3
import pytest
from ldap3.protocol.formatters.formatters import format_sid
from pypsrp.exceptions import AuthenticationError, WSManFaultError
from pypsrp.powershell import PowerShell, RunspacePool
from pypsrp.wsman import WSMan

from sandbox.company import INITIAL_PASSWORD, build_company
from sandbox.domain_controller import domain
from sandbox.testing.connect_host_process import (
    ConnectHost,
    RecordingTenant,
    connect_host_command,
    recording_tenant,
    running_connect_host,
)
from sandbox.testing.domain_controller_process import SIZE, Controller, running
from sandbox.testing.repository import ROOT
from sandbox.testing.waiting import PATIENCE, wait_until

COMPANY = build_company(SIZE)
CONDITIONS = {
    "busy": False,
    "suspended": False,
    "staging": False,
    "connectorBusy": False,
    "exportNothing": False,
    "schedulerOff": False,
    "connectors": {},
    "hang": "",
    "answers": "whole",
    "foreignLanguage": False,
    "version": "2.5.190.0",
    "exposesMore": False,
    "writeback": True,
    "cycleSeconds": 0.2,
    "writebackFailure": None,
}


@pytest.fixture(scope="module")
def controller(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Controller]:
    with running(tmp_path_factory.mktemp("dc") / "dc") as controller:
        yield controller


@pytest.fixture(scope="module")
def tenant() -> Iterator[RecordingTenant]:
    with recording_tenant() as tenant:
        yield tenant


@pytest.fixture(scope="module")
def shared_host(
    controller: Controller, tenant: RecordingTenant, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[ConnectHost]:
    state = tmp_path_factory.mktemp("connect")
    with running_connect_host(state, controller, tenant) as host:
        host.sync()
        yield host


@pytest.fixture
def host(shared_host: ConnectHost) -> ConnectHost:
    """The shared host in its normal condition, with nothing left to export."""
    shared_host.set(**CONDITIONS)
    wait_until(lambda: not shared_host.control.get("/state").json()["syncCycleInProgress"])
    shared_host.tenant.status = 200
    shared_host.sync()
    return shared_host


@pytest.fixture
def ad(controller: Controller) -> ldap3.Connection:
    return controller.administrator()


def add_user(ad: ldap3.Connection, name: str) -> str:
    dn = f"CN={name},OU=Legal,{domain.PEOPLE}"
    attributes = {
        "sAMAccountName": name,
        "userPrincipalName": f"{name}@contoso.test",
        "displayName": name.title(),
        "unicodePwd": f'"{INITIAL_PASSWORD}"'.encode("utf-16-le"),
        "userAccountControl": 512,
    }
    assert ad.add(dn, "user", attributes), ad.result
    return dn


def change(ad: ldap3.Connection, dn: str, **values: Any) -> None:
    replaced = {name: [(ldap3.MODIFY_REPLACE, [value])] for name, value in values.items()}
    assert ad.modify(dn, replaced), ad.result


def add_member(ad: ldap3.Connection, dn: str) -> None:
    assert ad.modify(domain.SCOPE_GROUP_DN, {"member": [(ldap3.MODIFY_ADD, [dn])]}), ad.result


def remove_member(ad: ldap3.Connection, dn: str) -> None:
    assert ad.modify(domain.SCOPE_GROUP_DN, {"member": [(ldap3.MODIFY_DELETE, [dn])]}), ad.result


def find(ad: ldap3.Connection, name: str, *attributes: str) -> ldap3.Entry:
    assert ad.search(domain.PEOPLE, f"(sAMAccountName={name})", attributes=list(attributes))
    return ad.entries[0]


def anchor(ad: ldap3.Connection, name: str) -> str:
    entry = find(ad, name, "mS-DS-ConsistencyGuid", "objectGUID")
    consistency = entry["mS-DS-ConsistencyGuid"].raw_values
    return b64encode((consistency or entry["objectGUID"].raw_values)[0]).decode()


def names(export: dict[str, Any]) -> set[str]:
    return {user["userPrincipalName"] for user in export["users"]}


class TestInitialSync:
    def test_it_brings_everybody_but_the_new_hires_and_the_next_delta_brings_those(
        self, shared_host: ConnectHost, tenant: RecordingTenant
    ) -> None:
        initial, delta = tenant.exports[:2]
        assert names(initial) == {one.user_principal_name for one in COMPANY.people_synced}
        assert names(delta) == {one.user_principal_name for one in COMPANY.people_not_yet_synced}
        assert shared_host.control.get("/cycles").json()[0]["policyType"] == "Initial"

    def test_a_person_arrives_as_graph_would_show_them(
        self, ad: ldap3.Connection, shared_host: ConnectHost
    ) -> None:
        [ada] = [
            one
            for one in shared_host.tenant.exports[0]["users"]
            if one["userPrincipalName"] == "ada@contoso.test"
        ]
        entry = find(ad, "ada", "objectSid")
        assert ada == {
            "userPrincipalName": "ada@contoso.test",
            "displayName": "Ada Lovelace",
            "givenName": "Ada",
            "surname": "Lovelace",
            "mail": "ada@contoso.test",
            "department": "Engineering",
            "employeeId": "100001",
            "officeLocation": "London",
            "usageLocation": "GB",
            "accountEnabled": True,
            "onPremisesSamAccountName": "ada",
            "onPremisesUserPrincipalName": "ada@contoso.test",
            "onPremisesDomainName": "corp.contoso.test",
            "onPremisesImmutableId": anchor(ad, "ada"),
            "onPremisesSecurityIdentifier": format_sid(entry.objectSid.raw_values[0]),
            "onPremisesDistinguishedName": entry.entry_dn,
        }

    def test_both_kinds_of_source_anchor_occur(
        self, ad: ldap3.Connection, shared_host: ConnectHost
    ) -> None:
        exported = {one["onPremisesImmutableId"] for one in shared_host.tenant.exports[0]["users"]}
        ad.search(domain.PEOPLE, "(objectClass=user)", attributes=["objectGUID"])
        guids = {b64encode(entry.objectGUID.raw_values[0]).decode() for entry in ad.entries}
        by_guid = exported & guids
        assert set() < by_guid < exported

    def test_the_scope_group_arrives_with_its_sid(
        self, ad: ldap3.Connection, shared_host: ConnectHost
    ) -> None:
        ad.search(domain.SCOPE_GROUP_DN, "(objectClass=*)", ldap3.BASE, attributes=["objectSid"])
        assert shared_host.tenant.exports[0]["groups"] == [
            {
                "onPremisesSecurityIdentifier": format_sid(ad.entries[0].objectSid.raw_values[0]),
                "displayName": "SSPR-Enabled-Users",
                "addMembers": [],
                "removeMembers": [],
            }
        ]

    def test_a_restart_goes_on_where_it_was(
        self, controller: Controller, ad: ldap3.Connection, tmp_path: Path
    ) -> None:
        with recording_tenant() as tenant:
            with running_connect_host(tmp_path, controller, tenant):
                [initial] = tenant.exports
                assert "ada@contoso.test" in names(initial)
            change(ad, find(ad, "rolf").entry_dn, givenName="Rolf-Peter")
            with running_connect_host(tmp_path, controller, tenant) as again:
                assert len(tenant.exports) == 1
                assert "rolf@contoso.test" in names(again.sync())

    def test_it_says_so_when_the_tenant_does_not_take_it(
        self, controller: Controller, tmp_path: Path
    ) -> None:
        nobody = RecordingTenant("http://127.0.0.1:9")
        finished = subprocess.run(
            connect_host_command(tmp_path, controller, nobody),
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
        assert finished.returncode == 1
        assert "the initial sync has not worked, failed:" in finished.stderr
        assert finished.stdout == ""


class TestDelta:
    def test_nothing_changed_exports_nothing(self, host: ConnectHost) -> None:
        assert host.sync() == {"users": [], "deletedUsers": [], "groups": [], "deletedGroups": []}

    def test_only_who_has_changed_is_exported_and_cleared_attributes_are_null(
        self, ad: ldap3.Connection, host: ConnectHost
    ) -> None:
        dn = find(ad, "xenia").entry_dn
        assert ad.modify(dn, {"mail": [(ldap3.MODIFY_REPLACE, [])]})
        change(ad, dn, displayName="Xenia X.")
        [xenia] = host.sync()["users"]
        assert (xenia["displayName"], xenia["mail"]) == ("Xenia X.", None)
        assert xenia["department"] == "Engineering"

    def test_members_added_and_removed_are_exported_by_source_anchor(
        self, ad: ldap3.Connection, host: ConnectHost
    ) -> None:
        dn = find(ad, "tweedledum").entry_dn
        add_member(ad, dn)
        [group] = host.sync()["groups"]
        assert (group["addMembers"], group["removeMembers"]) == ([anchor(ad, "tweedledum")], [])
        remove_member(ad, dn)
        [group] = host.sync()["groups"]
        assert (group["addMembers"], group["removeMembers"]) == ([], [anchor(ad, "tweedledum")])

    def test_a_member_added_before_being_synced_arrives_together_with_the_membership(
        self, ad: ldap3.Connection, host: ConnectHost
    ) -> None:
        add_member(ad, add_user(ad, "newcomer"))
        export = host.sync()
        assert names(export) == {"newcomer@contoso.test"}
        assert export["groups"][0]["addMembers"] == [anchor(ad, "newcomer")]

    def test_a_deleted_person_is_deleted(self, ad: ldap3.Connection, host: ConnectHost) -> None:
        dn = add_user(ad, "leaver")
        add_member(ad, dn)
        host.sync()
        known_as = anchor(ad, "leaver")
        assert ad.delete(dn)
        assert host.sync()["deletedUsers"] == [known_as]

    def test_a_member_written_after_the_import_is_in_the_next_cycle_only(
        self, ad: ldap3.Connection, host: ConnectHost
    ) -> None:
        host.set(cycleSeconds=1.0)
        before, earlier = len(host.tenant.exports), synchronized(host)
        invoke(host, "Start-ADSyncSyncCycle", PolicyType="Delta")
        wait_until(lambda: synchronized(host)[:1] != earlier[:1])
        add_member(ad, find(ad, "tweedledee").entry_dn)
        wait_until(lambda: len(host.tenant.exports) > before)
        assert host.tenant.exports[-1]["groups"] == []
        wait_until(lambda: not scheduler(host)["SyncCycleInProgress"])
        [group] = host.sync()["groups"]
        assert group["addMembers"] == [anchor(ad, "tweedledee")]

    def test_what_could_not_be_exported_goes_out_with_the_next_cycle(
        self, ad: ldap3.Connection, host: ConnectHost
    ) -> None:
        change(ad, find(ad, "dora").entry_dn, displayName="Dora D.")
        host.tenant.status = 503
        failed = host.control.post("/sync").json()
        assert failed["result"].startswith("failed")
        assert results(host)[0]["Result"] == "stopped-extension-dll-exception"
        host.tenant.status = 200
        assert names(host.sync()) == {"dora@contoso.test"}

    def test_the_scheduler_runs_cycles_by_itself(
        self, controller: Controller, tmp_path: Path
    ) -> None:
        with (
            recording_tenant() as tenant,
            running_connect_host(tmp_path, controller, tenant, "--interval-seconds=0.5"),
        ):
            wait_until(lambda: len(tenant.exports) > 1)


def open_pool(host: ConnectHost, *, tls: bool = True, **options: Any) -> RunspacePool:
    account = {"username": domain.WORKER.principal, "password": domain.WORKER.password}
    port = host.ports["wsmanTls" if tls else "wsman"]
    defaults = {"auth": "basic" if tls else "negotiate", "cert_validation": host.authority}
    configuration = options.pop("configuration_name", "SSPR.DeltaSync")
    wsman = WSMan("127.0.0.1", port=port, ssl=tls, **{**defaults, **account, **options})
    return RunspacePool(wsman, configuration_name=configuration)


def run_in(pool: RunspacePool, cmdlet: str, **parameters: Any) -> PowerShell:
    powershell = PowerShell(pool).add_cmdlet(cmdlet).add_parameters(parameters)
    powershell.invoke()
    return powershell


def invoke(host: ConnectHost, cmdlet: str, **parameters: Any) -> PowerShell:
    pool = open_pool(host)
    with pool.connection, pool:
        return run_in(pool, cmdlet, **parameters)


def scheduler(host: ConnectHost) -> dict[str, Any]:
    [settings] = invoke(host, "Get-ADSyncScheduler").output
    return dict(settings.adapted_properties)


def results(host: ConnectHost) -> list[dict[str, Any]]:
    output = invoke(host, "Get-ADSyncRunProfileResult").output
    return [dict(result.adapted_properties) for result in output]


def synchronized(host: ConnectHost) -> list[Any]:
    """When delta synchronizations ended, which come behind the import; the newest first."""
    runs = [run for run in results(host) if run["RunProfileName"] == "Delta Synchronization"]
    return [run["EndDate"] for run in runs if run["EndDate"] is not None]


def error_of(powershell: PowerShell) -> str:
    [error] = powershell.streams.error
    assert error.exception is not None
    return str(error.exception.adapted_properties["Message"])


class TestPowerShell:
    def test_a_delta_sync_is_started_and_runs_to_its_end(self, host: ConnectHost) -> None:
        before = len(host.tenant.exports)
        powershell = invoke(host, "Start-ADSyncSyncCycle", PolicyType="Delta")
        [output] = powershell.output
        assert output.adapted_properties == {"Result": "Success"}
        assert not powershell.had_errors
        wait_until(lambda: len(host.tenant.exports) > before)

    def test_negotiate_with_message_encryption_works_without_tls(self, host: ConnectHost) -> None:
        pool = open_pool(host, tls=False)
        with pool.connection, pool:
            assert run_in(pool, "Get-ADSyncScheduler").output

    def test_negotiate_works_over_tls(self, host: ConnectHost) -> None:
        pool = open_pool(host, auth="negotiate")
        with pool.connection, pool:
            assert run_in(pool, "Get-ADSyncScheduler").output

    @pytest.mark.parametrize("tls", [True, False])
    def test_a_wrong_password_is_refused(self, host: ConnectHost, *, tls: bool) -> None:
        pool = open_pool(host, tls=tls, password="wrong")
        with pool.connection, pytest.raises(AuthenticationError):
            pool.open()

    def test_another_account_of_the_domain_is_refused(self, host: ConnectHost) -> None:
        pool = open_pool(host, username="ada@contoso.test", password=INITIAL_PASSWORD)
        with pool.connection, pytest.raises(AuthenticationError):
            pool.open()

    def test_basic_without_tls_is_refused(self, host: ConnectHost) -> None:
        pool = open_pool(host, tls=False, auth="basic", encryption="never")
        with pool.connection, pytest.raises(AuthenticationError):
            pool.open()

    def test_clear_text_without_tls_is_refused_even_after_a_logon(self, host: ConnectHost) -> None:
        pool = open_pool(host, tls=False, encryption="never")
        with pool.connection, pytest.raises(Exception, match="403"):
            pool.open()

    def test_another_session_configuration_is_not_found(self, host: ConnectHost) -> None:
        pool = open_pool(host, configuration_name="Microsoft.PowerShell")
        with pool.connection, pytest.raises(WSManFaultError, match="was not found"):
            pool.open()

    @pytest.mark.parametrize("cmdlet", ["Get-Process", "Invoke-Expression", "Set-ADSyncScheduler"])
    def test_any_other_command_is_not_recognized(self, host: ConnectHost, cmdlet: str) -> None:
        powershell = invoke(host, cmdlet)
        assert powershell.had_errors
        [error] = powershell.streams.error
        assert error.fq_error == "CommandNotFoundException"
        assert f"The term '{cmdlet}' is not recognized" in error_of(powershell)

    def test_the_commands_of_the_session_are_listed_as_jea_does(self, host: ConnectHost) -> None:
        def listed() -> dict[str, str]:
            found = [one.adapted_properties for one in invoke(host, "Get-Command").output]
            return {one["Name"]: one["CommandType"] for one in found}

        before = listed()
        cmdlets = {name for name, kind in before.items() if kind == "Cmdlet"}
        assert cmdlets == {
            *("Start-ADSyncSyncCycle", "Get-ADSyncScheduler", "Get-ADSyncRunProfileResult"),
            "Get-ADSyncAADPasswordResetConfiguration",
        }
        assert (before["Select-Object"], before["exsn"]) == ("Function", "Alias")
        host.set(exposesMore=True)
        assert set(listed()) - set(before) == {"Get-ADSyncConnectorRunStatus"}

    def test_writeback_is_told_for_the_connector_to_entra_only(self, host: ConnectHost) -> None:
        name = "Get-ADSyncAADPasswordResetConfiguration"
        host.set(writeback=False)
        [shown] = invoke(host, name, Connector="contoso.onmicrosoft.com - AAD").output
        assert shown.adapted_properties["Enabled"] is False
        assert "no connector 'other'" in error_of(invoke(host, name, Connector="other"))

    def test_scripts_are_refused(self, host: ConnectHost) -> None:
        pool = open_pool(host)
        with pool.connection, pool:
            powershell = PowerShell(pool).add_script("Get-ADSyncScheduler")
            powershell.invoke()
        assert powershell.output == []
        assert "The syntax is not supported by this runspace" in error_of(powershell)

    def test_other_policy_types_and_parameters_are_refused(self, host: ConnectHost) -> None:
        initial = invoke(host, "Start-ADSyncSyncCycle", PolicyType="Initial")
        assert 'The argument "Initial" does not belong to the set "Delta"' in error_of(initial)
        unknown = invoke(host, "Start-ADSyncSyncCycle", Force=True)
        assert "A parameter cannot be found that matches parameter name 'Force'" in error_of(
            unknown
        )

    def test_a_body_that_is_no_envelope_is_refused_with_the_reason(self, host: ConnectHost) -> None:
        account = (domain.WORKER.principal, domain.WORKER.password)
        trusted = ssl.create_default_context(cafile=host.authority)
        url = f"https://127.0.0.1:{host.ports['wsmanTls']}/wsman"
        answer = httpx.post(url, content=b"<s", auth=account, verify=trusted, timeout=PATIENCE)
        assert (answer.status_code, answer.text[:8]) == (400, "not XML:")

    def test_one_pool_runs_many_pipelines(self, host: ConnectHost) -> None:
        pool = open_pool(host)
        with pool.connection, pool:
            for _ in range(3):
                with run_in(pool, "Get-ADSyncScheduler") as powershell:
                    assert len(powershell.output) == 1


class TestScheduler:
    def test_its_settings_have_the_shapes_of_the_real_ones(self, host: ConnectHost) -> None:
        settings = scheduler(host)
        assert settings.pop("NextSyncCycleStartTimeInUTC") is not None
        assert settings == {
            "AllowedSyncCycleInterval": "PT30M",
            "CurrentlyEffectiveSyncCycleInterval": "PT30M",
            "CustomizedSyncCycleInterval": None,
            "NextSyncCyclePolicyType": "Delta",
            "PurgeRunHistoryInterval": "P7D",
            "SyncCycleEnabled": True,
            "MaintenanceEnabled": True,
            "StagingModeEnabled": False,
            "SchedulerSuspended": False,
            "SyncCycleInProgress": False,
        }

    def test_a_running_cycle_shows_and_refuses_another_one(self, host: ConnectHost) -> None:
        with host.tenant.keeping_waiting():
            invoke(host, "Start-ADSyncSyncCycle", PolicyType="Delta")
            assert scheduler(host)["SyncCycleInProgress"]
            second = invoke(host, "Start-ADSyncSyncCycle", PolicyType="Delta")
        assert (
            "Sync is already running. Cannot start a new run till this one completes."
            in error_of(second)
        )

    def test_the_run_history_shows_the_newest_run_first(self, host: ConnectHost) -> None:
        newest = results(host)[0]
        assert newest["ConnectorName"] == "contoso.onmicrosoft.com - AAD"
        assert (newest["RunProfileName"], newest["Result"]) == ("Export", "success")
        assert newest["StartDate"] <= newest["EndDate"]
        limited = invoke(host, "Get-ADSyncRunProfileResult", NumberRequested=2).output
        assert len(limited) == 2
        assert limited[0].adapted_properties["RunHistoryId"] == newest["RunHistoryId"]


class TestConditions:
    @pytest.mark.parametrize(
        ("condition", "text"),
        [
            ("busy", "Sync is already running. Cannot start a new run till this one completes."),
            ("connectorBusy", "Connector: contoso.onmicrosoft.com - AAD is busy."),
            ("suspended", "Scheduler is already suspended via global parameters."),
        ],
    )
    def test_a_cycle_is_refused_with_the_known_text(
        self, host: ConnectHost, condition: str, text: str
    ) -> None:
        host.set(**{condition: True})
        lenient = invoke(host, "Start-ADSyncSyncCycle", PolicyType="Delta")
        assert text in error_of(lenient)
        assert not lenient.had_errors
        strict = invoke(host, "Start-ADSyncSyncCycle", PolicyType="Delta", ErrorAction="Stop")
        assert text in error_of(strict)
        assert strict.had_errors

    def test_a_connector_that_is_busy_shows_in_the_run_status(self, host: ConnectHost) -> None:
        host.set(exposesMore=True)
        assert invoke(host, "Get-ADSyncConnectorRunStatus").output == []
        host.set(connectorBusy=True)
        [status] = invoke(host, "Get-ADSyncConnectorRunStatus").output
        assert status.adapted_properties["RunState"] == "Busy"

    def test_the_scheduler_shows_staging_and_suspension(self, host: ConnectHost) -> None:
        host.set(staging=True, suspended=True, busy=True)
        shown = scheduler(host)
        assert (shown["StagingModeEnabled"], shown["SchedulerSuspended"]) == (True, True)
        assert shown["SyncCycleInProgress"]

    @pytest.mark.parametrize("condition", ["staging", "exportNothing"])
    def test_a_cycle_that_exports_nothing_leaves_it_to_a_later_one(
        self, host: ConnectHost, ad: ldap3.Connection, condition: str
    ) -> None:
        dn = find(ad, "petra").entry_dn
        change(ad, dn, displayName=condition)
        host.set(**{condition: True})
        assert host.sync() == {}
        assert (
            results(host)[0]["RunProfileName"]
            == {
                "staging": "Delta Synchronization",
                "exportNothing": "Export",
            }[condition]
        )
        host.set(**{condition: False})
        [petra] = host.sync()["users"]
        assert petra["displayName"] == condition

    def test_a_condition_that_does_not_exist_is_refused_by_name(self, host: ConnectHost) -> None:
        answer = host.control.post("/conditions", json={"bsy": True})
        assert (answer.status_code, answer.json()["message"][:4]) == (400, "bsy:")

    def test_cycles_are_counted_and_can_be_forgotten(self, host: ConnectHost) -> None:
        host.control.delete("/cycles")
        host.sync()
        [cycle] = host.control.get("/cycles").json()
        assert (cycle["trigger"], cycle["policyType"]) == ("control", "Delta")
        assert cycle["result"] == "success"
        assert cycle["start"] < cycle["end"]
        assert cycle["counts"] == {
            "imported": 0,
            "users": 0,
            "deletedUsers": 0,
            "addMembers": 0,
            "removeMembers": 0,
        }

    def test_it_is_healthy(self, host: ConnectHost) -> None:
        assert host.control.get("/health").json() == {"status": "ok"}


class TestWriteback:
    def write(self, host: ConnectHost, immutable_id: str, password: str) -> httpx.Response:
        body = {"onPremisesImmutableId": immutable_id, "newPassword": password}
        return host.control.post("/writeback", json=body)

    @pytest.mark.parametrize("name", ["ada", "rolf"])
    def test_the_new_password_binds_and_the_old_one_does_not(
        self, host: ConnectHost, ad: ldap3.Connection, controller: Controller, name: str
    ) -> None:
        answer = self.write(host, anchor(ad, name), "Brand-New-Passw0rd!")
        assert (answer.status_code, answer.json()) == (200, {"eventId": 31002})
        assert controller.bind(f"{name}@contoso.test", "Brand-New-Passw0rd!").bound
        assert not controller.bind(f"{name}@contoso.test", INITIAL_PASSWORD).bound

    def test_it_reports_why_ad_refuses(
        self, host: ConnectHost, ad: ldap3.Connection, controller: Controller
    ) -> None:
        add_user(ad, "lockedout")
        for _ in range(10):
            controller.bind("lockedout@contoso.test", "wrong")
        good = "Brand-New-Passw0rd!"
        nobody = b64encode(bytes(16)).decode()
        failures = {
            "nobody": self.write(host, nobody, good),
            "protected": self.write(host, anchor(ad, "petra"), good),
            "disabled": self.write(host, anchor(ad, "dora"), good),
            "locked": self.write(host, anchor(ad, "lockedout"), good),
            "too simple": self.write(host, anchor(ad, "xenia"), "short"),
        }
        assert {why: answer.json()["eventId"] for why, answer in failures.items()} == {
            "nobody": 33002,
            "protected": 33004,
            "disabled": 33005,
            "locked": 33006,
            "too simple": 33008,
        }
        assert all(400 <= answer.status_code < 500 for answer in failures.values())

    def test_two_people_with_one_anchor_are_told_apart_by_nobody(
        self, host: ConnectHost, ad: ldap3.Connection
    ) -> None:
        shared = bytes(range(16))
        for name in ("double1", "double2"):
            change(ad, add_user(ad, name), **{"mS-DS-ConsistencyGuid": shared})
        answer = self.write(host, b64encode(shared).decode(), "Brand-New-Passw0rd!")
        assert answer.json()["eventId"] == 33003
        for name in ("double1", "double2"):
            ad.delete(find(ad, name).entry_dn)

    def test_a_staging_server_writes_nothing_back(
        self, host: ConnectHost, ad: ldap3.Connection
    ) -> None:
        host.set(staging=True)
        answer = self.write(host, anchor(ad, "xenia"), "Brand-New-Passw0rd!")
        assert (answer.status_code, answer.json()["eventId"]) == (503, 31044)

    def test_a_failure_on_demand_has_its_event_id(
        self, host: ConnectHost, ad: ldap3.Connection
    ) -> None:
        host.set(writebackFailure=33008)
        answer = self.write(host, anchor(ad, "xenia"), "Brand-New-Passw0rd!")
        assert (answer.status_code, answer.json()["eventId"]) == (422, 33008)

    @pytest.mark.parametrize(
        ("body", "problem"),
        [
            ({"newPassword": "x"}, "onPremisesImmutableId:"),
            ({"onPremisesImmutableId": "AAAA", "newPassword": "x"}, "onPremisesImmutableId: 3"),
            ({"onPremisesImmutableId": "AAAA"}, "newPassword:"),
        ],
    )
    def test_bad_input_is_refused_by_name(
        self, host: ConnectHost, body: dict[str, str], problem: str
    ) -> None:
        answer = host.control.post("/writeback", json=body)
        assert answer.status_code == 400
        assert answer.json()["message"].startswith(problem)
