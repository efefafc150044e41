"""People are converted between two reconciliations: found by what has changed, and told."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from structlog.typing import EventDict

from shared.domain.errors import DirectoryUnavailable
from shared.domain.person.enrolment import Enrolment, Provenance, State
from shared.domain.person.people import UserRef
from shared.domain.person.policy import SourceOfAuthority, Topology
from shared.domain.person.reasons import Reason
from shared.domain.rollout.state import PauseReason, Phase
from shared.use_cases.rollout.watch_accounts import EVERY, watch_accounts
from tests.support.course import rollout_of, set_up, standing, ungated
from tests.support.enrolments import NOW, enrolment
from tests.support.stage import Stage, a_stage, an_id, said
from tests.support.waves import document

OF = document(ungated("pilot", 1, 2, 3))
MINUTE = timedelta(minutes=1)
PROMISE = timedelta(minutes=10)


def put_in(number: int, **changes: Any) -> Enrolment:
    known: dict[str, Any] = {
        "key": an_id(number),
        "user": UserRef(object_id=an_id(number), source_anchor=f"anchor-{number}=="),
        "source_of_authority": SourceOfAuthority.ON_PREMISES,
    }
    return enrolment(State.VISIBLE, Provenance.OURS, **(known | changes))


async def in_scope(stage: Stage, *numbers: int) -> None:
    await set_up(stage, standing(OF, Phase.SOAKING, 1), 3)
    for number in numbers:
        stage.arrive(number, synced=True)
    await stage.store(*map(put_in, numbers))
    await watch_accounts(stage.world, NOW)


def convert(stage: Stage, *numbers: int) -> None:
    for number in numbers:
        stage.arrive(number, synced=False)


async def test_within_minutes_the_rollout_pauses_once_and_says_what_has_happened(
    stage: Stage, signals: list[EventDict]
) -> None:
    await in_scope(stage, 1, 2, 3)
    convert(stage, 1, 2)
    now = NOW
    while (await rollout_of(stage)).phase is Phase.SOAKING:
        now += MINUTE
        await watch_accounts(stage.world, now)
    assert now - NOW <= PROMISE / 2
    pause = (await rollout_of(stage)).pause
    assert pause
    assert (pause.reason, pause.detail) == (
        PauseReason.PEOPLE_CONVERTED,
        "to the cloud: 2; to on-premises: 0",
    )
    person = await stage.person(1)
    assert (person.state, person.account) == (State.VISIBLE, SourceOfAuthority.CLOUD)
    assert person.steps[-1].reason is Reason.SOURCE_OF_AUTHORITY_CHANGED
    await watch_accounts(stage.world, now + EVERY)
    assert said(signals, "people-converted") == [{"to_cloud": 2, "to_on_premises": 0}]


async def test_between_two_looks_nothing_is_asked(stage: Stage) -> None:
    await in_scope(stage, 1)
    stage.tenant.changes_trouble = stage.tenant.log_trouble = "must not be asked"
    await watch_accounts(stage.world, NOW + EVERY - MINUTE)
    with pytest.raises(ExceptionGroup):
        await watch_accounts(stage.world, NOW + EVERY)


async def test_who_is_not_in_scope_is_not_even_looked_up(
    stage: Stage, signals: list[EventDict], monkeypatch: pytest.MonkeyPatch
) -> None:
    await in_scope(stage, 1)
    convert(stage, *range(50, 60))

    async def refuse(_: Any) -> Any:
        raise AssertionError("nobody in scope has changed")

    monkeypatch.setattr(type(stage.world.directory), "find_people", refuse)
    await watch_accounts(stage.world, NOW + EVERY)
    assert said(signals, "people-converted") == []


@pytest.mark.parametrize("away", ["changes_trouble", "log_trouble"])
async def test_where_one_of_the_two_is_silent_the_other_tells_and_the_next_minute_asks_again(
    stage: Stage, away: str
) -> None:
    await in_scope(stage, 1, 2)
    setattr(stage.tenant, away, "Graph answered 500")
    convert(stage, 1)
    stage.tenant.conversions.append((an_id(1), NOW + MINUTE))
    with pytest.raises(DirectoryUnavailable, match="500"):
        await watch_accounts(stage.world, NOW + EVERY)
    assert (await rollout_of(stage)).phase is Phase.PAUSED
    setattr(stage.tenant, away, "")
    convert(stage, 2)
    stage.tenant.conversions.append((an_id(2), NOW + EVERY))
    await watch_accounts(stage.world, NOW + EVERY + MINUTE)
    assert (await stage.person(2)).account is SourceOfAuthority.CLOUD


async def test_a_conversion_that_the_changes_do_not_show_is_found_by_the_log_however_late(
    stage: Stage,
) -> None:
    await in_scope(stage, 1)
    person = stage.tenant.people[an_id(1)]
    # As if Graph did not track the property.
    stage.tenant.people[an_id(1)] = replace(person, synced=False)
    await watch_accounts(stage.world, NOW + EVERY)
    assert (await rollout_of(stage)).phase is Phase.SOAKING
    stage.tenant.conversions.append((an_id(1), NOW + MINUTE))
    await watch_accounts(stage.world, NOW + 3 * EVERY)
    assert (await rollout_of(stage)).phase is Phase.PAUSED


async def test_more_changes_than_one_look_reads_are_read_by_the_ticks_that_follow(
    stage: Stage,
) -> None:
    await in_scope(stage, 1)
    stage.tenant.page = 4
    convert(stage, *range(50, 58), 1)
    for minute in range(3):
        assert (await rollout_of(stage)).phase is Phase.SOAKING
        await watch_accounts(stage.world, NOW + EVERY + minute * MINUTE)
    assert (await rollout_of(stage)).phase is Phase.PAUSED


async def test_a_place_that_graph_has_forgotten_begins_anew_and_the_log_fills_the_gap(
    stage: Stage,
) -> None:
    await in_scope(stage, 1, 2)
    stage.tenant.changes_epoch += 1
    convert(stage, 1)
    stage.tenant.conversions.append((an_id(1), NOW + MINUTE))
    await watch_accounts(stage.world, NOW + EVERY)
    assert (await stage.person(1)).account is SourceOfAuthority.CLOUD
    convert(stage, 2)
    await watch_accounts(stage.world, NOW + 2 * EVERY)
    assert (await stage.person(2)).account is SourceOfAuthority.CLOUD


@pytest.mark.parametrize("why", ["no rollout", "aborted", "cloud"])
async def test_where_nothing_could_be_paused_nothing_is_asked(why: str) -> None:
    stage = a_stage(topology=Topology.CLOUD) if why == "cloud" else a_stage()
    if why == "cloud":
        await stage.applies(standing(replace(OF, topology=Topology.CLOUD), Phase.SOAKING, 1))
    if why == "aborted":
        await stage.applies(standing(OF, Phase.ABORTED, 1))
    stage.tenant.changes_trouble = stage.tenant.log_trouble = "must not be asked"
    await watch_accounts(stage.world, NOW)
    assert await stage.world.account_looks.newest() is None
