"""An operator includes, excludes or releases one person, whatever the waves say."""

from dataclasses import replace
from typing import Any

import pytest

from shared.contracts.messages.queues import SCOPE_CHANGES
from shared.domain.errors import DirectoryUnavailable, LedgerConflict, NotPossible
from shared.domain.person.enrolment import CauseKind, State
from shared.domain.person.reasons import Reason
from shared.use_cases.onboarding.override_person import exclude, include, release
from tests.support.enrolments import DAY, NOW
from tests.support.stage import Stage, an_id, upn_of

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


async def test_somebody_who_is_gone_before_their_groups_are_read_is_taken_as_in_none(
    stage: Stage,
) -> None:
    stage.arrive(1)

    async def vanish() -> None:
        stage.tenant.remove(an_id(1))

    stage.turns.at("directory.memberships", vanish)
    (found,) = await include("1", stage.world, NOW, **SAID)
    assert found.state is State.REQUESTED


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
