"""events forget against a real HTTP server: shown first, done by its fingerprint alone."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from shared.contracts.api.counts import CountView
from shared.contracts.api.forget_views import ForgetView
from shared.domain.plan.forgetting import ForgetOutcome
from tests.support.cli_api import Api, serving, sspr
from tests.support.cli_samples import FINGERPRINT, GRACE_ID, as_json, operation

WHY = ("--reason", "HR erred")
KEY = "5f0c7b1e9d2a4c3b8e6f1a2b3c4d5e6f"


@pytest.fixture
def api() -> Iterator[Api]:
    with serving() as api:
        yield api


def forgotten(**changes: Any) -> dict[str, Any]:
    view = ForgetView(
        fingerprint=FINGERPRINT,
        events=500,
        people=500,
        outcomes=(
            CountView(reason="taken-out", text=ForgetOutcome.TAKEN_OUT.text, people=499),
            CountView(reason="stays-in", text=ForgetOutcome.STAYS_IN.text, people=1),
        ),
        moved=(GRACE_ID, *("b" * 36 for _ in range(20))),
        older=2,
        held=3,
        unknown=("nobody@contoso.test",),
        writing_stopped=True,
        done=False,
    )
    return as_json(view.model_copy(update=changes))


def answered(api: Api, **changes: Any) -> None:
    api.answer("events/forget", (202, operation(kind="forget")))
    api.answer(
        "operations/op-1", (200, operation("succeeded", forgotten(**changes), kind="forget"))
    )


def test_what_becomes_of_whom_is_shown_and_how_to_have_it_done(api: Api) -> None:
    answered(api)
    done = sspr(api, "events", "forget", "--source", "workday", "--from", "2h", *WHY)
    assert done.exit_code == 0, done.output
    for told in (
        "500 events of 500 people",
        ForgetOutcome.TAKEN_OUT.text,
        "and 11 more",
        f"--apply {FINGERPRINT}",
        "3 events like these are held",
        "2 people: their events came before",
        "stopped",
        "nobody@contoso.test",
    ):
        assert told in done.stdout
    (asked,) = api.posts
    assert asked.json.keys() == {"source", "since", "reason"}


def test_it_is_done_by_the_fingerprint_and_asked_for_first(api: Api) -> None:
    answered(api, done=True)
    asked = ("events", "forget", "--source", "workday", *WHY, "--apply", FINGERPRINT)
    refused = sspr(api, *asked)
    assert (refused.exit_code, api.posts) == (2, [])
    done = sspr(api, *asked, "--yes", "-o", "json")
    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout)["result"]["done"] is True
    assert api.posts[0].json["plan"] == FINGERPRINT


def test_a_file_names_events_and_people(api: Api, tmp_path: Path) -> None:
    answered(api)
    names = tmp_path / "names.txt"
    names.write_text(f"# what HR sent\n{KEY}\n\n ada@contoso.test \n")
    sspr(api, "events", "forget", "4711", "--file", str(names), *WHY)
    (asked,) = api.posts
    assert (asked.json["keys"], asked.json["people"]) == ([KEY], ["4711", "ada@contoso.test"])


@pytest.mark.parametrize(
    ("asked", "told"),
    [((), "name events or people"), (("--from", "tomorrow"), "--from: 'tomorrow' is not")],
)
def test_what_is_not_clear_is_not_guessed(api: Api, asked: tuple[str, ...], told: str) -> None:
    done = sspr(api, "events", "forget", *asked, *WHY)
    assert (done.exit_code, told in done.output, api.posts) == (2, True, []), done.output


def test_an_empty_file_names_nobody(api: Api, tmp_path: Path) -> None:
    (tmp_path / "empty").write_text("# nobody\n")
    done = sspr(api, "events", "forget", "--file", str(tmp_path / "empty"), *WHY)
    assert (done.exit_code, api.posts) == (2, [])


def test_names_of_which_nothing_is_known_are_a_failure(api: Api) -> None:
    answered(api, events=0, people=0, outcomes=(), moved=())
    done = sspr(api, "events", "forget", "nobody@contoso.test", *WHY)
    assert (done.exit_code, "nothing is known of 1 name" in done.output) == (1, True)


def test_from_and_to_are_moments_in_utc_and_a_key_goes_with_them(api: Api) -> None:
    answered(api)
    between = ("--from", "2026-11-29T06:00+01:00", "--to", "2026-11-29T07:30Z")
    assert sspr(api, "events", "forget", KEY, *between, *WHY).exit_code == 0
    (asked,) = api.posts
    assert asked.json == {
        "keys": [KEY],
        "since": "2026-11-29T05:00:00+00:00",
        "until": "2026-11-29T07:30:00+00:00",
        "reason": "HR erred",
    }


def test_an_end_alone_does_not_mean_everything_before_it(api: Api) -> None:
    done = sspr(api, "events", "forget", "--to", "2026-11-29", *WHY)
    assert (done.exit_code, api.posts) == (2, [])


def test_what_would_come_out_otherwise_than_was_shown_is_status_5(api: Api) -> None:
    api.answer("events/forget", (202, operation(kind="forget")))
    problem = "500 events would be forgotten, with another outcome than was shown; look again"
    api.answer("operations/op-1", (200, operation("refused", problem=problem, kind="forget")))
    asked = ("events", "forget", "--source", "workday", *WHY, "--apply", FINGERPRINT, "--yes")
    done = sspr(api, *asked)
    assert (done.exit_code, "look again" in done.stderr) == (5, True), done.output
