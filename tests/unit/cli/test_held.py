"""held list, let-through and drop against a real HTTP server."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from shared.contracts.api.held_views import DecidedView, HeldEventPage, HeldEventView
from tests.support.cli_api import Api, serving, sspr
from tests.support.cli_samples import STATUS, as_json

WHY = ("--why", "Leeds opens")


@pytest.fixture
def api() -> Iterator[Api]:
    with serving() as api:
        yield api


def held(number: int, source: str = "workday", direction: str = "joining") -> HeldEventView:
    return HeldEventView(
        key=f"key-{number}",
        source=source,
        direction=direction,
        person_key=f"employee:{number}\x1b[2J",
        held_at=datetime(2026, 3, 2, 8, tzinfo=UTC),
        occurred_at=datetime(2026, 3, 2, 7, tzinfo=UTC),
        let_through=False,
        body="{}",
    )


def page(*events: HeldEventView, then: str | None = None) -> tuple[int, Any]:
    return 200, as_json(HeldEventPage(events=events, next=then))


def decided(*done: str, left: tuple[str, ...] = ()) -> tuple[int, Any]:
    return 200, as_json(DecidedView(done=done, left=left))


def test_list_goes_through_every_page_and_counts_by_source_and_direction(api: Api) -> None:
    api.answer("held-events?after=", page(held(1), held(2), then="workday|joining|2"))
    api.answer("held-events?after=workday%7Cjoining%7C2", page(held(3, "workday", "leaving")))
    done = sspr(api, "held", "list")
    assert done.exit_code == 0, done.output
    lines = [line.split() for line in done.stdout.splitlines()]
    assert ["workday", "joining", "2"] in lines
    assert ["workday", "leaving", "1"] in lines
    assert "\x1b" not in done.stdout
    found = json.loads(sspr(api, "held", "list", "--direction", "leaving", "-o", "json").stdout)
    assert [one["key"] for one in found] == ["key-3"]


@pytest.mark.parametrize("verb", ["let-through", "drop"])
def test_those_of_a_source_are_decided_about_in_parts_and_the_reason_goes_with_them(
    api: Api, verb: str
) -> None:
    mine = [held(number) for number in range(150)]
    api.answer("held-events", page(*mine, held(999, "bamboohr")))
    keys = [one.key for one in mine]
    api.answer(f"held-events/{verb}", decided(*keys[:100]), decided(*keys[100:]))
    done = sspr(api, "held", verb, "--all", "--source", "workday", *WHY, "--yes")
    assert done.exit_code == 0, done.output
    assert [one.json["keys"] for one in api.posts] == [keys[:100], keys[100:]]
    assert {one.json["reason"] for one in api.posts} == {"Leeds opens"}
    assert "150 held events" in done.stdout


@pytest.mark.parametrize("verb", ["let-through", "drop"])
def test_nothing_is_decided_unasked(api: Api, verb: str) -> None:
    api.answer("held-events", page(held(1), held(2)))
    shown = sspr(api, "held", verb, "key-2", *WHY, "--dry-run", "-o", "json")
    assert [one["key"] for one in json.loads(shown.stdout)] == ["key-2"]
    refused = sspr(api, "held", verb, "key-2", *WHY)
    assert refused.exit_code == 2
    assert "--yes" in refused.stderr
    assert api.posts == []


@pytest.mark.parametrize(
    ("asked", "status", "told"),
    [
        ((), 2, "--all"),
        (("key-1", "--all"), 2, "--all"),
        (("key-1", "--source", "workday"), 2, "go with --all"),
        (("--all", "--direction", "up"), 2, "joining or leaving"),
        (("key-7",), 1, "not held: key-7"),
        (("--all", "--source", "nobody"), 0, "no such event is held"),
    ],
)
def test_what_is_not_there_or_not_clear_is_not_guessed(
    api: Api, asked: tuple[str, ...], status: int, told: str
) -> None:
    api.answer("held-events", page(held(1)))
    done = sspr(api, "held", "drop", *asked, *WHY, "--yes")
    assert (done.exit_code, told in done.output) == (status, True), done.output
    assert api.posts == []


def test_those_left_are_told_and_the_status_tells(api: Api) -> None:
    api.answer("held-events", page(held(1), held(2)))
    api.answer("held-events/let-through", decided("key-1", left=("key-2",)))
    done = sspr(api, "held", "let-through", "--all", *WHY, "--yes")
    assert done.exit_code == 5
    assert "key-2" in done.stdout


def test_the_status_says_that_somebody_is_held(api: Api) -> None:
    api.answer("status", (200, STATUS | {"heldEvents": 3}))
    api.answer("rollout", (404, {"error": {"code": "unknown", "field": None, "reason": "none"}}))
    done = sspr(api, "status")
    assert "3 held events: sspr held list" in done.stdout, done.output
