"""What a plan makes of one person: in or out, left alone, passed over with a reason, or drift."""

from collections import Counter
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from shared.domain.person.enrolment import CauseKind, Exclusion, Provenance, State
from shared.domain.person.kinds import KindRule, TraitRule
from shared.domain.person.people import Attribute, Candidate, Memberships, Trait
from shared.domain.person.policy import Topology
from shared.domain.person.reasons import Reason
from shared.domain.person.summary import EnrolmentSummary
from shared.domain.plan.scope_plan import Addition, Drift, Removal, ScopePlan, Skip
from shared.domain.rollout.cohort import EVERYBODY, NOBODY
from shared.domain.rollout.document import Document, GroupRing, Ring, Share
from shared.domain.rollout.state import Phase, Rollout, planned
from tests.support.enrolments import DAY, HOUR, NOW, POLICY
from tests.support.plans import (
    RING_GROUP,
    Situation,
    a_document,
    a_rollout,
    an_id,
    candidate,
    claim,
    summary,
)

ANNA = an_id(1)
NO_WAVES = a_rollout(a_document())
ALL_IN = a_rollout(a_document(Share(1.0)), EVERYBODY)
"""One wave, for everybody, has begun."""
IN = [
    State.REQUESTED,
    State.APPLIED,
    State.VISIBLE,
    State.EFFECTIVE,
    State.REGISTERED,
    State.RESETTABLE,
    State.LOST,
]
SEEN = IN[2:]
LEFT = Exclusion(Reason.OFFBOARDED, "hr")
EVENT = claim(CauseKind.EVENT, "event-1")
WAVE_1 = claim(CauseKind.WAVE, "w1")


def plan_for_anna(
    rollout: Rollout,
    stands: EnrolmentSummary | None = None,
    *group_ids: str,
    is_member: bool | None = None,
    **attributes: Any,
) -> ScopePlan:
    """The plan where Anna is alone in the tenant; `is_member` is None where nobody looked."""
    return Situation(
        rollout,
        (candidate(1, *group_ids, **attributes),),
        (stands,) if stands else (),
        members=None if is_member is None else frozenset([ANNA] if is_member else []),
    ).plan()


def outcome(plan: ScopePlan) -> list[Addition | Removal | Skip | Drift]:
    return [*plan.additions, *plan.removals, *plan.skips, *plan.drift]


def new_hires(since: int) -> Document:
    """A document for those hired since so many days ago."""
    return a_document(new_hires_since=(NOW - since * DAY).date())


# What wants a person in.


@pytest.mark.parametrize("kind", [CauseKind.EVENT, CauseKind.OVERRIDE])
def test_an_event_or_an_operator_wants_a_person_in_whatever_the_rollout_does(
    kind: CauseKind,
) -> None:
    rollout = a_rollout(a_document(Share(1.0)), phase=Phase.ABORTED)
    stands = summary(1, State.WITHDRAWN, claim(kind, "because"))
    assert outcome(plan_for_anna(rollout, stands)) == [Addition(ANNA, kind, "because", "")]


def test_a_hold_that_is_over_wants_nobody() -> None:
    over = claim(CauseKind.OVERRIDE, "for a week", until=NOW)
    assert outcome(plan_for_anna(NO_WAVES, summary(1, State.WITHDRAWN, over))) == []
    assert outcome(plan_for_anna(NO_WAVES, summary(1, State.VISIBLE, over))) == [
        Removal(ANNA, Reason.NO_LONGER_WANTED)
    ]


def test_a_wave_holds_its_people_before_it_has_begun_anew() -> None:
    restarted = planned(a_document(Share(1.0)), 1, NOW, actor="op")
    assert plan_for_anna(restarted, summary(1, State.VISIBLE, WAVE_1)).kept == 1


def test_a_wave_that_is_no_longer_in_the_document_keeps_who_is_in_and_brings_nobody_in() -> None:
    gone = claim(CauseKind.WAVE, "w9")
    assert plan_for_anna(NO_WAVES, summary(1, State.VISIBLE, gone)).kept == 1
    assert outcome(plan_for_anna(NO_WAVES, summary(1, State.WITHDRAWN, gone))) == []


