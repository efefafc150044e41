"""Onboarding, people and settings: the commands against a real HTTP server."""

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.support.cli_api import KEY, NOT_KNOWN, Answer, Api, refusal, serving, sspr
from tests.support.cli_samples import (
    DEGRADED,
    HEALTH,
    MISCONFIGURED,
    NOW,
    REFUSED,
    STATUS,
    forecast,
    person,
)

COMMANDS = [
    [command]
    for command in (
        *("lint", "schema", "plan", "apply", "rollback", "recover"),
        *("status", "wait", "gates", "document", "health"),
        *("pause", "resume", "promote", "abort", "restart"),
        *("user", "include", "exclude", "release", "inject", "event", "refused"),
    )
] + [["audit", "export"], ["audit", "verify"]]


@pytest.fixture
def api() -> Iterator[Api]:
    with serving() as server:
        server.answer("events", (202, "keys"))
        server.answer("rollout", NOT_KNOWN)
        yield server


def people(*some: Any) -> Answer:
    return 200, {"people": list(some), "forecast": []}


def sent(api: Api) -> list[Any]:
    return [event for one in api.posts for event in one.json]


# --- inject ---


def test_one_person_is_sent_as_one_cloud_event_with_all_that_was_said(api: Api) -> None:
    done = sspr(
        api,
        *("inject", "Grace@contoso.test", "--offboard", "--effective-date", "2026-04-01"),
        *("--reason", "left", "--actor", "kim"),
    )
    assert done.exit_code == 0
    [event] = sent(api)
    assert event["type"] == "io.sspr-rollout.person.offboarded.v1"
    assert event["data"] == {
        "userPrincipalName": "grace@contoso.test",
        "effectiveDate": "2026-04-01",
        "reason": "left",
        "actor": "kim",
    }
    assert done.stdout.splitlines()[-1].split() == ["grace@contoso.test", "k1"]
    assert done.stderr == "1 of 1 accepted\n"


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ("100002", "employeeId"),
        ("8cd9f1fe-6d1a-5836-a72a-f14a46e9eb4a", "objectId"),
        ("employee:100002", "employeeId"),
    ],
)
def test_a_person_is_meant_by_what_the_text_looks_like(api: Api, typed: str, field: str) -> None:
    assert sspr(api, "inject", typed).exit_code == 0
    assert sent(api)[0]["data"][field] == typed.removeprefix("employee:")


def test_the_os_user_is_the_actor_where_none_is_named(api: Api) -> None:
    sspr(api, "inject", "100002", LOGNAME="kim")
    assert sent(api)[0]["data"]["actor"] == "kim"


def test_a_person_that_the_contract_refuses_is_not_sent(api: Api) -> None:
    done = sspr(api, "inject", "x=*")
    assert done.exit_code == 2
    assert done.stderr.startswith("employeeId: ")
    assert api.paths == []


def test_a_large_file_goes_out_by_the_thousand_and_answers_all_keys(
    api: Api, tmp_path: Path
) -> None:
    file = tmp_path / "events.csv"
    file.write_text("employeeId\n" + "".join(f"{number}\n" for number in range(2_001)))
    done = sspr(api, "inject", "--file", str(file), "-o", "json")
    assert done.exit_code == 0
    assert [len(one.json) for one in api.posts] == [1_000, 1_000, 1]
    assert len(json.loads(done.stdout)["keys"]) == 2_001
    assert len({event["id"] for event in sent(api)}) == 2_001
    assert done.stderr.splitlines()[-1] == "2001 of 2001 accepted"


def test_events_come_from_a_pipe_too(api: Api) -> None:
    assert sspr(api, "inject", "--file", "-", stdin='{"employeeId": "7"}\n').exit_code == 0
    assert sent(api)[0]["data"]["employeeId"] == "7"


def test_a_bad_line_is_named_and_stops_none_of_the_others(api: Api, tmp_path: Path) -> None:
    file = tmp_path / "events.jsonl"
    file.write_text('{"employeeId": "7"}\n{"employeeId": ""}\n{"employeeId": "8"}\n')
    done = sspr(api, "inject", "--file", str(file))
    assert done.exit_code == 1
    assert "line 2, employeeId: " in done.stderr
    assert [event["data"]["employeeId"] for event in sent(api)] == ["7", "8"]


def test_a_file_of_bad_lines_alone_is_wrong_and_nothing_is_sent(api: Api) -> None:
    done = sspr(api, "inject", "--file", "-", stdin='{"employeeId": ""}\n')
    assert done.exit_code == 2
    assert "event 1, employeeId: " in done.stderr
    assert api.paths == []


