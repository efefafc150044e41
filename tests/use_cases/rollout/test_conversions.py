"""People are converted to another source of authority: told once, and written where they are."""

from typing import Any

import pytest
from structlog.typing import EventDict

from shared.domain.errors import DirectoryUnavailable
from shared.domain.person.enrolment import Enrolment, Provenance, State
from shared.domain.person.people import UserRef
from shared.domain.person.policy import SourceOfAuthority, Topology
from shared.domain.person.reasons import Reason
from shared.domain.rollout.state import PauseReason, Phase
from shared.use_cases.rollout import control
from shared.use_cases.rollout.reconcile import reconcile
from shared.use_cases.rollout.tell_converted import tell_converted
from shared.use_cases.writing.apply_scope_changes import apply_scope_changes
from tests.support.course import Clock, rollout_of, set_up, standing, ungated
from tests.support.enrolments import NOW, SCOPE, enrolment
from tests.support.stage import Stage, a_stage, an_id, messages, said
from tests.support.waves import document

CLOUD, ON_PREMISES = SourceOfAuthority.CLOUD, SourceOfAuthority.ON_PREMISES
OF = document(ungated("pilot", 1, 2, 3))
TWIN = "7e117e11-0000-4000-8000-000000000000"


def put_in(number: int, state: State = State.VISIBLE, **changes: Any) -> Enrolment:
    known: dict[str, Any] = {
        "key": an_id(number),
        "user": UserRef(object_id=an_id(number), source_anchor=f"anchor-{number}=="),
        "source_of_authority": ON_PREMISES,
    }
    provenance = changes.pop("provenance", Provenance.OURS)
    return enrolment(state, provenance, **(known | changes))


async def in_scope(stage: Stage, *numbers: int) -> None:
    """These people are seen in the AD group's twin."""
    await set_up(stage, standing(OF, Phase.SOAKING, 1), 3)
    for number in numbers:
        stage.arrive(number, TWIN, synced=True)
    stage.tenant.join(SCOPE, TWIN)
    await stage.store(*map(put_in, numbers))


async def test_people_who_were_converted_pause_the_rollout_once_and_stay_in(
    stage: Stage, signals: list[EventDict]
) -> None:
    await in_scope(stage, 1, 2, 3)
    await reconcile(stage.world, Clock())
    assert (await rollout_of(stage)).phase is Phase.SOAKING
    for number in (1, 2):
        stage.arrive(number, synced=False)
    await reconcile(stage.world, Clock())
    pause = (await rollout_of(stage)).pause
    assert pause
    assert (pause.reason, pause.detail) == (
        PauseReason.PEOPLE_CONVERTED,
        "to the cloud: 2; to on-premises: 0",
    )
    found = await stage.person(1)
    assert (found.state, found.account, found.source_of_authority) == (
        State.VISIBLE,
        CLOUD,
        ON_PREMISES,
    )
    assert found.steps[-1].reason is Reason.SOURCE_OF_AUTHORITY_CHANGED
    await control.resume(stage.world, NOW, actor="ada", reason="they know")
    await reconcile(stage.world, Clock())
    assert (await rollout_of(stage)).phase is Phase.SOAKING
    assert said(signals, "people-converted") == [{"to_cloud": 2, "to_on_premises": 0}]
    # And back.
    stage.arrive(1, synced=True)
    await reconcile(stage.world, Clock())
    assert (await rollout_of(stage)).phase is Phase.PAUSED
    assert said(signals, "people-converted")[-1] == {"to_cloud": 0, "to_on_premises": 1}


async def test_a_look_that_began_before_they_were_told_of_pauses_nothing_once_somebody_went_on(
    stage: Stage, signals: list[EventDict]
) -> None:
    """Given a reconciliation that was slow, when an operator has gone on, then it says no more."""
    await in_scope(stage, 1, 2, 3)
    found = {an_id(1): CLOUD, an_id(2): CLOUD}
    stored = await stage.world.rollouts.current()
    assert stored
    await tell_converted(found, stored, stage.world, NOW)
    await control.resume(stage.another(), NOW, actor="ada", reason="they know")
    await tell_converted(found, stored, stage.another(), NOW)
    assert (await rollout_of(stage)).phase is Phase.SOAKING
    # What it alone has found is told.
    await tell_converted(found | {an_id(3): CLOUD}, stored, stage.another(), NOW)
    assert (await rollout_of(stage)).phase is Phase.PAUSED
    assert [one["to_cloud"] for one in said(signals, "people-converted")] == [2, 1]


async def test_where_one_cloud_group_holds_everybody_accounts_are_nobodys_business() -> None:
    stage = a_stage(topology=Topology.CLOUD)
    rollout = standing(document(ungated("pilot", 1), topology=Topology.CLOUD), Phase.SOAKING, 1)
    await set_up(stage, rollout, 1)
    stage.arrive(1, SCOPE, synced=True)
    await stage.store(put_in(1, source_of_authority=CLOUD))
    await reconcile(stage.world, Clock())
    assert (await rollout_of(stage)).phase is Phase.SOAKING


async def write(stage: Stage, number: int) -> Enrolment:
    body = {
        "schema": "sspr-rollout/scope-change/1",
        "changeKey": "c",
        "personKeys": [an_id(number)],
    }
    await apply_scope_changes(messages(body), stage.world, NOW)
    return await stage.person(number)


@pytest.mark.parametrize(
    ("synced", "known", "writer"), [(False, ON_PREMISES, CLOUD), (True, CLOUD, ON_PREMISES)]
)
async def test_who_is_to_be_put_in_is_written_where_they_belong_now(
    stage: Stage, synced: bool, known: SourceOfAuthority, writer: SourceOfAuthority
) -> None:
    stage.arrive(1, synced=synced)
    await stage.store(
        put_in(1, State.REQUESTED, source_of_authority=known, provenance=Provenance.UNKNOWN)
    )
    found = await write(stage, 1)
    assert found.source_of_authority is writer
    assert (an_id(1) in stage.scope) is (writer is CLOUD)
    assert (found.command_key is not None) is (writer is ON_PREMISES)


@pytest.mark.parametrize(
    "changes",
    [{"command_key": "out"}, {"provenance": Provenance.OURS}],
    ids=["a command is out", "written there before"],
)
async def test_what_is_under_way_or_was_written_before_stays_where_it_is(
    stage: Stage, changes: dict[str, Any]
) -> None:
    stage.arrive(1, synced=False)
    known = {"provenance": Provenance.UNKNOWN} | changes
    await stage.store(put_in(1, State.REQUESTED, **known))
    found = await write(stage, 1)
    assert found.source_of_authority is ON_PREMISES
    assert stage.scope == frozenset()


async def test_whom_this_topology_can_no_longer_hold_is_not_written() -> None:
    stage = a_stage(topology=Topology.SYNCED)
    stage.arrive(1, synced=False)
    await stage.store(put_in(1, State.REQUESTED, provenance=Provenance.UNKNOWN))
    found = await write(stage, 1)
    assert (found.state, found.reason) == (State.WITHDRAWN, Reason.CLOUD_USER_OUT_OF_REACH)


async def test_the_worker_gets_its_commands_while_graph_is_away(stage: Stage) -> None:
    stage.arrive(1, synced=True)
    await stage.store(put_in(1, State.REQUESTED, provenance=Provenance.UNKNOWN))

    stage.turns.fail("directory.find_people", DirectoryUnavailable("Graph is away"))
    assert (await write(stage, 1)).command_key
