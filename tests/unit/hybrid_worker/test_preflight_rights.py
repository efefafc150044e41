"""Which rights an account has: the first entry that speaks of a right decides."""

from itertools import permutations

import pytest

from hybrid_worker.preflight import rights
from hybrid_worker.preflight.rights import EVERYBODY, Held, Right, cannot_change_password, held
from hybrid_worker.preflight.security_descriptor import read_descriptor
from tests.support.descriptors import (
    ALLOW,
    ALLOW_CONDITIONAL,
    ALLOW_OBJECT,
    CONTROL,
    DENY,
    DENY_OBJECT,
    GENERIC_ALL,
    INHERIT_ONLY,
    READ,
    WRITE,
    Entry,
    descriptor,
)

SYNC = "S-1-5-21-1-2-3-1111"
GROUP = "S-1-5-21-1-2-3-2222"
STRANGER = "S-1-5-21-1-2-3-3333"
TOKEN = EVERYBODY | {SYNC, GROUP}
RESET = "00299570-246d-11d0-a768-00aa006e0529"
CHANGE = "ab721a53-1e2f-11d0-9819-00aa0040529b"
LOCKOUT = "28630ebf-41d5-11d1-a9c1-0000f80367c1"
RESTRICTIONS = rights.USER_ACCOUNT_RESTRICTIONS
USER = "bf967aba-0de6-11d0-a285-00aa003049e2"
NEEDED = (rights.RESET_PASSWORD, rights.WRITE_LOCKOUT_TIME, rights.WRITE_PWD_LAST_SET)


def holds(right: Right, *entries: Entry) -> Held:
    return held(right, read_descriptor(descriptor(*entries)), TOKEN)


@pytest.mark.parametrize("right", NEEDED)
def test_nothing_said_is_no_right(right: Right) -> None:
    assert holds(right) is Held.NO
    assert holds(right, Entry(ALLOW, STRANGER, GENERIC_ALL)) is Held.NO
    assert holds(right, Entry(ALLOW, SYNC, READ)) is Held.NO


@pytest.mark.parametrize("right", NEEDED)
@pytest.mark.parametrize("sid", [SYNC, GROUP, "S-1-1-0", "S-1-5-11"])
def test_everything_is_allowed_to_whoever_is_in_the_token(right: Right, sid: str) -> None:
    assert holds(right, Entry(ALLOW, sid, GENERIC_ALL)) is Held.YES
    assert holds(right, Entry(ALLOW, sid, CONTROL | WRITE)) is Held.YES


@pytest.mark.parametrize("right", NEEDED)
def test_no_dacl_at_all_lets_everybody(right: Right) -> None:
    assert held(right, read_descriptor(descriptor(dacl=False)), TOKEN) is Held.YES


def test_an_objects_entry_is_for_what_it_names() -> None:
    reset = Entry(ALLOW_OBJECT, SYNC, CONTROL, RESET, USER)
    assert holds(rights.RESET_PASSWORD, reset) is Held.YES
    assert holds(rights.CHANGE_PASSWORD, reset) is Held.NO
    assert holds(rights.WRITE_LOCKOUT_TIME, reset) is Held.NO
    # The name alone is not enough: the right to read an attribute writes nothing.
    assert holds(rights.WRITE_LOCKOUT_TIME, Entry(ALLOW_OBJECT, SYNC, READ, LOCKOUT)) is Held.NO
    assert holds(rights.WRITE_LOCKOUT_TIME, Entry(ALLOW_OBJECT, SYNC, WRITE, LOCKOUT)) is Held.YES


def test_an_entry_that_names_the_class_is_for_all_its_attributes_and_no_other_right() -> None:
    """Found by random permissions on a real domain."""
    of_class = Entry(ALLOW_OBJECT, SYNC, CONTROL | WRITE, USER)
    assert holds(rights.WRITE_LOCKOUT_TIME, of_class) is Held.YES
    assert holds(rights.WRITE_PWD_LAST_SET, of_class) is Held.YES
    assert holds(rights.RESET_PASSWORD, of_class) is Held.NO
    deny = Entry(DENY_OBJECT, SYNC, WRITE, USER)
    assert holds(rights.WRITE_LOCKOUT_TIME, deny, of_class) is Held.NO
    other = read_descriptor(descriptor(of_class))
    right, of = rights.WRITE_LOCKOUT_TIME, rights.INET_ORG_PERSON
    assert held(right, other, TOKEN, of) is Held.NO


def test_an_objects_entry_that_names_nothing_is_for_everything() -> None:
    assert holds(rights.RESET_PASSWORD, Entry(ALLOW_OBJECT, SYNC, CONTROL)) is Held.YES


def test_a_property_set_is_for_the_attributes_in_it() -> None:
    of_set = Entry(ALLOW_OBJECT, SYNC, WRITE, RESTRICTIONS)
    assert holds(rights.WRITE_PWD_LAST_SET, of_set) is Held.YES
    assert holds(rights.WRITE_LOCKOUT_TIME, of_set) is Held.NO


def test_an_entry_for_objects_below_says_nothing_of_this_one() -> None:
    below = Entry(ALLOW_OBJECT, SYNC, CONTROL, RESET, flags=INHERIT_ONLY)
    assert holds(rights.RESET_PASSWORD, below) is Held.NO


def test_the_first_entry_that_speaks_of_the_right_decides() -> None:
    """An explicit allow goes before an inherited deny, because it stands before it."""
    allow = Entry(ALLOW_OBJECT, SYNC, CONTROL, RESET)
    deny = Entry(DENY, GROUP, CONTROL)
    other = Entry(DENY_OBJECT, SYNC, CONTROL, CHANGE)
    for entries in permutations([allow, deny, other]):
        expected = Held.YES if entries.index(allow) < entries.index(deny) else Held.NO
        assert holds(rights.RESET_PASSWORD, *entries) is expected


def test_what_hangs_on_a_condition_is_not_known() -> None:
    conditional = Entry(ALLOW_CONDITIONAL, SYNC, CONTROL)
    assert holds(rights.RESET_PASSWORD, conditional) is Held.UNKNOWN
    allow = Entry(ALLOW, SYNC, CONTROL)
    assert holds(rights.RESET_PASSWORD, allow, conditional) is Held.YES


def test_the_option_that_a_user_cannot_change_the_password_is_two_denials() -> None:
    own, everybody = (Entry(DENY_OBJECT, sid, CONTROL, CHANGE) for sid in ("S-1-5-10", "S-1-1-0"))
    usual = [Entry(ALLOW_OBJECT, sid, CONTROL, CHANGE) for sid in ("S-1-5-10", "S-1-1-0")]

    def is_set(*entries: Entry) -> bool:
        return cannot_change_password(read_descriptor(descriptor(*entries)))

    assert is_set(own, everybody, *usual)
    assert not is_set(*usual)
    assert not is_set(own, *usual)
    assert not is_set(*usual, own, everybody)
    # Whoever is merely granted nothing is not denied it.
    assert not is_set()
