"""The worker's look-ups and writes against a real domain controller, in this process."""

from base64 import b64encode
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID, uuid4

import ldap3
import pytest

from hybrid_worker.active_directory.account import AccountKind, Pointer
from hybrid_worker.active_directory.connection import Control, DirectoryConnection, Entry
from hybrid_worker.active_directory.directory import ActiveDirectory
from hybrid_worker.active_directory.lookup import find_accounts
from hybrid_worker.active_directory.scope_group import ScopeGroup
from hybrid_worker.active_directory.trouble import DirectoryTrouble
from hybrid_worker.active_directory.written import Written
from hybrid_worker.delta_sync.coalescer import LeftAlone
from hybrid_worker.handle_commands import HandleCommands
from hybrid_worker.journal import Journal
from hybrid_worker.settings import DirectorySettings
from sandbox.domain_controller import domain
from sandbox.testing.domain_controller_process import Controller
from shared.contracts.messages.directory_command import CommandMember, DirectoryCommand
from shared.contracts.messages.directory_result import MemberResult
from shared.domain.errors import ConfigurationError, DirectoryUnavailable
from shared.domain.person.reasons import Reason
from shared.domain.person.writes import ScopeAction, WriteOutcome
from tests.support.worker_process import (
    Directory,
    by_name,
    command,
    directory_settings,
    running_controller,
    sign_in,
)

_SHOW_DELETED = "1.2.840.113556.1.4.417"
SIZE = 1600
"""People enough for a thousand additions."""


@pytest.fixture(scope="module")
def controller(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Controller]:
    with running_controller(tmp_path_factory.mktemp("dc") / "dc", SIZE) as controller:
        yield controller


@pytest.fixture(scope="module")
def everybody(controller: Controller) -> Directory:
    return Directory(controller.administrator())


@pytest.fixture
def directory(everybody: Directory) -> Directory:
    everybody.empty()
    return everybody


@pytest.fixture(scope="module")
def settings(controller: Controller) -> DirectorySettings:
    return directory_settings(controller)


@pytest.fixture
def connection(settings: DirectorySettings) -> Iterator[DirectoryConnection]:
    connection = DirectoryConnection(settings, sign_in(settings))
    yield connection
    connection.close()


@pytest.fixture
def group(connection: DirectoryConnection, directory: Directory) -> ScopeGroup:
    del directory
    return ScopeGroup.resolve(connection, "SSPR-Enabled-Users")


class CappedConnection(DirectoryConnection):
    """Reads no more than ten members at once, as AD no more than 1,500; Samba has no limit."""

    def read(
        self,
        dn: str,
        attributes: Sequence[str],
        *,
        guids_of_members: bool = False,
        controls: Sequence[Control] = (),
    ) -> Entry | None:
        (name,) = attributes
        start = int(name.removeprefix("member;range=").removesuffix("-*"))
        capped = [f"member;range={start}-{start + 9}"]
        return super().read(dn, capped, guids_of_members=guids_of_members, controls=controls)


class Worker:
    """The use case on the real directory and a real journal."""

    def __init__(self, settings: DirectorySettings, journal: Journal) -> None:
        self.directory = ActiveDirectory(settings, sign_in(settings))
        self.journal = journal
        self.handle = HandleCommands(
            self.directory.find_people,
            self.directory,
            journal,
            LeftAlone(),
            lambda: datetime.now(UTC),
            triggers_sync=False,
        )

    def __call__(self, *commands: DirectoryCommand) -> list[tuple[MemberResult, ...]]:
        self.handle(commands)
        keys = [each.command_key for each in commands]
        recorded = self.journal.recorded(keys)
        return [recorded[key].members for key in keys]

    def one(self, member: CommandMember, action: ScopeAction = ScopeAction.ADD) -> MemberResult:
        ((result,),) = self(command([member], action))
        return result


