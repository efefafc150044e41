"""New hires are brought ahead of Cloud Sync's cycle: a few, once, and whatever goes wrong."""

import asyncio
from dataclasses import replace
from typing import Any

import pytest
from structlog.typing import EventDict

from shared.adapters.memory.cloud_sync import MemoryCloudSync
from shared.contracts.messages.directory_result import (
    DirectoryResult,
    MemberResult,
    SyncReport,
    SyncState,
)
from shared.domain.person.commands import AskedCommands
from shared.domain.person.enrolment import Enrolment, State
from shared.domain.person.people import Person, UserRef
from shared.domain.person.policy import SourceOfAuthority
from shared.domain.person.reasons import Reason
from shared.domain.person.writes import ScopeAction, WriteOutcome
from shared.domain.rollout.cloud_sync import Provisioned
from shared.ports.world import World
from shared.use_cases.message import Message
from shared.use_cases.writing import provision_hires, stop_and_start
from shared.use_cases.writing.follow_up import follow_up
from shared.use_cases.writing.record_results import record_results
from tests.support.enrolments import NOW, provisional
from tests.support.stage import Stage, an_id, messages, said, upn_of


def dn_of(number: int) -> str:
    return f"CN=Person {number},OU=People,DC=corp,DC=contoso,DC=test"


def hired(number: int, **changes: Any) -> Enrolment:
    """A hire whom the worker has been asked to put into the group, known by their UPN alone."""
    known: dict[str, Any] = {
        "key": f"upn:{upn_of(number)}",
        "user": UserRef(user_principal_name=upn_of(number)),
        "source_of_authority": SourceOfAuthority.ON_PREMISES,
        "command_key": "c",
        "commands": AskedCommands().asking("c", ScopeAction.ADD),
    }
    return provisional(State.REQUESTED, **(known | changes))


async def in_ad(stage: Stage, *numbers: int) -> None:
    """These hires are in AD, and asked for."""
    for number in numbers:
        ref = UserRef(
            object_id=an_id(number),
            user_principal_name=upn_of(number),
            source_anchor=f"anchor-{number}==",
            sid=f"S-1-5-21-{number}",
        )
        stage.tenant.in_ad[dn_of(number)] = Person(ref=ref, synced=True)
    await stage.store(*map(hired, numbers))


def on(stage: Stage) -> World:
    return replace(stage.world, provisions_on_demand=True)


def answer(*numbers: int, **changes: Any) -> list[Message]:
    """What the worker says when it has put them into the group."""
    members = tuple(
        MemberResult(
            key=f"upn:{upn_of(number)}",
            outcome=changes.get("outcome", WriteOutcome.DONE),
            user_principal_name=upn_of(number),
            source_anchor=f"anchor-{number}==",
            sid=f"S-1-5-21-{number}",
            distinguished_name=dn_of(number) if changes.get("says_dn", True) else None,
        )
        for number in numbers
    )
    result = DirectoryResult(
        command_key=changes.get("command_key", "c"),
        action=ScopeAction.ADD,
        members=members,
        sync=SyncReport(state=SyncState.NOT_NEEDED),
        worker="worker-1",
        answered_at=NOW,
    )
    return messages(result.text())


def steps(person: Enrolment) -> list[Reason]:
    return [step.reason for step in person.steps]


async def test_a_hire_is_in_entra_at_once_and_their_row_has_no_dn(
    stage: Stage, signals: list[EventDict]
) -> None:
    await in_ad(stage, 1)
    await record_results(answer(1), on(stage), NOW)
    assert an_id(1) in stage.tenant.people
    person = await stage.person(f"upn:{upn_of(1)}")
    assert person.state is State.APPLIED
    assert steps(person)[-2:] == [Reason.ADDED, Reason.PROVISIONED_ON_DEMAND]
    assert "OU=People" not in repr(person)
    assert "OU=People" not in repr(signals)
    assert said(signals, "hires-provisioned") == [{"provisioned": 1, "failed": 0, "left": 0}]
    await follow_up(stage.world, NOW)
    assert Reason.ARRIVED_IN_ENTRA in steps(await stage.person(1))


