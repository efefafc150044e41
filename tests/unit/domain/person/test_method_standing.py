"""Where each method stands on a day, and that the words say it."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.person.documented_methods import (
    DOCUMENTED,
    DOCUMENTED_RULES,
    SMS_AND_VOICE_END,
)
from shared.domain.person.method_filter import METHOD_WORDS, MethodFilter, named_methods
from shared.domain.person.method_standing import Counting, standings
from shared.domain.person.methods import HeldMethods, MethodRule, ResetRules

TODAY = date(2026, 11, 30)


def said(
    name: str, rules: ResetRules, day: date = TODAY, *, administrator: bool = False
) -> tuple[Counting, str]:
    [one] = standings(HeldMethods(frozenset({name}), administrator=administrator), rules, day)
    return one.counting, one.text


def ruled(rule: MethodRule, required: int = 1) -> ResetRules:
    return ResetRules(methods={"email": rule}, required=required)


@pytest.mark.parametrize(
    ("name", "rules", "counting", "text"),
    [
        ("email", DOCUMENTED_RULES, Counting.COUNTS, "counts"),
        ("mobilePhone", DOCUMENTED_RULES, Counting.COUNTS, "counts until 2027-02-01"),
        ("passKeySynced", DOCUMENTED_RULES, Counting.NEVER, "does not count for a reset"),
        (
            "ofTomorrow",
            DOCUMENTED_RULES,
            Counting.NOT_KNOWN,
            "not known to count; the rollout document can say so",
        ),
        (
            "email",
            ruled(MethodRule(since=date(2027, 1, 1))),
            Counting.NOT_YET,
            "counts from 2027-01-01",
        ),
        (
            "email",
            ruled(MethodRule(alone=False)),
            Counting.BESIDE_ANOTHER,
            "counts beside another method",
        ),
        ("email", ruled(MethodRule(alone=False), required=2), Counting.COUNTS, "counts"),
    ],
)
def test_a_method_says_whether_it_counts_and_until_when(
    name: str, rules: ResetRules, counting: Counting, text: str
) -> None:
    assert said(name, rules) == (counting, text)


def test_a_method_that_has_ended_says_since_when() -> None:
    assert said("mobilePhone", DOCUMENTED_RULES, SMS_AND_VOICE_END) == (
        Counting.ENDED,
        "no longer counts since 2027-02-01",
    )


def test_security_questions_do_not_count_for_administrators() -> None:
    counting, _ = said("securityQuestion", DOCUMENTED_RULES, administrator=True)
    assert counting is Counting.NOT_FOR_ADMINISTRATORS


@given(
    names=st.frozensets(st.sampled_from([*DOCUMENTED, "ofTomorrow"])),
    administrator=st.booleans(),
    days=st.integers(-400, 400),
)
def test_what_is_said_to_count_is_what_the_rules_count(
    names: frozenset[str], administrator: bool, days: int
) -> None:
    held, day = (
        HeldMethods(names, administrator=administrator),
        SMS_AND_VOICE_END + timedelta(days=days),
    )
    counting = {
        one.name
        for one in standings(held, DOCUMENTED_RULES, day)
        if one.counting in {Counting.COUNTS, Counting.BESIDE_ANOTHER}
    }
    assert counting == DOCUMENTED_RULES.counting(held, day)


def test_every_word_for_methods_means_names_that_are_documented() -> None:
    assert frozenset().union(*METHOD_WORDS.values()) <= DOCUMENTED.keys()


def test_a_name_that_nobody_knows_is_taken_as_it_is() -> None:
    assert named_methods(["ofTomorrow", "EMAIL"], DOCUMENTED_RULES) == {"ofTomorrow", "email"}


@pytest.mark.parametrize(
    ("held", "day", "is_meant"),
    [
        ("mobilePhone", TODAY, True),
        ("mobilePhone passKeySynced", TODAY, True),
        ("mobilePhone email", TODAY, False),
        ("passKeySynced", TODAY, False),
        ("mobilePhone", SMS_AND_VOICE_END, False),
        ("mobilePhone ofTomorrow", TODAY, True),
    ],
)
def test_only_a_method_means_that_nothing_else_counts(held: str, day: date, is_meant: bool) -> None:
    meant = MethodFilter(only=METHOD_WORDS["sms"])
    assert meant.means(HeldMethods(frozenset(held.split())), DOCUMENTED_RULES, day) is is_meant


def test_whose_methods_nobody_has_read_is_meant_by_no_filter_of_methods() -> None:
    assert not MethodFilter(any_of=frozenset({"email"})).means(None, DOCUMENTED_RULES, TODAY)
    assert MethodFilter().means(None, DOCUMENTED_RULES, TODAY)
