"""stop and start against a real HTTP server."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from shared.contracts.api.operator_requests import Start, Steer
from shared.contracts.api.writing_views import OtherStopView, WritingView
from tests.support.cli_api import LOST, Api, refusal, serving, sspr
from tests.support.cli_samples import NOW, STATUS, as_json, rollout


def writing(*, stopped: bool = True, **changes: Any) -> dict[str, Any]:
    known: dict[str, Any] = {
        "stopped": stopped,
        "stop": "by-operator" if stopped else None,
        "text": "An operator stopped everything that writes.",
        "detail": "HR sent too many",
        "since": NOW,
        "actor": "key: kim",
        "worker_told": True,
        "to_put_in": 1_500,
        "to_take_out": 1,
    }
    return as_json(WritingView(**(known | changes)))


STOPPED, GOING = (200, writing()), (200, writing(stopped=False))


@pytest.fixture
def api() -> Iterator[Api]:
    with serving() as server:
        server.answer("status", (200, STATUS))
        server.answer("rollout", (200, rollout()))
        yield server


def test_a_stop_says_what_is_owed_and_what_it_does_not_stop(api: Api) -> None:
    api.answer("writing/stop", STOPPED)
    done = sspr(api, "stop", "--reason", "HR sent too many", COLUMNS="100")
    assert done.exit_code == 0
    for said in ("STOPPED", "1,500 people to put in", "1 person to take out", "Not stopped:"):
        assert said in done.stdout
    assert Steer.read(api.posts[0].body).reason == "HR sent too many"


def test_what_is_allowed_and_not_used_is_shown_with_its_end(api: Api) -> None:
    allowed = writing(stopped=False, allowed_to_put_in=30, allowed_to_take_out=1, allowed_until=NOW)
    api.answer("status", (200, STATUS | {"writing": allowed}))
    shown = " ".join(sspr(api, "status").stdout.split())
    assert "of an hour: 30 people to put in, 1 person to take out, until" in shown
    api.answer("status", (200, STATUS | {"writing": writing(stopped=False)}))
    assert "beside the limit of an hour" not in sspr(api, "status").stdout


def test_a_stop_beside_an_older_ledger_is_shown_with_what_ends_it(api: Api) -> None:
    also = OtherStopView(
        stop="by-operator", text="An operator stopped it.", detail="until Monday", actor="key: ada"
    )
    older = writing(stop="ledger-older", detail="what it lost", actor="clock", also=also)
    api.answer("status", (200, STATUS | {"writing": older}))
    shown = " ".join(sspr(api, "status").stdout.split())
    for word in ("what it lost", "until Monday", "after sspr recover, sspr start ends that"):
        assert word in shown


def test_a_stop_whose_answer_is_lost_is_said_again(api: Api) -> None:
    api.answer("writing/stop", LOST, STOPPED)
    assert sspr(api, "stop", "--reason", "at once").exit_code == 0
    assert len(api.posts) == 2


def test_a_start_whose_answer_is_lost_is_looked_after_and_not_said_again(api: Api) -> None:
    api.answer("writing/start", LOST)
    api.answer("writing", GOING)
    done = sspr(api, "start", "--reason", "cleared up")
    assert (done.exit_code, len(api.posts)) == (0, 1)
    assert "but everything goes on" in done.stderr
    api.answer("writing", STOPPED)
    done = sspr(api, "start", "--reason", "cleared up")
    assert done.exit_code == 4
    assert "still stopped: say it again" in done.stderr


def test_what_is_not_stopped_is_refused_in_the_app_s_words(api: Api) -> None:
    api.answer("writing/start", (409, refusal("nothing is stopped")))
    done = sspr(api, "start", "--reason", "cleared up")
    assert (done.exit_code, "nothing is stopped" in done.stderr) == (5, True)


def test_whoever_looks_at_anything_sees_first_that_it_is_stopped(api: Api) -> None:
    stopped = writing(worker_told=False)
    api.answer("status", (200, STATUS | {"writing": stopped}))
    table = sspr(api, "status").stdout
    assert table.index("STOPPED") < table.index("Contoso SSPR")
    assert "not yet" in table
    api.answer("rollout/pause", (200, rollout("paused", writing=WritingView(**writing()))))
    assert "STOPPED" in sspr(api, "pause", "--reason", "hold on").stdout
    assert json.loads(sspr(api, "status", "-o", "json").stdout)["writing"] == stopped


def test_a_pause_says_what_goes_on_meanwhile(api: Api) -> None:
    paused = rollout("paused", meanwhile="leavers are taken out; sspr stop holds that")
    api.answer("rollout/pause", (200, paused))
    assert "leavers are taken out" in sspr(api, "pause", "--reason", "hold on").stdout


def test_another_group_is_written_only_where_it_is_named(api: Api) -> None:
    api.answer("writing/start", GOING)
    group = "0ddba110-0000-4000-8000-000000000001"
    assert sspr(api, "start", "--reason", "the new tenant", "--group", group).exit_code == 0
    assert Start.read(api.posts[0].body).group == group
