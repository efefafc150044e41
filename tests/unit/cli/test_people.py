"""include, exclude and release against a real HTTP server, and until when they hold."""

import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from cli.exits import Failure, Status
from cli.until import read_until
from shared.contracts.api.operator_requests import ByHand, Steer
from shared.contracts.api.people_views import CauseView, ClaimView, ExclusionView
from tests.support.cli_api import LOST, Api, refusal, serving, sspr
from tests.support.cli_samples import NOW, person

HELD = person(
    "requested",
    claims=(
        ClaimView(
            cause=CauseView(kind="override", reference="ok", actor="kim"), until=None, over=False
        ),
    ),
)


@pytest.fixture
def api() -> Iterator[Api]:
    with serving() as server:
        yield server


@pytest.fixture
def oslo(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with monkeypatch.context() as patched:
        patched.setenv("TZ", "Europe/Oslo")
        time.tzset()
        yield
    time.tzset()


@pytest.mark.parametrize("verb", ["include", "exclude"])
def test_a_word_about_a_person_goes_out_with_reason_end_and_actor(api: Api, verb: str) -> None:
    api.answer(f"people/grace@contoso.test/{verb}", (200, {"people": [HELD], "forecast": []}))
    said = ["--reason", "asked for", "--until", "2199-01-01T00:00Z", "--actor", "kim"]
    done = sspr(api, verb, "grace@contoso.test", *said)
    assert done.exit_code == 0
    [posted] = api.asked
    assert posted.headers["x-sspr-actor"] == "kim"
    taken = ByHand.read(posted.body)
    assert (taken.reason, taken.until) == ("asked for", datetime(2199, 1, 1, tzinfo=UTC))
    assert "override by kim: ok" in done.stdout


def test_without_an_end_a_word_holds_for_good(api: Api) -> None:
    api.answer("people/7/include", (200, {"people": [HELD], "forecast": []}))
    done = sspr(api, "include", "7", "--reason", "asked for", "-o", "json")
    assert json.loads(done.stdout) == {"people": [HELD], "forecast": []}
    assert ByHand.read(api.asked[0].body).until is None


def test_a_word_whose_answer_was_lost_is_said_again_for_twice_is_no_more_than_once(
    api: Api,
) -> None:
    exclusion = ExclusionView(
        reason="excluded-by-operator",
        text="",
        detail="on leave",
        actor="kim",
        until=None,
        over=False,
    )
    out = person("withdrawing", exclusion=exclusion)
    api.answer("people/7/exclude", LOST, (200, {"people": [out]}))
    done = sspr(api, "exclude", "7", "--reason", "on leave")
    assert done.exit_code == 0
    assert "excluded-by-operator by kim: on leave" in done.stdout
    assert len(api.posts) == 2


def test_a_release_takes_back_what_was_said(api: Api) -> None:
    api.answer("people/gustav_x%23EXT%23@contoso.test/release", (200, {"people": [person()]}))
    done = sspr(api, "release", "gustav_x#EXT#@contoso.test", "--reason", "back again")
    assert done.exit_code == 0
    assert Steer.read(api.asked[0].body) == Steer(reason="back again")


def test_a_release_of_whom_nothing_was_ever_said_is_status_1(api: Api) -> None:
    api.answer("people/7/release", (200, {"people": []}))
    done = sspr(api, "release", "7", "--reason", "back again")
    assert done.exit_code == 1
    assert done.stderr == "nothing was ever said or done of 7\n"


@pytest.mark.parametrize("verb", ["include", "exclude", "release"])
def test_a_name_that_means_nobody_or_many_is_status_5(api: Api, verb: str) -> None:
    api.answer(f"people/7/{verb}", (409, refusal("more than one person is known by that name")))
    done = sspr(api, verb, "7", "--reason", "asked for")
    assert done.exit_code == 5
    assert done.stderr == "the app refused: more than one person is known by that name\n"


@pytest.mark.parametrize(
    "arguments",
    [
        ["include", "7"],
        ["include", "--reason", "asked for"],
        ["include", "7", "--reason", "asked for", "--until", "tomorrow"],
        ["exclude", "7", "--reason", "asked for", "--until", "2020-01-01"],
        ["release", "7", "--reason", "asked for", "--until", "7d"],
    ],
)
def test_wrong_usage_is_status_2_and_nothing_is_said(api: Api, arguments: list[str]) -> None:
    assert sspr(api, *arguments).exit_code == 2
    assert api.asked == []


@pytest.mark.parametrize(
    ("typed", "later"),
    [
        ("90m", timedelta(minutes=90)),
        ("12h", timedelta(hours=12)),
        ("7d", timedelta(days=7)),
        ("2w", timedelta(weeks=2)),
    ],
)
def test_a_duration_is_counted_from_now(typed: str, later: timedelta) -> None:
    assert read_until(typed, NOW) == (NOW + later).isoformat()


@pytest.mark.usefixtures("oslo")
@pytest.mark.parametrize(
    ("typed", "moment"),
    [
        # Summer time begins on 29 March 2026.
        ("2026-03-28", "2026-03-28T23:00:00+00:00"),
        ("2026-03-29", "2026-03-29T22:00:00+00:00"),
        ("2026-03-29T17:00", "2026-03-29T15:00:00+00:00"),
        ("2026-03-29T17:00-05:00", "2026-03-29T22:00:00+00:00"),
        ("2026-12-31T00:00:00Z", "2026-12-31T00:00:00+00:00"),
    ],
)
def test_a_date_is_meant_to_its_end_and_times_are_local(typed: str, moment: str) -> None:
    assert read_until(typed, NOW) == moment


@pytest.mark.parametrize(
    "typed", ["", "tomorrow", "7", "d7", "7y", "-7d", "2026-02-30", "99999d", "9999-12-31"]
)
def test_what_is_no_end_is_refused_with_the_forms_that_there_are(typed: str) -> None:
    with pytest.raises(Failure, match=r"is not a date such as 2026-04-01, a moment") as refused:
        read_until(typed, NOW)
    assert refused.value.status is Status.USAGE


@pytest.mark.parametrize("typed", ["0d", "2026-03-02T07:59:59Z", "2026-02-28"])
def test_an_end_that_has_passed_is_refused(typed: str) -> None:
    with pytest.raises(Failure, match="has passed"):
        read_until(typed, NOW)
