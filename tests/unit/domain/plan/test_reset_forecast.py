"""Who can reset on a day ahead: foretold from the ledger, judged by the simulated reset page."""

import random
from collections import Counter
from datetime import UTC, date, datetime, timedelta

import pytest

from sandbox.tenant.directory import User
from sandbox.tenant.methods import can_prove_identity, is_registered
from sandbox.tenant.settings import Settings
from shared.domain.person.documented_methods import (
    DOCUMENTED,
    DOCUMENTED_RULES,
    QUESTIONS_END,
    SMS_AND_VOICE_END,
)
from shared.domain.person.enrolment import State
from shared.domain.person.methods import Ability, HeldMethods, MethodRule, ResetChanges, ResetRules
from shared.domain.person.people import Registration
from shared.domain.person.reasons import Reason
from shared.domain.person.registration import follow_registration
from shared.domain.person.summary import EnrolmentSummary
from shared.domain.plan.reset_forecast import (
    Change,
    Tallies,
    ends_ahead,
    foretell,
    groups_by_method,
    helpdesk_calls,
)
from tests.support.enrolments import enrolment
from tests.support.plans import summary

EVE = SMS_AND_VOICE_END - timedelta(days=1)


def holding(state: State, methods: str, **changes: object) -> EnrolmentSummary:
    return summary(1, state, held=HeldMethods(frozenset(methods.split())), **changes)


@pytest.mark.parametrize(
    ("person", "change", "then"),
    [
        (holding(State.RESETTABLE, "mobilePhone"), Change.LOSES, Ability.CANNOT),
        (holding(State.RESETTABLE, "mobilePhone passKeySynced"), Change.LOSES, Ability.CANNOT),
        (holding(State.RESETTABLE, "mobilePhone email"), Change.KEEPS, Ability.CAN),
        (holding(State.RESETTABLE, "mobilePhone telepathy"), Change.LOSES, Ability.NOT_KNOWN),
        (holding(State.REGISTERED, "passKeySynced"), Change.NEVER, Ability.CANNOT),
        (holding(State.REGISTERED, "telepathy"), Change.NEVER, Ability.NOT_KNOWN),
        (holding(State.EFFECTIVE, ""), Change.NEVER, Ability.CANNOT),
        (summary(1, State.REGISTERED), Change.NEVER, Ability.NOT_KNOWN),
        (
            holding(State.LOST, "email", reason=Reason.DISABLED_BY_POLICY),
            Change.NEVER,
            Ability.CANNOT,
        ),
        (holding(State.LOST, "email", reason=Reason.SSPR_OFF), Change.NEVER, Ability.CANNOT),
    ],
)
def test_what_becomes_of_somebody_when_sms_ends(
    person: EnrolmentSummary, change: Change, then: Ability
) -> None:
    forecast = foretell(person, DOCUMENTED_RULES, SMS_AND_VOICE_END)
    assert (forecast.change, forecast.then) == (change, then)


def test_a_method_that_comes_to_count_gains_people() -> None:
    changes = ResetChanges(
        methods=(("passKeySynced", MethodRule(since=SMS_AND_VOICE_END)),), required=None
    )
    rules = DOCUMENTED_RULES.changed_by(changes)
    person = holding(State.REGISTERED, "passKeySynced")
    assert foretell(person, rules, EVE).change is Change.NEVER
    assert foretell(person, rules, SMS_AND_VOICE_END).change is Change.GAINS


def test_people_are_counted_by_group_with_what_the_losing_hold() -> None:
    people = [
        holding(State.RESETTABLE, "mobilePhone"),
        holding(State.RESETTABLE, "mobilePhone"),
        holding(State.RESETTABLE, "mobilePhone email"),
        holding(State.EFFECTIVE, ""),
    ]
    tallies = Tallies()
    for person in people:
        forecast = foretell(person, DOCUMENTED_RULES, SMS_AND_VOICE_END)
        tallies.count(
            person, forecast, groups_by_method(person), DOCUMENTED_RULES, SMS_AND_VOICE_END
        )
    whole, by_phone = tallies.whole, tallies.groups["mobilePhone"]
    assert (whole.people, whole.can_today, whole.can_then) == (4, 3, 1)
    assert (by_phone.people, by_phone.changes[Change.LOSES]) == (3, 2)
    assert tallies.groups["none"].people == 1
    assert tallies.losing_with == Counter({HeldMethods(frozenset({"mobilePhone"})): 2})
    assert tallies.gained_by_one_more == 2


def test_what_the_helpdesk_gets_is_in_proportion_to_the_resets_seen() -> None:
    assert helpdesk_calls(losing=340, succeeded=60, able=1_200) == 17
    assert helpdesk_calls(losing=0, succeeded=0, able=0) is None


def test_the_days_ahead_on_which_methods_end_are_told_in_their_order() -> None:
    changes = ResetChanges(methods=(("email", MethodRule(until=date(2027, 1, 1))),))
    rules = DOCUMENTED_RULES.changed_by(changes)
    days = [date(2027, 1, 1), SMS_AND_VOICE_END, QUESTIONS_END]
    assert list(ends_ahead(rules, date(2026, 12, 1))) == days
    assert list(ends_ahead(rules, QUESTIONS_END)) == []


PEOPLE = 100_000
TODAY = datetime(2026, 11, 29, 12, tzinfo=UTC)
FEBRUARY, MARCH = (datetime(2027, month, 1, 0, 0, 1, tzinfo=UTC) for month in (2, 3))


@pytest.mark.parametrize("on", [FEBRUARY, MARCH])
@pytest.mark.parametrize("required", [1, 2])
def test_of_a_hundred_thousand_people_each_is_foretold_as_the_reset_page_decides(
    required: int, on: datetime
) -> None:
    """Precision and recall of 1: the page has a table and a clock of its own."""
    dice = random.Random(required)  # noqa: S311  # nothing secret
    settings = Settings(methods_required=required)
    rules = DOCUMENTED_RULES.changed_by(ResetChanges(required=required))
    wrong, losing = 0, 0
    for number in range(PEOPLE):
        methods = dice.sample(sorted(DOCUMENTED), dice.choice([0, 1, 1, 2, 2, 3, 5]))
        user = User(str(number), {}, 0, methods=methods, roles=["x"] if number % 97 == 0 else [])
        person = _seen(user, settings, rules)
        forecast = foretell(person, rules, on.date())
        today, then = (
            can_prove_identity(user, settings, moment.timestamp()) for moment in (TODAY, on)
        )
        wrong += (forecast.today is Ability.CAN, forecast.then is Ability.CAN) != (today, then)
        losing += forecast.change is Change.LOSES
    assert wrong == 0
    assert losing > PEOPLE / 20


def _seen(user: User, settings: Settings, rules: ResetRules) -> EnrolmentSummary:
    held = HeldMethods(frozenset(user.methods), administrator=bool(user.roles))
    registered = is_registered(user, settings)
    row = Registration(user.id, True, registered, held)
    known = follow_registration(enrolment(State.VISIBLE), row, rules, TODAY)
    return EnrolmentSummary.of(known)
