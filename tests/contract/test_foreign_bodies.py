"""Bodies that the host cannot bind, among healthy messages, through the host to the scope group.

A JMS TextMessage is an AMQP value. Of a batch it took all others to the dead letters with it.
"""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from azure.servicebus import ServiceBusMessage
from azure.servicebus.amqp import AmqpAnnotatedMessage

from sandbox.company import Employee, build_company
from sandbox.testing.functions_host_process import App
from sandbox.testing.waiting import wait_until
from shared.contracts.messages.onboarding_event import ONBOARDED
from shared.contracts.messages.queues import ONBOARDING_EVENTS, SCOPE_CHANGES
from shared.use_cases.onboarding.return_unread import return_unread
from tests.support.app_world import world_of
from tests.support.operator_api_parts import QUEUES, Parts, running_parts

CODE = """
from functions import onboarding, scope
from shared.bootstrap import check_setup, serve
from shared.settings import examine_settings

served = serve(check_setup(examine_settings()))
app.register_functions(onboarding.blueprint(served))
app.register_functions(scope.blueprint(served))
"""
PEOPLE = [
    one
    for one in build_company(60).people_mastered_in_cloud
    if not (one.directory_role or one.disabled or one.excluded or one.unlicensed or one.guest)
]
HEALTHY, FOREIGN = PEOPLE[:6], PEOPLE[6:10]


@pytest.fixture(scope="module")
def parts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Parts]:
    queues = {
        name: {**one, "maxDeliveryCount": 3} for name, one in json.loads(QUEUES.read_text()).items()
    }
    with running_parts(tmp_path_factory.mktemp("parts"), queues) as parts:
        lags = {"membershipLagSeconds": 0, "reportLagSeconds": 0}
        parts.tenant.sandbox("POST", "settings", lags)
        yield parts


def body_of(employee: Employee) -> str:
    return json.dumps({"objectId": employee.object_id})


def foreign(text: str, value: Any, sequence: Any, binary: str) -> list[AmqpAnnotatedMessage]:
    """A text, a map and a sequence as AMQP has them, and an event that its properties tell of."""
    attributes = {"specversion": "1.0", "id": "7", "source": "hr", "type": ONBOARDED}
    properties: Any = {f"cloudEvents_{name}": said for name, said in attributes.items()}
    return [
        AmqpAnnotatedMessage(value_body=text),
        AmqpAnnotatedMessage(value_body=value),
        AmqpAnnotatedMessage(sequence_body=[sequence]),
        AmqpAnnotatedMessage(value_body=binary, application_properties=properties),
    ]


async def test_values_and_sequences_harm_no_neighbour_and_mean_what_they_say(
    parts: Parts, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text, value, sequence, binary = FOREIGN
    healthy = [ServiceBusMessage(body_of(one)) for one in HEALTHY]
    strange = foreign(
        body_of(text),
        {"objectId": value.object_id},
        [{"objectId": sequence.object_id}],
        body_of(binary),
    )
    parts.bus.hold(ONBOARDING_EVENTS, "deliver")
    with parts.bus.client() as client, client.get_queue_sender(ONBOARDING_EVENTS) as sender:
        for number, message in enumerate(healthy):
            sender.send_messages(message)
            if number < len(strange):
                sender.send_messages(strange[number])
    app = App(tmp_path, CODE, values=parts.settings)
    with app.running():
        parts.bus.release(ONBOARDING_EVENTS, "deliver")
        wait_until(lambda: members(parts) >= ids(HEALTHY), app.log)
        wait_until(lambda: len(dead(parts)) == len(strange), app.log)
        async with world_of(parts, monkeypatch) as world:
            await return_unread(world, datetime.now(UTC))
        wait_until(lambda: members(parts) >= ids(FOREIGN), app.log)
        queues = (ONBOARDING_EVENTS, SCOPE_CHANGES)
        wait_until(lambda: not any(map(parts.bus.messages, queues)), app.log)
    assert dead(parts) == []
    assert parts.bus.messages(ONBOARDING_EVENTS) == []
    # Only those that could not be bound were ever given back.
    abandoned = parts.bus.counts(ONBOARDING_EVENTS)["totals"]["abandoned"]
    assert abandoned <= 3 * len(strange) + len(strange)


def ids(people: list[Employee]) -> set[str]:
    return {one.object_id for one in people}


def members(parts: Parts) -> set[str]:
    found = parts.tenant.get(f"/groups/{parts.settings['SSPR_SCOPE_GROUP_ID']}/members")["value"]
    return {one["id"] for one in found}


def dead(parts: Parts) -> list[dict[str, Any]]:
    return parts.bus.messages(ONBOARDING_EVENTS, dead_letters=True)
