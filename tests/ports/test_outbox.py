"""The outbox: every kind of message on its queue, once for each key, and later where asked."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

import pytest

from shared.contracts.messages.directory_command import CommandMember, DirectoryCommand
from shared.contracts.messages.directory_question import DirectoryQuestion
from shared.contracts.messages.lifecycle_callback import LifecycleCallback
from shared.contracts.messages.onboarding_event import Envelope
from shared.contracts.messages.operation_request import OperationRequest
from shared.contracts.messages.queues import (
    DIRECTORY_COMMANDS,
    DIRECTORY_RESULTS,
    LIFECYCLE_CALLBACKS,
    ONBOARDING_EVENTS,
    ROLLOUT_OPERATIONS,
    SCOPE_CHANGES,
    SENT_TO,
)
from shared.contracts.messages.returned_message import ReturnedMessage
from shared.contracts.messages.scope_change import ScopeChange
from shared.domain.person.writes import ScopeAction
from shared.ports.outbox import Outbox
from tests.support.ports.queues import Queues

NOW = datetime(2026, 1, 5, 8, tzinfo=UTC)
HOUR = timedelta(hours=1)
CHANGE = ScopeChange(change_key="c1", person_keys=("p1", "p2"))
COMMAND = DirectoryCommand(
    command_key="d1",
    action=ScopeAction.ADD,
    members=(CommandMember(key="p1", employee_id="1"),),
    cause="wave 1",
    actor="tester",
    issued_at=NOW,
    expires_at=NOW + HOUR,
)
QUESTION = DirectoryQuestion(
    question_key="q1.0",
    people=(CommandMember(key="p1", employee_id="1"),),
    asked_at=NOW,
    expires_at=NOW + HOUR,
)
CALLBACK = LifecycleCallback(
    event_key="e1",
    callback_path="/identityGovernance/lifecycleWorkflows/workflows/1/tasks/2/taskProcessingResults"
    "/3/resume",
    deadline=NOW,
)
RETURNED = ReturnedMessage(body=b"not even JSON", envelope=Envelope(7, NOW), returns=1)

type Send = Callable[[Outbox], Awaitable[None]]

KINDS: list[tuple[str, Send, str, bytes]] = [
    (
        ONBOARDING_EVENTS,
        lambda outbox: outbox.send_onboarding([("k1", b"not even JSON")]),
        "k1",
        b"not even JSON",
    ),
    (
        SCOPE_CHANGES,
        lambda outbox: outbox.send_scope_changes([CHANGE]),
        "c1",
        CHANGE.text(),
    ),
    (
        DIRECTORY_COMMANDS,
        lambda outbox: outbox.send_commands([COMMAND]),
        "d1",
        COMMAND.text(),
    ),
    (
        DIRECTORY_COMMANDS,
        lambda outbox: outbox.send_questions([QUESTION]),
        "question:q1.0",
        QUESTION.text(),
    ),
    (
        ROLLOUT_OPERATIONS,
        lambda outbox: outbox.send_operations([OperationRequest(operation_key="o1")]),
        "o1",
        OperationRequest(operation_key="o1").text(),
    ),
    (
        LIFECYCLE_CALLBACKS,
        lambda outbox: outbox.send_callbacks([CALLBACK]),
        "e1-0",
        CALLBACK.text(),
    ),
    (
        DIRECTORY_RESULTS,
        lambda outbox: outbox.return_messages(DIRECTORY_RESULTS, [RETURNED], timedelta()),
        RETURNED.key,
        b"not even JSON",
    ),
]


@pytest.mark.parametrize(("queue", "send", "key", "body"), KINDS, ids=[kind[0] for kind in KINDS])
async def test_every_kind_of_message_goes_to_its_own_queue_as_it_is(
    queues: Queues, queue: str, send: Send, key: str, body: bytes
) -> None:
    await send(queues.outbox)
    (arrived,) = queues.take(queue)
    assert (arrived.key, arrived.body) == (key, body)
    assert {name: queues.keys(name) for name in SENT_TO} == {name: [] for name in SENT_TO}


async def test_a_message_sent_twice_with_one_key_is_there_once(queues: Queues) -> None:
    await queues.outbox.send_onboarding([("k1", b"{}"), ("k1", b"{}")])
    await queues.outbox.send_onboarding([("k1", b"{}"), ("k2", b"{}")])
    assert queues.keys(ONBOARDING_EVENTS) == ["k1", "k2"]


async def test_a_message_that_was_taken_and_is_sent_again_is_a_copy_all_the_same(
    queues: Queues,
) -> None:
    for _ in range(2):
        await queues.outbox.send_scope_changes([CHANGE])
        queues.take(SCOPE_CHANGES)
    await queues.outbox.send_scope_changes([CHANGE])
    assert queues.keys(SCOPE_CHANGES) == []


async def test_one_key_on_two_queues_is_two_messages(queues: Queues) -> None:
    await queues.outbox.send_onboarding([("c1", b"{}")])
    await queues.outbox.send_scope_changes([CHANGE])
    assert (queues.keys(ONBOARDING_EVENTS), queues.keys(SCOPE_CHANGES)) == (["c1"], ["c1"])


async def test_messages_arrive_in_the_order_in_which_they_were_sent(queues: Queues) -> None:
    keys = [f"k{number}" for number in range(30)]
    await queues.outbox.send_onboarding([(key, b"{}") for key in keys])
    arrived = queues.take(ONBOARDING_EVENTS)
    assert [one.key for one in arrived] == keys
    numbers = [one.sequence_number for one in arrived]
    assert numbers == sorted(set(numbers))


async def test_what_is_sent_for_later_is_there_and_cannot_be_taken_yet(queues: Queues) -> None:
    await queues.outbox.send_callbacks([CALLBACK], HOUR)
    later = CALLBACK.model_copy(update={"attempt": 1})
    await queues.outbox.send_callbacks([later])
    assert sorted(queues.keys(LIFECYCLE_CALLBACKS)) == ["e1-0", "e1-1"]
    assert [one.key for one in queues.take(LIFECYCLE_CALLBACKS)] == ["e1-1"]
    assert queues.keys(LIFECYCLE_CALLBACKS) == ["e1-0"]


async def test_what_is_returned_keeps_its_first_place_and_is_no_copy_the_next_time(
    queues: Queues,
) -> None:
    """Delivered, given back, delivered and given back again, each time by a crash twice."""
    first = RETURNED
    for returns in (1, 2, 3):
        for _ in range(2):
            await queues.outbox.return_messages(ONBOARDING_EVENTS, [first], timedelta())
        (arrived,) = queues.take(ONBOARDING_EVENTS)
        place = Envelope(arrived.sequence_number, NOW + HOUR)
        read = ReturnedMessage.read(arrived.body, place, arrived.properties)
        assert read == first
        assert read.returns == returns
        first = ReturnedMessage(body=read.body, envelope=read.envelope, returns=read.returns + 1)


async def test_what_is_returned_for_later_waits(queues: Queues) -> None:
    await queues.outbox.return_messages(SCOPE_CHANGES, [RETURNED], HOUR)
    assert queues.take(SCOPE_CHANGES) == []
    assert queues.keys(SCOPE_CHANGES) == [RETURNED.key]


async def test_sending_nothing_sends_nothing(queues: Queues) -> None:
    outbox = queues.outbox
    await outbox.send_onboarding([])
    await outbox.send_scope_changes([])
    await outbox.send_commands([])
    await outbox.send_operations([])
    await outbox.send_callbacks([])
    await outbox.return_messages(SCOPE_CHANGES, [], HOUR)
    assert not any(queues.keys(name) for name in SENT_TO)
