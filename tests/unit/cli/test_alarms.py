"""alarms list and alarms test, the latter against a real HTTP server."""

import json
from collections.abc import Iterator

import pytest

from shared.contracts.api.alarm_views import AlarmTestView
from shared.contracts.api.alarms import ALARMS
from shared.contracts.api.operator_requests import TryAlarm
from tests.support.cli_api import LOST, Api, refusal, serving, sspr
from tests.support.cli_samples import NOW, as_json

TESTED = AlarmTestView(at=NOW, alarm="worker-silent", text="One message comes.")


@pytest.fixture
def api() -> Iterator[Api]:
    with serving() as server:
        yield server


def test_the_list_says_of_each_how_severe_it_is_what_it_means_and_what_to_do(api: Api) -> None:
    """And asks nobody: it is there while the app is down."""
    seen = sspr(api, "alarms", "list", COLUMNS="200")
    assert seen.exit_code == 0
    for one in ALARMS:
        assert one.name in seen.stdout
    assert "docs/operations.md" in seen.stdout
    (silent,) = [
        one
        for one in json.loads(sspr(api, "alarms", "list", "--output", "json").stdout)
        if one["name"] == "worker-silent"
    ]
    assert (silent["severity"], silent["entry"]) == (1, "docs/operations.md#worker-silent")
    assert api.posts == []


def test_a_test_says_what_is_to_come(api: Api) -> None:
    api.answer("alarms/test", (200, as_json(TESTED)))
    done = sspr(api, "alarms", "test", "worker-silent", "--reason", "the rehearsal", COLUMNS="100")
    assert done.exit_code == 0
    assert "One message comes." in done.stdout
    sent = TryAlarm.read(api.posts[0].body)
    assert (sent.alarm, sent.reason) == ("worker-silent", "the rehearsal")


def test_a_test_that_comes_too_soon_says_from_when_on(api: Api) -> None:
    api.answer("alarms/test", (409, refusal("again from 12:15 on")))
    done = sspr(api, "alarms", "test", "--reason", "the rehearsal")
    assert done.exit_code != 0
    assert "again from 12:15 on" in done.stderr


def test_a_test_whose_answer_is_lost_is_not_asked_for_again(api: Api) -> None:
    """Each wakes people."""
    api.answer("alarms/test", LOST)
    assert sspr(api, "alarms", "test", "--reason", "the rehearsal").exit_code != 0
    assert len(api.posts) == 1
