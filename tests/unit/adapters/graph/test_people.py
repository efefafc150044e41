from datetime import UTC, datetime
from typing import Any

import pytest

from shared.adapters.graph.people import (
    is_user,
    memberships_of,
    names_of,
    person_of,
    registration_of,
    with_appointments,
)
from shared.domain.person.licences import BUSINESS_STANDARD, Licences
from shared.domain.person.people import (
    Attribute,
    Identifier,
    IdentifierKind,
    Memberships,
    Registration,
    UserRef,
)

P1 = "41781fb2-bc02-4b7c-bd55-b576c07bb09d"
P2 = "eec0eb4f-6444-4f95-aba0-50c24d67f998"
ADA = "0f0e0d0c-0000-4000-8000-000000000001"


def user(**fields: Any) -> dict[str, Any]:
    return {"id": ADA, "userPrincipalName": "Ada@contoso.test", "accountEnabled": True, **fields}


def test_a_whole_user_becomes_a_person() -> None:
    person = person_of(
        user(
            employeeId="100001",
            userType="Member",
            department="Engineering",
            companyName="Contoso",
            employeeType="Contractor",
            jobTitle="Engineer",
            officeLocation="Munich",
            usageLocation="DE",
            employeeHireDate="2026-01-05T00:00:00Z",
            onPremisesSyncEnabled=True,
            onPremisesDomainName="corp.contoso.test",
            onPremisesImmutableId="q83vASNFZ4mrze8BI0VniQ==",
            onPremisesSecurityIdentifier="S-1-5-21-1-2-3-1104",
            assignedPlans=[{"servicePlanId": P1, "capabilityStatus": "Enabled"}],
        )
    )
    assert person.ref == UserRef(
        object_id=ADA,
        user_principal_name="Ada@contoso.test",
        employee_id="100001",
        source_anchor="q83vASNFZ4mrze8BI0VniQ==",
        sid="S-1-5-21-1-2-3-1104",
    )
    assert (person.enabled, person.guest, person.synced, person.licensed) == (
        True,
        False,
        True,
        True,
    )
    assert person.hire_date == datetime(2026, 1, 5, tzinfo=UTC)
    assert {each: person.attribute(each) for each in Attribute} == {
        Attribute.DEPARTMENT: "Engineering",
        Attribute.COMPANY: "Contoso",
        Attribute.EMPLOYEE_TYPE: "Contractor",
        Attribute.JOB_TITLE: "Engineer",
        Attribute.OFFICE: "Munich",
        Attribute.USAGE_LOCATION: "DE",
        Attribute.DOMAIN: "corp.contoso.test",
    }


def test_a_user_with_nothing_but_nulls_is_an_unlicensed_cloud_user() -> None:
    person = person_of(
        user(
            accountEnabled=None,
            userType=None,
            employeeHireDate=None,
            onPremisesSyncEnabled=None,
            assignedPlans=[],
            **dict.fromkeys(Attribute),
        )
    )
    assert not any((person.enabled, person.guest, person.synced, person.licensed))
    assert person.hire_date is None
    assert {person.attribute(each) for each in Attribute} == {None}


def test_a_guest_is_told_by_the_user_type() -> None:
    assert person_of(user(userType="Guest")).guest


@pytest.mark.parametrize(
    ("plan", "status", "licensed"),
    [
        (P1, "Enabled", True),
        (P2, "Enabled", True),
        (P2.upper(), "Enabled", True),
        (P1, "Warning", True),
        (P1, "Suspended", False),
        (P1, "Deleted", False),
        ("00000000-0000-0000-0000-000000000000", "Enabled", False),
    ],
)
def test_only_a_usable_plan_with_writeback_is_a_licence(
    plan: str, status: str, licensed: bool
) -> None:
    plans = [{"servicePlanId": plan, "capabilityStatus": status, "service": "AADPremiumService"}]
    assert person_of(user(assignedPlans=plans)).licensed is licensed


