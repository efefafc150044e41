"""An operator includes, excludes or releases one person, whatever the waves say."""

from dataclasses import replace
from functools import partial
from typing import Any

import pytest

from shared.contracts.messages.queues import SCOPE_CHANGES
from shared.domain.errors import DirectoryUnavailable, LedgerConflict, NotPossible
from shared.domain.person.enrolment import CauseKind, State
from shared.domain.person.people import UserRef
from shared.domain.person.reasons import Reason
from shared.use_cases.onboarding.override_person import exclude, include, release
from shared.use_cases.onboarding.take_events import take_events
from shared.use_cases.views.describe_kept_out import list_kept_out
from tests.support.enrolments import DAY, HOUR, NOW, SCOPE
from tests.support.stage import Stage, an_id, messages, upn_of

SAID: dict[str, Any] = {"actor": "ada", "reason": "because"}


@pytest.mark.parametrize("identity", [upn_of(1), "1", an_id(1), f"upn:{upn_of(1)}"])
async def test_somebody_is_included_by_any_name(stage: Stage, identity: str) -> None:
    stage.arrive(1)
    (found,) = await include(identity, stage.world, NOW, **SAID, until=NOW + DAY)
    assert (found.key, found.state) == (an_id(1), State.REQUESTED)
    claim = found.claim(CauseKind.OVERRIDE)
    assert claim is not None
    assert (claim.cause.actor, claim.cause.reference, claim.until) == ("ada", "because", NOW + DAY)
    assert len(stage.broker.messages(SCOPE_CHANGES)) == 1


async def test_who_is_not_eligible_is_shown_as_excluded_with_the_reason(stage: Stage) -> None:
    stage.arrive(1, guest=True)
    (found,) = await include("1", stage.world, NOW, **SAID)
    assert (found.state, found.reason) == (State.EXCLUDED, Reason.GUEST)


async def test_nobody_and_two_people_cannot_be_meant(stage: Stage) -> None:
    with pytest.raises(NotPossible, match="nobody is known"):
        await include(upn_of(1), stage.world, NOW, **SAID)
    twin = stage.arrive(1)
    stage.tenant.put(replace(twin, ref=replace(twin.ref, object_id=an_id(2))))
    for act in (include, exclude, release):
        with pytest.raises(NotPossible, match="more than one person"):
            await act(upn_of(1), stage.world, NOW, **SAID)


async def test_who_is_in_is_taken_out_and_kept_out(stage: Stage) -> None:
    stage.arrive(1)
    await include("1", stage.world, NOW, **SAID)
    (found,) = await exclude("1", stage.world, NOW, **SAID, until=NOW + DAY)
    assert (found.state, found.reason) == (State.WITHDRAWING, Reason.EXCLUDED_BY_OPERATOR)
    assert found.exclusion is not None
    assert found.exclusion.until == NOW + DAY
    assert len(stage.broker.messages(SCOPE_CHANGES)) == 2


async def test_who_was_never_heard_of_is_kept_out_all_the_same(stage: Stage) -> None:
    stage.arrive(1)
    (found,) = await exclude("1", stage.world, NOW, **SAID)
    assert (found.state, found.exclusion is not None) == (State.EXCLUDED, True)
    assert stage.broker.messages(SCOPE_CHANGES) == ()


async def test_released_somebody_is_as_if_nothing_had_been_said(stage: Stage) -> None:
    stage.arrive(1)
    assert await release("1", stage.world, NOW, **SAID) == []
    await include("1", stage.world, NOW, **SAID)
    await exclude("1", stage.world, NOW, **SAID)
    (found,) = await release("1", stage.world, NOW, **SAID)
    assert (found.exclusion, found.claims) == (None, ())
    assert found.steps[-1].reason is Reason.RELEASED


async def test_two_operators_at_once_both_have_their_say_in_some_order(stage: Stage) -> None:
    stage.arrive(1)
    stage.turns.at("ledger.amend commit", lambda: exclude("1", stage.another(), NOW, **SAID))
    (found,) = await include("1", stage.world, NOW, **SAID)
    assert found == await stage.person(1)
    assert (found.state, found.exclusion) == (State.REQUESTED, None)
    records = [record for end in await stage.world.audit.ends() for record in range(end.number)]
    assert len(records) == 2


async def test_somebody_who_is_gone_before_their_groups_are_read_is_nobody_at_the_next_try(
    stage: Stage,
) -> None:
    stage.arrive(1)

    async def vanish() -> None:
        stage.tenant.remove(an_id(1))

    stage.turns.at("directory.memberships", vanish)
    with pytest.raises(DirectoryUnavailable):
        await include("1", stage.world, NOW, **SAID)
    with pytest.raises(NotPossible, match="nobody"):
        await include("1", stage.another(), NOW, **SAID)


@pytest.mark.parametrize(
    ("point", "error"),
    [
        ("directory.find_people", DirectoryUnavailable("away")),
        ("directory.memberships", DirectoryUnavailable("away")),
        ("ledger.amend", LedgerConflict("busy")),
    ],
)
async def test_what_passes_is_told_to_whoever_asked(
    stage: Stage, point: str, error: Exception
) -> None:
    stage.arrive(1)
    stage.turns.fail(point, error)
    with pytest.raises(type(error)):
        await exclude("1", stage.world, NOW, **SAID)
    assert await stage.world.ledger.load([an_id(1)]) == {}