async def test_a_second_copy_of_the_answer_asks_for_nobody(
    stage: Stage, signals: list[EventDict]
) -> None:
    await in_ad(stage, 1)
    for _ in range(2):
        await record_results(answer(1), on(stage), NOW)
    assert len(said(signals, "hires-provisioned")) == 1


async def test_of_many_hires_at_once_only_as_many_are_asked_for_as_graph_allows(
    stage: Stage, signals: list[EventDict]
) -> None:
    await in_ad(stage, *range(1, 9))
    await record_results(answer(*range(1, 9)), on(stage), NOW)
    assert len(stage.tenant.people) == provision_hires.AT_ONCE == 5
    assert said(signals, "hires-provisioned") == [{"provisioned": 5, "failed": 0, "left": 3}]


@pytest.mark.parametrize("trouble", ["Graph answered 429 TooManyRequests", "2 jobs provision"])
async def test_that_nobody_can_be_asked_is_said_and_costs_nothing(
    stage: Stage, signals: list[EventDict], trouble: str
) -> None:
    await in_ad(stage, 1, 2)
    stage.tenant.on_demand_trouble = trouble
    await record_results(answer(1, 2), on(stage), NOW)
    person = await stage.person(f"upn:{upn_of(1)}")
    assert (person.state, steps(person)[-1]) == (State.APPLIED, Reason.ADDED)
    told = [{"provisioned": 0, "failed": 0, "left": 2, "problem": trouble}]
    assert said(signals, "hires-provisioned") == told


async def test_a_hire_whom_cloud_sync_does_not_bring_waits_for_its_cycle(
    stage: Stage, signals: list[EventDict]
) -> None:
    await in_ad(stage, 1, 2)
    del stage.tenant.in_ad[dn_of(1)]
    await record_results(answer(1, 2), on(stage), NOW)
    person = await stage.person(f"upn:{upn_of(1)}")
    assert person.state is State.APPLIED
    assert person.steps[-1].reason is Reason.NOT_PROVISIONED_ON_DEMAND
    assert person.steps[-1].detail == "EntryNotFound"
    assert an_id(2) in stage.tenant.people
    told = [{"provisioned": 1, "failed": 1, "left": 0, "problem": "EntryNotFound"}]
    assert said(signals, "hires-provisioned") == told


async def test_an_answer_that_does_not_come_holds_the_batch_up_no_longer_than_is_said(
    stage: Stage, signals: list[EventDict], monkeypatch: pytest.MonkeyPatch
) -> None:
    class Silent(MemoryCloudSync):
        async def provision(self, distinguished_name: str) -> Provisioned:
            await asyncio.sleep(60)
            return await super().provision(distinguished_name)

    monkeypatch.setattr(provision_hires, "PATIENCE_SECONDS", 0.05)
    await in_ad(stage, 1)
    world = replace(on(stage), cloud_sync=Silent(stage.tenant))
    await record_results(answer(1), world, NOW)
    assert (await stage.person(f"upn:{upn_of(1)}")).state is State.APPLIED
    assert said(signals, "hires-provisioned")[0]["problem"] == "no answer within 0 s"


async def test_only_of_those_asked_about_a_dn_is_believed(
    stage: Stage, signals: list[EventDict]
) -> None:
    await in_ad(stage, 1)
    await record_results(answer(1, command_key="another"), on(stage), NOW)
    await record_results(answer(2), on(stage), NOW)
    assert not stage.tenant.people
    assert said(signals, "hires-provisioned") == []


@pytest.mark.parametrize("why", ["off", "no dn", "refused", "stopped"])
async def test_nobody_is_asked_for_where_there_is_no_occasion(
    stage: Stage, signals: list[EventDict], why: str
) -> None:
    await in_ad(stage, 1)
    world = stage.world if why == "off" else on(stage)
    if why == "stopped":
        await stop_and_start.stop(world, NOW, actor="ada", reason="a doubt")
    changes: dict[str, Any] = {"says_dn": why != "no dn"}
    if why == "refused":
        changes["outcome"] = WriteOutcome.NOT_FOUND
    await record_results(answer(1, **changes), world, NOW)
    assert not stage.tenant.people
    assert said(signals, "hires-provisioned") == []
