"""The sandbox's domain controller: a real Samba AD DC, seeded with the company, on one address."""

import os
import signal
import subprocess
from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path

import ldap3
import pytest
from ldap3.core.exceptions import LDAPExtensionError
from ldap3.utils.conv import escape_filter_chars

from sandbox.company import INITIAL_PASSWORD, build_company
from sandbox.domain_controller import domain
from sandbox.domain_controller.layout import Layout
from sandbox.processes import children, lives
from sandbox.testing.domain_controller_process import SIZE, Controller, command, running
from sandbox.testing.repository import ROOT
from sandbox.testing.waiting import PATIENCE, wait_until

COMPANY = build_company(SIZE)
NO_RIGHTS = 50


@pytest.fixture(scope="module")
def controller(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Controller]:
    with running(tmp_path_factory.mktemp("dc") / "one") as controller:
        yield controller


def read(connection: ldap3.Connection, upn: str, *attributes: str) -> ldap3.Entry:
    filter_ = f"(userPrincipalName={escape_filter_chars(upn)})"
    assert connection.search(domain.BASE, filter_, attributes=list(attributes))
    return connection.entries[0]


def change_members(connection: ldap3.Connection, group_dn: str, member_dn: str) -> int:
    connection.modify(group_dn, {"member": [(ldap3.MODIFY_ADD, [member_dn])]})
    return int(connection.result["result"])


def test_everybody_in_ad_and_nobody_else_is_seeded(controller: Controller) -> None:
    connection = controller.administrator()
    connection.search(domain.PEOPLE, "(objectClass=user)", attributes=["userPrincipalName"])
    seeded = {entry.userPrincipalName.value for entry in connection.entries}
    assert seeded == {person.user_principal_name for person in COMPANY.people_in_ad}


def test_a_person_carries_what_the_company_says(controller: Controller) -> None:
    ada = COMPANY.by_upn["ada@contoso.test"]
    names = ["employeeID", "department", "mail", "displayName", "sAMAccountName"]
    entry = read(controller.administrator(), ada.user_principal_name, *names)
    assert [entry[name].value for name in names] == [
        *(ada.employee_id, ada.department, ada.mail, ada.display_name, ada.sam_account_name)
    ]
    assert f"OU={ada.department},{domain.PEOPLE}" in entry.entry_dn


def test_the_special_kinds_of_people_are_there(controller: Controller) -> None:
    connection = controller.administrator()
    disabled = read(connection, "dora@contoso.test", "userAccountControl")
    assert int(disabled.userAccountControl.value) & 2
    assert read(connection, "petra@contoso.test", "adminCount").adminCount.value == "1"
    connection.search(domain.PEOPLE, "(employeeID=100099)")
    assert len(connection.entries) == 2


def test_some_people_are_anchored_by_consistency_guid_and_others_by_object_guid(
    controller: Controller,
) -> None:
    connection = controller.administrator()
    attributes = ["mS-DS-ConsistencyGuid", "objectGUID"]
    connection.search(domain.PEOPLE, "(objectClass=user)", attributes=attributes)
    anchored = [entry for entry in connection.entries if entry["mS-DS-ConsistencyGuid"].raw_values]
    assert 0 < len(anchored) < len(connection.entries)
    for entry in anchored:
        anchor = entry["mS-DS-ConsistencyGuid"].raw_values[0]
        assert len(anchor) == 16
        assert b64encode(anchor) != b64encode(entry["objectGUID"].raw_values[0])


def test_simple_bind_works_over_tls_and_is_refused_without(controller: Controller) -> None:
    worker = domain.WORKER
    assert controller.bind(worker.principal, worker.password).bound
    plain = controller.bound(
        ldap3.Connection(controller.server(port=389), worker.principal, worker.password)
    )
    assert not plain.bound
    assert plain.result["description"] == "strongerAuthRequired"


