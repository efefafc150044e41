"""The directory: people by any of their names, groups with what is nested in them, reports."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from sandbox.company import SYNCED_SCOPE_GROUP, object_id
from shared.domain.errors import DirectoryUnavailable
from shared.domain.person.methods import HeldMethods
from shared.domain.person.people import Identifier, IdentifierKind, Memberships, Person
from shared.domain.rollout.resets import ResetOutcome
from shared.domain.rollout.scope_groups import SyncedGroup
from shared.domain.rollout.sspr_policy import SettingChange, SsprScope
from shared.ports.directory import Directory
from tests.support.graph_tenant import (
    CLOUD_PEOPLE,
    COMPANY,
    DISABLED,
    EXCLUDED,
    GRACE,
    GUSTAV,
    NOBODY,
    SCOPE,
    UNA,
)
from tests.support.ports.entra import GROUP_SID, Entra, anchor_of
from tests.support.report import report_of

LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)
GRACE_UPN = "grace@contoso.test"
HIRES = [f"hire{number}@contoso.test" for number in range(30)]


def by_upn(upn: str) -> Identifier:
    return Identifier(IdentifierKind.USER_PRINCIPAL_NAME, upn)


async def the_person(directory: Directory, identifier: Identifier) -> Person:
    (person,) = (await directory.find_people([identifier]))[identifier]
    return person


@pytest.mark.parametrize(
    "identifier",
    [
        by_upn("GRACE@Contoso.TEST"),
        Identifier(IdentifierKind.EMPLOYEE_ID, "100002"),
        Identifier(IdentifierKind.OBJECT_ID, GRACE.upper()),
    ],
)
async def test_a_person_is_found_by_any_name(entra: Entra, identifier: Identifier) -> None:
    grace = await the_person(entra.directory, identifier)
    assert grace.object_id == GRACE
    assert grace.ref.employee_id == "100002"
    assert (grace.department, grace.office) == ("Engineering", "London")
    assert (grace.enabled, grace.licensed, grace.guest, grace.synced) == (True, True, False, False)
    assert grace.hire_date is not None
    assert grace.hire_date.isoformat() == "2019-04-01T00:00:00+00:00"


async def test_names_are_found_by_ids_and_nobody_has_none(entra: Entra) -> None:
    hires = {entra.add_user(upn): upn for upn in HIRES}
    asked = [*hires, GRACE, GUSTAV, NOBODY, SCOPE, "x'y"]
    found = await entra.directory.names(asked)
    guest = "gustav_fabrikam.test#EXT#@contoso.test"
    assert found == {**hires, GRACE: GRACE_UPN, GUSTAV: guest}
    assert await entra.directory.names([]) == {}


async def test_a_guest_is_found_although_the_name_has_number_signs(entra: Entra) -> None:
    gustav = await the_person(entra.directory, by_upn("gustav_fabrikam.test#EXT#@contoso.test"))
    assert gustav.guest
    assert gustav.object_id == GUSTAV


async def test_an_apostrophe_is_a_part_of_the_name_and_not_of_a_question(entra: Entra) -> None:
    entra.add_user("o'brien+1@contoso.test")
    wanted = [by_upn("o'brien+1@contoso.test"), by_upn("') or ('")]
    found = await entra.directory.find_people(wanted)
    assert [len(people) for people in found.values()] == [1, 0]


async def test_nobody_is_told_from_somebody(entra: Entra) -> None:
    nobody, no_guid = (Identifier(IdentifierKind.OBJECT_ID, value) for value in (NOBODY, "x'y"))
    una = by_upn("una@contoso.test")
    found = await entra.directory.find_people([nobody, una, no_guid])
    assert found[nobody] == found[no_guid] == ()
    assert not found[una][0].licensed
    assert await entra.directory.find_people([]) == {}


async def test_two_people_with_one_employee_id_are_both_returned(entra: Entra) -> None:
    for name in ("tweedledum", "tweedledee"):
        entra.add_user(f"{name}@contoso.test", employee_id="100099")
    twins = Identifier(IdentifierKind.EMPLOYEE_ID, "100099")
    assert len((await entra.directory.find_people([twins]))[twins]) == 2


async def test_synced_people_are_found_by_their_anchor_and_its_case_counts(entra: Entra) -> None:
    upn = "hire@contoso.test"
    (hire,) = entra.sync(upn)
    anchor = anchor_of(upn)
    found = await entra.directory.find_by_source_anchor([anchor, anchor.upper()])
    assert found.keys() == {anchor}
    assert (found[anchor].object_id, found[anchor].synced) == (hire, True)
    assert found[anchor].ref.sid
    assert await entra.directory.find_by_source_anchor([]) == {}


async def test_synced_people_are_found_by_their_sid_whatever_its_case(entra: Entra) -> None:
    upns = [f"hire-{number}@contoso.test" for number in range(17)]
    hires = entra.sync(*upns)
    people = [page async for page in entra.directory.everybody()]
    known = {one.object_id: one.ref.sid for page in people for one in page}
    sids = [known[hire] or "" for hire in hires]
    assert all(sids)
    found = await entra.directory.find_by_sid([*map(str.lower, sids), "S-1-5-21-0-0-0-1"])
    assert {sid: one.object_id for sid, one in found.items()} == dict(zip(sids, hires, strict=True))
    assert await entra.directory.find_by_sid([]) == {}


async def test_memberships_count_nested_groups_and_roles(entra: Entra) -> None:
    rita = entra.add_user("rita@contoso.test", role=True)
    await entra.scope.add([rita])
    await entra.join(SCOPE, EXCLUDED)
    await entra.join(EXCLUDED, GRACE)
    assert await entra.directory.memberships([rita, GRACE, UNA, NOBODY]) == {
        rita: Memberships(frozenset({SCOPE}), holds_directory_role=True),
        GRACE: Memberships(frozenset({EXCLUDED, SCOPE})),
        UNA: Memberships(),
    }
    assert await entra.directory.memberships([]) == {}


async def test_whom_entra_does_not_know_for_a_moment_is_left_out_and_not_in_no_group(
    entra: Entra,
) -> None:
    await entra.scope.add([GRACE])
    member = {GRACE: Memberships(frozenset({SCOPE}))}
    entra.overlook(GRACE)
    assert await entra.directory.memberships([GRACE, UNA]) == {UNA: Memberships()}
    assert await entra.directory.memberships([GRACE]) == member


async def test_the_scope_is_everybody_in_it_and_in_groups_in_it_but_not_these(
    entra: Entra,
) -> None:
    hires = entra.sync(*HIRES, group="SSPR-Enabled-Users")
    await entra.scope.add(CLOUD_PEOPLE[:30])
    assert await entra.directory.scope_member_ids() == {*CLOUD_PEOPLE[:30], *hires}


async def test_what_was_written_shows_late_to_whoever_looks(entra: Entra) -> None:
    await entra.scope.add([UNA])
    entra.delay()
    await entra.scope.add([GRACE])
    await entra.scope.remove([UNA])
    assert await entra.directory.scope_member_ids() == {UNA}
    assert await entra.directory.memberships([GRACE]) == {GRACE: Memberships()}
    entra.catch_up()
    assert await entra.directory.scope_member_ids() == {GRACE}


async def test_everybody_is_listed_once_by_the_page_guests_and_newcomers_too(
    entra: Entra,
) -> None:
    hires = entra.sync(*HIRES)
    pages = [page async for page in entra.directory.everybody()]
    people = {person.object_id: person for page in pages for person in page}
    assert len(people) == sum(map(len, pages)) == len(CLOUD_PEOPLE) + len(HIRES)
    assert people.keys() == {*CLOUD_PEOPLE, *hires}
    assert people[GUSTAV].guest
    assert people[GUSTAV].employee_type is None
    assert not people[UNA].licensed
    assert people[hires[0]].synced


async def test_a_group_is_everybody_in_it_and_in_groups_in_it(entra: Entra) -> None:
    pilots = entra.add_group("Pilots")
    await entra.join(pilots, UNA)
    await entra.join(EXCLUDED, pilots)
    await entra.join(EXCLUDED, GRACE)
    inside = await entra.directory.group_member_ids(EXCLUDED)
    excluded = {each.object_id for each in COMPANY.people_mastered_in_cloud if each.excluded}
    assert inside == frozenset({GRACE, UNA, *excluded})
    assert await entra.directory.group_member_ids(pilots) == frozenset({UNA})


async def test_a_group_that_does_not_exist_is_told_from_an_empty_one(entra: Entra) -> None:
    assert await entra.directory.group_member_ids(NOBODY) is None
    assert await entra.directory.group_member_ids(SCOPE) == frozenset()


async def test_a_scope_group_that_does_not_exist_is_no_empty_scope(entra: Entra) -> None:
    directory, _ = entra.with_scope(NOBODY)
    with pytest.raises(DirectoryUnavailable, match="404"):
        await directory.scope_member_ids()


async def test_the_report_says_who_is_in_scope_and_who_has_registered(entra: Entra) -> None:
    await entra.scope.add([GRACE, CLOUD_PEOPLE[20]])
    entra.register(GRACE_UPN, "una@contoso.test")
    report = await report_of(entra.directory)
    assert DISABLED
    assert report.keys() == set(CLOUD_PEOPLE) - DISABLED
    assert (report[GRACE].sspr_enabled, report[GRACE].sspr_registered) == (True, True)
    known = report[CLOUD_PEOPLE[20]]
    assert (known.object_id, known.sspr_enabled, known.sspr_registered) == (
        CLOUD_PEOPLE[20],
        True,
        False,
    )
    assert report[GRACE].held == HeldMethods(frozenset({"email", "mobilePhone"}))
    assert known.held == HeldMethods()
    assert not report[UNA].sspr_enabled
    assert await entra.directory.registered() == {one: report[one].held for one in (GRACE, UNA)}


async def test_administrators_are_told_by_the_report(entra: Entra) -> None:
    before = await entra.directory.administrator_ids()
    in_cloud = COMPANY.people_mastered_in_cloud
    assert before == {each.object_id for each in in_cloud if each.directory_role}
    rita = entra.add_user("rita@contoso.test", role=True)
    assert await entra.directory.administrator_ids() == before | {rita}


async def test_a_reset_is_a_success_or_blocked_and_what_else_ends_it_is_left_out(
    entra: Entra,
) -> None:
    gets_in, has_no_method, stays_out = COMPANY.people_mastered_in_cloud[10:13]
    upns = [each.user_principal_name for each in (gets_in, has_no_method, stays_out)]
    await entra.scope.add([gets_in.object_id, has_no_method.object_id])
    entra.register(upns[0], upns[2])
    entra.try_reset(*upns)
    resets = await entra.directory.resets(LONG_AGO)
    assert {(reset.object_id, reset.outcome) for reset in resets} == {
        (gets_in.object_id, ResetOutcome.SUCCEEDED),
        (stays_out.object_id, ResetOutcome.BLOCKED),
    }
    newest = max(reset.at for reset in resets)
    assert await entra.directory.resets(newest + timedelta(hours=1)) == []


async def test_the_report_follows_whom_sspr_is_switched_on_for(entra: Entra) -> None:
    other = entra.add_group("Somebody else's")
    await entra.join(other, UNA)
    await entra.scope.add([GRACE])

    async def enabled() -> set[str]:
        report = await report_of(entra.directory)
        return {GRACE, UNA} & {one for one, row in report.items() if row.sspr_enabled}

    assert await enabled() == {GRACE}
    entra.switch_sspr(SsprScope.NONE)
    assert await enabled() == set()
    entra.switch_sspr(SsprScope.ALL)
    assert await enabled() == {GRACE, UNA}
    entra.switch_sspr(SsprScope.GROUP, "Somebody else's")
    assert await enabled() == {UNA}


async def test_the_audit_log_tells_of_changes_of_ssprs_own_settings_oldest_first(
    entra: Entra,
) -> None:
    other = entra.add_group("Somebody else's")
    assert await entra.directory.policy_changes(LONG_AGO) == []
    entra.switch_sspr(SsprScope.ALL)
    entra.switch_sspr(SsprScope.GROUP, "Somebody else's")
    changes = await entra.directory.policy_changes(LONG_AGO)
    assert [change.scope for change in changes] == [SsprScope.ALL, SsprScope.GROUP]
    assert [change.names_group(other) for change in changes] == [None, True]
    assert changes[1].names_group(SCOPE) is False
    assert all(change.may_be_of_scope for change in changes)
    assert changes[0].settings == (SettingChange("EnablementType", "1", "2"),)
    assert await entra.directory.policy_changes(changes[1].at + timedelta(hours=1)) == []


SYNCED = SYNCED_SCOPE_GROUP
SYNCED_ID = object_id("group", SYNCED)


async def twin(entra: Entra) -> SyncedGroup:
    (found,) = (await entra.directory.synced_groups([GROUP_SID])).values()
    return found


async def test_an_ad_groups_twin_is_found_by_its_sid_with_what_it_has_become(
    entra: Entra,
) -> None:
    assert await entra.directory.synced_groups([GROUP_SID, "S-1-5-21-404"]) == {}
    entra.sync("una@contoso.test", group=SYNCED)
    as_it_has_to_be = SyncedGroup(
        object_id=SYNCED_ID, is_synced=True, is_security_group=True, is_in_scope=True
    )
    found = await entra.directory.synced_groups([GROUP_SID, "S-1-5-21-404"])
    assert found == {GROUP_SID: as_it_has_to_be}
    entra.change_group(SYNCED, synced=False)
    assert await twin(entra) == replace(as_it_has_to_be, is_synced=False)
    entra.change_group(SYNCED, security=False)
    assert await twin(entra) == replace(as_it_has_to_be, is_security_group=False)
    entra.change_group(SYNCED)
    entra.nest(SYNCED, nested=False)
    assert await twin(entra) == replace(as_it_has_to_be, is_in_scope=False)


async def test_a_group_that_is_nested_deeper_is_in_scope_too(entra: Entra) -> None:
    entra.sync("una@contoso.test", group=SYNCED)
    entra.nest(SYNCED, nested=False)
    between = entra.add_group("between")
    await entra.join(between, SYNCED_ID)
    entra.nest("between", nested=True)
    assert (await twin(entra)).is_in_scope


async def test_the_scope_group_says_what_kind_it_is(entra: Entra) -> None:
    assert await entra.directory.scope_group() == SyncedGroup(
        object_id=SCOPE, is_synced=False, is_security_group=True, is_in_scope=True
    )
    nowhere, _ = entra.with_scope(NOBODY)
    assert await nowhere.scope_group() is None


async def test_a_converted_person_is_no_longer_synced_and_stays_who_they_are(
    entra: Entra,
) -> None:
    """And the sync leaves them alone from then on."""
    upn = "una@contoso.test"
    entra.sync(upn)
    before = await the_person(entra.directory, by_upn(upn))
    entra.convert(upn)
    after = await the_person(entra.directory, by_upn(upn))
    assert before.synced
    assert after == replace(before, synced=False)
