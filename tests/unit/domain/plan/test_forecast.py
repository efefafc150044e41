"""Somebody whom nothing has asked for yet: which wave would, or why none does."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from shared.contracts.api.people_views import ForecastView
from shared.domain.person.people import Attribute, Candidate, Memberships, Person
from shared.domain.person.reasons import Reason
from shared.domain.plan.forecast import look_ahead
from shared.domain.plan.planning import plan_scope
from shared.domain.rollout.cohort import Cut, position
from shared.domain.rollout.document import Count, GroupRing, Ring, Share
from shared.domain.rollout.state import Phase, Rollout
from shared.use_cases.views.describe_forecast import forecast_view
from tests.support.enrolments import ANNA_ID, CLOUD_ANNA, POLICY, SCOPE
from tests.support.waves import DAY, NOW, document, rollout, wave

GROUP = "5c09e000-0000-0000-0000-00000000000f"
HERE = position("salt", ANNA_ID)
BELOW, ABOVE = Share(HERE / 2), Share((1 + HERE) / 2)
ALL = wave("all", selection=Share(1.0))


def seen(
    one: Rollout | None, *group_ids: str, person: Person = CLOUD_ANNA, **policy: Any
) -> ForecastView:
    candidate = Candidate(person, Memberships(frozenset(group_ids)))
    forecast = look_ahead(candidate, one, replace(POLICY, **policy), NOW)
    return forecast_view(person, forecast, one)


def ahead(*waves: Any, **changes: Any) -> Rollout:
    """A rollout of which nothing has begun."""
    return rollout(Phase.PLANNED, document(*waves, **changes), started=0)


def begun(phase: Phase = Phase.SOAKING, **changes: Any) -> Rollout:
    """Its only wave has begun, and its cut holds Anna."""
    known = {"cuts": (Cut(ABOVE.share),)} | changes
    return rollout(phase, document(wave("early", selection=ABOVE)), **known)


def test_without_a_rollout_that_is_what_is_said() -> None:
    view = seen(None)
    assert (view.text, view.position, view.wave) == ("There is no rollout.", None, None)


@pytest.mark.parametrize(
    "selection", [Ring(frozenset({ANNA_ID})), GroupRing(GROUP), ABOVE, Share(1.0)]
)
def test_the_first_wave_that_means_the_person_is_named_though_it_has_not_begun(
    selection: Any,
) -> None:
    waves = [wave("low", selection=BELOW), wave("early", selection=selection), ALL]
    view = seen(ahead(*waves), GROUP)
    assert (view.wave, view.begun) == ("early", False)
    assert view.position == round(HERE, 4)
    assert view.text.startswith("Wave early (")
    assert view.text.endswith(") would put this person in; it has not begun.")


def test_a_ring_that_does_not_name_the_person_and_a_share_below_mean_somebody_else() -> None:
    others = (wave("a", selection=Ring(frozenset({GROUP}))), wave("b", selection=GroupRing(GROUP)))
    view = seen(ahead(*others, wave("c", selection=BELOW)))
    assert (view.wave, view.text) == (None, "No wave of the rollout means this person.")


@pytest.mark.parametrize(
    ("selection", "changes"),
    [(Count(500), {}), (ABOVE, {"balance": Attribute.DEPARTMENT})],
)
def test_a_number_or_a_balanced_share_that_is_ahead_only_a_plan_can_tell(
    selection: Any, changes: Any
) -> None:
    view = seen(ahead(wave("some", selection=selection), ALL, **changes))
    assert (view.wave, view.begun) == (None, False)
    assert "all (100 %) does at the latest. `sspr plan` of the current document" in view.text
    alone = seen(ahead(wave("some", selection=selection), **changes))
    assert "it may be none. `sspr plan` of the current document shows it." in alone.text


def test_a_wave_that_means_the_person_before_one_that_only_a_plan_can_tell_is_sure() -> None:
    view = seen(ahead(wave("low", selection=ABOVE), wave("some", selection=Count(500))))
    assert view.wave == "low"


@pytest.mark.parametrize(("department", "name"), [("Finance", "some"), ("Sales", "all")])
def test_a_wave_that_has_begun_goes_by_its_fixed_cut_of_the_persons_stratum(
    department: str, name: str
) -> None:
    of = document(wave("some", selection=Count(5)), ALL, balance=Attribute.DEPARTMENT)
    cut = Cut(BELOW.share, {"finance": ABOVE.share})
    view = seen(
        rollout(Phase.SOAKING, of, cuts=(cut,)), person=replace(CLOUD_ANNA, department=department)
    )
    assert (view.wave, view.begun) == (name, name == "some")


@pytest.mark.parametrize(
    ("one", "text"),
    [
        (begun(), "it has begun and asks for them at the next look."),
        (begun(Phase.PAUSED), "it has begun and waits: the rollout is paused."),
        (begun(Phase.ABORTED), "The rollout was aborted; it puts nobody in any more."),
        (begun(rolled_back=frozenset({"early"})), "means this person, and was rolled back."),
    ],
)
def test_what_becomes_of_a_wave_that_has_begun_is_said(one: Rollout, text: str) -> None:
    view = seen(one)
    assert (view.wave, view.begun) == ("early", True)
    assert view.text.endswith(text)


def test_the_rule_for_new_hires_comes_before_the_waves() -> None:
    hired = replace(CLOUD_ANNA, hire_date=NOW - DAY)
    one = ahead(ALL, new_hires_since=date(2026, 1, 1))
    view = seen(one, person=hired)
    assert view.new_hire
    assert view.text == (
        "The rule for new hires means this person and waits: the rollout is planned."
    )
    assert not seen(one).new_hire


def test_whoever_is_not_eligible_is_told_why_whatever_means_them() -> None:
    view = seen(begun(), excluded_object_ids=frozenset({ANNA_ID}))
    assert (view.refusal, view.refusal_text) == (
        "excluded-person",
        Reason.EXCLUDED_PERSON.text,
    )
    assert view.text == f"Not eligible: {Reason.EXCLUDED_PERSON.text}"


def test_a_membership_that_nobody_here_wrote_is_said_first() -> None:
    view = seen(None, SCOPE)
    assert view.member
    assert view.text == ("Somebody else put this person into the scope group. There is no rollout.")


@pytest.mark.parametrize("number", range(20))
def test_the_outlook_names_the_wave_that_the_plan_names(number: int) -> None:
    object_id = f"00000000-0000-0000-0000-{number:012}"
    one = ahead(
        wave("ring", selection=Ring(frozenset({f"00000000-0000-0000-0000-{7:012}"}))),
        wave("tenth", selection=Share(0.1)),
        wave("half", selection=Share(0.5)),
    )
    person = replace(CLOUD_ANNA, ref=replace(CLOUD_ANNA.ref, object_id=object_id))
    candidate = Candidate(person, Memberships())
    plan = plan_scope([candidate], {}, None, one, POLICY, NOW, through=3)
    assert [added.reference for added in plan.additions] == [
        name for name in [seen(one, person=person).wave] if name
    ]
