"""What an operator is shown of a plan before anything is written."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import pytest

from shared.contracts.api.plan_views import LosingView, PlanView
from shared.domain.person.documented_methods import QUESTIONS_END, SMS_AND_VOICE_END
from shared.domain.person.enrolment import CauseKind
from shared.domain.person.methods import HeldMethods
from shared.domain.person.policy import Topology
from shared.domain.person.reasons import Reason
from shared.domain.plan.scope_plan import Addition, Drift, Removal, ScopePlan, Skip
from shared.domain.rollout.document import Document, Limit, Wave
from shared.domain.rollout.state import Phase, Rollout
from shared.ports.rollouts import StoredRollout
from shared.use_cases.views.describe_plan import counted, describe_plan
from tests.support.course import standing, ungated
from tests.support.enrolments import NOW
from tests.support.stage import an_id
from tests.support.waves import document, gate, wave

PILOT, EARLY = ungated("pilot", 1, 2), ungated("early", 3)
OF = document(PILOT, EARLY)


def added(number: int, wave_name: str = "pilot", department: str = "") -> Addition:
    return Addition(an_id(number), CauseKind.WAVE, wave_name, department)


def plan_of(additions: Sequence[Addition] = (), **changes: Any) -> ScopePlan:
    known: dict[str, Any] = {
        "additions": tuple(additions),
        "removals": (),
        "skips": (),
        "drift": (),
        "kept": 0,
        "awaited": 0,
        "eligible": 10,
        "listed": 12,
        "cuts": (),
        "fingerprint": "fingerprint",
    }
    return ScopePlan(**(known | changes))


def shown(
    plan: ScopePlan,
    rollout: Rollout | None = None,
    stored: Rollout | None = None,
    registered: Mapping[str, HeldMethods] | None = None,
    claimed: Mapping[str, int] | None = None,
) -> PlanView:
    return describe_plan(
        plan,
        rollout or standing(OF, Phase.PLANNED, 0),
        StoredRollout(stored, "1") if stored else None,
        registered=registered or {},
        claimed=claimed or {},
        now=NOW,
    )


BOTH = [added(1), added(3, "early")]


def warnings(*waves: Wave, people: int = 1, **changes: Any) -> tuple[str, ...]:
    """Of a plan by which each of these waves adds so many people."""
    of: Document = document(*waves, **changes)
    additions = [added(number, one.name) for one in waves for number in range(people)]
    return shown(plan_of(additions), standing(of, Phase.PLANNED, 0)).warnings


def test_each_wave_is_told_with_its_people_by_department_and_who_will_be_prompted() -> None:
    additions = [added(1, department="Sales"), added(2, department="IT"), added(3, "early")]
    view = shown(plan_of(additions), registered={an_id(1): HeldMethods(frozenset({"email"}))})
    pilot, early = view.waves
    assert (pilot.additions, pilot.prompts, early.additions, early.prompts) == (2, 1, 1, 1)
    assert list(pilot.departments.items()) == [("IT", 1), ("Sales", 1)]
    assert (pilot.selection, pilot.soak, pilot.begun) == ("a ring of 2", "PT2H", False)
    assert (view.additions, view.listed, view.eligible) == (3, 12, 10)


def test_of_each_wave_it_is_told_who_can_reset_at_once_and_who_loses_it_when() -> None:
    additions = [added(number) for number in range(1, 6)]
    by_phone, lasting = (HeldMethods(frozenset({one})) for one in ("mobilePhone", "email"))
    none = HeldMethods(frozenset({"passKeySynced"}))
    questions = HeldMethods(frozenset({"securityQuestion", "mobilePhone"}))
    of = (by_phone, by_phone, lasting, none, questions)
    registered = {an_id(number): held for number, held in enumerate(of, start=1)}
    pilot, _ = shown(plan_of(additions), registered=registered).waves
    assert (pilot.able, pilot.prompts) == (4, 0)
    # Whoever lost it in February does not lose it once more in March.
    assert pilot.losing == (
        LosingView(on=SMS_AND_VOICE_END, people=2),
        LosingView(on=QUESTIONS_END, people=1),
    )


def test_a_wave_that_has_begun_is_told_apart() -> None:
    view = shown(plan_of(BOTH), standing(OF, Phase.SOAKING, 1))
    assert [one.begun for one in view.waves] == [True, False]


def test_what_a_gate_asks_is_told_in_words() -> None:
    gated = document(wave("pilot", gate(), gate("backlog", threshold=5)))
    view = shown(plan_of([added(1)]), standing(gated, Phase.PLANNED, 0))
    assert [(one.gate, one.text) for one in view.waves[0].gates] == [
        ("visible", "98 % of its people seen in Entra, each in time"),
        ("backlog", "at most 5 writes overdue"),
    ]


@pytest.mark.parametrize("kind", [CauseKind.EVENT, CauseKind.NEW_HIRE, CauseKind.OVERRIDE])
def test_who_comes_by_no_wave_is_counted_apart(kind: CauseKind) -> None:
    view = shown(plan_of([Addition(an_id(1), kind, "", ""), *BOTH]))
    assert [(one.reason, one.people) for one in view.other_additions] == [(kind, 1)]
    assert view.other_additions[0].text
    assert sum(one.additions for one in view.waves) == 2


def test_skips_removals_and_drift_are_counted_the_most_frequent_first() -> None:
    guests = [Skip(an_id(number), Reason.GUEST, "pilot") for number in (4, 5)]
    plan = plan_of(
        BOTH,
        skips=(Skip(an_id(6), Reason.DISABLED, None), *guests),
        removals=(Removal(an_id(7), Reason.NO_LONGER_WANTED),),
        drift=(Drift(an_id(8), Reason.ADDED_BY_HAND),),
    )
    view = shown(plan)
    assert [(one.reason, one.people) for one in view.skips] == [("guest", 2), ("disabled", 1)]
    assert [one.reason for one in view.removals] == ["no-longer-wanted"]
    assert [one.reason for one in view.drift] == ["added-by-hand"]


def test_an_unsafe_plan_says_why() -> None:
    strict = replace(OF, additions=Limit(people=0))
    view = shown(plan_of(BOTH), standing(strict, Phase.PLANNED, 0))
    assert view.unsafe == ("additions: 1 people, more than the 0 allowed",)


def test_nothing_is_counted_of_nobody() -> None:
    assert counted([]) == ()
    assert Counter({"guest": 1}) == {one.reason: one.people for one in counted([Reason.GUEST])}


# Warnings


def test_a_plan_with_nothing_odd_about_it_warns_of_nothing() -> None:
    assert shown(plan_of(BOTH)).warnings == ()


@pytest.mark.parametrize(
    ("people", "said"), [(1, "1 person is in by an"), (2, "2 people are in by an")]
)
def test_who_is_in_by_an_earlier_wave_of_the_name_would_come_out_by_its_rollback(
    people: int, said: str
) -> None:
    (warning,) = shown(plan_of(BOTH), claimed={"early": people, "gone": 7}).warnings
    assert warning.startswith(f"wave early: {said}")


def test_of_a_wave_that_has_begun_its_own_people_are_no_surprise() -> None:
    rollout = standing(OF, Phase.SOAKING, 1)
    assert shown(plan_of(BOTH), rollout, claimed={"pilot": 5}).warnings == ()


def test_another_salt_picks_other_people() -> None:
    stored = standing(replace(OF, salt="another"), Phase.PLANNED, 0)
    (warning,) = shown(plan_of(BOTH), stored=stored).warnings
    assert warning.startswith("the salt is another one")
    assert shown(plan_of(BOTH), stored=standing(OF, Phase.PLANNED, 0)).warnings == ()


def test_a_wave_that_adds_nobody_is_pointed_out_until_it_has_begun() -> None:
    assert warnings(ungated("pilot", 1), people=0) == ("wave pilot adds nobody",)
    assert shown(plan_of(BOTH[1:]), standing(OF, Phase.SOAKING, 1)).warnings == ()


@pytest.mark.parametrize("kind", ["visible", "effective", "registered"])
def test_a_gate_that_needs_more_people_than_the_wave_adds_never_promotes(kind: str) -> None:
    picky = wave("pilot", gate(kind, minimum_sample=3))
    (warning,) = warnings(picky, people=2)
    assert warning.startswith(f"wave pilot, gate {kind}: needs 3 people and the wave adds 2")
    assert warnings(picky, people=3) == ()


@pytest.mark.parametrize("kind", ["workerAlive", "sync"])
def test_a_gate_of_the_worker_asks_for_nothing_where_there_is_none(kind: str) -> None:
    machinery = wave("pilot", gate(kind))
    (warning,) = warnings(machinery, topology=Topology.CLOUD)
    assert warning.endswith("always passes; this topology has no AD group")
    assert warnings(machinery) == ()