def test_a_rolled_back_wave_keeps_nobody_in_even_if_it_is_of_an_earlier_document() -> None:
    gone = claim(CauseKind.WAVE, "w9")
    back = replace(NO_WAVES, rolled_back=frozenset({"w9"}))
    assert outcome(plan_for_anna(back, summary(1, State.VISIBLE, gone))) == [
        Removal(ANNA, Reason.ROLLED_BACK)
    ]


def test_whom_something_else_claims_that_no_longer_counts_goes_by_no_rollback() -> None:
    gone = claim(CauseKind.WAVE, "w9")
    back = replace(NO_WAVES, rolled_back=frozenset({"w9"}))
    hired = summary(1, State.VISIBLE, gone, claim(CauseKind.NEW_HIRE, "2026-01-01"))
    assert outcome(plan_for_anna(back, hired)) == [Removal(ANNA, Reason.NO_LONGER_WANTED)]
    over = summary(1, State.VISIBLE, gone, claim(CauseKind.OVERRIDE, "for a week", until=NOW))
    assert outcome(plan_for_anna(back, over)) == [Removal(ANNA, Reason.ROLLED_BACK)]


def test_who_was_there_before_and_was_claimed_by_a_rolled_back_wave_is_owed_a_membership() -> None:
    back = replace(NO_WAVES, rolled_back=frozenset({"w9"}))
    stands = replace(
        summary(1, State.VISIBLE, claim(CauseKind.WAVE, "w9")), provenance=Provenance.PREEXISTING
    )
    before = Situation(back, (candidate(1),), (stands,), members=frozenset(), refills=True)
    assert outcome(before.plan()) == [Drift(ANNA, Reason.FORMER_GROUP)]


@pytest.mark.parametrize("phase", [Phase.PAUSED, Phase.ABORTED])
def test_a_wave_that_held_somebody_who_is_out_waits_until_the_rollout_widens(phase: Phase) -> None:
    out = summary(1, State.WITHDRAWN, claim(CauseKind.WAVE, "w1"))
    halted = replace(ALL_IN, phase=phase)
    assert outcome(plan_for_anna(halted, out)) == []
    assert outcome(plan_for_anna(ALL_IN, out)) == [Addition(ANNA, CauseKind.WAVE, "w1", "")]


def test_whoever_is_wanted_and_still_on_the_way_out_is_awaited() -> None:
    plan = plan_for_anna(ALL_IN, summary(1, State.WITHDRAWING))
    assert (plan.awaited, plan.overdue) == (1, ())
    assert outcome(plan) == [Skip(ANNA, Reason.STILL_ON_THE_WAY_OUT, "w1")]
    assert plan_for_anna(NO_WAVES, summary(1, State.WITHDRAWING)).awaited == 0


@pytest.mark.parametrize("flag", [Reason.WORKER_SILENT, Reason.NOT_WRITTEN])
def test_nobody_waits_for_whom_the_way_out_takes_too_long(flag: Reason) -> None:
    plan = plan_for_anna(ALL_IN, summary(1, State.WITHDRAWING, flag=flag))
    assert (plan.awaited, plan.overdue) == (0, (Addition(ANNA, CauseKind.WAVE, "w1", ""),))
    assert outcome(plan) == [Skip(ANNA, flag, "w1")]
    assert plan_for_anna(NO_WAVES, summary(1, State.WITHDRAWING, flag=flag)).overdue == ()


def test_the_hold_of_a_new_hire_counts_as_long_as_the_document_has_the_rule() -> None:
    stands = summary(1, State.VISIBLE, claim(CauseKind.NEW_HIRE, "2026-01-01"))
    assert plan_for_anna(a_rollout(new_hires(since=30)), stands).kept == 1
    assert outcome(plan_for_anna(NO_WAVES, stands)) == [Removal(ANNA, Reason.NO_LONGER_WANTED)]


