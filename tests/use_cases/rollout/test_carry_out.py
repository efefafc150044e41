"""Parts of a plan are carried out: everybody in them is decided about anew."""

from dataclasses import replace
from datetime import timedelta

import pytest

from shared.domain.person.enrolment import (
    Cause,
    CauseKind,
    Claim,
    Exclusion,
    Provenance,
    State,
)
from shared.domain.person.people import Candidate, Memberships
from shared.domain.person.reasons import Reason
from shared.domain.plan.scope_plan import Addition, Drift, Removal
from shared.use_cases.rollout.carry_out import put_in_all, repair, take_out_all
from shared.use_cases.rollout.take_snapshot import Snapshot
from tests.support.course import ids, in_state, member, populate, queued, states
from tests.support.enrolments import DAY, NOW, POLICY
from tests.support.stage import Stage, an_id


@pytest.fixture
def snapshot(stage: Stage) -> Snapshot:
    """Three people, none of them in the group."""
    populate(stage, 3)
    people = stage.tenant.people.items()
    candidates = {key: Candidate(person, Memberships()) for key, person in people}
    return Snapshot(candidates, frozenset(), {})


def additions(*numbers: int) -> list[Addition]:
    return [Addition(an_id(one), CauseKind.WAVE, "pilot", "") for one in numbers]


async def put_in(stage: Stage, snapshot: Snapshot, *numbers: int) -> None:
    await put_in_all(additions(*numbers), snapshot, POLICY, stage.world, NOW)


async def test_people_are_put_in_with_what_wants_them(stage: Stage, snapshot: Snapshot) -> None:
    await put_in(stage, snapshot, 1, 2)
    assert in_state(stage, State.REQUESTED) == ids([1, 2])
    assert (await stage.person(1)).cause == Cause(CauseKind.WAVE, "pilot", "clock")
    assert queued(stage).keys() == ids([1, 2])


async def test_putting_in_twice_changes_nothing_and_sends_nothing_more(
    stage: Stage, snapshot: Snapshot
) -> None:
    await put_in(stage, snapshot, 1, 2)
    before = [await stage.person(number) for number in (1, 2)]
    await put_in(stage, snapshot, 1, 2)
    assert [await stage.person(number) for number in (1, 2)] == before
    assert queued(stage) == dict.fromkeys(ids([1, 2]), 1)


@pytest.mark.parametrize(("until", "state"), [(None, State.WITHDRAWN), (NOW, State.REQUESTED)])
async def test_who_has_been_excluded_meanwhile_stays_out_as_long_as_that_holds(
    stage: Stage, snapshot: Snapshot, until: None, state: State
) -> None:
    exclusion = Exclusion(Reason.EXCLUDED_BY_OPERATOR, "ada", "on leave", until)
    await stage.store(member(1, State.WITHDRAWN, exclusion=exclusion, claims=()))
    await put_in(stage, snapshot, 1)
    assert states(stage) == {an_id(1): state}
    assert bool((await stage.person(1)).claims) is (state is State.REQUESTED)


async def test_people_are_taken_out_for_their_reasons(stage: Stage) -> None:
    await stage.store(member(1, State.EFFECTIVE), member(2, State.VISIBLE))
    removals = [
        Removal(an_id(1), Reason.NO_LONGER_WANTED),
        Removal(an_id(2), Reason.DISABLED),
        Removal(an_id(3), Reason.NOT_IN_ENTRA),
    ]
    await take_out_all(removals, stage.world, NOW)
    assert states(stage) == dict.fromkeys(ids([1, 2]), State.WITHDRAWING)
    assert (await stage.person(1)).claims == ()
    # What stands in the way of a claim may pass away.
    assert (await stage.person(2)).claims != ()
    assert queued(stage).keys() == ids([1, 2])


@pytest.mark.parametrize("reason", [Reason.NO_LONGER_WANTED, Reason.ROLLED_BACK])
@pytest.mark.parametrize("kind", [CauseKind.EVENT, CauseKind.OVERRIDE])
async def test_who_has_been_asked_for_meanwhile_is_not_taken_out_as_unwanted(
    stage: Stage, kind: CauseKind, reason: Reason
) -> None:
    claim = Claim(Cause(kind, "meanwhile", "hr"))
    await stage.store(member(1, State.EFFECTIVE, claims=(claim,)))
    await take_out_all([Removal(an_id(1), reason)], stage.world, NOW)
    assert states(stage) == {an_id(1): State.EFFECTIVE}


@pytest.mark.parametrize(
    ("reason", "until"),
    [(Reason.DISABLED, None), (Reason.NO_LONGER_WANTED, NOW - timedelta(seconds=1))],
)
async def test_a_claim_keeps_nobody_in_who_may_not_be_or_once_it_is_over(
    stage: Stage, reason: Reason, until: None
) -> None:
    claim = Claim(Cause(CauseKind.EVENT, "event-1", "hr"), until)
    await stage.store(member(1, State.EFFECTIVE, claims=(claim,)))
    await take_out_all([Removal(an_id(1), reason)], stage.world, NOW)
    assert states(stage) == {an_id(1): State.WITHDRAWING}


async def test_who_left_entra_needs_no_write_any_more(stage: Stage) -> None:
    await stage.store(member(1, State.EFFECTIVE))
    await take_out_all([Removal(an_id(1), Reason.NOT_IN_ENTRA)], stage.world, NOW)
    assert states(stage) == {an_id(1): State.WITHDRAWN}
    assert queued(stage) == {}


async def test_who_was_in_before_the_rollout_is_remembered_and_not_taken_out(stage: Stage) -> None:
    there = replace(member(1, State.VISIBLE), provenance=Provenance.PREEXISTING)
    await stage.store(there)
    await take_out_all([Removal(an_id(1), Reason.NO_LONGER_WANTED)], stage.world, NOW)
    assert states(stage) == {an_id(1): State.VISIBLE}
    assert queued(stage) == {}


async def mend(stage: Stage, snapshot: Snapshot, number: int, reason: Reason) -> None:
    drift = [Drift(an_id(number), reason)]
    await repair(drift, snapshot, POLICY, stage.world, NOW)


async def test_whom_others_took_out_is_written_again(stage: Stage, snapshot: Snapshot) -> None:
    await stage.store(member(1, State.REGISTERED))
    await mend(stage, snapshot, 1, Reason.REMOVED_BY_HAND)
    person = await stage.person(1)
    assert (person.state, person.reason) == (State.REQUESTED, Reason.PUT_BACK)
    assert queued(stage) == {an_id(1): 1}


async def test_who_has_left_meanwhile_is_not_written_again(
    stage: Stage, snapshot: Snapshot
) -> None:
    await stage.store(member(1, State.WITHDRAWN))
    await mend(stage, snapshot, 1, Reason.REMOVED_BY_HAND)
    await mend(stage, snapshot, 2, Reason.REMOVED_BY_HAND)
    assert states(stage) == {an_id(1): State.WITHDRAWN}


async def test_whom_others_put_in_is_taken_out_known_or_not(
    stage: Stage, snapshot: Snapshot
) -> None:
    await stage.store(member(1, State.WITHDRAWN, since=NOW - DAY))
    await mend(stage, snapshot, 1, Reason.ADDED_BY_HAND)
    await mend(stage, snapshot, 2, Reason.ADDED_BY_HAND)
    assert states(stage) == dict.fromkeys(ids([1, 2]), State.WITHDRAWING)
    assert queued(stage).keys() == ids([1, 2])
