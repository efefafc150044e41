"""The queues in Azure are those that the code expects, and the sandbox's."""

import json
from typing import Any

import pytest

from sandbox.layout import open_layout
from sandbox.service_bus.configuration import read_queues
from shared.contracts.messages import queues
from shared.settings import AppSettings
from tests.support.infra.compiler import INFRA
from tests.support.infra.snapshots import SNAPSHOTS, Snapshot
from tests.support.registered_app import ENVIRONMENT, load

FILE = INFRA / "queues.json"
QUEUES: dict[str, dict[str, Any]] = json.loads(FILE.read_text())
NEVER = "P10675199DT2H48M5.4775807S"
"""The longest time that .NET knows, by which Service Bus says that something does not end."""
LONGEST_LOCK = 300
"""Seconds; Service Bus allows no more. Source: "Message transfers, locks, and settlement"."""


def test_there_is_a_queue_for_every_name_of_the_contracts_and_no_other() -> None:
    names = {
        value
        for name, value in vars(queues).items()
        if name.isupper() and isinstance(value, str) and "-" in value
    }
    assert set(QUEUES) == names


@pytest.mark.parametrize("one", SNAPSHOTS.values(), ids=SNAPSHOTS)
def test_every_setting_of_every_queue_reaches_azure(one: Snapshot) -> None:
    made = one.made("Microsoft.ServiceBus/namespaces/queues")
    assert {queue["name"].rpartition("/")[2]: read_back(queue["properties"]) for queue in made} == (
        QUEUES
    )
    assert all(queue["properties"]["requiresDuplicateDetection"] for queue in made)


def read_back(properties: dict[str, Any]) -> dict[str, Any]:
    """What Azure is told of a queue, in the words of the file."""
    lifetime = properties["defaultMessageTimeToLive"]
    return {
        "maxDeliveryCount": properties["maxDeliveryCount"],
        "lockDurationSeconds": seconds(properties["lockDuration"]),
        "duplicateDetectionWindowSeconds": seconds(
            properties["duplicateDetectionHistoryTimeWindow"]
        ),
        "defaultTimeToLiveSeconds": None if lifetime == NEVER else seconds(lifetime),
        "deadLetterOnExpiration": properties["deadLetteringOnMessageExpiration"],
    }


def seconds(duration: str) -> int:
    return int(duration.removeprefix("PT").removesuffix("S"))


def test_the_sandbox_reads_the_same_file(tmp_path: Any) -> None:
    usual = open_layout(tmp_path, company_size=1).queues
    assert usual == FILE
    assert {one.name for one in read_queues(usual)} == set(QUEUES)


@pytest.mark.parametrize("name", QUEUES)
def test_a_copy_of_a_message_is_known_for_ten_minutes_and_what_expires_is_kept(name: str) -> None:
    assert QUEUES[name]["duplicateDetectionWindowSeconds"] == 600
    assert QUEUES[name]["deadLetterOnExpiration"] is True


def test_a_batch_has_the_longest_lock_there_is(monkeypatch: pytest.MonkeyPatch) -> None:
    """A batch's locks are not renewed while it runs; a single message's is."""
    triggers = [
        trigger.get_dict_repr()
        for function in load(monkeypatch, ENVIRONMENT).get_functions()
        if (trigger := function.get_trigger())
    ]
    of_queues = [one for one in triggers if one["type"] == "serviceBusTrigger"]
    assert len(of_queues) > 3
    for one in of_queues:
        lock = QUEUES[one["queueName"]]["lockDurationSeconds"]
        is_batch = str(one["cardinality"]).lower() == "many"
        assert lock == LONGEST_LOCK if is_batch else lock <= LONGEST_LOCK


def test_the_app_knows_how_long_the_locks_of_its_batches_are() -> None:
    assert AppSettings.model_fields["message_lock"].default.total_seconds() == LONGEST_LOCK


def test_an_operation_is_delivered_as_often_as_the_app_counts() -> None:
    assert QUEUES[queues.ROLLOUT_OPERATIONS]["maxDeliveryCount"] == queues.MOST_DELIVERIES


def test_a_command_outlives_its_own_time_so_that_the_worker_can_answer_that_it_is_over() -> None:
    lifetime = AppSettings.model_fields["command_lifetime"].default.total_seconds()
    assert QUEUES[queues.DIRECTORY_COMMANDS]["defaultTimeToLiveSeconds"] > lifetime
    others = [one for name, one in QUEUES.items() if name != queues.DIRECTORY_COMMANDS]
    assert {one["defaultTimeToLiveSeconds"] for one in others} == {None}


def test_the_worker_can_renew_its_locks() -> None:
    """The SDK's renewer begins ten seconds before the end of a lock."""
    assert 10 < QUEUES[queues.DIRECTORY_COMMANDS]["lockDurationSeconds"] <= LONGEST_LOCK