@contextmanager
def working(settings: DirectorySettings, folder: Path) -> Iterator[Worker]:
    with Journal(folder / "journal", datetime.now(UTC)) as journal:
        worker = Worker(settings, journal)
        try:
            yield worker
        finally:
            worker.directory.close()


@pytest.fixture
def worker(settings: DirectorySettings, directory: Directory, tmp_path: Path) -> Iterator[Worker]:
    del directory
    with working(settings, tmp_path) as worker:
        yield worker


def guids(controller: Controller, count: int) -> list[UUID]:
    administrator = controller.administrator()
    found = administrator.extend.standard.paged_search(
        domain.PEOPLE, "(objectClass=user)", attributes=["objectGUID"], generator=False
    )
    return [UUID(bytes_le=entry["raw_attributes"]["objectGUID"][0]) for entry in found][:count]


def verdict(result: MemberResult) -> tuple[WriteOutcome, Reason | None]:
    return result.outcome, result.reason


@pytest.mark.parametrize("name", ["ada", "alan", "dora", "rolf", "tweedledum"])
def test_a_source_anchor_leads_to_its_account_migrated_or_not(
    worker: Worker, directory: Directory, name: str
) -> None:
    member = directory.member(name)
    found = worker.one(member)
    assert verdict(found) == (WriteOutcome.DONE, None)
    assert (found.source_anchor, found.sid) == (member.source_anchor, member.sid)
    assert directory.members() == [name]


def object_guid(directory: Directory, dn: str) -> bytes:
    directory.administrator.search(dn, "(objectClass=*)", attributes=["objectGUID"])
    value: bytes = directory.administrator.entries[0]["objectGUID"].raw_values[0]
    return value


def test_either_guid_of_a_migrated_account_is_its_anchor(
    worker: Worker, directory: Directory
) -> None:
    """Given a tenant whose wizard fell back to objectGUID, when it asks by that, then it is them.

    The answer keeps the anchor that the cloud goes by.
    """
    dn = directory.create("migrated", **{"mS-DS-ConsistencyGuid": uuid4().bytes_le})
    anchor = b64encode(object_guid(directory, dn)).decode()
    found = worker.one(CommandMember(key="migrated", source_anchor=anchor))
    assert (verdict(found), found.source_anchor) == ((WriteOutcome.DONE, None), anchor)
    assert directory.members() == ["migrated"]


def test_one_anchor_of_two_accounts_is_ambiguous_unless_a_sid_decides(
    worker: Worker, directory: Directory
) -> None:
    """Given somebody moved within the forest, whose old account is still there, then by both."""
    old = directory.create("moved-from")
    guid = object_guid(directory, old)
    directory.create("moved-to", **{"mS-DS-ConsistencyGuid": guid})
    anchor = b64encode(guid).decode()
    by_anchor = CommandMember(key="moved", source_anchor=anchor)
    assert verdict(worker.one(by_anchor)) == (WriteOutcome.REFUSED, Reason.AMBIGUOUS)
    sid = directory.member("moved-to").sid
    assert verdict(worker.one(by_anchor.model_copy(update={"sid": sid}))) == (
        WriteOutcome.DONE,
        None,
    )
    assert directory.members() == ["moved-to"]


@pytest.mark.parametrize("anchor", ["100001", "ada@contoso.test", "%%%"])
def test_a_tenants_own_anchor_is_nobodys_name_and_the_sid_finds_them(
    worker: Worker, directory: Directory, anchor: str
) -> None:
    ada = directory.member("ada").model_copy(update={"source_anchor": anchor})
    found = worker.one(ada)
    assert (verdict(found), found.source_anchor) == ((WriteOutcome.DONE, None), anchor)
    assert directory.members() == ["ada"]
    lost = worker.one(CommandMember(key="x", source_anchor=anchor))
    assert verdict(lost) == (WriteOutcome.NOT_FOUND, Reason.NOT_IN_ACTIVE_DIRECTORY)
    assert "no SID is known" in lost.detail


