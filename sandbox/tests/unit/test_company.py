"""The sandbox's company: the same for everybody who builds it, and rich enough to test with."""

from collections import Counter
from datetime import date

import pytest

from sandbox.company import UPN_SUFFIX, Employee, Home, build_company


def find(given_name: str) -> Employee:
    return build_company().by_upn[f"{given_name}@{UPN_SUFFIX}"]


def test_the_same_size_and_seed_give_the_same_people() -> None:
    assert build_company(300, seed=7) == build_company(300, seed=7)
    assert build_company(300, seed=7) != build_company(300, seed=8)


def test_every_user_principal_name_and_sam_account_name_is_unique_and_fits() -> None:
    people = build_company(20_000).people
    sams = [person.sam_account_name for person in people if person.sam_account_name]
    assert len({person.user_principal_name.lower() for person in people}) == len(people)
    assert len({sam.lower() for sam in sams}) == len(sams)
    assert max(map(len, sams)) <= 20
    assert all(person.user_principal_name.endswith(f"@{UPN_SUFFIX}") for person in people)


def test_of_twenty_thousand_people_no_two_are_the_same() -> None:
    people = build_company(20_000).people
    assert len({person.object_id for person in people}) == 20_000
    assert len({person.user_principal_name for person in people}) == 20_000


def test_most_people_are_hybrid_and_every_special_kind_is_there_beyond_the_fixed_names() -> None:
    people = build_company(300).people
    homes = Counter(person.home for person in people)
    assert homes[Home.HYBRID] > 150
    assert homes[Home.CLOUD] > 50
    assert homes[Home.AD_ONLY] > 1
    assert homes[Home.HR_ONLY] > 1
    for flag in ("guest", "disabled", "unlicensed", "directory_role", "protected", "excluded"):
        flagged = [person for person in people if getattr(person, flag)]
        assert 2 <= len(flagged) <= 15, flag


def test_the_people_with_fixed_names_have_the_kinds_that_demos_count_on() -> None:
    assert find("ada").home is Home.HYBRID
    assert find("grace").home is Home.CLOUD
    assert (find("alan").home, find("alan").employee_id) == (Home.AD_ONLY, "100003")
    assert find("gustav_fabrikam.test#ext#").guest
    assert find("dora").disabled
    assert find("una").unlicensed
    assert find("rolf").directory_role
    assert find("petra").protected
    assert find("xenia").excluded
    assert find("tweedledum").employee_id == find("tweedledee").employee_id == "100099"


def test_only_the_twins_share_an_employee_id() -> None:
    ids = Counter(person.employee_id for person in build_company(2_000).people)
    assert [each for each, count in ids.items() if each and count > 1] == ["100099"]


def test_hedy_starts_two_weeks_after_the_given_day() -> None:
    hedy = build_company(today=date(2026, 3, 1)).by_upn[f"hedy@{UPN_SUFFIX}"]
    assert (hedy.home, hedy.hire_date) == (Home.HR_ONLY, date(2026, 3, 15))


def test_the_day_changes_newcomers_only() -> None:
    def people_by_name(today: date) -> dict[str, Employee]:
        return build_company(today=today).by_upn

    before, after = people_by_name(date(2026, 3, 1)), people_by_name(date(2026, 4, 1))
    changed = [person for upn, person in before.items() if person != after[upn]]
    assert {person.home for person in changed} == {Home.AD_ONLY, Home.HR_ONLY}


def test_the_lists_divide_the_company_without_overlap() -> None:
    company = build_company()
    parts = [
        company.people_synced,
        company.people_not_yet_synced,
        company.people_mastered_in_cloud,
        company.people_in_hr_only,
    ]
    assert sum(map(len, parts)) == len(company.people)
    assert len(company.people_in_ad) == len(parts[0]) + len(parts[1])
    assert len(company.people_in_cloud) == len(parts[0]) + len(parts[2])


def test_a_company_too_small_for_the_fixed_names_is_refused_by_field_and_reason() -> None:
    with pytest.raises(ValueError, match="size: 3 is fewer than the 12 people"):
        build_company(3)
