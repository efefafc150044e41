"""What operators may make of a rollout, and what stays as it was whatever they do."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.errors import NotPossible
from shared.domain.person.people import Attribute
from shared.domain.plan.selection import Census
from shared.domain.rollout.cohort import Cut, position
from shared.domain.rollout.document import Count, Document, Ring, Selection, Share, Wave
from shared.domain.rollout.state import (
    ACTIVE,
    Lease,
    Pause,
    PauseReason,
    Phase,
    Rollout,
    Tally,
    abort,
    begin_wave,
    pause,
    planned,
    restart,
    resume,
    revise,
    roll_back,
)
from tests.support.waves import (
    ALL,
    DOCUMENTS,
    EARLY,
    HOUR,
    MINUTE,
    NOW,
    PILOT,
    THREE,
    document,
    rollout,
    wave,
)

LATER = NOW + HOUR
ENDED = frozenset({Phase.ABORTED, Phase.COMPLETED})


def begun(current: Rollout, cut: Cut, now: datetime = LATER) -> Rollout:
    return begin_wave(current, cut, now, actor="clock", reason="")


def soaking(current: Rollout, now: datetime = LATER) -> Rollout:
    return current.entered(Phase.SOAKING, now, actor="clock")


def test_a_planned_rollout_has_begun_no_wave_and_puts_nobody_in() -> None:
    fresh = planned(THREE, 3, NOW, actor="ada")
    assert (fresh.phase, fresh.version, fresh.actor, fresh.since) == (Phase.PLANNED, 3, "ada", NOW)
    assert (fresh.wave, fresh.next_wave, fresh.cuts, fresh.widens) == (None, PILOT, (), False)


def test_waves_begin_one_after_the_other_until_none_is_left() -> None:
    current = planned(THREE, 1, NOW, actor="ada")
    for number, one in enumerate(THREE.waves, 1):
        assert current.next_wave is one
        current = begun(current, Cut(number / 10))
        assert (current.phase, current.wave, current.since) == (Phase.PROGRESSING, one, LATER)
        current = soaking(current)
    assert current.next_wave is None
    assert current.cuts == (Cut(0.1), Cut(0.2), Cut(0.3))
    with pytest.raises(NotPossible, match="last wave has begun already"):
        begun(current, Cut(1.0))


def test_a_wave_reaches_at_least_as_far_as_the_one_before() -> None:
    first = soaking(begun(planned(THREE, 1, NOW, actor="ada"), Cut(0.5, {"it": 0.7})))
    assert begun(first, Cut(0.2, {"it": 0.9})).cuts[-1] == Cut(0.5, {"it": 0.9})


def test_an_aborted_rollout_begins_no_wave() -> None:
    with pytest.raises(NotPossible, match="aborted"):
        begun(rollout(Phase.ABORTED), Cut(1.0))


@pytest.mark.parametrize(
    ("phase", "widens"),
    [
        (Phase.PLANNED, False),
        (Phase.PROGRESSING, True),
        (Phase.SOAKING, True),
        (Phase.PAUSED, False),
        (Phase.ABORTED, False),
        (Phase.COMPLETED, True),
    ],
)
def test_people_are_put_in_while_it_goes_on_and_after_it_is_completed(
    phase: Phase, widens: bool
) -> None:
    assert rollout(phase).widens is widens


def test_only_a_lease_that_is_not_over_keeps_others_away() -> None:
    leased = rollout(Phase.PROGRESSING, lease=Lease("run-1", LATER))
    assert leased.is_leased(LATER - MINUTE)
    assert not leased.is_leased(LATER)
    assert not rollout(Phase.PROGRESSING).is_leased(NOW)


def test_entering_a_phase_forgets_what_belonged_to_the_one_before() -> None:
    paused = rollout(
        Phase.PAUSED, tallies={"visible": Tally(1, 1)}, evaluated_at=NOW, promoted=True
    )
    entered = paused.entered(Phase.SOAKING, LATER, actor="grace", reason="mended")
    assert (entered.pause, entered.tallies, entered.evaluated_at) == (None, {}, None)
    assert (entered.since, entered.actor, entered.reason) == (LATER, "grace", "mended")
    assert not entered.promoted


@pytest.mark.parametrize("phase", sorted(ACTIVE | {Phase.COMPLETED}))
@pytest.mark.parametrize("why", PauseReason)
def test_a_rollout_in_any_phase_is_paused_with_its_reason_and_resumed_where_it_was(
    phase: Phase, why: PauseReason
) -> None:
    paused = pause(rollout(phase), why, LATER, actor="grace", detail="lunch")
    assert paused.phase is Phase.PAUSED
    assert paused.pause == Pause(why, "lunch", LATER, "grace", phase)
    assert (paused.actor, paused.reason, paused.since) == ("grace", "lunch", LATER)
    resumed = resume(paused, LATER + HOUR, actor="ada", reason="back")
    assert (resumed.phase, resumed.pause) == (phase, None)
    assert (resumed.actor, resumed.reason) == ("ada", "back")
    assert resumed.since == LATER + HOUR, "the soak starts anew"


@pytest.mark.parametrize("phase", sorted(ACTIVE | {Phase.COMPLETED}))
def test_a_second_pause_has_its_own_reason_and_goes_on_where_the_first_stood(phase: Phase) -> None:
    first = pause(rollout(phase), PauseReason.GATE_FAILED, NOW, actor="clock", detail="visible")
    second = pause(first, PauseReason.BY_OPERATOR, LATER, actor="ada", detail="wait")
    assert second.pause == Pause(PauseReason.BY_OPERATOR, "wait", LATER, "ada", phase)
    assert resume(second, LATER, actor="ada").phase is phase


def test_whoever_pauses_or_aborts_what_is_aborted_is_heard_and_it_stays_aborted() -> None:
    before = rollout(Phase.ABORTED)
    for after in (
        pause(before, PauseReason.BY_OPERATOR, LATER, actor="ada", detail="stop"),
        abort(before, LATER, actor="ada", reason="stop"),
    ):
        assert after == replace(before, actor="ada", reason="stop")


@pytest.mark.parametrize("phase", Phase)
def test_a_brake_puts_nobody_in_and_says_what_goes_on_all_the_same(phase: Phase) -> None:
    for braked in (
        pause(rollout(phase), PauseReason.BY_OPERATOR, LATER, actor="ada", detail="stop"),
        abort(rollout(phase), LATER, actor="ada", reason="stop"),
    ):
        assert not braked.widens
        assert "sspr stop" in braked.goes_on_meanwhile


def test_a_wave_that_is_added_while_a_completed_rollout_is_paused_begins_once_it_is_resumed() -> (
    None
):
    done = rollout(Phase.COMPLETED, started=3, cuts=(Cut(0.1), Cut(0.2), Cut(1.0)))
    paused = pause(done, PauseReason.BY_OPERATOR, LATER, actor="ada")
    longer = replace(done.document, waves=(*done.document.waves, wave("more")), digest="longer")
    revised = revise(paused, longer, 2, LATER, actor="ada")
    assert revised.phase is Phase.PAUSED
    assert resume(revised, LATER, actor="ada").phase is Phase.SOAKING


@pytest.mark.parametrize("phase", sorted(set(Phase) - {Phase.PAUSED}))
def test_what_is_not_paused_cannot_be_resumed(phase: Phase) -> None:
    with pytest.raises(NotPossible, match=f"{phase}, not paused"):
        resume(rollout(phase), LATER, actor="ada")


@pytest.mark.parametrize("phase", sorted(set(Phase) - {Phase.ABORTED}))
def test_a_rollout_is_aborted_from_wherever_it_is(phase: Phase) -> None:
    ended = abort(rollout(phase), LATER, actor="grace", reason="wrong group")
    assert (ended.phase, ended.pause, ended.widens) == (Phase.ABORTED, None, False)
    assert (ended.actor, ended.reason, ended.since) == ("grace", "wrong group", LATER)


@pytest.mark.parametrize("phase", sorted(set(Phase) - {Phase.PLANNED}))
def test_a_restart_begins_with_the_first_wave_and_takes_nobody_out(phase: Phase) -> None:
    before = rollout(
        phase,
        started=2,
        cuts=(Cut(0.1), Cut(0.2)),
        rolled_back=frozenset({"early"}),
        lease=Lease("run-1", LATER),
    )
    again = restart(before, LATER, actor="grace", reason="anew")
    assert (again.phase, again.started, again.cuts) == (Phase.PLANNED, 0, ())
    assert (again.rolled_back, again.lease, again.pause) == (frozenset(), None, None)
    assert again.claiming_waves == {"pilot", "early", "all"}
    assert again.document is before.document


def test_what_has_not_begun_cannot_be_restarted() -> None:
    with pytest.raises(NotPossible, match="not begun"):
        restart(rollout(Phase.PLANNED, started=0), LATER, actor="ada", reason="")


@pytest.mark.parametrize("phase", sorted((ACTIVE | {Phase.COMPLETED}) - {Phase.PLANNED}))
def test_a_rolled_back_wave_waits_for_an_operator_and_is_put_in_again_on_resuming(
    phase: Phase,
) -> None:
    before = rollout(phase, started=2, cuts=(Cut(0.1), Cut(0.2)))
    back = roll_back(before, "early", LATER, actor="grace", reason="phones ring")
    assert (back.phase, back.widens) == (Phase.PAUSED, False)
    assert back.claiming_waves == {"pilot", "all"}
    assert back.pause == Pause(
        PauseReason.ROLLED_BACK, "early: phones ring", LATER, "grace", before.phase
    )
    resumed = resume(back, LATER, actor="ada")
    assert (resumed.phase, resumed.rolled_back) == (Phase.PROGRESSING, frozenset())
    assert resumed.cuts == before.cuts


def test_a_wave_rolled_back_before_any_began_keeps_the_rollout_planned_on_resuming() -> None:
    back = roll_back(rollout(Phase.PLANNED, started=0), "pilot", LATER, actor="ada", reason="")
    resumed = resume(back, LATER, actor="ada")
    assert (resumed.phase, resumed.rolled_back) == (Phase.PLANNED, frozenset())


def test_a_second_wave_can_be_rolled_back_and_the_rollout_goes_on_where_it_was() -> None:
    paused = pause(rollout(Phase.SOAKING, started=2), PauseReason.GATE_FAILED, LATER, actor="clock")
    both = roll_back(paused, "early", LATER, actor="ada", reason="")
    both = roll_back(both, "pilot", LATER, actor="ada", reason="")
    assert both.rolled_back == {"early", "pilot"}
    assert both.pause
    assert both.pause.goes_on is Phase.SOAKING


def test_rolling_back_a_wave_of_an_aborted_rollout_leaves_it_aborted() -> None:
    back = roll_back(rollout(Phase.ABORTED), "pilot", LATER, actor="grace", reason="phones ring")
    assert (back.phase, back.since, back.pause) == (Phase.ABORTED, NOW, None)
    assert (back.actor, back.reason) == ("grace", "phones ring")
    assert back.rolled_back == {"pilot"}


def test_a_wave_of_an_earlier_document_can_be_rolled_back_too() -> None:
    back = roll_back(rollout(Phase.SOAKING), "of before", LATER, actor="ada", reason="")
    assert back.rolled_back == {"of before"}


LONGER = document(PILOT, EARLY, ALL, wave("more"))


@pytest.mark.parametrize("phase", sorted(set(Phase) - ENDED))
def test_a_new_version_of_the_document_goes_on_where_the_rollout_is(phase: Phase) -> None:
    before = rollout(phase, started=2, cuts=(Cut(0.1), Cut(0.2)), forced=True)
    revised = revise(before, LONGER, 2, LATER, actor="grace")
    assert revised == replace(before, document=LONGER, version=2, actor="grace", forced=False)


@pytest.mark.parametrize(
    ("waves", "number"),
    [((EARLY, PILOT, ALL), 0), ((PILOT, ALL), 1), ((PILOT,), 1), ((), 0)],
)
def test_a_wave_that_has_begun_stays_in_its_place(waves: tuple[Wave, ...], number: int) -> None:
    before = rollout(Phase.SOAKING, started=2)
    with pytest.raises(
        NotPossible, match=rf"^waves\[{number}\].name: '{THREE.waves[number].name}'"
    ):
        revise(before, replace(THREE, waves=waves), 2, LATER, actor="ada")


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        (replace(THREE, salt="pepper"), "salt"),
        (replace(THREE, balance=Attribute.DEPARTMENT), "balance"),
    ],
)
def test_what_places_people_stays_once_a_wave_has_begun(changed: Document, field: str) -> None:
    with pytest.raises(NotPossible, match=f"^{field}: decides which people a wave picks"):
        revise(rollout(Phase.SOAKING), changed, 2, LATER, actor="ada")
    before_any = rollout(Phase.PLANNED, started=0)
    assert revise(before_any, changed, 2, LATER, actor="ada").document is changed
    done = rollout(Phase.COMPLETED, started=3)
    assert revise(done, changed, 2, LATER, actor="ada").phase is Phase.PLANNED


def test_a_completed_rollout_goes_on_with_a_wave_that_was_added() -> None:
    done = rollout(Phase.COMPLETED, started=3, cuts=(Cut(0.1), Cut(0.2), Cut(0.3)))
    more = revise(done, LONGER, 2, LATER, actor="grace")
    assert (more.phase, more.since, more.next_wave) == (Phase.SOAKING, LATER, LONGER.waves[3])
    assert (more.started, more.cuts) == (3, done.cuts)


def test_a_completed_rollout_stays_so_where_no_wave_was_added() -> None:
    done = rollout(Phase.COMPLETED, started=3)
    reworded = replace(THREE, digest="other")
    assert revise(done, reworded, 2, LATER, actor="ada").phase is Phase.COMPLETED


@pytest.mark.parametrize(
    ("phase", "following"),
    [
        (Phase.ABORTED, THREE),
        (Phase.ABORTED, LONGER),
        (Phase.COMPLETED, document(wave("other"))),
        (Phase.COMPLETED, document(PILOT)),
    ],
)
def test_after_the_end_another_document_begins_another_rollout(
    phase: Phase, following: Document
) -> None:
    before = rollout(phase, started=3, cuts=(Cut(0.1), Cut(0.2), Cut(0.3)))
    fresh = revise(before, following, 2, LATER, actor="grace")
    assert fresh == planned(following, 2, LATER, actor="grace")


@pytest.mark.parametrize("why", PauseReason)
def test_every_reason_for_a_pause_has_a_sentence(why: PauseReason) -> None:
    assert why.text.endswith(".")


type Action = Callable[[Rollout], Rollout]
ACTIONS: dict[str, Action] = {
    "begin": lambda one: begun(one, Cut(0.1 * (one.started + 1))),
    "soak": soaking,
    "complete": lambda one: one.entered(Phase.COMPLETED, LATER, actor="clock"),
    "pause": lambda one: pause(one, PauseReason.BY_OPERATOR, LATER, actor="ada"),
    "resume": lambda one: resume(one, LATER, actor="ada"),
    "abort": lambda one: abort(one, LATER, actor="ada", reason=""),
    "roll back": lambda one: roll_back(
        one, one.document.waves[0].name, LATER, actor="ada", reason=""
    ),
    "restart": lambda one: restart(one, LATER, actor="ada", reason=""),
}
LAWFUL = {
    "begin": {Phase.PLANNED, Phase.SOAKING},
    "soak": {Phase.PROGRESSING},
    "complete": {Phase.SOAKING},
}
"""From where the clock takes these; operators may try theirs at any time."""


def acted(current: Rollout, name: str) -> Rollout:
    """The rollout after that, or as it was where that is not possible."""
    if current.phase in LAWFUL.get(name, set(Phase)):
        with suppress(NotPossible):
            return ACTIONS[name](current)
    return current


@given(DOCUMENTS, st.lists(st.sampled_from(sorted(ACTIONS)), max_size=30))
def test_whatever_is_done_a_rollout_stays_in_one_piece(of: Document, names: list[str]) -> None:
    current = planned(of, 1, NOW, actor="ada")
    for name in names:
        before, current = current, acted(current, name)
        assert len(current.cuts) == current.started <= len(of.waves)
        assert [cut.below for cut in current.cuts] == sorted(cut.below for cut in current.cuts)
        assert (current.pause is not None) == (current.phase is Phase.PAUSED)
        assert not current.rolled_back or current.phase in {Phase.PAUSED, Phase.ABORTED}
        if name != "restart":
            assert current.cuts[: before.started] == before.cuts
        if name != "begin":
            assert current.started <= before.started


@given(DOCUMENTS, st.lists(st.sampled_from(sorted(ACTIONS)), max_size=20))
def test_a_resume_loses_no_cut_of_a_wave_that_has_begun(of: Document, names: list[str]) -> None:
    current = planned(of, 1, NOW, actor="ada")
    for name in names:
        current = acted(current, name)
    for halt in ("pause", "roll back"):
        paused = acted(current, halt)
        resumed = acted(paused, "resume")
        assert (resumed.started, resumed.cuts) == (current.started, current.cuts)
        if paused.pause:
            assert resumed.phase is not Phase.PAUSED
            assert not resumed.rolled_back


SELECTIONS = st.one_of(
    st.floats(0.01, 1).map(Share),
    st.integers(1, 60).map(Count),
    st.just(Ring(frozenset({"anna"}))),
)
POPULATIONS = st.dictionaries(
    st.uuids().map(str), st.sampled_from(["it", "sales", ""]), min_size=1, max_size=40
)


@given(st.lists(SELECTIONS, min_size=1, max_size=5), POPULATIONS, st.booleans())
def test_after_a_restart_the_same_waves_cut_the_same_people_at_the_same_place(
    selections: list[Selection], population: dict[str, str], balanced: bool
) -> None:
    waves = [wave(f"wave {n}", selection=one) for n, one in enumerate(selections)]
    first = run_through(planned(document(*waves), 1, NOW, actor="ada"), population, balanced)
    again = restart(first, LATER, actor="ada", reason="")
    shuffled = dict(reversed(population.items()))
    assert run_through(again, shuffled, balanced).cuts == first.cuts


def run_through(current: Rollout, population: dict[str, str], balanced: bool) -> Rollout:
    """Begin every wave in turn, each cut being drawn among the people as it begins."""
    while current.next_wave:
        census = Census(balanced=balanced)
        for object_id, department in population.items():
            place = position(current.document.salt, object_id)
            census.count(place, department if balanced else "")
        waves = current.document.waves[: current.started + 1]
        current = soaking(begun(current, census.cuts(waves, current.cuts)[-1]))
    return current