def test_names_that_only_look_alike_are_two_peoples(worker: Worker, directory: Directory) -> None:
    """Given two UPNs that fold to one, when both are asked for at once, then each is their own."""
    directory.create("strasse")
    directory.create("strasze", userPrincipalName="straße@contoso.test")
    both = command(
        [
            CommandMember(key=name, user_principal_name=f"{name}@contoso.test")
            for name in ("strasse", "straße")
        ]
    )
    (results,) = worker(both)
    assert [verdict(one) for one in results] == [(WriteOutcome.DONE, None)] * 2
    assert results[0].sid != results[1].sid


def test_two_accounts_with_one_employee_id_are_ambiguous_and_left_alone(
    worker: Worker, directory: Directory
) -> None:
    twins = CommandMember(key="twins", employee_id="100099")
    assert verdict(worker.one(twins)) == (WriteOutcome.REFUSED, Reason.AMBIGUOUS)
    assert directory.members() == []


def test_an_employee_id_of_one_leads_to_them(worker: Worker, directory: Directory) -> None:
    assert worker.one(CommandMember(key="a", employee_id="100003")).outcome is WriteOutcome.DONE
    assert directory.members() == ["alan"]


def test_a_name_without_an_at_sign_is_a_logon_name(worker: Worker, directory: Directory) -> None:
    assert (
        worker.one(CommandMember(key="a", user_principal_name="ALAN")).outcome is WriteOutcome.DONE
    )
    assert directory.members() == ["alan"]


def test_another_sid_than_the_clouds_is_refused(worker: Worker, directory: Directory) -> None:
    stranger = directory.member("ada").model_copy(update={"sid": directory.member("rolf").sid})
    refused = worker.one(stranger)
    assert verdict(refused) == (WriteOutcome.REFUSED, Reason.SID_MISMATCH)
    assert (refused.sid, refused.user_principal_name) == (None, None)


def test_the_protected_are_not_added_but_may_always_be_removed(
    worker: Worker, directory: Directory
) -> None:
    petra = directory.member("petra")
    assert verdict(worker.one(petra)) == (WriteOutcome.REFUSED, Reason.PROTECTED)
    directory.put_in("petra")
    assert verdict(worker.one(petra, ScopeAction.REMOVE)) == (WriteOutcome.DONE, None)
    assert directory.members() == []


def test_the_disabled_are_refused_when_the_cloud_did_not_know_them(worker: Worker) -> None:
    (dora,) = by_name("dora")
    assert verdict(worker.one(dora)) == (WriteOutcome.REFUSED, Reason.DISABLED)


def test_nobody_is_not_found(worker: Worker) -> None:
    assert verdict(worker.one(by_name("nobody")[0])) == (WriteOutcome.NOT_FOUND, None)


@pytest.mark.parametrize("value", ["*", "a*", "*)(objectClass=*", "alan)(cn=*", "\\2a", "al\0an"])
def test_ldap_metacharacters_find_nobody(worker: Worker, value: str) -> None:
    assert worker.one(CommandMember(key="x", employee_id=value)).outcome is WriteOutcome.NOT_FOUND
    (upn,) = by_name("x")
    upn = upn.model_copy(update={"user_principal_name": f"{value}@contoso.test"})
    assert worker.one(upn).outcome is WriteOutcome.NOT_FOUND


def test_a_name_full_of_metacharacters_finds_its_own_account_only(
    worker: Worker, directory: Directory
) -> None:
    directory.create("odd", employeeID="(1*)\\2", sAMAccountName="odd1")
    directory.create("even", employeeID="(1x)\\2", sAMAccountName="even1")
    assert worker.one(CommandMember(key="x", employee_id="(1*)\\2")).outcome is WriteOutcome.DONE
    assert directory.members() == ["odd"]


def test_a_thousand_additions_are_one_modify(
    controller: Controller, group: ScopeGroup, connection: DirectoryConnection
) -> None:
    people = guids(controller, 1000)
    before = connection.modifications
    written = group.write(people, [])
    assert connection.modifications - before == 1
    assert written == Written()
    assert group.members() == set(people)


