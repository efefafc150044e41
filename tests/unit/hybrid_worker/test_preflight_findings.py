"""What AD shows of an account, as findings; what it hides, as unknown."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from hybrid_worker.preflight.findings import (
    Surroundings,
    has_reserved_ou,
    moment_of,
    told_apart,
    words_about,
)
from hybrid_worker.preflight.rights import Held
from shared.domain.person.preflight import Finding, Unknown
from tests.support.descriptors import ALLOW, GENERIC_ALL, Entry, descriptor

NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)
SYNC = "S-1-5-21-1-2-3-1111"
DAY = timedelta(days=1)
PSO = "CN=Strict,CN=Password Settings Container,CN=System,DC=corp"
AROUND = Surroundings(
    now=NOW,
    token=frozenset({SYNC}),
    may_unexpire=Held.YES,
    minimum_age=timedelta(),
    fine_grained={},
)
ALL_ALLOWED = descriptor(Entry(ALLOW, SYNC, GENERIC_ALL))


type Found = tuple[set[Finding], set[Unknown]]


def ticks(moment: datetime) -> bytes:
    since = moment - datetime(1601, 1, 1, tzinfo=UTC)
    return str(since // timedelta(microseconds=1) * 10).encode()


FINE = {
    "distinguishedName": [b"CN=Ada,OU=Sales,DC=corp"],
    "nTSecurityDescriptor": [ALL_ALLOWED],
    "userAccountControl": [b"512"],
    "msDS-User-Account-Control-Computed": [b"0"],
    "accountExpires": [b"9223372036854775807"],
    "pwdLastSet": [ticks(NOW - DAY / 2)],
}


def about(around: Surroundings = AROUND, /, **attributes: bytes | None) -> Found:
    changed = {name.replace("_", "-"): value for name, value in attributes.items()}
    hidden = {name for name, value in changed.items() if value is None}
    shown = {name: [value] for name, value in changed.items() if value is not None}
    entry = {name: values for name, values in FINE.items() if name not in hidden} | shown
    return told_apart(words_about(entry, around))


def test_an_account_with_nothing_in_the_way_has_no_findings() -> None:
    assert about() == (set(), set())


@pytest.mark.parametrize(
    ("attributes", "finding"),
    [
        ({"userAccountControl": b"514"}, Finding.DISABLED),
        ({"msDS_User_Account_Control_Computed": b"16"}, Finding.LOCKED),
        ({"accountExpires": ticks(NOW)}, Finding.EXPIRED),
        ({"adminCount": b"1"}, Finding.ADMIN_PROTECTED),
        ({"distinguishedName": rb"CN=Ada,OU=R\2CD,DC=corp"}, Finding.OU_NAME),
    ],
)
def test_each_state_of_an_account_is_found(attributes: dict[str, bytes], finding: Finding) -> None:
    assert about(AROUND, **attributes) == ({finding}, set())


@pytest.mark.parametrize(
    "name", ["userAccountControl", "msDS-User-Account-Control-Computed", "accountExpires"]
)
def test_what_ad_hides_of_an_account_is_unknown(name: str) -> None:
    assert about(AROUND, **{name.replace("-", "_"): None}) == (set(), {Unknown.ACCOUNT_STATE})


@pytest.mark.parametrize("hidden", [None, b"\x01\x00"])
def test_permissions_that_are_hidden_or_not_understood_are_unknown(hidden: bytes | None) -> None:
    assert about(nTSecurityDescriptor=hidden) == (set(), {Unknown.PERMISSIONS})


def test_without_an_account_that_writes_back_no_right_is_told() -> None:
    unknown = replace(AROUND, token=None, may_unexpire=Held.UNKNOWN)
    assert about(unknown) == (set(), {Unknown.CONNECTOR})


def test_each_right_that_is_missing_is_a_finding_of_its_own() -> None:
    closed = descriptor(protected=True)
    assert about(nTSecurityDescriptor=closed)[0] == {
        *(Finding.NO_RESET_RIGHT, Finding.NO_LOCKOUT_RIGHT, Finding.NO_PWDLASTSET_RIGHT),
        Finding.INHERITANCE_BLOCKED,
    }
    assert about(replace(AROUND, may_unexpire=Held.NO))[0] == {Finding.NO_UNEXPIRE_RIGHT}


def test_a_password_is_too_young_until_its_policys_minimum_age_is_over() -> None:
    strict = replace(AROUND, minimum_age=DAY)
    assert about(strict)[0] == {Finding.MINIMUM_AGE}
    assert about(strict, pwdLastSet=ticks(NOW - DAY))[0] == set()
    # One that has to be changed at the next sign-in is old enough.
    assert about(strict, pwdLastSet=b"0")[0] == set()
    assert about(strict, pwdLastSet=None) == (set(), {Unknown.ACCOUNT_STATE})


def test_a_fine_grained_policy_goes_before_the_domains() -> None:
    around = replace(AROUND, minimum_age=DAY, fine_grained={PSO.lower(): timedelta()})
    name = "msDS_ResultantPSO"
    assert about(around, **{name: PSO.encode()}) == (set(), set())
    assert about(around)[0] == {Finding.MINIMUM_AGE}
    assert about(around, **{name: b"CN=Hidden,DC=corp"})[1] == {Unknown.PASSWORD_POLICY}


def test_where_fine_grained_policies_are_hidden_the_age_is_unknown_and_the_domains_is_told() -> (
    None
):
    hidden = replace(AROUND, fine_grained=None)
    assert about(hidden) == (set(), {Unknown.PASSWORD_POLICY})
    strict = replace(hidden, minimum_age=DAY)
    assert about(strict) == ({Finding.MINIMUM_AGE}, {Unknown.PASSWORD_POLICY})
    assert about(replace(AROUND, minimum_age=None))[1] == {Unknown.PASSWORD_POLICY}


@pytest.mark.parametrize(
    ("dn", "reserved"),
    [
        ("CN=Ada,OU=Sales,DC=corp", False),
        ("CN=Ada,OU=Sales & Co.,OU=Küche-2 (neu),DC=corp", False),
        # The person's own name is nothing of it, nor is a container's.
        (r"CN=Love\, Ada,OU=Sales,DC=corp", False),
        (r"CN=Ada,CN=a\=b,DC=corp", False),
        (r"CN=Ada,OU=R\,D,DC=corp", True),
        (r"CN=Ada,OU=R\+D,DC=corp", True),
        (r"CN=Ada,OU=a\"b,DC=corp", True),
        (r"CN=Ada,OU=a\\b,DC=corp", True),
        (r"CN=Ada,OU=a\<b,DC=corp", True),
        (r"CN=Ada,OU=a\>b,DC=corp", True),
        (r"CN=Ada,OU=a\;b,DC=corp", True),
        (r"CN=Ada,OU=a\=b,DC=corp", True),
        ("CN=Ada,OU=a/b,DC=corp", True),
        (r"CN=Ada,OU=a\0Ab,DC=corp", True),
        (r"CN=Ada,OU=\#1,DC=corp", True),
        ("CN=Ada,OU=a#1,DC=corp", False),
        (r"CN=Ada,OU=Sales,OU=Rack\\Row,DC=corp", True),
    ],
)
def test_the_characters_that_writeback_cannot_take_are_found_in_names_of_ous(
    dn: str, *, reserved: bool
) -> None:
    assert has_reserved_ou(dn) is reserved


def test_a_time_beyond_all_calendars_is_far_ahead() -> None:
    assert moment_of(2**63 - 1).year == 9999
