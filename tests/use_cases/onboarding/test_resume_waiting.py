"""Those who wait are asked for again when their time has come, in the name of what wants them."""

from dataclasses import replace
from functools import partial
from typing import Any

import pytest

from shared.contracts.messages.queues import SCOPE_CHANGES
from shared.domain.errors import DirectoryUnavailable
from shared.domain.person.enrolment import (
    Cause,
    CauseKind,
    Claim,
    Enrolment,
    Exclusion,
    Provenance,
    State,
)
from shared.domain.person.people import UserRef
from shared.domain.person.reasons import Reason
from shared.domain.rollout.state import Phase
from shared.use_cases.onboarding.resume_waiting import resume_waiting
from tests.support.enrolments import DAY, HOUR, NOW, enrolment
from tests.support.stage import Stage, an_id, upn_of
from tests.support.waves import rollout


def claim(kind: CauseKind, **changes: Any) -> Claim:
    return replace(Claim(Cause(kind, f"of {kind}", "ada")), **changes)


def waiting(number: int, *claims: Claim, **changes: Any) -> Enrolment:
    """Somebody in Entra whose time has come."""
    known: dict[str, Any] = {
        "key": an_id(number),
        "user": UserRef(object_id=an_id(number), user_principal_name=upn_of(number)),
        "reason": Reason.HIRE_DATE_AHEAD,
        "source_of_authority": None,
        "due": NOW,
        "claims": claims or (claim(CauseKind.EVENT),),
    }
    return enrolment(State.WAITING, Provenance.UNKNOWN, **(known | changes))


async def test_whose_time_has_come_is_requested_and_nobody_else(stage: Stage) -> None:
    for number in (1, 2):
        stage.arrive(number)
    await stage.store(waiting(1), waiting(2, due=NOW + HOUR))
    assert await resume_waiting(stage.world, NOW) == 1
    assert (await stage.person(1)).state is State.REQUESTED
    assert (await stage.person(2)).state is State.WAITING
    assert len(stage.broker.messages(SCOPE_CHANGES)) == 1


async def test_where_nobody_is_due_nobody_is_asked(stage: Stage) -> None:
    assert await resume_waiting(stage.world, NOW) == 0
    assert not [point for point in stage.turns.points if point.startswith("directory")]


async def test_whoever_is_still_in_no_directory_waits_ever_longer_until_the_deadline(
    stage: Stage,
) -> None:
    key = f"upn:{upn_of(1)}"
    lost = waiting(
        1,
        key=key,
        user=UserRef(user_principal_name=upn_of(1)),
        reason=Reason.NOT_IN_ANY_DIRECTORY,
        deadline=NOW + DAY,
        attempts=3,
    )
    await stage.store(lost)
    await resume_waiting(stage.world, NOW)
    found = await stage.person(key)
    assert found.state is State.REQUESTED  # By the worker, who knows the on-premises side.
    assert found.deadline == NOW + DAY


@pytest.mark.parametrize("kind", [CauseKind.WAVE, CauseKind.NEW_HIRE])
@pytest.mark.parametrize(
    ("phase", "state"),
    [
        (Phase.SOAKING, State.REQUESTED),
        (Phase.PAUSED, State.WAITING),
        (Phase.ABORTED, State.WAITING),
    ],
)
async def test_whom_only_the_rollout_wants_is_asked_for_while_it_widens(
    stage: Stage, kind: CauseKind, phase: Phase, state: State
) -> None:
    stage.arrive(1)
    await stage.store(waiting(1, claim(kind)))
    await stage.applies(rollout(phase))
    await resume_waiting(stage.world, NOW)
    assert (await stage.person(1)).state is state


async def test_what_an_operator_and_an_event_said_goes_before_the_wave(stage: Stage) -> None:
    stage.arrive(1)
    claims = [claim(CauseKind.WAVE), claim(CauseKind.OVERRIDE), claim(CauseKind.EVENT)]
    await stage.store(waiting(1, *claims))
    await resume_waiting(stage.world, NOW)
    found = await stage.person(1)
    assert (found.cause.kind, found.state) == (CauseKind.EVENT, State.REQUESTED)
    assert {one.cause.kind for one in found.claims} == {one.cause.kind for one in claims}


async def test_whom_nothing_wants_any_more_no_longer_waits(stage: Stage) -> None:
    stage.arrive(1)
    await stage.store(waiting(1, claim(CauseKind.OVERRIDE, until=NOW)))
    await resume_waiting(stage.world, NOW)
    found = await stage.person(1)
    assert (found.state, found.reason) == (State.WITHDRAWN, Reason.NO_LONGER_WANTED)
    assert stage.broker.messages(SCOPE_CHANGES) == ()