@pytest.mark.parametrize("count", [0, 9, 10, 25])
def test_members_are_read_range_by_range(
    controller: Controller, group: ScopeGroup, settings: DirectorySettings, count: int
) -> None:
    people = guids(controller, count)
    group.write(people, [])
    capped = CappedConnection(settings, sign_in(settings))
    assert ScopeGroup(capped, group.guid).members() == set(people)
    capped.close()


def test_one_account_that_is_gone_does_not_stop_the_others(
    controller: Controller, group: ScopeGroup
) -> None:
    people = guids(controller, 20)
    gone = uuid4()
    written = group.write([*people[:7], gone, *people[7:]], [])
    assert written.vanished == {gone}
    assert group.members() == set(people)


def test_who_was_put_in_or_taken_out_meanwhile_is_already_as_wished(
    controller: Controller, group: ScopeGroup
) -> None:
    inside, added, outside, removed = guids(controller, 4)
    group.write([inside, removed], [])
    written = group.write([inside, added], [outside, removed])
    assert written.already == {inside, outside}
    assert group.members() == {inside, added}


def test_the_account_may_write_this_group_and_no_other(
    controller: Controller, connection: DirectoryConnection
) -> None:
    (person,) = guids(controller, 1)
    other = ScopeGroup.resolve(connection, domain.OTHER_GROUP)
    assert other.write([person], []).refused == {person: "insufficientAccessRights"}
    assert other.members() == set()
    dn = Directory(controller.administrator()).dn("rolf")
    code, _ = connection.modify(dn, {"description": [(ldap3.MODIFY_REPLACE, ["x"])]})
    assert code == ldap3.core.results.RESULT_INSUFFICIENT_ACCESS_RIGHTS


def test_a_refused_write_is_answered_with_what_ad_said(
    controller: Controller, directory: Directory, tmp_path: Path
) -> None:
    del directory
    elsewhere = directory_settings(controller, scope_group=domain.OTHER_GROUP)
    with working(elsewhere, tmp_path) as worker:
        refused = worker.one(by_name("rolf")[0])
    assert verdict(refused) == (WriteOutcome.REFUSED, Reason.WRITE_REFUSED)
    assert refused.detail == "insufficientAccessRights"


def test_a_group_that_was_deleted_is_named_at_the_next_look_until_it_is_restored(
    controller: Controller, tmp_path: Path
) -> None:
    """Given no command that would show it, then it is no controller that cannot be reached."""
    doomed = f"CN=Doomed,{domain.GROUPS}"
    administrator = controller.administrator()
    assert administrator.add(doomed, "group", {"sAMAccountName": "Doomed"}), administrator.result
    with working(directory_settings(controller, scope_group=doomed), tmp_path) as worker:
        worker.directory.check()
        assert administrator.delete(doomed), administrator.result
        for ask in (worker.directory.check, worker.directory.members):
            with pytest.raises(DirectoryTrouble) as told:
                ask()
            assert (told.value.problem, told.value.passes) == ("scope-group", False)
        _restore(administrator, doomed)
        worker.directory.check()
        assert worker.directory.members() == set()


def _restore(administrator: ldap3.Connection, dn: str) -> None:
    """Out of the deleted objects, as MS-ADTS 3.1.1.5.3.7 has it."""
    shown = [(_SHOW_DELETED, True, None)]
    name = dn.partition(",")[0].removeprefix("CN=")
    deleted = f"CN=Deleted Objects,{domain.BASE}"
    administrator.search(deleted, f"(sAMAccountName={name})", controls=shown)
    (found,) = administrator.entries
    changes = {
        "isDeleted": [(ldap3.MODIFY_DELETE, [])],
        "distinguishedName": [(ldap3.MODIFY_REPLACE, [dn])],
    }
    assert administrator.modify(found.entry_dn, changes, controls=shown), administrator.result