def test_an_event_that_only_the_app_refuses_is_named_by_its_line(api: Api) -> None:
    problem = {"field": "[1].data.employeeId", "reason": "not today"}
    api.answer("events", (400, {"error": problem}))
    done = sspr(api, "inject", "--file", "-", stdin="employeeId\n7\n\n8\n")
    assert done.exit_code == 1
    assert done.stderr == "the app refused line 4, data.employeeId: not today\n"


def test_events_that_the_app_refuses_beside_others_are_named_by_their_lines(api: Api) -> None:
    told = {"index": 1, "field": "[1].data.employeeId", "reason": "not today", "key": "r1"}
    api.answer("events", (207, {"keys": ["k1", "k3"], "refused": [told]}))
    text = "employeeId\n7\n\n8\n9\n"
    done = sspr(api, "inject", "--file", "-", "-o", "json", stdin=text)
    assert done.exit_code == 1
    assert json.loads(done.stdout)["keys"] == ["k1", "k3"]
    assert done.stderr.splitlines() == [
        "2 of 3 accepted",
        "the app refused 1, and took the others:",
        "line 4, data.employeeId: not today",
    ]
    table = sspr(api, "inject", "--file", "-", stdin=text).stdout
    rows = [line.split() for line in table.splitlines() if "k1" in line or "k3" in line]
    assert [[one for one in row if one in {"7", "8", "9", "k1", "k3"}] for row in rows] == [
        ["7", "k1"],
        ["9", "k3"],
    ]


def test_what_was_accepted_before_a_failure_is_told_and_where_to_go_on(api: Api) -> None:
    api.answer("events", (202, "keys"), (500, None))
    text = "employeeId\n" + "7\n" * 1_001
    done = sspr(api, "inject", "--file", "-", "-o", "json", stdin=text)
    assert done.exit_code == 4
    assert len(json.loads(done.stdout)["keys"]) == 1_000
    assert "answered 500" in done.stderr
    assert "1000 events were accepted before; send on from line 1002" in done.stderr


def test_a_send_that_got_no_answer_is_repeated_with_the_same_ids(api: Api) -> None:
    api.answer("events", (503, None), (202, "keys"))
    assert sspr(api, "inject", "100002").exit_code == 0
    first, second = api.posts
    assert first.json == second.json


@pytest.mark.parametrize(
    "arguments",
    [
        ["inject"],
        ["inject", "7", "--file", "-"],
        ["inject", "--file", "-", "--offboard"],
        ["inject", "7", "--effective-date", "tomorrow"],
        ["inject", "--file", "no-such-file.csv"],
        ["user", "7", "--until", "nowhere"],
    ],
)
def test_wrong_usage_is_status_2_and_nothing_is_sent(api: Api, arguments: list[str]) -> None:
    assert sspr(api, *arguments).exit_code == 2
    assert api.paths == []


# --- user ---


def test_everybody_whom_a_name_means_is_shown(api: Api) -> None:
    twins = people(person("failed", key="id-1"), person("visible", key="id-2"))
    api.answer("users/100099", twins)
    done = sspr(api, "user", "100099")
    assert done.exit_code == 0
    assert "The text of failed." in done.stdout
    assert "The text of visible." in done.stdout
    assert json.loads(sspr(api, "user", "100099", "-o", "json").stdout) == twins[1]


def test_a_name_that_a_path_cannot_hold_is_escaped(api: Api) -> None:
    api.answer("users/gustav_fabrikam.test%23EXT%23@contoso.test", people(person("excluded")))
    assert sspr(api, "user", "gustav_fabrikam.test#EXT#@contoso.test").exit_code == 0


def test_a_name_that_nobody_bears_is_status_1(api: Api) -> None:
    api.answer("users/nobody@contoso.test", NOT_KNOWN)
    done = sspr(api, "user", "nobody@contoso.test")
    assert done.exit_code == 1
    assert done.stderr == "nobody is known by nobody@contoso.test\n"
    assert done.stdout == ""


def test_somebody_whom_nothing_has_asked_for_is_shown_with_their_outlook(api: Api) -> None:
    ahead = {"people": [], "forecast": [forecast(wave="early")]}
    api.answer("users/7", (200, ahead))
    done = sspr(api, "user", "7")
    assert done.exit_code == 0
    assert "The text of the outlook." in done.stdout
    assert "early, not begun" in done.stdout
    assert json.loads(sspr(api, "user", "7", "-o", "json").stdout) == ahead


def test_a_watch_waits_for_somebody_who_is_not_enrolled(api: Api) -> None:
    ahead = {"people": [], "forecast": [forecast()]}
    api.answer("users/7", (200, ahead), people(person("registered")))
    assert sspr(api, "user", "7", "--watch").exit_code == 0
    api.answer("users/7", (200, ahead))
    late = sspr(api, "user", "7", "--watch", "--timeout", "0.05")
    assert (late.exit_code, late.stderr) == (3, "7 is not enrolled after 0.05 s\n")
    assert "The text of the outlook." in late.stdout


