"""Who speaks as an HR source: its own address alone, whatever a message on the queue says."""

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from shared.contracts.messages.door_proof import PROOF
from shared.contracts.messages.onboarding_event import ONBOARDED
from shared.contracts.messages.queues import ONBOARDING_EVENTS
from shared.domain.errors import InvalidMessage, ServiceUnavailable
from shared.domain.person.brake import Brake, Brakes, Rate
from shared.ports.senders import Senders
from shared.use_cases.decide_held_events import let_through, list_held_events
from shared.use_cases.onboarding.accept_events import accept_events
from shared.use_cases.onboarding.accept_hr import Door, Sent, accept_hr
from shared.use_cases.onboarding.take_events import take_events
from tests.support.enrolments import NOW
from tests.support.hr_sources import hr_source
from tests.support.stage import Stage, a_stage, from_door, messages

OPEN = Brakes({"open": Brake(Rate(None), Rate(None))}, Brake(Rate(1), Rate(1)))
"""A source without a brake, and one person an hour for whoever is none."""


@pytest.fixture
def company() -> Stage:
    stage = a_stage()
    for number in (1, 2, 3):
        stage.arrive(number)
    return stage


def event(number: int, source: str = "hr/open", **data: Any) -> dict[str, Any]:
    return {
        "specversion": "1.0",
        "id": str(number),
        "source": source,
        "type": ONBOARDED,
        "data": {"employeeId": str(number), **data},
    }


async def said_by(stage: Stage, number: int) -> tuple[str, str]:
    """Which source and actor the ledger has of somebody's event."""
    person = await stage.person(number)
    assert person.events
    (record,) = person.events.records
    return record.source, record.actor


async def held(stage: Stage) -> list[str]:
    return [one.source for one in (await list_held_events("", stage.world)).events]


async def test_what_its_own_address_sends_counts_as_the_source(company: Stage) -> None:
    world = replace(company.world, brakes=OPEN)
    source = hr_source(mapping={"employeeId": "number", "action": "'onboard'"}, name="open")
    for number in (1, 2, 3):
        body = json.dumps({"number": str(number)}).encode()
        sent = Sent(door=Door.KEY, source="open", body=body, notes={})
        await accept_hr(sent, Senders(sources={"open": source}), world, NOW)
    await take_events(company.deliver(ONBOARDING_EVENTS), world, NOW)
    assert await held(company) == []
    assert await said_by(company, 3) == ("hr/open", "hr/open")


@pytest.mark.parametrize(
    "forged",
    [
        event(2, actor="hr/open"),
        {**event(2), PROOF: "0" * 64},
        {**event(2), PROOF: 7},
        {**event(2), PROOF: "é"},
        {**from_door(event(1)), "id": "2", "data": {"employeeId": "2"}},
    ],
    ids=["no proof", "made up", "no text", "no ascii", "another event's"],
)
async def test_whoever_may_send_to_the_queue_does_not_choose_whom_they_count_as(
    company: Stage, forged: dict[str, Any]
) -> None:
    world = replace(company.world, brakes=OPEN)
    await take_events(messages({"employeeId": "1"}, forged), world, NOW)
    assert await held(company) == ["queue"]


@pytest.mark.parametrize("plain", [True, False])
async def test_what_a_sender_claims_is_marked_as_claimed(company: Stage, *, plain: bool) -> None:
    claimed = {"employeeId": "1", "actor": "hr/open"} if plain else event(1, actor="hr/open")
    await take_events(messages(claimed), company.world, NOW)
    source = "" if plain else "queue/hr/open"
    assert await said_by(company, 1) == (source, "queue/hr/open")


async def test_the_proof_goes_with_an_event_that_is_held_and_let_through(company: Stage) -> None:
    world = replace(company.world, brakes=Brakes({"open": Brake(Rate(1), Rate(1))}))
    await take_events(messages(from_door(event(1)), from_door(event(2))), world, NOW)
    keys = [one.key for one in (await list_held_events("", world)).events]
    await let_through(keys, world, NOW, actor="olga", reason="Leeds opens")
    await take_events(company.deliver(ONBOARDING_EVENTS), world, NOW + timedelta(minutes=1))
    assert await said_by(company, 2) == ("hr/open", "event")


@pytest.mark.parametrize(
    ("value", "field"),
    [
        (event(1), "source"),
        ({"employeeId": "1", "actor": "hr/open"}, "^actor"),
        (event(1, "webhook", actor="hr/open"), "data.actor"),
        ([event(1)], r"\[0\].source"),
    ],
)
async def test_the_webhook_refuses_whoever_speaks_as_an_hr_source(
    company: Stage, value: Any, field: str
) -> None:
    with pytest.raises(InvalidMessage, match=f"{field}: .*addresses of HR systems alone"):
        await accept_events(json.dumps(value).encode(), company.world, NOW)
    assert company.broker.messages(ONBOARDING_EVENTS) == ()


async def test_no_sender_is_sent_away_where_the_key_cannot_be_had(company: Stage) -> None:
    company.turns.fail("door_key.key", ServiceUnavailable("storage is away"))
    source = hr_source(mapping={"employeeId": "number", "action": "'onboard'"}, name="open")
    sent = Sent(door=Door.KEY, source="open", body=b'{"number": "1"}', notes={})
    await accept_hr(sent, Senders(sources={"open": source}), company.world, NOW)
    await take_events(company.deliver(ONBOARDING_EVENTS), company.world, NOW)
    assert await said_by(company, 1) == ("queue/hr/open", "queue/hr/open")