@pytest.mark.parametrize("days_ago", [0, 1, 30])
def test_whoever_was_hired_since_the_date_and_until_now_is_put_in(days_ago: int) -> None:
    plan = plan_for_anna(a_rollout(new_hires(since=30)), hire_date=NOW - days_ago * DAY)
    assert outcome(plan) == [Addition(ANNA, CauseKind.NEW_HIRE, "2026-01-31", "")]


@pytest.mark.parametrize("hired", [None, NOW - 31 * DAY, NOW + HOUR])
def test_whoever_was_hired_before_the_date_or_has_not_begun_is_no_new_hire(hired: Any) -> None:
    assert outcome(plan_for_anna(a_rollout(new_hires(since=30)), hire_date=hired)) == []


def test_of_all_that_want_a_person_the_lasting_one_is_named() -> None:
    document = a_document(Share(1.0), new_hires_since=(NOW - DAY).date())
    rollout = a_rollout(document, EVERYBODY)
    new_hire = claim(CauseKind.NEW_HIRE, "2026-03-01")
    for claims, named in [
        ([new_hire, WAVE_1, EVENT], CauseKind.EVENT),
        ([new_hire, WAVE_1], CauseKind.WAVE),
        ([new_hire], CauseKind.NEW_HIRE),
        ([], CauseKind.NEW_HIRE),
    ]:
        plan = plan_for_anna(rollout, summary(1, State.EXCLUDED, *claims), hire_date=NOW)
        assert [one.kind for one in plan.additions] == [named]
    assert [one.kind for one in plan_for_anna(rollout).additions] == [CauseKind.WAVE]


@pytest.mark.parametrize("selection", [Ring(frozenset({ANNA})), GroupRing(RING_GROUP), Share(1.0)])
def test_the_first_wave_that_selects_a_person_puts_them_in(selection: Any) -> None:
    document = a_document(Ring(frozenset({an_id(2)})), selection, Share(1.0))
    rollout = a_rollout(document, NOBODY, EVERYBODY, EVERYBODY)
    plan = plan_for_anna(rollout, None, RING_GROUP, department="Sales")
    assert outcome(plan) == [Addition(ANNA, CauseKind.WAVE, "w2", "Sales")]


def test_a_wave_that_has_not_begun_puts_nobody_in() -> None:
    document = a_document(Ring(frozenset()), Ring(frozenset({ANNA})))
    assert outcome(plan_for_anna(a_rollout(document, NOBODY))) == []


def test_a_wave_that_was_rolled_back_wants_nobody_even_if_a_later_one_selects_them_too() -> None:
    document = a_document(Ring(frozenset({ANNA})), Share(1.0))
    rollout = a_rollout(document, NOBODY, EVERYBODY, rolled_back=["w1"])
    assert outcome(plan_for_anna(rollout)) == []
    assert outcome(plan_for_anna(rollout, summary(1, State.VISIBLE, WAVE_1))) == [
        Removal(ANNA, Reason.ROLLED_BACK)
    ]


@pytest.mark.parametrize("phase", [Phase.SOAKING, Phase.PAUSED])
def test_whom_another_wave_that_has_begun_selects_stays_when_theirs_is_rolled_back(
    phase: Phase,
) -> None:
    document = a_document(Share(1.0), Share(1.0))
    rollout = a_rollout(document, EVERYBODY, EVERYBODY, phase=phase, rolled_back=["w2"])
    plan = plan_for_anna(rollout, summary(1, State.VISIBLE, claim(CauseKind.WAVE, "w2")))
    assert (outcome(plan), plan.kept) == ([], 1)


@pytest.mark.parametrize("phase", [Phase.PLANNED, Phase.PAUSED, Phase.ABORTED])
def test_where_the_rollout_does_not_widen_its_waves_put_nobody_in_and_let_nobody_go(
    phase: Phase,
) -> None:
    rollout = replace(ALL_IN, phase=phase)
    assert outcome(plan_for_anna(rollout)) == []
    over = claim(CauseKind.EVENT, "event-1", until=NOW)
    assert plan_for_anna(rollout, summary(1, State.VISIBLE, over)).kept == 1


