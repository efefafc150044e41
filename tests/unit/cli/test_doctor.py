"""`sspr doctor`: what it shows, and how it ends."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.cli_api import Api, serving, sspr

FINDING = {
    "check": "hostVersion",
    "part": "host",
    "asks": "Is Entra Connect new enough?",
    "verdict": "right",
    "text": "version 2.5.190.0",
    "remedy": "",
    "source": "https://learn.microsoft.com/version",
    "readOn": "2026-11-29",
}
WRONG = {
    **FINDING,
    "check": "migration",
    "part": "tenant",
    "asks": "Has it been migrated?",
    "verdict": "wrong",
    "text": "the migration is at preMigration",
    "remedy": "Set it to Migration Complete.",
}
UNKNOWN = {**WRONG, "check": "licences", "verdict": "unknown", "remedy": "Grant it."}


def seen(verdict: str, *findings: dict[str, Any]) -> dict[str, Any]:
    moments = {"at": "2026-11-29T08:00:00Z", "since": "2026-11-22T08:00:00Z"}
    return {**moments, "verdict": verdict, "findings": list(findings)}


@pytest.fixture
def api() -> Iterator[Api]:
    with serving() as server:
        yield server


def test_what_is_wrong_is_shown_with_what_to_do_and_is_the_exit_status(api: Api) -> None:
    api.answer("doctor", (200, seen("wrong", WRONG, FINDING)))
    done = sspr(api, "doctor")
    assert done.exit_code == 1
    for text in ("The tenant", "The host", "preMigration", "Set it to Migration Complete.", "2026"):
        assert text in done.stdout
    assert "1 check finds something wrong" in done.stderr


def test_what_is_not_known_is_named_and_no_failure(api: Api) -> None:
    api.answer("doctor", (200, seen("unknown", UNKNOWN, FINDING)))
    done = sspr(api, "doctor")
    assert (done.exit_code, "Grant it." in done.stdout) == (0, True)


def test_json_is_the_apis_and_the_exit_status_stays(api: Api) -> None:
    api.answer("doctor", (200, seen("wrong", WRONG, WRONG)))
    done = sspr(api, "doctor", "--output", "json")
    assert done.exit_code == 1
    assert json.loads(done.stdout)["findings"][0]["check"] == "migration"
    assert "2 checks find something wrong" in done.stderr


def test_days_say_how_far_back_changes_are_told(api: Api) -> None:
    api.answer("doctor", (200, seen("right", FINDING)))
    assert sspr(api, "doctor", "--days", "30").exit_code == 0
    assert api.paths[0].startswith("doctor?since=20")
    assert sspr(api, "doctor", "--days", "31").exit_code == 2


def test_an_app_that_knows_no_doctor_is_older(api: Api) -> None:
    done = sspr(api, "doctor")
    assert done.exit_code != 0
    assert "404" in done.stderr


def test_by_default_nothing_is_said_so_that_changes_are_told_since_the_last_look(api: Api) -> None:
    api.answer("doctor", (200, seen("right", FINDING)))
    assert sspr(api, "doctor").exit_code == 0
    assert api.paths == ["doctor"]