def test_a_watch_follows_somebody_not_known_yet_until_the_end(api: Api) -> None:
    api.answer("users/7", NOT_KNOWN, people(person("registered")))
    done = sspr(api, "user", "7", "--watch", "-o", "json")
    assert done.exit_code == 0
    assert json.loads(done.stdout)["people"][0]["state"] == "registered"
    assert done.stderr == ""


def test_a_watch_until_a_state_is_over_once_that_or_a_later_one_is_reached(api: Api) -> None:
    api.answer("users/7", people(person("effective")))
    assert sspr(api, "user", "7", "--watch", "--until", "visible").exit_code == 0
    assert len(api.paths) == 1


def test_a_watch_goes_past_an_old_end_and_stops_at_a_new_one_with_status_1(api: Api) -> None:
    old, new = person("withdrawn"), person("failed", since=NOW + timedelta(hours=1))
    api.answer("users/7", people(old), people(new))
    done = sspr(api, "user", "7", "--watch", "--until", "visible")
    assert done.exit_code == 1
    assert done.stderr == "7 is failed\n"
    assert "The text of failed." in done.stdout


def test_a_watch_that_takes_too_long_is_status_3_and_shows_the_last_look(api: Api) -> None:
    api.answer("users/7", people(person("waiting")))
    done = sspr(api, "user", "7", "--watch", "--timeout", "0.05")
    assert done.exit_code == 3
    assert done.stderr == "7 is waiting after 0.05 s\n"
    assert "The text of waiting." in done.stdout


# --- event, refused ---


def test_an_event_is_shown_by_its_key(api: Api) -> None:
    event = {**REFUSED, "people": []}
    api.answer("events/k1", (200, event))
    assert "String should match pattern" in sspr(api, "event", "k1").stdout
    assert json.loads(sspr(api, "event", "k1", "-o", "json").stdout) == event


def test_an_event_not_dealt_with_yet_is_status_1(api: Api) -> None:
    api.answer("events/k2", NOT_KNOWN)
    done = sspr(api, "event", "k2")
    assert done.exit_code == 1
    assert "may still be in the queue" in done.stderr


def test_refused_messages_come_with_bodies_only_where_asked_and_can_be_sent_again(api: Api) -> None:
    api.answer("status", (200, STATUS | {"refused": [REFUSED], "refusedMessages": 7}))
    [without] = json.loads(sspr(api, "refused", "-o", "json").stdout)
    assert "body" not in without
    done = sspr(api, "refused", "--bodies", "-o", "json")
    assert done.stderr == "the newest 1 of 7 refused messages\n"
    mended = json.loads(done.stdout)[0]["body"].replace("*", "7")
    assert sspr(api, "inject", "--file", "-", stdin=mended).exit_code == 0
    assert sent(api)[0]["data"]["employeeId"] == "7"


# --- settings and an app that does not answer ---


def test_missing_settings_are_named_with_what_to_put_there() -> None:
    done = sspr(None, "status")
    assert done.exit_code == 2
    assert done.stderr.startswith("SSPR_URL: not set; set it (or --url) to the app's address with")


def test_without_key_and_token_both_are_named(api: Api) -> None:
    done = sspr(api, "status", SSPR_KEY="")
    assert done.exit_code == 2
    assert done.stderr.startswith("SSPR_KEY, SSPR_TOKEN: neither is set; set SSPR_KEY (or --key)")
    assert "SSPR_TOKEN (or --token) to an Entra access token" in done.stderr


def test_a_token_goes_out_as_a_bearer_and_alone(api: Api) -> None:
    api.answer("status", (200, STATUS))
    assert sspr(api, "status", SSPR_KEY="", SSPR_TOKEN="ey.J0.x").exit_code == 0
    for asked in api.asked:
        assert asked.headers["authorization"] == "Bearer ey.J0.x"
        assert "x-functions-key" not in asked.headers


def test_key_and_token_go_out_together_where_both_are_set(api: Api) -> None:
    api.answer("status", (200, STATUS))
    assert sspr(api, "--token", "ey.J0.x", "status").exit_code == 0
    assert api.asked[0].headers["authorization"] == "Bearer ey.J0.x"
    assert api.asked[0].headers["x-functions-key"] == KEY