def test_a_look_ahead_shows_whom_waves_to_come_put_in_whatever_the_phase() -> None:
    rollout = planned(a_document(Share(1.0)), 1, NOW, actor="op")
    plan = Situation(rollout, (candidate(1),)).plan(through=1)
    assert outcome(plan) == [Addition(ANNA, CauseKind.WAVE, "w1", "")]


# Whoever is in.


@pytest.mark.parametrize("state", IN)
def test_whoever_is_in_and_wanted_is_left_alone(state: State) -> None:
    plan = plan_for_anna(ALL_IN, summary(1, state))
    assert (outcome(plan), plan.kept, plan.listed, plan.eligible) == ([], 1, 1, 1)


@pytest.mark.parametrize("state", IN)
def test_whoever_is_in_and_not_wanted_is_taken_out(state: State) -> None:
    plan = plan_for_anna(NO_WAVES, summary(1, state))
    assert (outcome(plan), plan.kept) == ([Removal(ANNA, Reason.NO_LONGER_WANTED)], 0)


def test_whoever_may_not_be_in_is_taken_out_though_wanted() -> None:
    plan = plan_for_anna(ALL_IN, summary(1, State.VISIBLE, EVENT), enabled=False)
    assert (outcome(plan), plan.eligible) == ([Removal(ANNA, Reason.DISABLED)], 0)


def test_whoever_is_barred_is_taken_out_for_that_reason_before_any_other() -> None:
    kept_out = summary(1, State.VISIBLE, EVENT, exclusion=LEFT)
    plan = plan_for_anna(ALL_IN, kept_out, enabled=False)
    assert (outcome(plan), plan.eligible) == ([Removal(ANNA, Reason.OFFBOARDED)], 0)


def test_a_bar_that_is_over_keeps_nobody_out() -> None:
    over = replace(LEFT, until=NOW)
    plan = plan_for_anna(ALL_IN, summary(1, State.VISIBLE, exclusion=over))
    assert (outcome(plan), plan.kept, plan.eligible) == ([], 1, 1)


def test_a_licence_that_is_missing_takes_nobody_out_but_lets_nobody_in() -> None:
    assert plan_for_anna(ALL_IN, summary(1, State.VISIBLE), licensed=False).kept == 1
    assert outcome(plan_for_anna(ALL_IN, licensed=False)) == [Skip(ANNA, Reason.UNLICENSED, "w1")]
    assert outcome(plan_for_anna(NO_WAVES, summary(1, State.VISIBLE), licensed=False)) == [
        Removal(ANNA, Reason.NO_LONGER_WANTED)
    ]


def test_a_role_that_is_activated_and_given_back_moves_nobody_who_is_in() -> None:
    """With PIM that is every day, for an hour."""
    inside = (summary(1, State.VISIBLE),)
    for holds in (False, True, False, True):
        anna = Candidate(candidate(1).person, Memberships(holds_directory_role=holds))
        plan = Situation(ALL_IN, (anna,), inside).plan()
        assert (outcome(plan), plan.kept) == ([], 1)
    outside = Candidate(candidate(1).person, Memberships(holds_directory_role=True))
    assert outcome(Situation(ALL_IN, (outside,), ()).plan()) == [
        Skip(ANNA, Reason.ADMINISTRATOR, "w1")
    ]
    assert outcome(Situation(NO_WAVES, (outside,), inside).plan()) == [
        Removal(ANNA, Reason.NO_LONGER_WANTED)
    ]


