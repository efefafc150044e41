"""Who is enrolled: eligible people in sufficient number, nobody measured twice."""

from collections.abc import Iterator

from sandbox.company import UPN_SUFFIX, Employee, Home, build_company
from sandbox.console import Console

WARMING_UP = {Home.CLOUD: f"grace@{UPN_SUFFIX}", Home.HYBRID: f"ada@{UPN_SUFFIX}"}
"""Enrolled before anything is measured: the first call of everything takes longer."""


def synced_people(company_size: int, count: int) -> Iterator[str]:
    """UPNs of eligible synced people.

    Raises:
        ValueError: the company has fewer than `count`.
    """
    found = _eligible(company_size, Home.HYBRID)
    if len(found) < count:
        raise ValueError(f"--company-size: {len(found)} synced people, but {count} are needed")
    return iter(found)


def cloud_people(console: Console, company_size: int, count: int) -> Iterator[str]:
    """UPNs of eligible cloud-only people: the company's, then as many more as are missing."""
    found = _eligible(company_size, Home.CLOUD)
    extra = [f"bench.{number}@{UPN_SUFFIX}" for number in range(count - len(found))]
    for number, upn in enumerate(extra):
        body = {
            "userPrincipalName": upn,
            "displayName": f"Bench {number}",
            "employeeId": f"B{number}",
            "usageLocation": "GB",
            "licensed": True,
        }
        console.tenant.post("/sandbox/users", json=body).raise_for_status()
    return iter([*found, *extra])


def _eligible(company_size: int, home: Home) -> list[str]:
    people = build_company(company_size).people
    upns = [one.user_principal_name for one in people if one.home is home and _may_enrol(one)]
    return [upn for upn in upns if upn not in WARMING_UP.values()]


def _may_enrol(one: Employee) -> bool:
    return not (
        one.guest
        or one.disabled
        or one.unlicensed
        or one.excluded
        or one.protected
        or one.directory_role
    )
