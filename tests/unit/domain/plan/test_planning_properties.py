"""What holds of every plan, whoever is in the tenant and wherever the rollout is."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from itertools import pairwise
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from shared.domain.person.enrolment import CauseKind, Exclusion, Provenance, State
from shared.domain.person.people import Attribute, Candidate
from shared.domain.person.reasons import Reason
from shared.domain.rollout.document import Count, GroupRing, Ring, Selection, Share
from shared.domain.rollout.state import Phase
from tests.support.enrolments import DAY, HOUR, NOW
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

NUMBERS = st.integers(0, 40)
OBJECT_IDS = NUMBERS.map(an_id)
DEPARTMENTS = st.sampled_from([None, "Sales", "SALES", "IT", "Legal"])
POSITIONAL: st.SearchStrategy[Selection] = st.floats(0, 1).map(Share) | st.integers(0, 30).map(
    Count
)
SELECTIONS: st.SearchStrategy[Selection] = (
    POSITIONAL | st.frozensets(OBJECT_IDS).map(Ring) | st.just(GroupRing(RING_GROUP))
)
HOLDS = st.builds(
    claim,
    st.sampled_from(CauseKind),
    st.sampled_from(["w1", "w2", "w3", "w9"]),
    st.sampled_from([None, NOW - HOUR, NOW + HOUR]),
)
BARS = st.builds(
    Exclusion,
    st.sampled_from([Reason.OFFBOARDED, Reason.EXCLUDED_BY_OPERATOR]),
    st.just("op"),
    until=st.sampled_from([None, NOW - HOUR, NOW + HOUR]),
)
STANDINGS = st.builds(
    lambda number, state, covers, **changes: summary(number, state, *covers, **changes),
    NUMBERS,
    st.sampled_from(State),
    st.lists(HOLDS, max_size=3, unique_by=lambda one: one.cause.kind),
    provenance=st.sampled_from(Provenance),
    exclusion=st.none() | BARS,
    since=st.sampled_from([NOW, NOW - DAY]),
)
CANDIDATES = st.builds(
    lambda number, group_ids, **attributes: candidate(number, *group_ids, **attributes),
    NUMBERS,
    st.sampled_from([(), (RING_GROUP,)]),
    department=DEPARTMENTS,
    enabled=st.sampled_from([True, True, True, False]),
    licensed=st.sampled_from([True, True, True, False]),
    hire_date=st.sampled_from([None, NOW - DAY, NOW - 60 * DAY]),
)
ELIGIBLE = st.builds(candidate, NUMBERS, department=DEPARTMENTS)


def crowds(one: st.SearchStrategy[Candidate]) -> st.SearchStrategy[tuple[Candidate, ...]]:
    several = st.lists(one, max_size=30, unique_by=lambda each: each.person.object_id)
    return several.map(tuple)


@st.composite
def beginnings(
    draw: st.DrawFn,
    people: st.SearchStrategy[Candidate] = CANDIDATES,
    selections: st.SearchStrategy[Selection] = SELECTIONS,
) -> Situation:
    """Up to four waves of which none has begun, and nobody is remembered."""
    document = a_document(
        *draw(st.lists(selections, min_size=1, max_size=4)),
        balance=draw(st.sampled_from([None, Attribute.DEPARTMENT])),
        new_hires_since=draw(st.sampled_from([None, (NOW - 30 * DAY).date()])),
        salt=draw(st.sampled_from("abc")),
    )
    return Situation(a_rollout(document, phase=Phase.PLANNED), draw(crowds(people)))


@st.composite
def situations(draw: st.DrawFn) -> Situation:
    """Anything: some waves begun among other people than there are now, anybody anywhere."""
    start = draw(beginnings())
    waves = start.rollout.document.waves
    begun = replace(start, people=draw(crowds(CANDIDATES))).plan(
        through=draw(st.integers(0, len(waves)))
    )
    names = [wave.name for wave in waves[: len(begun.cuts)]]
    return replace(
        start,
        rollout=a_rollout(
            start.rollout.document,
            *begun.cuts,
            phase=draw(st.sampled_from(Phase)),
            rolled_back=draw(st.sets(st.sampled_from(names))) if names else (),
        ),
        summaries=tuple(draw(st.lists(STANDINGS, max_size=20, unique_by=lambda one: one.key))),
        members=draw(st.none() | st.frozensets(OBJECT_IDS)),
    )


def begun(situation: Situation, through: int) -> Situation:
    """The situation once so many waves have begun and everybody in them has been put in."""
    plan = situation.plan(through=through)
    rollout = a_rollout(situation.rollout.document, *plan.cuts)
    return replace(situation.carried_out(plan), rollout=rollout)


def departments(people: Iterable[Candidate]) -> Counter[str]:
    return Counter((one.person.department or "").casefold() for one in people)


@given(situations())
def test_nobody_leaves_scope_because_more_waves_begin(situation: Situation) -> None:
    waves = range(situation.rollout.started, len(situation.rollout.document.waves) + 1)
    removals = [set(situation.plan(through=count).removals) for count in waves]
    assert all(later <= earlier for earlier, later in pairwise(removals))


@given(situations())
def test_nobody_loses_their_place_in_a_wave_because_more_begin(situation: Situation) -> None:
    started, waves = situation.rollout.started, situation.rollout.document.waves
    additions = [
        set(situation.plan(through=count).additions) for count in range(started + 1, len(waves) + 1)
    ]
    assert all(earlier <= later for earlier, later in pairwise(additions))


@given(beginnings(ELIGIBLE, POSITIONAL), st.floats(0, 1, exclude_max=True), st.data())
def test_each_wave_by_position_holds_everybody_whom_the_one_before_holds(
    situation: Situation, place: float, data: st.DataObject
) -> None:
    cuts = situation.plan(through=len(situation.rollout.document.waves)).cuts
    stratum = data.draw(st.sampled_from(["", "sales", "it", "unheard of"]))
    covers = [cut.covers(place, stratum) for cut in cuts]
    assert covers == sorted(covers)


@given(situations(), st.randoms())
def test_the_order_of_the_listing_changes_nothing_nor_does_whoever_is_listed_twice(
    situation: Situation, random: Random
) -> None:
    people = [*situation.people, *situation.people[::2]]
    random.shuffle(people)
    summaries = situation.summaries[::-1]
    disordered = replace(situation, people=tuple(people), summaries=summaries)
    through = len(situation.rollout.document.waves)
    assert disordered.plan(through=through) == situation.plan(through=through)


@given(st.text(max_size=8), st.text(max_size=8), st.sampled_from([Share(0.5), Count(32)]))
def test_one_salt_always_picks_the_same_people_and_another_one_others(
    salt: str, other: str, selection: Selection
) -> None:
    people = tuple(candidate(number) for number in range(64))

    def picked(by: str) -> tuple[str, ...]:
        rollout = a_rollout(a_document(selection, salt=by))
        return tuple(one.object_id for one in Situation(rollout, people).plan(through=1).additions)

    assert picked(salt) == picked(salt)
    assert (picked(salt) == picked(other)) == (salt == other)


@given(situations(), st.integers(0, 2))
def test_once_a_plan_is_carried_out_nothing_is_left_to_do(
    situation: Situation, further: int
) -> None:
    waves = len(situation.rollout.document.waves)
    through = min(situation.rollout.started + further, waves)
    after = situation.carried_out(situation.plan(through=through)).plan(through=through)
    assert (after.additions, after.removals) == ((), ())


@given(situations())
def test_nobody_who_was_in_before_the_rollout_is_ever_taken_out(situation: Situation) -> None:
    before = {one.key for one in situation.summaries if one.provenance is Provenance.PREEXISTING}
    listed = {one.person.object_id for one in situation.people}
    touched = {one.object_id for one in situation.plan().removals}
    assert not touched & before & listed


@given(situations())
def test_everybody_is_at_most_one_of_added_removed_and_skipped(situation: Situation) -> None:
    plan = situation.plan(through=len(situation.rollout.document.waves))
    told = [
        *(one.object_id for one in plan.additions),
        *(one.object_id for one in plan.removals),
        *(one.object_id for one in plan.skips),
    ]
    unlisted = sum(one.reason is Reason.NOT_IN_ENTRA for one in plan.removals)
    assert len(told) == len(set(told))
    assert len(told) - unlisted + plan.kept <= plan.listed == len(situation.people)


@given(beginnings(), st.data())
def test_a_wave_that_is_rolled_back_takes_out_its_own_people_and_nobody_else(
    situation: Situation, data: st.DataObject
) -> None:
    waves = situation.rollout.document.waves
    wave = data.draw(st.sampled_from(waves)).name
    everybody = situation.plan(through=len(waves))
    done = begun(situation, len(waves))
    theirs = {one.object_id for one in everybody.additions if one.reference == wave}
    besides = data.draw(st.frozensets(st.sampled_from(sorted(theirs)))) if theirs else frozenset()
    held_too = tuple(
        replace(one, claims=(*one.claims, claim(CauseKind.EVENT, "event-1")))
        if one.key in besides
        else one
        for one in done.summaries
    )
    rolled_back = replace(done.rollout, rolled_back=frozenset({wave}), phase=Phase.PAUSED)
    plan = replace(done, rollout=rolled_back, summaries=held_too).plan()
    assert {one.object_id for one in plan.removals} == theirs - besides
    assert plan.kept == len(everybody.additions) - len(theirs - besides)
    assert plan.additions == ()


@given(beginnings(), st.data())
def test_a_wave_that_is_rolled_back_puts_its_people_in_no_more_and_all_others_as_before(
    situation: Situation, data: st.DataObject
) -> None:
    waves = situation.rollout.document.waves
    wave = data.draw(st.sampled_from(waves)).name
    rolled_back = replace(situation.rollout, rolled_back=frozenset({wave}))
    before = situation.plan(through=len(waves)).additions
    after = replace(situation, rollout=rolled_back).plan(through=len(waves)).additions
    assert after == tuple(one for one in before if one.reference != wave)


def balanced(
    people: tuple[Candidate, ...], selection: Selection
) -> tuple[Counter[str], Counter[str]]:
    """How many of each department are eligible, and how many of them a wave of its own picks."""
    rollout = a_rollout(a_document(selection, balance=Attribute.DEPARTMENT))
    picked = {one.object_id for one in Situation(rollout, people).plan(through=1).additions}
    eligible = [one for one in people if one.person.enabled and one.person.licensed]
    inside = [one for one in eligible if one.person.object_id in picked]
    return departments(eligible), departments(inside)


@given(crowds(CANDIDATES), st.floats(0, 1))
def test_a_balanced_share_is_exact_in_every_stratum(
    people: tuple[Candidate, ...], share: float
) -> None:
    sizes, inside = balanced(people, Share(share))
    assert inside == Counter({name: round(share * size) for name, size in sizes.items()})


@given(crowds(CANDIDATES), st.integers(0, 40))
def test_a_balanced_count_is_exact_and_in_proportion(
    people: tuple[Candidate, ...], count: int
) -> None:
    sizes, inside = balanced(people, Count(count))
    total = sizes.total()
    assert inside.total() == min(count, total)
    assert all(abs(inside[name] - inside.total() * n / total) < 1 for name, n in sizes.items())


@given(crowds(CANDIDATES), st.integers(0, 40))
def test_a_count_picks_exactly_so_many_of_the_eligible(
    people: tuple[Candidate, ...], count: int
) -> None:
    plan = Situation(a_rollout(a_document(Count(count))), people).plan(through=1)
    assert len(plan.additions) == min(count, plan.eligible)


@given(beginnings(ELIGIBLE), crowds(ELIGIBLE), st.integers(1, 4))
def test_a_growing_population_throws_nobody_out(
    situation: Situation, newcomers: tuple[Candidate, ...], waves: int
) -> None:
    through = min(waves, len(situation.rollout.document.waves))
    done = begun(situation, through)
    # Without their holds only the cuts keep them.
    unheld = tuple(replace(one, claims=()) for one in done.summaries)
    grown = replace(done, people=(*done.people, *newcomers), summaries=unheld).plan()
    assert grown.removals == ()