def test_excluded_kinds_of_accounts_are_counted_each_by_its_name() -> None:
    room = KindRule("rooms", (TraitRule(Trait.DISPLAY_NAME, ("room *",)),))
    robot = KindRule("robots", (TraitRule(Trait.EMPLOYEE_TYPE, ("service",)),))
    situation = Situation(
        a_rollout(a_document(Share(1.0), excluded_kinds=(room, robot)), EVERYBODY),
        (
            candidate(1, display_name="Room Oslo"),
            candidate(2, display_name="Room Bergen"),
            candidate(3, employee_type="Service"),
            candidate(4, display_name="Ann"),
        ),
        (),
    )
    plan = situation.plan()
    assert Counter((one.reason, one.kind) for one in plan.skips) == {
        (Reason.EXCLUDED_KIND, "rooms"): 2,
        (Reason.EXCLUDED_KIND, "robots"): 1,
    }
    assert plan.eligible == len(plan.additions) == 1


def test_a_cloud_user_out_of_reach_stays_in_and_does_not_come_in() -> None:
    situation = Situation(
        ALL_IN,
        (candidate(1), candidate(2)),
        (summary(1, State.VISIBLE),),
        policy=replace(POLICY, topology=Topology.SYNCED),
    )
    plan = situation.plan()
    assert plan.kept == 1
    assert outcome(plan) == [Skip(an_id(2), Reason.CLOUD_USER_OUT_OF_REACH, "w1")]


@pytest.mark.parametrize("exclusion", [None, LEFT])
@pytest.mark.parametrize("claims", [(), (EVENT,)])
@pytest.mark.parametrize("is_enabled", [True, False])
def test_whoever_was_in_before_the_rollout_is_never_touched(
    exclusion: Exclusion | None, claims: Any, is_enabled: bool
) -> None:
    stands = summary(
        1, State.VISIBLE, *claims, provenance=Provenance.PREEXISTING, exclusion=exclusion
    )
    plan = plan_for_anna(NO_WAVES, stands, is_member=True, enabled=is_enabled)
    assert (outcome(plan), plan.kept) == ([], 1)


@pytest.mark.parametrize("state", State)
def test_whoever_is_in_and_no_longer_listed_is_taken_out(state: State) -> None:
    plan = Situation(ALL_IN, (), (summary(1, state),)).plan()
    assert outcome(plan) == ([Removal(ANNA, Reason.NOT_IN_ENTRA)] if state in IN else [])


# Whoever is not in.


@pytest.mark.parametrize("state", [State.WITHDRAWN, State.EXCLUDED])
def test_whoever_is_out_and_wanted_again_is_put_in(state: State) -> None:
    assert outcome(plan_for_anna(ALL_IN, summary(1, state))) == [
        Addition(ANNA, CauseKind.WAVE, "w1", "")
    ]


@pytest.mark.parametrize(
    ("state", "skips"),
    [
        (State.WAITING, []),
        (State.WITHDRAWING, [Skip(ANNA, Reason.STILL_ON_THE_WAY_OUT, None)]),
    ],
)
@pytest.mark.parametrize("is_member", [True, False])
def test_whoever_is_under_way_is_left_to_it(
    state: State, skips: list[Skip], is_member: bool
) -> None:
    plan = plan_for_anna(ALL_IN, summary(1, state, EVENT), is_member=is_member)
    assert (outcome(plan), plan.kept) == (skips, 0)


@pytest.mark.parametrize(
    ("state", "reason"),
    [(State.FAILED, Reason.WRITE_REFUSED), (State.EXCLUDED, Reason.PROTECTED)],
)
def test_whom_ad_refused_is_passed_over_for_that_reason_and_tried_again_after_a_day(
    state: State, reason: Reason
) -> None:
    refused = summary(1, state, reason=reason, since=NOW - DAY + HOUR)
    assert outcome(plan_for_anna(ALL_IN, refused)) == [Skip(ANNA, reason, "w1")]
    rested = replace(refused, since=NOW - DAY)
    assert outcome(plan_for_anna(ALL_IN, rested)) == [Addition(ANNA, CauseKind.WAVE, "w1", "")]


