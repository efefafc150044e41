"""dead-letters list, show, resubmit and discard against a real HTTP server."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from shared.contracts.api.dead_letter_views import (
    DeadLetterCount,
    DeadLetterCounts,
    DeadLetterPage,
    DeadLetterSummary,
    DeadLetterView,
    DealtWithView,
)
from tests.support.cli_api import NOT_KNOWN, Api, serving, sspr
from tests.support.cli_samples import as_json

QUEUE = "onboarding-events"
TTL, TRIES = "TTLExpiredException", "MaxDeliveryCountExceeded"
BODY = '{"employeeId": "100260"}\x1b[2J'


@pytest.fixture
def api() -> Iterator[Api]:
    with serving() as api:
        yield api


def letter(number: int, reason: str = TRIES, queue: str = QUEUE) -> DeadLetterSummary:
    return DeadLetterSummary(
        queue=queue,
        sequence_number=number,
        message_id=f"m{number}",
        reason=reason,
        description="ten times",
        delivery_count=10,
        enqueued_at=datetime(2026, 3, 2, 8, tzinfo=UTC),
        content_type="application/json",
        size=24,
    )


def page(*letters: DeadLetterSummary, then: int | None = None) -> tuple[int, Any]:
    return 200, as_json(DeadLetterPage(letters=letters, next=then))


def dealt(*done: int, left: tuple[int, ...] = ()) -> tuple[int, Any]:
    return 200, as_json(DealtWithView(queue=QUEUE, done=done, left=left))


def test_list_goes_through_every_queue_that_has_any_and_every_page(api: Api) -> None:
    counts = [(QUEUE, 2), ("scope-changes", 1), ("directory-results", 0)]
    queues = tuple(DeadLetterCount(queue=name, number=n, more=False) for name, n in counts)
    api.answer("dead-letters", (200, as_json(DeadLetterCounts(queues=queues))))
    api.answer(f"dead-letters/{QUEUE}?after=0", page(letter(7), then=7))
    api.answer(f"dead-letters/{QUEUE}?after=7", page(letter(9)))
    api.answer("dead-letters/scope-changes?after=0", page(letter(8, queue="scope-changes")))
    done = sspr(api, "dead-letters", "list")
    assert done.exit_code == 0, done.output
    for shown in (QUEUE, "scope-changes", "7", "9", "8", TRIES, "ten times", "2026-03-02 08:00:00"):
        assert shown in done.stdout
    found = json.loads(sspr(api, "dead-letters", "list", "-o", "json").stdout)
    assert [one["sequenceNumber"] for one in found] == [7, 9, 8]


def test_a_queue_that_could_not_be_seen_is_named_and_the_status_tells(api: Api) -> None:
    queues = (DeadLetterCount(queue=QUEUE, number=None, more=False),)
    api.answer("dead-letters", (200, as_json(DeadLetterCounts(queues=queues))))
    done = sspr(api, "dead-letters", "list")
    assert done.exit_code == 4
    assert QUEUE in done.stderr


def test_show_prints_all_that_is_known_and_nothing_that_a_terminal_obeys(api: Api) -> None:
    whole = DeadLetterView(
        **letter(7).model_dump(), properties={"source": "hr"}, encoding="utf-8", body=BODY
    )
    api.answer(f"dead-letters/{QUEUE}/messages/7", (200, as_json(whole)))
    done = sspr(api, "dead-letters", "show", QUEUE, "7")
    assert done.exit_code == 0, done.output
    for shown in (QUEUE, "7", TRIES, "ten times", "10 times", "source", "hr", "100260"):
        assert shown in done.stdout
    assert "\x1b" not in done.stdout
    assert json.loads(sspr(api, "dead-letters", "show", QUEUE, "7", "-o", "json").stdout) == (
        as_json(whole)
    )
    api.answer(f"dead-letters/{QUEUE}/messages/8", NOT_KNOWN)
    assert sspr(api, "dead-letters", "show", QUEUE, "8").exit_code == 1


@pytest.mark.parametrize("verb", ["resubmit", "discard"])
def test_those_named_are_dealt_with_and_the_reason_goes_with_them(api: Api, verb: str) -> None:
    api.answer(f"dead-letters/{QUEUE}", page(letter(7), letter(8), letter(9)))
    api.answer(f"dead-letters/{QUEUE}/{verb}", dealt(7, 9))
    done = sspr(api, "dead-letters", verb, QUEUE, "7", "9", "--why", "storage is back", "--yes")
    assert done.exit_code == 0, done.output
    (posted,) = api.posts
    assert posted.json == {"numbers": [7, 9], "reason": "storage is back"}
    assert "2 dead letters" in done.stdout


@pytest.mark.parametrize("verb", ["resubmit", "discard"])
def test_a_dry_run_shows_those_of_a_reason_and_does_nothing(api: Api, verb: str) -> None:
    api.answer(f"dead-letters/{QUEUE}", page(letter(7), letter(8, TTL)))
    chosen = ("dead-letters", verb, QUEUE, "--all", "--reason", TTL, "--why", "old news")
    done = sspr(api, *chosen, "--dry-run", "-o", "json")
    assert [one["sequenceNumber"] for one in json.loads(done.stdout)] == [8]
    assert api.posts == []
    refused = sspr(api, *chosen)
    assert refused.exit_code == 2
    assert TTL in refused.stderr
    assert "--yes" in refused.stderr
    assert api.posts == []


def test_many_go_in_parts_and_those_left_are_told(api: Api) -> None:
    numbers = range(1, 151)
    api.answer(f"dead-letters/{QUEUE}", page(*map(letter, numbers)))
    api.answer(
        f"dead-letters/{QUEUE}/discard",
        dealt(*numbers[:100]),
        dealt(*numbers[100:149], left=(150,)),
    )
    done = sspr(api, "dead-letters", "discard", QUEUE, "--all", "--why", "old news", "--yes")
    assert done.exit_code == 5
    assert [len(one.json["numbers"]) for one in api.posts] == [100, 50]
    assert "149 dead letters" in done.stdout
    assert "150" in done.stdout


@pytest.mark.parametrize(
    "typed", [(), ("7", "--all"), ("7", "--reason", TTL)], ids=["none", "both", "reason"]
)
def test_what_is_meant_has_to_be_said_once(api: Api, typed: tuple[str, ...]) -> None:
    done = sspr(api, "dead-letters", "resubmit", QUEUE, *typed, "--why", "why", "--yes")
    assert done.exit_code == 2
    assert api.asked == []


def test_a_number_that_is_not_there_stops_all_before_anything_is_done(api: Api) -> None:
    api.answer(f"dead-letters/{QUEUE}", page(letter(7)))
    done = sspr(api, "dead-letters", "discard", QUEUE, "7", "8", "--why", "old", "--yes")
    assert done.exit_code == 1
    assert "8" in done.stderr
    assert api.posts == []


def test_what_got_no_answer_is_not_sent_twice(api: Api) -> None:
    api.answer(f"dead-letters/{QUEUE}", page(letter(7)))
    api.answer(f"dead-letters/{QUEUE}/resubmit", (0, None))
    done = sspr(api, "dead-letters", "resubmit", QUEUE, "7", "--why", "back", "--yes")
    assert done.exit_code == 4
    assert len(api.posts) == 1