async def test_whoever_is_asked_for_while_they_are_given_up_is_not_given_up(stage: Stage) -> None:
    stage.arrive(1)
    over = waiting(1, claim(CauseKind.OVERRIDE, until=NOW))
    await stage.store(over)
    asked = over.moved(State.REQUESTED, Reason.ONBOARDED, NOW).with_claim(claim(CauseKind.EVENT))
    stage.turns.at("ledger.amend read", partial(stage.store, asked))
    await resume_waiting(stage.world, NOW)
    assert await stage.person(1) == asked


async def test_one_thing_that_still_wants_them_is_enough(stage: Stage) -> None:
    stage.arrive(1)
    over = claim(CauseKind.OVERRIDE, until=NOW)
    await stage.store(waiting(1, over, claim(CauseKind.WAVE)))
    await stage.applies(rollout(Phase.PAUSED))
    await resume_waiting(stage.world, NOW)
    assert (await stage.person(1)).state is State.WAITING


async def test_somebody_who_leaves_while_they_are_asked_for_stays_out(stage: Stage) -> None:
    stage.arrive(1)
    one = waiting(1)
    await stage.store(one)
    gone = replace(one.moved(State.WITHDRAWN, Reason.OFFBOARDED, NOW), event_time=NOW, claims=())
    stage.turns.at("directory.find_people", lambda: stage.store(gone))
    await resume_waiting(stage.world, NOW)
    assert (await stage.person(1)).state is State.WITHDRAWN


async def test_two_timers_at_once_ask_for_everybody_once(stage: Stage) -> None:
    stage.arrive(1)
    await stage.store(waiting(1))
    stage.turns.at("ledger.amend commit", lambda: resume_waiting(stage.another(), NOW))
    await resume_waiting(stage.world, NOW)
    found = await stage.person(1)
    assert [step.reason for step in found.steps] == [Reason.ONBOARDED]
    assert len(stage.broker.messages(SCOPE_CHANGES)) == 1


async def test_while_entra_is_away_they_wait_for_the_next_tick(stage: Stage) -> None:
    stage.arrive(1)
    await stage.store(waiting(1))
    stage.turns.fail("directory.find_people", DirectoryUnavailable("away"))
    with pytest.raises(DirectoryUnavailable):
        await resume_waiting(stage.world, NOW)
    assert await resume_waiting(stage.world, NOW) == 1


LEFT = Exclusion(Reason.OFFBOARDED, "hr")
OUT = Exclusion(Reason.EXCLUDED_BY_OPERATOR, "olga")


@pytest.mark.parametrize("is_there", [True, False], ids=["in Entra", "nowhere"])
@pytest.mark.parametrize(
    "known",
    [
        {"exclusion": replace(LEFT, begins=NOW)},
        {"exclusion": LEFT},
        {"set_aside": LEFT, "claims": (claim(CauseKind.OVERRIDE, until=NOW),)},
        {"exclusion": OUT, "set_aside": LEFT},
    ],
    ids=["last day over", "left", "no longer included", "kept out by an operator"],
)
async def test_whoever_is_kept_out_by_the_time_of_the_look_waits_no_more_and_stays_out(
    stage: Stage, known: dict[str, Any], *, is_there: bool
) -> None:
    """Given somebody who waits, when what keeps them out has begun, then the clock says so too."""
    key = an_id(1) if is_there else f"upn:{upn_of(1)}"
    if is_there:
        stage.arrive(1)
    user = UserRef(object_id=an_id(1) if is_there else None, user_principal_name=upn_of(1))
    one = waiting(1, **({"key": key, "user": user} | known))
    await stage.store(one)
    for later in (NOW, NOW + HOUR):
        await resume_waiting(stage.world, later)
        gone = await stage.person(key)
        assert (gone.exclusion, gone.set_aside) == (one.exclusion, one.set_aside)
        assert gone.state is State.WITHDRAWN
        keeping = gone.kept_out_by(later)
        assert keeping is not None
        assert gone.reason is keeping.reason
    assert stage.broker.messages(SCOPE_CHANGES) == ()


async def test_a_removal_that_is_still_owed_to_whoever_waits_no_more_is_written(
    stage: Stage,
) -> None:
    stage.arrive(1)
    await stage.store(
        replace(waiting(1, exclusion=replace(LEFT, begins=NOW)), provenance=Provenance.OURS)
    )
    await resume_waiting(stage.world, NOW)
    assert (await stage.person(1)).state is State.WITHDRAWING
    assert len(stage.broker.messages(SCOPE_CHANGES)) == 1
