"""Which methods count on which day, and whether they are enough."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.person.documented_methods import (
    DOCUMENTED,
    DOCUMENTED_RULES,
    QUESTIONS_END,
    SMS_AND_VOICE_END,
)
from shared.domain.person.methods import (
    Ability,
    HeldMethods,
    MethodRule,
    ResetRules,
    read_held,
    write_held,
)

LAST_DAY = SMS_AND_VOICE_END - timedelta(days=1)
TWO = ResetRules(methods=DOCUMENTED_RULES.methods, required=2)


def holding(text: str, *, administrator: bool = False) -> HeldMethods:
    return HeldMethods(frozenset(text.split()), administrator=administrator)


@pytest.mark.parametrize(
    ("held", "today", "after_the_end"),
    [
        ("", Ability.CANNOT, Ability.CANNOT),
        ("mobilePhone", Ability.CAN, Ability.CANNOT),
        ("officePhone alternateMobilePhone", Ability.CAN, Ability.CANNOT),
        ("mobilePhone passKeySynced windowsHelloForBusiness", Ability.CAN, Ability.CANNOT),
        ("mobilePhone email", Ability.CAN, Ability.CAN),
        ("softwareOneTimePasscode", Ability.CAN, Ability.CAN),
        ("passKeyDeviceBound", Ability.CANNOT, Ability.CANNOT),
        ("mobilePhone telepathy", Ability.CAN, Ability.NOT_KNOWN),
        ("telepathy", Ability.NOT_KNOWN, Ability.NOT_KNOWN),
    ],
)
def test_sms_and_voice_end_on_a_day_and_a_passkey_never_counts(
    held: str, today: Ability, after_the_end: Ability
) -> None:
    one = holding(held)
    assert DOCUMENTED_RULES.ability(one, LAST_DAY) is today
    assert DOCUMENTED_RULES.ability(one, SMS_AND_VOICE_END) is after_the_end


@pytest.mark.parametrize(
    ("held", "rules", "before", "after"),
    [
        ("securityQuestion", DOCUMENTED_RULES, Ability.CAN, Ability.CANNOT),
        ("securityQuestion mobilePhone", DOCUMENTED_RULES, Ability.CAN, Ability.CANNOT),
        ("securityQuestion passKeySynced", DOCUMENTED_RULES, Ability.CAN, Ability.CANNOT),
        ("securityQuestion email", DOCUMENTED_RULES, Ability.CAN, Ability.CAN),
        ("securityQuestion email", TWO, Ability.CAN, Ability.CANNOT),
    ],
)
def test_security_questions_end_in_march_after_sms_and_voice(
    held: str, rules: ResetRules, before: Ability, after: Ability
) -> None:
    last_day = QUESTIONS_END - timedelta(days=1)
    assert last_day > SMS_AND_VOICE_END
    assert rules.ability(holding(held), last_day) is before
    assert rules.ability(holding(held), QUESTIONS_END) is after
    assert rules.ability(holding(held), date(2027, 3, 15)) is after


@pytest.mark.parametrize(
    ("held", "administrator", "rules", "ability"),
    [
        ("email", False, TWO, Ability.CANNOT),
        ("email securityQuestion", False, TWO, Ability.CAN),
        ("email securityQuestion", True, DOCUMENTED_RULES, Ability.CANNOT),
        ("email softwareOneTimePasscode", True, DOCUMENTED_RULES, Ability.CAN),
        ("email telepathy", False, TWO, Ability.NOT_KNOWN),
        ("email telepathy", True, DOCUMENTED_RULES, Ability.NOT_KNOWN),
    ],
)
def test_two_methods_may_be_asked_for_and_are_of_administrators(
    held: str, administrator: bool, rules: ResetRules, ability: Ability
) -> None:
    assert rules.ability(holding(held, administrator=administrator), LAST_DAY) is ability


def test_a_method_that_counts_only_beside_another_is_not_enough_alone() -> None:
    rules = ResetRules(methods={"push": MethodRule(alone=False), "code": MethodRule()})
    assert rules.ability(holding("push"), LAST_DAY) is Ability.CANNOT
    assert rules.ability(holding("push code"), LAST_DAY) is Ability.CAN
    two = ResetRules(methods=rules.methods, required=2)
    assert two.ability(holding("push code"), LAST_DAY) is Ability.CAN


def test_a_method_counts_from_a_day_on() -> None:
    rules = ResetRules(methods={"passKeySynced": MethodRule(since=SMS_AND_VOICE_END)})
    assert rules.ability(holding("passKeySynced"), LAST_DAY) is Ability.CANNOT
    assert rules.ability(holding("passKeySynced"), SMS_AND_VOICE_END) is Ability.CAN


def test_every_documented_method_has_the_page_that_says_so() -> None:
    assert all(one.source.startswith("https://learn.microsoft.com/") for one in DOCUMENTED.values())
    ends = {name for name, one in DOCUMENTED.items() if one.rule.until}
    assert ends == {"mobilePhone", "alternateMobilePhone", "officePhone", "securityQuestion"}


HELD = st.builds(
    HeldMethods,
    st.frozensets(st.sampled_from([*DOCUMENTED, "telepathy", "x-1"])),
    st.booleans(),
)
DAYS = st.dates(date(2026, 1, 1), date(2028, 1, 1))


@given(HELD)
def test_what_is_written_of_methods_is_read_again(held: HeldMethods) -> None:
    assert read_held(write_held(held)) == held


@given(HELD, st.sampled_from([*DOCUMENTED]), DAYS)
def test_one_more_method_takes_no_ability_away(held: HeldMethods, more: str, day: date) -> None:
    order = [Ability.CANNOT, Ability.NOT_KNOWN, Ability.CAN]
    richer = HeldMethods(held.names | {more}, administrator=held.administrator)
    before, after = (DOCUMENTED_RULES.ability(one, day) for one in (held, richer))
    assert order.index(after) >= order.index(before)
