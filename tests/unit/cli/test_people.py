"""include, exclude and release against a real HTTP server, and until when they hold."""

import json
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import pytest

from cli.exits import Failure, Status
from cli.until import read_until
from shared.contracts.api.operator_requests import ByHand, Steer
from shared.contracts.api.people_views import (
    CauseView,
    ClaimView,
    ExclusionView,
    ListedPerson,
    MethodView,
)
from tests.support.cli_api import LOST, NOT_KNOWN, Api, refusal, serving, sspr
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


SMS = MethodView(
    name="mobilePhone",
    counting="counts",
    until=date(2127, 2, 1),
    text="counts until 2127-02-01",
)


def test_a_person_is_shown_with_whether_each_method_counts_and_until_when(api: Api) -> None:
    grace = person("resettable", methods=("mobilePhone",), held=(SMS,))
    api.answer("users/grace@contoso.test", (200, {"people": [grace], "forecast": []}))
    done = sspr(api, "user", "grace@contoso.test")
    assert done.exit_code == 0
    assert "mobilePhone: counts until 2127-02-01" in done.stdout


def test_an_older_app_says_the_methods_alone(api: Api) -> None:
    grace = person("resettable", methods=("email", "mobilePhone"))
    api.answer("users/7", (200, {"people": [grace], "forecast": []}))
    assert "email, mobilePhone" in sspr(api, "user", "7").stdout


def listed(number: int) -> dict[str, object]:
    return ListedPerson(
        key=f"id-{number}",
        user_principal_name=f"p{number}@contoso.test",
        employee_id=None,
        state="resettable",
        reason="registered",
        flag=None,
        since=NOW,
        wave="pilot",
        held=(SMS,),
    ).model_dump(mode="json", by_alias=True)


@pytest.fixture
def two_parts(api: Api) -> Api:
    parts = [{"people": [listed(1)], "next": "id-1"}, {"people": [listed(2)], "next": None}]
    api.answer("people", *((200, part) for part in parts))
    return api


def test_people_are_listed_by_method_and_state_to_the_last_part(two_parts: Api) -> None:
    words = ["--method", "sms", "--only-method", "voice", "--state", "resettable"]
    done = sspr(two_parts, "people", *words)
    assert done.exit_code == 0
    first = "people?method=sms&onlyMethod=voice&state=resettable"
    assert two_parts.paths == [first, f"{first}&after=id-1"]
    assert "p1@contoso.test" in done.stdout
    assert "p2@contoso.test" in done.stdout
    assert "counts until 2127-02-01" in done.stdout


def test_a_list_of_people_is_written_as_json_and_as_csv(two_parts: Api) -> None:
    assert json.loads(sspr(two_parts, "people", "-o", "json").stdout) == [listed(1), listed(2)]
    lines = sspr(two_parts, "people", "-o", "csv").stdout.splitlines()
    assert lines[0].startswith("objectId,userPrincipalName,employeeId,state")
    assert lines[-1].endswith("pilot,mobilePhone,mobilePhone counts until 2127-02-01")


def test_an_empty_list_of_people_is_json_all_the_same(api: Api) -> None:
    api.answer("people", (200, {"people": [], "next": None}))
    assert json.loads(sspr(api, "people", "-o", "json").stdout) == []


def test_what_was_read_is_written_before_the_next_part_is_asked_for(two_parts: Api) -> None:
    """Given the second part is refused, then the first has been written, and the end is an error.

    Whoever reads it never takes a part for the whole.
    """
    parts = two_parts.answers["people"]
    two_parts.answer("people", parts[0], (400, refusal("not now")))
    done = sspr(two_parts, "people", "-o", "csv")
    assert (done.exit_code, "p1@contoso.test" in done.stdout) == (Status.UNREACHABLE, True)
    assert "not now" in done.stderr


@pytest.mark.parametrize("command", ["people", "excluded"])
def test_an_app_that_answers_by_the_page_is_older_and_its_first_page_is_not_everybody(
    api: Api, command: str
) -> None:
    api.answer(command, (200, {"people": [], "nextPage": 1}))
    done = sspr(api, command)
    assert done.exit_code == Status.UNREACHABLE
    assert "lacks `next`" in done.stderr
    assert "older" in done.stderr


def test_an_app_that_lists_nobody_is_said_to_be_older(api: Api) -> None:
    api.answer("people", NOT_KNOWN)
    done = sspr(api, "people")
    assert done.exit_code == Status.NOT_FOUND
    assert "older" in done.stderr