def test_whoever_is_wanted_and_may_not_be_in_is_passed_over_with_the_reason() -> None:
    assert outcome(plan_for_anna(ALL_IN, guest=True)) == [Skip(ANNA, Reason.GUEST, "w1")]
    wanted = summary(1, State.EXCLUDED, EVENT)
    assert outcome(plan_for_anna(ALL_IN, wanted, guest=True)) == [Skip(ANNA, Reason.GUEST, None)]


def test_whoever_is_barred_and_wanted_is_passed_over_for_the_reason_of_the_bar() -> None:
    kept_out = summary(1, State.WITHDRAWN, exclusion=LEFT)
    assert outcome(plan_for_anna(ALL_IN, kept_out)) == [Skip(ANNA, Reason.OFFBOARDED, "w1")]


def test_nothing_is_said_of_people_whom_nothing_wants() -> None:
    plan = plan_for_anna(NO_WAVES, guest=True)
    assert (outcome(plan), plan.listed, plan.eligible) == ([], 1, 0)


# Drift.


@pytest.mark.parametrize("state", IN)
def test_whoever_was_seen_in_the_group_and_no_longer_is_was_taken_out_by_hand(
    state: State,
) -> None:
    plan = plan_for_anna(ALL_IN, summary(1, state), is_member=False)
    expected = [Drift(ANNA, Reason.REMOVED_BY_HAND)] if state in SEEN else []
    assert (outcome(plan), plan.kept) == (expected, 1)


@pytest.mark.parametrize("stands", [None, State.EXCLUDED, State.FAILED, State.WITHDRAWN])
def test_a_member_who_should_not_be_one_was_put_in_by_hand(stands: State | None) -> None:
    known = summary(1, stands) if stands else None
    expected = [Drift(ANNA, Reason.ADDED_BY_HAND)]
    assert outcome(plan_for_anna(NO_WAVES, known, is_member=True)) == expected
    assert outcome(plan_for_anna(NO_WAVES, known, is_member=False)) == []
    assert outcome(plan_for_anna(NO_WAVES, known)) == []


def test_a_member_whom_nobody_put_in_and_who_may_not_be_in_is_both_passed_over_and_drift() -> None:
    assert outcome(plan_for_anna(ALL_IN, guest=True, is_member=True)) == [
        Skip(ANNA, Reason.GUEST, "w1"),
        Drift(ANNA, Reason.ADDED_BY_HAND),
    ]


def test_a_member_who_is_about_to_be_put_in_is_no_drift() -> None:
    plan = plan_for_anna(ALL_IN, is_member=True)
    assert outcome(plan) == [Addition(ANNA, CauseKind.WAVE, "w1", "")]


@pytest.mark.parametrize(("ago", "drifts"), [(HOUR, False), (HOUR + timedelta(seconds=1), True)])
def test_entra_may_show_a_removed_membership_for_an_hour(ago: timedelta, drifts: bool) -> None:
    plan = plan_for_anna(NO_WAVES, summary(1, State.WITHDRAWN, since=NOW - ago), is_member=True)
    assert outcome(plan) == ([Drift(ANNA, Reason.ADDED_BY_HAND)] if drifts else [])
    never_in = summary(1, State.EXCLUDED, since=NOW - ago)
    assert outcome(plan_for_anna(NO_WAVES, never_in, is_member=True)) == [
        Drift(ANNA, Reason.ADDED_BY_HAND)
    ]


def test_a_membership_from_before_the_rollout_is_never_drift() -> None:
    stands = summary(1, State.WITHDRAWN, exclusion=LEFT, provenance=Provenance.PREEXISTING)
    assert outcome(plan_for_anna(NO_WAVES, stands, is_member=True)) == []


