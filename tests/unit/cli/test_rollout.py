"""status, wait, gates, document and the steering verbs against a real HTTP server."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from shared.contracts.api.operator_requests import Promote, Steer
from tests.support.cli_api import LOST, NOT_KNOWN, Answer, Api, refusal, serving, sspr
from tests.support.cli_samples import (
    REFUSED,
    STATUS,
    as_json,
    evaluation,
    gate,
    paused,
    rollout,
    wave,
)

BUSY = (503, refusal("try again"))
SOAKING, PAUSED = (200, rollout("soaking")), (200, rollout("paused", pause=paused()))


@pytest.fixture
def api() -> Iterator[Api]:
    with serving() as server:
        server.answer("status", (200, STATUS))
        yield server


def stands(api: Api, *looks: dict[str, Any]) -> None:
    """The rollout, as one look after the other finds it."""
    api.answer("rollout", *((200, one) for one in looks))


# --- status ---


def test_the_status_is_the_rollout_and_below_it_the_totals(api: Api) -> None:
    stands(api, rollout())
    done = sspr(api, "status")
    assert done.exit_code == 0
    assert done.stdout.index("Contoso SSPR") < done.stdout.index("1 person followed")


def test_what_goes_into_a_file_is_as_wide_as_the_environment_says(api: Api) -> None:
    stands(api, rollout())
    for columns in ("70", "120"):
        done = sspr(api, "status", COLUMNS=columns)
        assert max(map(len, done.stdout.splitlines())) <= int(columns)


def test_the_status_as_json_is_the_apis_with_the_rollout_in_it(api: Api) -> None:
    stands(api, rollout())
    assert json.loads(sspr(api, "status", "-o", "json").stdout) == {**STATUS, "rollout": rollout()}


def test_without_a_rollout_the_status_has_its_totals_all_the_same(api: Api) -> None:
    api.answer("rollout", NOT_KNOWN)
    done = sspr(api, "status")
    assert done.exit_code == 0
    assert "There is no rollout yet" in done.stdout
    assert "1 person followed" in done.stdout
    assert json.loads(sspr(api, "status", "-o", "json").stdout)["rollout"] is None


def test_the_status_leaves_out_what_senders_wrote(api: Api) -> None:
    api.answer("status", (200, STATUS | {"refused": [REFUSED], "refusedMessages": 1}))
    stands(api, rollout())
    table = sspr(api, "status").stdout
    assert "String should match pattern" in table
    assert '{"employeeId": "*"}' not in table


def test_a_watch_looks_again_until_its_time_is_over_and_shows_the_last_look(api: Api) -> None:
    stands(api, rollout("soaking"), rollout("soaking"), rollout("completed"))
    done = sspr(api, "status", "--watch", "--timeout", "2.1")
    assert done.exit_code == 0
    assert "completed since" in done.stdout
    assert "soaking since" not in done.stdout


# --- wait ---


def test_waiting_is_over_once_the_rollout_is_completed(api: Api) -> None:
    stands(api, rollout("soaking"), rollout("completed"))
    done = sspr(api, "wait", "-o", "json")
    assert done.exit_code == 0
    assert json.loads(done.stdout)["phase"] == "completed"
    assert done.stderr == "soaking in five\ncompleted in five\n"


def test_a_rollout_that_comes_to_rest_elsewhere_ends_the_wait_with_status_1(api: Api) -> None:
    stands(api, rollout("paused", pause=paused("gate-failed")))
    done = sspr(api, "wait")
    assert done.exit_code == 1
    assert "the rollout is paused in five: The text of gate-failed." in done.stderr
    assert "paused since" in done.stdout


def test_a_wait_for_a_pause_is_over_at_one_and_at_no_other_phase(api: Api) -> None:
    stands(api, rollout("paused", pause=paused()))
    assert sspr(api, "wait", "--phase", "aborted", "--phase", "paused").exit_code == 0
    stands(api, rollout("completed"))
    assert sspr(api, "wait", "--phase", "aborted", "--phase", "paused").exit_code == 1


def test_a_wait_that_takes_too_long_is_status_3_and_shows_the_last_look(api: Api) -> None:
    stands(api, rollout("soaking"))
    done = sspr(api, "wait", "--timeout", "0.1")
    assert done.exit_code == 3
    assert done.stderr.splitlines()[-1] == "the rollout is soaking in five after 0.1 s"
    assert "soaking since" in done.stdout


@pytest.mark.parametrize(
    ("state", "until", "status"),
    [
        ("done", [], 0),
        ("soaking", [], 3),
        ("soaking", ["--until", "soaking"], 0),
        ("done", ["--until", "progressing"], 0),
        ("ahead", ["--until", "progressing"], 3),
    ],
)
def test_a_wait_for_a_wave_is_over_at_a_state_or_a_later_one(
    api: Api, state: str, until: list[str], status: int
) -> None:
    stands(api, rollout(waves=(wave("five", state),)))
    done = sspr(api, "wait", "--wave", "five", *until, "--timeout", "0")
    assert done.exit_code == status


def test_a_wave_that_is_rolled_back_is_not_waited_for(api: Api) -> None:
    out = rollout("paused", pause=paused("rolled-back"), waves=(wave("five", "rolled-back"),))
    stands(api, out)
    assert sspr(api, "wait", "--wave", "five").exit_code == 1


def test_a_wave_of_no_such_name_is_status_1_with_those_that_there_are(api: Api) -> None:
    stands(api, rollout())
    done = sspr(api, "wait", "--wave", "six")
    assert done.exit_code == 1
    assert "there is no wave 'six'; there are pilot, five, all" in done.stderr


@pytest.mark.parametrize(
    "arguments",
    [["--wave", "five", "--phase", "paused"], ["--until", "done"], ["--phase", "nowhere"]],
)
def test_a_wait_for_what_makes_no_sense_is_status_2(api: Api, arguments: list[str]) -> None:
    assert sspr(api, "wait", *arguments).exit_code == 2
    assert api.asked == []


def test_an_app_that_is_away_for_a_while_does_not_end_a_wait(api: Api) -> None:
    api.answer("rollout", SOAKING, (500, None), (200, rollout("completed")))
    done = sspr(api, "wait")
    assert done.exit_code == 0
    assert "answered 500" in done.stderr


def test_an_app_that_is_away_from_the_start_ends_a_wait_with_status_4(api: Api) -> None:
    api.answer("rollout", (500, None))
    assert sspr(api, "wait").exit_code == 4


def test_there_is_nothing_to_wait_for_without_a_rollout(api: Api) -> None:
    api.answer("rollout", NOT_KNOWN)
    done = sspr(api, "wait")
    assert done.exit_code == 1
    assert done.stderr == "there is no rollout yet; sspr plan FILE makes a plan of one\n"


# --- gates, document ---


def test_the_newest_looks_at_the_gates_are_asked_for_by_their_number(api: Api) -> None:
    looked = {"evaluations": [as_json(evaluation(gate("visible")))]}
    api.answer("rollout/gates?limit=2", (200, looked))
    assert "98.5%" in sspr(api, "gates", "-n", "2").stdout
    assert json.loads(sspr(api, "gates", "-n", "2", "-o", "json").stdout) == looked
    api.answer("rollout/gates?limit=5", (200, {"evaluations": []}))
    assert "not been looked at" in sspr(api, "gates").stdout


@pytest.mark.parametrize("number", ["0", "101"])
def test_as_many_looks_as_the_app_does_not_answer_are_status_2(api: Api, number: str) -> None:
    assert sspr(api, "gates", "-n", number).exit_code == 2
    assert api.asked == []


def test_the_document_comes_as_it_was_written_to_the_last_byte(api: Api) -> None:
    text = "name: Contoso # Jürgen's\r\nwaves:\r\n\t# none\r\n"
    api.answer("rollout/document", (200, text))
    assert sspr(api, "document").stdout_bytes == text.encode()
    assert sspr(api, "document", "--version", "3").exit_code == 0
    assert api.paths == ["rollout/document", "rollout/document?version=3"]


def test_a_document_goes_into_a_file_to_the_last_byte(api: Api, tmp_path: Path) -> None:
    text = "name: Contoso # J\u00fcrgen's\r\nwaves:\r\n\t# none\r\n"
    api.answer("rollout/document", (200, text))
    done = sspr(api, "document", "--out", str(tmp_path / "now.yaml"))
    assert (done.exit_code, done.stdout) == (0, "")
    assert (tmp_path / "now.yaml").read_bytes() == text.encode()


def test_a_document_that_was_never_applied_is_status_1(api: Api) -> None:
    api.answer("rollout/document", NOT_KNOWN)
    assert "there is no rollout yet" in sspr(api, "document").stderr
    done = sspr(api, "document", "--version", "3")
    assert done.exit_code == 1
    assert done.stderr == "the document has no version 3\n"


# --- steering ---


@pytest.mark.parametrize("verb", ["pause", "resume", "promote", "abort", "restart"])
def test_a_word_goes_out_with_its_reason_and_actor_and_the_rollout_comes_back(
    api: Api, verb: str
) -> None:
    api.answer(f"rollout/{verb}", (200, rollout("paused", pause=paused())))
    done = sspr(api, verb, "--reason", "help desk is short", "--actor", "Jürgen 100%")
    assert done.exit_code == 0
    [posted] = api.asked
    contract = Promote if verb == "promote" else Steer
    assert contract.read(posted.body).reason == "help desk is short"
    # A header holds ASCII alone.
    assert posted.headers["x-sspr-actor"] == "J%C3%BCrgen 100%25"
    assert "paused since" in done.stdout
    done = sspr(api, verb, "--reason", "help desk is short", "-o", "json")
    assert json.loads(done.stdout) == rollout("paused", pause=paused())


def test_the_os_user_is_the_actor_where_none_is_named(api: Api) -> None:
    api.answer("rollout/pause", PAUSED)
    sspr(api, "pause", "--reason", "why not", LOGNAME="kim")
    assert api.asked[0].headers["x-sspr-actor"] == "kim"


def test_a_promotion_says_whether_the_soak_is_skipped(api: Api) -> None:
    api.answer("rollout/promote", SOAKING)
    sspr(api, "promote", "--reason", "all said yes")
    sspr(api, "promote", "--reason", "all said yes", "--skip-soak")
    assert [Promote.read(one.body).skip_soak for one in api.posts] == [False, True]


@pytest.mark.parametrize("verb", ["pause", "resume", "promote", "abort", "restart"])
def test_no_word_goes_out_without_a_reason(api: Api, verb: str) -> None:
    assert sspr(api, verb).exit_code == 2
    assert api.asked == []


def test_what_is_not_possible_now_is_status_5_and_said_once(api: Api) -> None:
    problem = refusal("the rollout is soaking, not paused")
    api.answer("rollout/resume", (409, problem))
    done = sspr(api, "resume", "--reason", "go on")
    assert done.exit_code == 5
    assert done.stderr == "the app refused: the rollout is soaking, not paused\n"
    assert api.paths == ["rollout/resume"]


def test_a_reason_that_the_app_does_not_take_is_status_1(api: Api) -> None:
    problem = refusal("write at least 3 characters", field="reason")
    api.answer("rollout/pause", (400, problem))
    done = sspr(api, "pause", "--reason", "x")
    assert done.exit_code == 1
    assert done.stderr.startswith("the app refused reason: ")


@pytest.mark.parametrize("lost", [LOST, BUSY, (500, None)])
@pytest.mark.parametrize(
    ("verb", "phase"),
    [
        ("pause", "paused"),
        ("abort", "aborted"),
        ("resume", "soaking"),
        ("restart", "planned"),
    ],
)
def test_a_word_whose_answer_was_lost_was_heard_where_the_rollout_shows_it(
    api: Api, verb: str, phase: str, lost: Answer
) -> None:
    api.answer(f"rollout/{verb}", lost)
    stands(api, rollout(phase, pause=paused() if phase == "paused" else None))
    done = sspr(api, verb, "--reason", "go on")
    assert done.exit_code == 0
    assert f"but the rollout is {phase}" in done.stderr
    assert f"{phase} since" in done.stdout
    assert len(api.posts) == 1


@pytest.mark.parametrize(
    ("verb", "seen"), [("promote", SOAKING), ("resume", PAUSED), ("restart", SOAKING)]
)
def test_what_sets_something_going_is_never_said_twice_by_itself(
    api: Api, verb: str, seen: Answer
) -> None:
    api.answer(f"rollout/{verb}", LOST)
    api.answer("rollout", seen)
    done = sspr(api, verb, "--reason", "go on")
    assert done.exit_code == 4
    assert f"nobody knows whether {verb} was heard: the rollout is" in done.stderr
    assert "say it again" in done.stderr
    assert len(api.posts) == 1


@pytest.mark.parametrize(("verb", "phase"), [("pause", "paused"), ("abort", "aborted")])
def test_a_brake_is_pulled_again_where_it_was_not_heard(api: Api, verb: str, phase: str) -> None:
    api.answer(f"rollout/{verb}", LOST, BUSY, (200, rollout(phase)))
    stands(api, rollout("soaking"))
    done = sspr(api, verb, "--reason", "stop it", "-o", "json")
    assert done.exit_code == 0
    assert json.loads(done.stdout)["phase"] == phase
    assert len(api.posts) == 3


def test_a_brake_that_is_never_heard_is_status_4_after_three_times(api: Api) -> None:
    api.answer("rollout/pause", LOST)
    stands(api, rollout("soaking"))
    done = sspr(api, "pause", "--reason", "stop it")
    assert done.exit_code == 4
    assert "nobody knows whether pause was heard: the rollout is soaking in five" in done.stderr
    assert len(api.posts) == 3


def test_a_brake_refused_because_it_was_heard_the_first_time_is_no_refusal(api: Api) -> None:
    late = (409, refusal("the rollout is paused; there is nothing to pause"))
    api.answer("rollout/pause", LOST, late)
    api.answer("rollout", SOAKING, PAUSED)
    done = sspr(api, "pause", "--reason", "stop it")
    assert done.exit_code == 0
    assert "but the rollout is paused" in done.stderr


def test_a_brake_refused_for_another_reason_stays_refused(api: Api) -> None:
    other = (409, refusal("the rollout is completed; there is nothing to pause"))
    api.answer("rollout/pause", LOST, other)
    stands(api, rollout("soaking"), rollout("completed"))
    done = sspr(api, "pause", "--reason", "stop it")
    assert done.exit_code == 5
    assert "completed; there is nothing to pause" in done.stderr


def test_an_app_that_tells_nothing_after_a_word_either_is_status_4(api: Api) -> None:
    api.answer("rollout/resume", LOST)
    api.answer("rollout", (500, None))
    done = sspr(api, "resume", "--reason", "go on")
    assert done.exit_code == 4
    assert "gave no answer" in done.stderr
    assert f"nobody knows whether resume was heard: {api.url} answered 500" in done.stderr


def test_a_word_that_never_left_this_machine_is_not_looked_after(api: Api) -> None:
    api.server_close()
    done = sspr(api, "promote", "--reason", "go on")
    assert done.exit_code == 4
    assert "cannot be reached (ConnectionRefusedError: " in done.stderr
    assert "nobody knows" not in done.stderr