def test_options_go_before_the_environment(api: Api) -> None:
    api.answer("status", (200, STATUS))
    done = sspr(api, "--url", f"{api.url}/", "--key", KEY, "status", SSPR_URL="x", SSPR_KEY="no")
    assert done.exit_code == 0


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("SSPR_URL", "contoso"),
        ("SSPR_KEY", "two\nlines-of-a-secret"),
        ("SSPR_TOKEN", "Bearer secret"),
    ],
)
def test_a_setting_that_cannot_work_is_named_and_a_key_is_never_shown(
    api: Api, setting: str, value: str
) -> None:
    done = sspr(api, "status", **{setting: value})
    assert done.exit_code == 2
    assert done.stderr.startswith(f"{setting}: ")
    assert "secret" not in done.output


def test_help_needs_no_settings_and_tells_the_exit_statuses() -> None:
    for command in ([], *COMMANDS):
        done = sspr(None, *command, "--help")
        assert done.exit_code == 0
        said = " ".join(done.stdout.split())
        assert "Exit status 0: done. 1: not found" in said
        assert "5: refused as things stand" in said


@pytest.mark.parametrize(
    ("answer", "advice"),
    [
        ((500, None), "answered 500: see the app's logs"),
        ((503, refusal("Graph is away")), "answered 503: Graph is away; see the app's logs"),
        ((401, refusal("no token was given")), "answered 401: no token was given; it does not"),
        ((404, None), "answered 404: it has no such address; SSPR_URL should end in"),
        ((403, "no"), "answered 403: it is stopped, or its access restrictions"),
        ((307, None), "answered 307: it moved to https://elsewhere.test/api/status"),
        ((200, "<html>"), "answered 200: but not with the operator API's JSON"),
    ],
)
def test_an_answer_of_no_use_is_status_4_and_says_what_to_do(
    api: Api, answer: Answer, advice: str
) -> None:
    api.answer("status", answer)
    done = sspr(api, "status")
    assert done.exit_code == 4
    assert advice in done.stderr


@pytest.mark.parametrize("command", [["status"], ["pause", "--reason", "why"], ["inject", "7"]])
def test_an_app_whose_set_up_is_wrong_is_told_from_a_wrong_address(
    api: Api, command: list[str]
) -> None:
    api.answers.clear()
    api.answer("health", (503, "misconfigured"))
    done = sspr(api, *command)
    assert done.exit_code == 4
    assert "is up, but its set-up is wrong" in done.stderr
    assert done.stderr.endswith("sspr health says what is wrong\n")
    assert done.stderr.count("\n") == 1
    assert api.paths.count("health") == 1


# --- health ---


def test_an_app_in_good_health_shows_what_it_reaches(api: Api) -> None:
    api.answer("health/report", (200, HEALTH))
    done = sspr(api, "health")
    assert done.exit_code == 0
    assert "ok, 12 ms" in done.stdout
    assert json.loads(sspr(api, "health", "-o", "json").stdout) == HEALTH


def test_what_cannot_be_reached_is_told_with_what_to_do_and_fits_a_terminal(api: Api) -> None:
    api.answer("health/report", (200, DEGRADED))
    done = sspr(api, "health", COLUMNS="80")
    assert (done.exit_code, done.stderr) == (1, "the app is degraded\n")
    assert max(map(len, done.stdout.splitlines())) <= 80
    said = " ".join(done.stdout.split())
    assert "graph users User.Read.All forbidden" in said
    assert said.count("kept for about 24 hours") == 1
    assert "- users (User.Read.All): Graph answered 403 Authorization_RequestDenied" in said


def test_what_is_wrong_in_the_set_up_is_shown_line_by_line(api: Api) -> None:
    api.answer("health/report", (200, MISCONFIGURED))
    done = sspr(api, "health", COLUMNS="80")
    assert (done.exit_code, done.stderr) == (1, "the app is misconfigured\n")
    assert max(map(len, done.stdout.splitlines())) <= 80
    assert "- SSPR_TOPOLOGY: Input should be" in done.stdout


def test_an_app_without_a_health_report_is_older(api: Api) -> None:
    api.answer("health/report", NOT_KNOWN)
    done = sspr(api, "health")
    assert (done.exit_code, "older than this sspr" in done.stderr) == (1, True)


def test_a_key_that_the_app_does_not_take_is_status_4(api: Api) -> None:
    api.answer("status", (200, STATUS))
    done = sspr(api, "status", SSPR_KEY="another")
    assert done.exit_code == 4
    assert "answered 401: it does not take the credentials; set SSPR_KEY" in done.stderr


def test_an_app_that_is_not_there_is_status_4(api: Api) -> None:
    api.server_close()
    done = sspr(api, "status")
    assert done.exit_code == 4
    assert f"{api.url} cannot be reached (ConnectionRefusedError: " in done.stderr