def test_kerberos_binds_without_a_password(
    controller: Controller, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KRB5_CONFIG", controller.ready["krb5Config"])
    monkeypatch.setenv("KRB5_CLIENT_KTNAME", controller.ready["keytab"])
    monkeypatch.setenv("KRB5CCNAME", "MEMORY:test")
    connection = controller.bound(
        ldap3.Connection(
            controller.server(),
            authentication=ldap3.SASL,
            sasl_mechanism=ldap3.KERBEROS,
            sasl_credentials=(controller.ready["host"],),
        )
    )
    assert connection.bound
    person = read(connection, "ada@contoso.test").entry_dn
    assert change_members(connection, domain.OTHER_GROUP_DN, person) == NO_RIGHTS


def test_the_worker_may_write_the_members_of_one_group_and_nothing_else(
    controller: Controller,
) -> None:
    connection = controller.bind(domain.WORKER.principal, domain.WORKER.password)
    person = read(connection, "ada@contoso.test").entry_dn
    assert change_members(connection, domain.SCOPE_GROUP_DN, person) == 0
    assert change_members(connection, domain.OTHER_GROUP_DN, person) == NO_RIGHTS
    connection.modify(domain.SCOPE_GROUP_DN, {"description": [(ldap3.MODIFY_REPLACE, ["x"])]})
    assert connection.result["result"] == NO_RIGHTS
    connection.modify(person, {"mail": [(ldap3.MODIFY_REPLACE, ["x@contoso.test"])]})
    assert connection.result["result"] == NO_RIGHTS
    connection.delete(domain.SCOPE_GROUP_DN)
    assert connection.result["result"] == NO_RIGHTS
    connection.add(f"CN=New,{domain.GROUPS}", "group")
    assert connection.result["result"] == NO_RIGHTS


def test_the_effective_rights_show_the_worker_its_own_group(controller: Controller) -> None:
    connection = controller.bind(domain.WORKER.principal, domain.WORKER.password)
    writable = {}
    for group in (domain.SCOPE_GROUP_DN, domain.OTHER_GROUP_DN):
        connection.search(
            group, "(objectClass=*)", ldap3.BASE, attributes=["allowedAttributesEffective"]
        )
        writable[group] = connection.entries[0].allowedAttributesEffective.values
    assert writable == {domain.SCOPE_GROUP_DN: ["member"], domain.OTHER_GROUP_DN: []}


def test_the_connector_resets_passwords_except_of_protected_people(
    controller: Controller,
) -> None:
    connection = controller.bind(domain.CONNECTOR.principal, domain.CONNECTOR.password)
    generated = COMPANY.people_synced[-1].user_principal_name
    person = read(connection, generated).entry_dn
    assert connection.extend.microsoft.modify_password(person, "Another-Passw0rd!")
    assert controller.bind(generated, "Another-Passw0rd!").bound
    assert not controller.bind(generated, INITIAL_PASSWORD).bound
    petra = read(connection, "petra@contoso.test").entry_dn
    assert not connection.extend.microsoft.modify_password(petra, "Another-Passw0rd!")
    assert connection.result["result"] == NO_RIGHTS


def test_only_the_connector_may_replicate_changes(controller: Controller) -> None:
    def replicate(account: domain.ServiceAccount) -> int:
        connection = controller.bind(account.principal, account.password)
        sync = connection.extend.microsoft.dir_sync(
            domain.BASE, attributes=["sAMAccountName"], object_security=False
        )
        return len(sync.loop())

    assert replicate(domain.CONNECTOR) > len(COMPANY.people_in_ad)
    with pytest.raises(LDAPExtensionError, match="insufficientAccessRights"):
        replicate(domain.WORKER)


def test_two_controllers_from_one_cache_run_side_by_side_and_keep_their_own_state(
    controller: Controller, tmp_path: Path
) -> None:
    with running(tmp_path / "two") as other:
        guids = [
            read(one.administrator(), "ada@contoso.test", "objectGUID").objectGUID.value
            for one in (controller, other)
        ]
        assert guids[0] == guids[1]
        connection = other.administrator()
        ada = read(connection, "ada@contoso.test").entry_dn
        assert change_members(connection, domain.OTHER_GROUP_DN, ada) == 0
    with running(tmp_path / "two") as again:
        assert members_of_other_group(again) == [ada]
    assert members_of_other_group(controller) == []


def members_of_other_group(controller: Controller) -> list[str]:
    connection = controller.administrator()
    connection.search(domain.OTHER_GROUP_DN, "(objectClass=*)", ldap3.BASE, attributes=["member"])
    return list(connection.entries[0].member.values)


def test_a_stop_is_clean_and_leaves_no_child(tmp_path: Path) -> None:
    with running(tmp_path / "dc") as controller:
        started = children(controller.process.pid, and_theirs=True)
        assert started
        controller.process.send_signal(signal.SIGTERM)
        assert controller.process.wait(PATIENCE) == 0
        assert not any(lives(process) for process in started)


def test_it_fails_when_samba_dies(tmp_path: Path) -> None:
    with running(tmp_path / "dc") as controller:
        [samba] = children(controller.process.pid)
        samba.kill()
        assert controller.process.wait(PATIENCE) == 1


def test_samba_does_not_outlive_a_killed_controller(tmp_path: Path) -> None:
    with running(tmp_path / "dc") as controller:
        [samba] = children(controller.process.pid)
        os.kill(controller.process.pid, signal.SIGKILL)
        wait_until(lambda: not lives(samba))


def test_an_address_in_use_is_refused_by_name(controller: Controller, tmp_path: Path) -> None:
    second = subprocess.run(
        command(tmp_path / "dc", controller.ready["address"]),
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert second.returncode == 1
    assert f"address: {controller.ready['address']}:636 is not free" in second.stderr


def test_a_state_folder_too_long_for_sockets_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match=r"state: .* characters too long"):
        Layout(Path("/") / ("x" * 100))
