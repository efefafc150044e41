"""What the registration report makes of a person, won and lost in any order."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.person.documented_methods import DOCUMENTED_RULES, SMS_AND_VOICE_END
from shared.domain.person.enrolment import Enrolment, State
from shared.domain.person.methods import Ability, HeldMethods, ResetRules
from shared.domain.person.people import Registration
from shared.domain.person.reasons import Reason
from shared.domain.person.registration import FOLLOWED, follow_registration, is_news
from tests.support.enrolments import ANNA_ID, DAY, NOW, enrolment, reasons

EMAIL, SMS, PASSKEY = "email", "mobilePhone", "passKeySynced"
WHY_LOST = {
    Reason.METHOD_RESET,
    Reason.METHOD_ENDED,
    Reason.METHOD_NOT_KNOWN,
    Reason.DISABLED_BY_POLICY,
    Reason.TOO_FEW_METHODS,
    Reason.SSPR_OFF,
}
END = datetime.combine(SMS_AND_VOICE_END, NOW.timetz())


def row(methods: str = "", *, enabled: bool = True, registered: bool = True) -> Registration:
    return Registration(ANNA_ID, enabled, registered, HeldMethods(frozenset(methods.split())))


def followed(current: Enrolment, shown: Registration, now: datetime = NOW) -> Enrolment:
    return follow_registration(current, shown, DOCUMENTED_RULES, now)


def could_with(methods: str) -> Enrolment:
    return followed(enrolment(State.VISIBLE, since=NOW - DAY), row(methods), NOW - DAY)


def test_whoever_holds_what_counts_could_reset_today() -> None:
    anna = could_with(EMAIL)
    assert anna.state is State.RESETTABLE
    assert anna.held == HeldMethods(frozenset({EMAIL}))
    assert reasons(anna)[-3:] == [
        Reason.SSPR_ENABLED,
        Reason.SSPR_REGISTERED,
        Reason.RESET_POSSIBLE,
    ]


@pytest.mark.parametrize(
    ("methods", "shown", "now", "reason"),
    [
        (EMAIL, row(registered=False), NOW, Reason.METHOD_RESET),
        (f"{EMAIL} {PASSKEY}", row(PASSKEY, registered=False), NOW, Reason.METHOD_RESET),
        (f"{EMAIL} {PASSKEY}", row(PASSKEY), NOW, Reason.METHOD_RESET),
        (SMS, row(SMS), END, Reason.METHOD_ENDED),
        (SMS, row(f"{SMS} {PASSKEY}", registered=False), END, Reason.METHOD_ENDED),
        (EMAIL, row(EMAIL, registered=False), NOW, Reason.DISABLED_BY_POLICY),
        (EMAIL, row(EMAIL, enabled=False), NOW, Reason.SSPR_OFF),
    ],
)
def test_whoever_could_and_no_longer_can_is_lost_with_the_reason(
    methods: str, shown: Registration, now: datetime, reason: Reason
) -> None:
    lost = followed(could_with(methods), shown, now)
    assert (lost.state, lost.reason) == (State.LOST, reason)
    assert followed(lost, shown, now + DAY) == lost


def test_whoever_is_lost_is_won_back_by_registering_again() -> None:
    lost = followed(could_with(SMS), row(SMS), END)
    again = followed(lost, row(f"{SMS} {EMAIL}"), END + DAY)
    assert again.state is State.RESETTABLE


def test_the_reason_of_whoever_is_lost_is_the_present_one() -> None:
    off = followed(could_with(EMAIL), row(EMAIL, enabled=False))
    reset = followed(off, row(registered=False), NOW + DAY)
    assert (reset.state, reset.reason) == (State.LOST, Reason.METHOD_RESET)


def test_a_registration_from_before_methods_were_read_is_lost_like_any_other() -> None:
    old = enrolment(State.REGISTERED, since=NOW - 70 * DAY)
    assert followed(old, row(registered=False)).state is State.LOST
    assert followed(old, row(EMAIL)).state is State.RESETTABLE


def test_whoever_could_never_reset_loses_nothing() -> None:
    only_a_passkey = followed(enrolment(State.VISIBLE), row(PASSKEY))
    assert only_a_passkey.state is State.REGISTERED
    assert followed(only_a_passkey, row(registered=False)).state is State.EFFECTIVE
    assert followed(only_a_passkey, row(enabled=False, registered=False)).state is State.VISIBLE


def test_a_method_that_nobody_knows_is_not_known_to_count() -> None:
    strange = followed(could_with(EMAIL), row("telepathy"))
    assert (strange.state, strange.reason) == (State.LOST, Reason.METHOD_NOT_KNOWN)
    never = followed(enrolment(State.VISIBLE), row("telepathy"))
    assert never.state is State.REGISTERED
    assert followed(never, row("telepathy", registered=False)).state is State.EFFECTIVE


def test_a_report_that_names_no_methods_takes_nothing_away_and_proves_nothing() -> None:
    anna = could_with(EMAIL)
    assert followed(anna, row()) == anna
    nameless = followed(enrolment(State.VISIBLE), row())
    assert (nameless.state, nameless.held) == (State.REGISTERED, None)
    assert followed(nameless, row(registered=False)).state is State.LOST
    lost = followed(could_with(SMS), row(SMS), END)
    assert followed(lost, row(), END).state is State.REGISTERED


def test_a_rule_that_asks_for_more_takes_people_out_of_those_who_could() -> None:
    two = ResetRules(methods=DOCUMENTED_RULES.methods, required=2)
    lost = follow_registration(could_with(EMAIL), row(EMAIL), two, NOW)
    assert (lost.state, lost.reason) == (State.LOST, Reason.TOO_FEW_METHODS)


@pytest.mark.parametrize("state", sorted(set(State) - FOLLOWED))
def test_the_report_says_nothing_of_whoever_is_not_seen_in_scope(state: State) -> None:
    current = enrolment(state)
    assert followed(current, row(EMAIL)) == current
    assert not is_news(state, None, row(EMAIL), DOCUMENTED_RULES, NOW.date())


@dataclass(frozen=True)
class Look:
    shown: Registration
    wait: timedelta


HELD = st.builds(
    HeldMethods, st.frozensets(st.sampled_from([EMAIL, SMS, PASSKEY, "telepathy"])), st.booleans()
)
LOOKS = st.builds(
    Look,
    st.builds(Registration, st.just(ANNA_ID), st.booleans(), st.booleans(), HELD),
    st.integers(0, 400).map(lambda days: timedelta(days=days)),
)


def can(shown: Registration, now: datetime) -> bool | None:
    """Whether the person could reset a password now, told without any history; None: not told."""
    if not (shown.sspr_enabled and shown.sspr_registered):
        return False
    if not shown.held.names:
        return None
    return DOCUMENTED_RULES.ability(shown.held, now.date()) is Ability.CAN


@given(st.lists(LOOKS, min_size=1, max_size=12))
def test_after_any_history_the_state_is_what_the_tenant_shows(looks: list[Look]) -> None:
    current, now, could = enrolment(State.VISIBLE), NOW, False
    for look in looks:
        now += look.wait
        before, current = current, followed(current, look.shown, now)
        match can(look.shown, now):
            case True:
                assert current.state is State.RESETTABLE
                could = True
            case False:
                was_nameless = before.state is State.REGISTERED and before.held is None
                could |= was_nameless
                assert current.state is not State.RESETTABLE
                assert (current.state is State.LOST) == could
            case None:
                assert current.state in {State.REGISTERED, State.RESETTABLE}
                could = current.state is State.RESETTABLE
        if current.state is State.LOST:
            assert current.reason in WHY_LOST
        assert followed(current, look.shown, now) == current
        if current != before:
            assert is_news(before.state, before.held, look.shown, DOCUMENTED_RULES, now.date())


def test_a_row_that_says_what_is_known_is_no_news() -> None:
    anna = could_with(EMAIL)
    assert not is_news(anna.state, anna.held, row(EMAIL), DOCUMENTED_RULES, NOW.date())
    assert is_news(anna.state, anna.held, row(SMS), DOCUMENTED_RULES, NOW.date())
    with_sms = replace(could_with(SMS))
    assert is_news(with_sms.state, with_sms.held, row(SMS), DOCUMENTED_RULES, SMS_AND_VOICE_END)