def comes(action: str, number: int) -> dict[str, Any]:
    """An event of that kind for somebody, as it is sent."""
    return {"employeeId": str(number), "action": action}


async def test_who_is_excluded_for_good_stays_out_whatever_comes(stage: Stage) -> None:
    """Given somebody excluded for good, when they are hired, leave and are hired, they stay out.

    So it is for an operator who includes, excludes for a time or releases them without a thought.
    """
    stage.arrive(1)
    await exclude("1", stage.world, NOW, **SAID, for_good=True)
    for day, action in enumerate(["onboard", "offboard", "onboard"], start=1):
        then = NOW + day * DAY
        await take_events(messages(comes(action, 1), enqueued_at=then), stage.another(), then)
        found = await stage.person(1)
        assert (found.is_barred, found.state.is_coming) == (True, False)
    for act in (include, release):
        with pytest.raises(NotPossible, match="--never"):
            await act("1", stage.world, NOW + 9 * DAY, **SAID)
    await exclude("1", stage.world, NOW + 9 * DAY, **SAID, until=NOW + 10 * DAY)
    assert (await stage.person(1)).is_barred

    (found,) = await release("1", stage.world, NOW + 11 * DAY, **SAID, for_good=True)
    assert found.exclusion is None
    assert found.claim(CauseKind.EVENT) is not None


async def test_a_leaver_is_a_leaver_again_once_they_are_not_excluded_for_good(
    stage: Stage,
) -> None:
    stage.arrive(1)
    await exclude("1", stage.world, NOW, **SAID, for_good=True)
    then = NOW + DAY
    await take_events(messages(comes("offboard", 1), enqueued_at=then), stage.another(), then)
    (found,) = await release("1", stage.world, then, **SAID, for_good=True)
    assert found.exclusion is not None
    assert found.exclusion.reason is Reason.OFFBOARDED


async def test_whom_operators_keep_out_is_listed_by_name(stage: Stage) -> None:
    """Given one excluded for good, one for a time, one whose time is over and a leaver."""
    for number in (1, 2, 3, 4):
        stage.arrive(number)
    await exclude("1", stage.world, NOW, **SAID, for_good=True)
    await exclude("2", stage.world, NOW, **SAID, until=NOW + DAY)
    await exclude("3", stage.world, NOW - DAY, **SAID, until=NOW - HOUR)
    await take_events(messages(comes("offboard", 4)), stage.another(), NOW)
    listed = await list_kept_out(None, stage.another(), NOW)
    assert {one.key: (one.reason, one.user_principal_name) for one in listed.people} == {
        an_id(1): (Reason.EXCLUDED_FOR_GOOD, upn_of(1)),
        an_id(2): (Reason.EXCLUDED_BY_OPERATOR, upn_of(2)),
    }
    assert (listed.next, listed.names_missing) == (None, None)


async def test_a_name_that_the_ledger_lacks_is_looked_up_and_if_that_fails_it_is_said(
    stage: Stage,
) -> None:
    """Given one whom a ledger that was taken up again after a loss knows by their id alone."""
    stage.arrive(1)
    (kept_out,) = await exclude("1", stage.world, NOW, **SAID)
    await stage.store(replace(kept_out, user=UserRef(object_id=an_id(1))))
    listed = await list_kept_out(None, stage.another(), NOW)
    assert [one.user_principal_name for one in listed.people] == [upn_of(1)]
    assert listed.names_missing is None

    stage.turns.fail("directory.names", DirectoryUnavailable("Graph is away"))
    listed = await list_kept_out(None, stage.world, NOW)
    assert [one.user_principal_name for one in listed.people] == [None]
    assert listed.names_missing is not None
    assert "Entra could not be asked" in listed.names_missing


@pytest.mark.parametrize(
    "verb", [include, partial(exclude, take_out=True), exclude], ids=["in", "out", "kept out"]
)
async def test_whose_groups_entra_does_not_say_is_asked_for_again(stage: Stage, verb: Any) -> None:
    """Given a replica that does not know them yet, then nobody guesses that they are in none."""
    stage.arrive(1, SCOPE)
    stage.tenant.overlooked.add(an_id(1))
    with pytest.raises(DirectoryUnavailable, match="ask again"):
        await verb("1", stage.world, NOW, **SAID)
    assert await stage.another().ledger.load([an_id(1)]) == {}
    (decided,) = await verb("1", stage.another(), NOW, **SAID)
    assert decided.key == an_id(1)


async def test_everybody_of_a_part_has_a_name_however_many_the_ledger_has_none_of(
    stage: Stage,
) -> None:
    many = range(1, 301)
    for number in many:
        stage.arrive(number)
    (kept_out,) = await exclude("1", stage.world, NOW, **SAID)
    await stage.store(
        *(replace(kept_out, key=an_id(one), user=UserRef(object_id=an_id(one))) for one in many)
    )
    listed = await list_kept_out(None, stage.another(), NOW)
    assert {one.user_principal_name for one in listed.people} == {upn_of(one) for one in many}
    assert listed.names_missing is None