def test_a_crash_after_the_write_and_before_the_record_is_settled_from_the_group(
    settings: DirectorySettings, directory: Directory, tmp_path: Path
) -> None:
    add = command([directory.member("ada"), directory.member("rolf")])
    directory.put_in("rolf")
    with working(settings, tmp_path) as worker:
        write = worker.directory.write

        def write_and_die(adds: frozenset[UUID], removes: frozenset[UUID]) -> None:
            write(adds, removes)
            raise DirectoryUnavailable("the process ends here")

        worker.directory.write = write_and_die  # type: ignore[method-assign, assignment]
        with pytest.raises(DirectoryUnavailable):
            worker(add)
    assert directory.members() == ["ada", "rolf"]
    with working(settings, tmp_path) as again:
        ((ada, rolf),) = again(add)
    assert (ada.outcome, rolf.outcome) == (WriteOutcome.DONE, WriteOutcome.ALREADY)
    assert directory.members() == ["ada", "rolf"]


def test_a_crash_before_the_write_writes_after_the_restart(
    settings: DirectorySettings, directory: Directory, tmp_path: Path
) -> None:
    add = command([directory.member("ada")])
    with working(settings, tmp_path) as worker:

        def die(adds: frozenset[UUID], removes: frozenset[UUID]) -> None:
            raise DirectoryUnavailable(f"the process ends before {adds} and {removes}")

        worker.directory.write = die  # type: ignore[method-assign, assignment]
        with pytest.raises(DirectoryUnavailable):
            worker(add)
    with working(settings, tmp_path) as again:
        ((ada,),) = again(add)
    assert ada.outcome is WriteOutcome.DONE
    assert directory.members() == ["ada"]


@pytest.mark.parametrize(
    ("differences", "reason"),
    [
        ({"scope_group": "No-Such-Group"}, "no group"),
        ({"scope_group": f"CN=No-Such-Group,{domain.GROUPS}"}, "no group"),
        ({"scope_group": f"CN=rolf,OU=Legal,{domain.PEOPLE}"}, "no group"),
        ({"scope_group": "CN=Broken,,"}, "no group"),
        ({"password": "wrong"}, "refuses the account"),
    ],
)
def test_what_the_settings_name_and_ad_does_not_have_stops_the_start(
    controller: Controller, differences: dict[str, str], reason: str
) -> None:
    settings = directory_settings(controller, **differences)
    directory = ActiveDirectory(settings, sign_in(settings))
    with pytest.raises(ConfigurationError, match=reason):
        directory.check()
    directory.close()


@pytest.mark.parametrize(
    ("differences", "reason"),
    [
        ({"domain": "other.test"}, "serves 'DC=corp,DC=contoso,DC=test'"),
        ({"server": "dc2.corp.contoso.test"}, "doesn't match any name"),
        ({"ca_file": None}, "certificate verify failed"),
        ({"address": "127.0.0.1", "port": 9}, "refused"),
    ],
)
def test_a_server_that_is_not_proved_to_be_the_right_one_is_not_talked_to(
    controller: Controller, differences: dict[str, object], reason: str
) -> None:
    settings = directory_settings(controller, **differences)
    directory = ActiveDirectory(settings, sign_in(settings))
    with pytest.raises(DirectoryUnavailable, match=reason):
        directory.check()
    directory.close()


def test_many_people_are_found_in_few_searches(
    controller: Controller, connection: DirectoryConnection, everybody: Directory
) -> None:
    del controller
    everybody.administrator.search(
        domain.PEOPLE, "(objectClass=user)", attributes=["userPrincipalName"], paged_size=400
    )
    names = [str(e["userPrincipalName"]).lower() for e in everybody.administrator.entries]
    pointers = [Pointer(AccountKind.PRINCIPAL_NAME, name) for name in names]
    found = find_accounts(connection, pointers)
    assert [len(found[pointer]) for pointer in pointers] == [1] * len(names)