def test_business_standard_is_enough_for_people_of_the_cloud_alone() -> None:
    has_it = {"assignedLicenses": [{"skuId": BUSINESS_STANDARD.upper(), "disabledPlans": []}]}
    assert person_of(user(**has_it)).licensed
    assert not person_of(user(**has_it, onPremisesSyncEnabled=True)).licensed
    none_do = Licences(plans=frozenset(), cloud_only_skus=frozenset())
    assert not person_of(user(**has_it), none_do).licensed


def test_another_plan_is_a_licence_where_a_deployment_says_so() -> None:
    own = "11111111-1111-4111-8111-111111111111"
    plans = [{"servicePlanId": own.upper(), "capabilityStatus": "Enabled"}]
    assert not person_of(user(assignedPlans=plans)).licensed
    assert person_of(user(assignedPlans=plans), Licences(plans=frozenset({own}))).licensed


def test_a_hire_date_may_have_more_digits_than_python_keeps() -> None:
    hired = person_of(user(employeeHireDate="2026-01-05T08:00:00.1234567Z")).hire_date
    assert hired == datetime(2026, 1, 5, 8, 0, 0, 123456, tzinfo=UTC)


def test_a_person_is_found_by_every_name_in_whatever_case() -> None:
    names = names_of(person_of(user(employeeId="E-1")))
    assert Identifier(IdentifierKind.OBJECT_ID, ADA.upper()) in names
    assert Identifier(IdentifierKind.USER_PRINCIPAL_NAME, "ADA@contoso.TEST") in names
    assert Identifier(IdentifierKind.EMPLOYEE_ID, "e-1") in names


def test_a_person_without_an_employee_id_is_not_found_by_an_empty_one() -> None:
    assert len(names_of(person_of(user(employeeId=None)))) == 2


def role(**fields: str) -> dict[str, Any]:
    return {"@odata.type": "#microsoft.graph.directoryRole", "id": "r", **fields}


HELPDESK = role(
    displayName="Helpdesk Administrator", roleTemplateId="729827E3-9C14-49F7-BB1B-9608F156BBB8"
)
READER = role(displayName="Global Reader", roleTemplateId="f2ef992c-3afb-46b9-b7cf-a126ee74c451")


def test_groups_count_as_groups_and_roles_as_roles() -> None:
    group = {"@odata.type": "#microsoft.graph.group", "id": "g"}
    unit = {"@odata.type": "#microsoft.graph.administrativeUnit", "id": "u"}
    found = memberships_of([group, HELPDESK, unit])
    assert found == Memberships(frozenset({"g"}), holds_directory_role=True)
    assert memberships_of([unit]) == Memberships()


@pytest.mark.parametrize(
    ("held", "governed"),
    [
        (HELPDESK, True),
        (READER, False),
        (role(displayName="Company Administrator"), True),
        (role(displayName="Mailbox Administrator", roleTemplateId=ADA), True),
        (role(displayName="Reports Reader"), False),
        (role(displayName="Bookkeepers", roleTemplateId=ADA), False),
        # What is not known may be one.
        (role(), True),
    ],
)
def test_only_roles_that_the_policy_for_administrators_names_count(
    held: dict[str, Any], governed: bool
) -> None:
    assert memberships_of([held]).holds_directory_role is governed


def test_an_appointment_of_a_person_or_of_a_group_of_theirs_counts() -> None:
    anna = Memberships(frozenset({"g"}))
    for appointed in ({"anna"}, {"g"}):
        assert with_appointments(anna, "anna", appointed).holds_directory_role
    assert with_appointments(anna, "anna", {"other"}) == anna


def test_only_users_are_people() -> None:
    assert is_user({"@odata.type": "#microsoft.graph.user", "id": "1"})
    assert not is_user({"@odata.type": "#microsoft.graph.group", "id": "2"})
    assert not is_user({"@odata.type": "#microsoft.graph.servicePrincipal", "id": "3"})


def test_a_row_of_the_report_becomes_a_registration() -> None:
    row = {"id": ADA, "isSsprEnabled": True, "isSsprRegistered": False, "isSsprCapable": False}
    assert registration_of(row) == Registration(ADA, sspr_enabled=True, sspr_registered=False)