@pytest.mark.parametrize("state", IN)
@pytest.mark.parametrize(
    ("rollout", "is_enabled", "reason"),
    [
        (NO_WAVES, True, Reason.NO_LONGER_MEMBER),
        (NO_WAVES, False, Reason.NO_LONGER_MEMBER),
        (ALL_IN, False, Reason.NO_LONGER_MEMBER),
        (ALL_IN, True, Reason.REMOVED_BY_HAND),
    ],
)
def test_whoever_was_in_before_and_is_gone_is_said_to_be_whether_anything_wants_them_or_not(
    rollout: Rollout, is_enabled: bool, reason: Reason, state: State
) -> None:
    """Whom nothing wants counts as in no more: nobody puts them back."""
    stands = summary(1, state, provenance=Provenance.PREEXISTING)
    plan = plan_for_anna(rollout, stands, is_member=False, enabled=is_enabled)
    assert outcome(plan) == ([Drift(ANNA, reason)] if state in SEEN else [])
    assert plan.kept == (state not in SEEN or reason is Reason.REMOVED_BY_HAND)


@pytest.mark.parametrize("provenance", [Provenance.OURS, Provenance.PREEXISTING])
@pytest.mark.parametrize("rollout", [NO_WAVES, ALL_IN])
@pytest.mark.parametrize("is_enabled", [True, False])
@pytest.mark.parametrize("is_member", [True, False])
@pytest.mark.parametrize("state", IN)
def test_in_the_place_of_another_group_whoever_was_seen_in_that_and_may_be_in_is_owed(
    provenance: Provenance, rollout: Rollout, is_enabled: bool, is_member: bool, state: State
) -> None:
    stands = summary(1, state, provenance=provenance)
    before = Situation(
        rollout,
        (candidate(1, enabled=is_enabled),),
        (stands,),
        members=frozenset([ANNA] if is_member else []),
    )
    plan, again = before.plan(), replace(before, refills=True).plan()
    is_out = provenance is Provenance.OURS and (rollout is NO_WAVES or not is_enabled)
    is_owed = is_enabled and not is_member and state in SEEN and not is_out
    if is_owed:
        assert outcome(again) == [Drift(ANNA, Reason.FORMER_GROUP)]
        assert again.kept == 1
        assert again.fingerprint != plan.fingerprint
    else:
        assert (outcome(again), again.kept) == (outcome(plan), plan.kept)


def test_members_who_are_no_people_of_the_tenant_are_no_drift() -> None:
    plan = Situation(NO_WAVES, (), members=frozenset({"a device"})).plan()
    assert outcome(plan) == []


# Fingerprints.


def test_the_fingerprint_changes_with_what_would_be_done_and_where_the_rollout_is() -> None:
    rollout = a_rollout(a_document(Share(1.0), Ring(frozenset())), EVERYBODY)
    first = Situation(rollout, (candidate(1), candidate(2)))
    others = [
        replace(first, rollout=replace(rollout, document=replace(rollout.document, digest="new"))),
        replace(first, rollout=replace(rollout, phase=Phase.PROGRESSING)),
        replace(first, rollout=replace(rollout, started=2, cuts=(EVERYBODY, EVERYBODY))),
        replace(first, rollout=replace(rollout, rolled_back=frozenset({"w2"}))),
        replace(first, people=first.people[:1]),
        replace(first, summaries=(summary(2, State.WITHDRAWN, EVENT),)),
        replace(first, summaries=(summary(2, State.VISIBLE, exclusion=LEFT),)),
        replace(first, summaries=(summary(2, State.VISIBLE),), members=frozenset()),
    ]
    assert len({one.plan().fingerprint for one in [first, *others]}) == len(others) + 1


def test_the_fingerprint_does_not_change_with_what_changes_nothing() -> None:
    plain = Situation(ALL_IN, (candidate(1),))
    moved = replace(plain, people=(candidate(1, department="Sales"), candidate(2, guest=True)))
    assert plain.plan().fingerprint == moved.plan().fingerprint


def test_people_are_balanced_by_the_attribute_that_the_document_names() -> None:
    document = a_document(Share(0.5), balance=Attribute.OFFICE)
    people = [
        candidate(n, office=office) for n, office in enumerate(["London", "LONDON", None, ""])
    ]
    plan = Situation(a_rollout(document), tuple(people)).plan(through=1)
    assert set(plan.cuts[0].by_stratum) == {"london", ""}
    assert len(plan.additions) == 2
