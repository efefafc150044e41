"""Dead letters are sent again as they were, or kept whole and taken off; the audit has both."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.contracts.messages.onboarding_event import Envelope
from shared.contracts.messages.queues import ONBOARDING_EVENTS, SENT_TO
from shared.domain.audit import broken_at
from shared.domain.errors import ServiceUnavailable
from shared.domain.person.partitions import MESSAGES
from shared.domain.person.reasons import Reason
from shared.ports.dead_letters import LARGEST_PAGE
from shared.use_cases.deal_with_dead_letters import discard, resubmit
from shared.use_cases.kept_text import kept_text
from shared.use_cases.onboarding.take_events import take_events
from shared.use_cases.views.check_health import report_health
from shared.use_cases.views.describe_dead_letters import (
    count_dead_letters,
    list_dead_letters,
    show_dead_letter,
)
from tests.support.enrolments import DAY, NOW
from tests.support.stage import Stage, a_stage, upn_of

LATER = NOW + DAY
WHY = "the storage is back"
ASKED: dict[str, Any] = {"actor": "ada", "reason": WHY}


def lies(stage: Stage, body: bytes, queue: str = ONBOARDING_EVENTS) -> int:
    return stage.broker.dead_letter(queue, body, reason="MaxDeliveryCountExceeded", at=NOW)


async def audited(stage: Stage) -> list[dict[str, Any]]:
    records = await stage.world.audit.records(MESSAGES, 0, 100)
    (end,) = [one for one in await stage.world.audit.ends() if one.partition == MESSAGES]
    assert broken_at(records, end) is None
    assert {json.loads(one.content)["actor"] for one in records} <= {"ada"}
    return [change for one in records for change in json.loads(one.content)["changes"]]


@given(body=st.binary(max_size=2_000), queue=st.sampled_from(SENT_TO))
async def test_whatever_is_discarded_is_kept_whole_among_the_refused(
    body: bytes, queue: str
) -> None:
    stage = a_stage()
    number = lies(stage, body, queue)
    done = await discard(queue, [number], stage.world, LATER, **ASKED)
    assert done is not None
    assert (done.done, done.left) == ((number,), ())
    assert stage.broker.dead_letters[queue] == []
    (kept,) = await stage.world.ledger.refused(10)
    assert (kept.queue, kept.outcome, kept.at) == (queue, Reason.DISCARDED, LATER)
    assert f"discarded by ada: {WHY}" in kept.detail
    assert "MaxDeliveryCountExceeded" in kept.detail
    assert kept.body is not None
    assert kept.body == kept_text(body)
    (entry,) = await audited(stage)
    assert (entry["action"], entry["key"]) == ("discard-dead-letter", f"{queue}/{number}")


async def test_nothing_is_taken_off_where_it_cannot_be_kept(stage: Stage) -> None:
    number = lies(stage, b"{}")
    stage.turns.fail("ledger.record_receipts", RuntimeError("storage is away"))
    with pytest.raises(RuntimeError):
        await discard(ONBOARDING_EVENTS, [number], stage.world, NOW, **ASKED)
    assert len(stage.broker.dead_letters[ONBOARDING_EVENTS]) == 1


async def test_an_event_that_is_sent_again_is_known_by_its_key_and_time_of_before(
    stage: Stage,
) -> None:
    """Offboarded, hired again; the message of the first comes back, and changes nothing."""
    stage.arrive(1)
    left = {"userPrincipalName": upn_of(1), "action": "offboard"}
    number = lies(stage, json.dumps(left).encode())
    hired = json.dumps({"userPrincipalName": upn_of(1)}).encode()
    stage.broker.send(ONBOARDING_EVENTS, "newer", hired, {})
    await take_events(stage.deliver(ONBOARDING_EVENTS, enqueued_at=LATER), stage.world, LATER)
    before = await stage.person(1)
    done = await resubmit(ONBOARDING_EVENTS, [number], stage.world, LATER, **ASKED)
    assert done is not None
    assert done.done == (number,)
    again = stage.deliver(ONBOARDING_EVENTS, enqueued_at=LATER + DAY)
    assert [one.envelope for one in again] == [Envelope(number, NOW)]
    await take_events(again, stage.world, LATER + DAY)
    after = await stage.person(1)
    assert (after.state, after.cause) == (before.state, before.cause)
    assert after.steps[-1].reason is Reason.OUTDATED
    (entry,) = await audited(stage)
    assert (entry["action"], entry["reason"]) == ("resubmit-dead-letter", WHY)


async def test_what_is_no_longer_there_is_told_and_neither_kept_nor_audited(stage: Stage) -> None:
    number = lies(stage, b"{}")
    for verb in (resubmit, discard):
        done = await verb(ONBOARDING_EVENTS, [number + 7], stage.world, NOW, **ASKED)
        assert done is not None
        assert (done.done, done.left) == ((), (number + 7,))
    assert await stage.world.ledger.refused(10) == []
    assert await audited(stage) == []


async def test_those_far_apart_are_all_found(stage: Stage) -> None:
    numbers = [lies(stage, b"{}") for _ in range(3 * LARGEST_PAGE)]
    wanted = [numbers[0], numbers[150], numbers[-1]]
    done = await resubmit(ONBOARDING_EVENTS, wanted, stage.world, NOW, **ASKED)
    assert done is not None
    assert done.done == tuple(wanted)
    assert len(stage.deliver(ONBOARDING_EVENTS)) == len(wanted)


async def test_of_a_queue_that_is_not_there_there_is_nothing(stage: Stage) -> None:
    assert await list_dead_letters("poison", 0, stage.world) is None
    assert await show_dead_letter("poison", 1, stage.world) is None
    assert await resubmit("poison", [1], stage.world, NOW, **ASKED) is None
    assert await discard("poison", [1], stage.world, NOW, **ASKED) is None


async def test_they_are_listed_in_pages_and_shown_whole(stage: Stage) -> None:
    numbers = [lies(stage, f"{place}".encode()) for place in range(LARGEST_PAGE + 1)]
    first = await list_dead_letters(ONBOARDING_EVENTS, 0, stage.world)
    assert first is not None
    assert first.next == numbers[LARGEST_PAGE - 1]
    second = await list_dead_letters(ONBOARDING_EVENTS, first.next, stage.world)
    assert second is not None
    assert [one.sequence_number for one in second.letters] == numbers[LARGEST_PAGE:]
    assert second.next is None
    shown = await show_dead_letter(ONBOARDING_EVENTS, numbers[3], stage.world)
    assert shown is not None
    assert (shown.body, shown.encoding, shown.size) == ("3", "utf-8", 1)
    assert await show_dead_letter(ONBOARDING_EVENTS, numbers[-1] + 1, stage.world) is None


async def test_each_queue_s_are_counted_and_the_health_report_tells_them(stage: Stage) -> None:
    for _ in range(LARGEST_PAGE):
        lies(stage, b"{}", SENT_TO[0])
    lies(stage, b"{}", SENT_TO[1])
    counted = {one.queue: (one.number, one.more) for one in (await count(stage))}
    assert counted == {
        **dict.fromkeys(SENT_TO, (0, False)),
        SENT_TO[0]: (LARGEST_PAGE, True),
        SENT_TO[1]: (1, False),
    }
    report = await report_health([stage.dependency], stage.world, NOW)
    assert report.dead_letters == await count(stage)
    assert report.health == "ok"


async def test_a_broker_that_does_not_answer_is_told_and_hides_no_health(stage: Stage) -> None:
    stage.broker.answers = False
    assert {one.number for one in await count(stage)} == {None}
    report = await report_health([stage.dependency], stage.world, NOW)
    assert len(report.checks) == len(stage.dependency.parts)
    for verb in (resubmit, discard):
        with pytest.raises(ServiceUnavailable):
            await verb(ONBOARDING_EVENTS, [1], stage.world, NOW, **ASKED)


async def count(stage: Stage) -> tuple[Any, ...]:
    return (await count_dead_letters(stage.world)).queues
