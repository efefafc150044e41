"""refused and refused resend against a real HTTP server."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from shared.contracts.api.resend_views import ResendView, ResentView
from tests.support.cli_api import Api, refusal, serving, sspr
from tests.support.cli_samples import REFUSED, STATUS, as_json

WHY = ("--why", "the template is fixed")
PATH = "refused/resend"


@pytest.fixture
def api() -> Iterator[Api]:
    with serving() as api:
        yield api


def resent(number: int, becomes: str = "sent", **more: Any) -> ResentView:
    at = datetime(2026, 3, 2, 8, tzinfo=UTC)
    known: dict[str, Any] = {
        "kept_as": f"kept-{number}",
        "at": at,
        "becomes": becomes,
        "key": f"key-{number}",
        "action": "offboard",
        "person": f"{number}\x1b[2J",
        "occurred_at": at,
        "field": None,
        "problem": None,
    }
    return ResentView(**known | more)


def answer(*messages: ResentView, **more: Any) -> tuple[int, Any]:
    known: dict[str, Any] = {"more": 0, "unread": 0, "unknown": (), "done": False}
    return 200, as_json(ResendView(fingerprint="f00d", messages=messages, **known | more))


def test_the_list_names_the_keys_and_has_bodies_only_where_they_are_asked_for(api: Api) -> None:
    api.answer("status", (200, STATUS | {"refusedMessages": 1, "refused": [REFUSED]}))
    listed = sspr(api, "refused")
    assert listed.exit_code == 0, listed.output
    assert "k1" in listed.stdout
    assert REFUSED["body"] not in listed.stdout
    assert REFUSED["body"] in sspr(api, "refused", "--bodies").stdout
    assert json.loads(sspr(api, "refused", "--bodies", "-o", "json").stdout) == [REFUSED]


def test_what_would_be_sent_is_shown_with_the_way_to_send_it(api: Api) -> None:
    impossible = resent(
        2, "not-possible", key=None, person=None, field="action", problem="say which"
    )
    api.answer(PATH, answer(resent(1), impossible, resent(3, "taken"), more=4, unread=7))
    done = sspr(
        api,
        *("refused", "resend", "--reason", "invalid", "--field", "employeeID", *WHY),
        *("--rename", "employeeID=employeeId", "--drop", "x", "--set", "action=offboard"),
    )
    assert done.exit_code == 0, done.output
    for word in ("--apply f00d", "offboard", "kept-1", "key-1", "say which", "4 messages more"):
        assert word in done.stdout
    assert "7 older" in done.stdout
    assert "\x1b" not in done.stdout
    (asked,) = api.posts
    assert asked.json == {
        "outcome": "invalid",
        "field": "employeeID",
        "reason": "the template is fixed",
        "fixes": {
            "rename": {"employeeID": "employeeId"},
            "give": {"action": "offboard"},
            "drop": ["x"],
        },
    }


def test_it_is_sent_by_its_fingerprint_and_with_the_keys_of_a_file(
    api: Api, tmp_path: Path
) -> None:
    api.answer(PATH, answer(resent(1), done=True))
    file = tmp_path / "keys.txt"
    file.write_text("# of the portal\nkept-1\n")
    sent = ("refused", "resend", "kept-0", "--file", str(file), *WHY, "--apply", "f00d")
    unsure = sspr(api, *sent)
    assert unsure.exit_code == 2, unsure.output
    assert api.posts == []
    done = sspr(api, *sent, "--yes", "--actor", "ada")
    assert done.exit_code == 0, done.output
    assert "--apply" not in done.stdout
    (asked,) = api.posts
    assert asked.headers["x-sspr-actor"] == "ada"
    assert asked.json["plan"] == "f00d"
    assert asked.json["keys"] == ["kept-0", "kept-1"]


@pytest.mark.parametrize(
    ("words", "status", "said"),
    [
        ((), 2, "name messages"),
        (("k", "--rename", "employeeID"), 2, "<field>=<value>"),
        (("k", "--set", "a=1", "--set", "a=2"), 2, "given twice"),
        (("k",), 1, "nothing is kept under 1 key"),
        (("--reason", "not-done"), 1, "no such message is kept"),
    ],
)
def test_what_names_nothing_is_said(
    api: Api, words: tuple[str, ...], status: int, said: str
) -> None:
    api.answer(PATH, answer(unknown=("k",) if "k" in words else ()))
    done = sspr(api, "refused", "resend", *words, *WHY)
    assert done.exit_code == status, done.output
    assert said in done.output


def test_a_world_that_changed_since_is_said_and_nothing_is_shown(api: Api) -> None:
    api.answer(PATH, (409, refusal("other messages would be sent than were shown; look again")))
    done = sspr(api, "refused", "resend", "k", *WHY, "--apply", "f00d", "--yes")
    assert done.exit_code == 5, done.output
    assert "look again" in done.output
