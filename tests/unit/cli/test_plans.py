"""lint, schema, plan, apply and rollback against a real HTTP server."""

import csv
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from shared.contracts.api.operator_requests import Apply, Recover, RollBack
from shared.contracts.api.writing_views import OtherStopView
from tests.support.cli_api import KEY, LOST, NOT_KNOWN, Api, refusal, serving, sspr
from tests.support.cli_samples import (
    APPLIED,
    FINGERPRINT,
    operation,
    plan,
    recovery,
    rollback,
    rollout,
)

GOOD = """\
schema: sspr-rollout/rollout/1
name: fabrikam
scope:
  group: 0b9d9f0e-5f6b-4b5e-8f2b-6f3e2f6d1a01
  topology: cloud
waves:
  - {name: everyone, percent: 100}
"""
BAD = GOOD.replace("percent: 100", "percent: 101").replace("topology: cloud", "topology: clod")


@pytest.fixture
def api() -> Iterator[Api]:
    with serving() as server:
        yield server


@pytest.fixture
def good(tmp_path: Path) -> str:
    file = tmp_path / "rollout.yaml"
    file.write_text(GOOD)
    return str(file)


@pytest.fixture
def bad(tmp_path: Path) -> str:
    file = tmp_path / "wrong.yaml"
    file.write_text(BAD)
    return str(file)


def draws(api: Api, drawn: dict[str, Any]) -> None:
    """The app takes a moment for this plan."""
    api.answer("rollout/plans", (202, operation()))
    api.answer("operations/op-1", (200, operation()), (200, operation("succeeded", drawn)))


def applies(api: Api, drawn: dict[str, Any], outcome: dict[str, Any]) -> None:
    """The app has this plan, and applying it ends so."""
    api.answer(f"rollout/plans/{FINGERPRINT}", (200, drawn))
    api.answer("rollout/apply", (202, operation(kind="apply")))
    api.answer("operations/op-1", (200, outcome))
    api.answer("rollout", (200, rollout("planned", wave=None)))


# --- lint, schema ---


def test_a_good_document_has_no_findings_says_so_beside_the_data_and_needs_no_app(
    good: str,
) -> None:
    done = sspr(None, "lint", good)
    assert (done.exit_code, done.stdout, done.stderr) == (0, "", f"{good}: no findings\n")


def test_each_finding_has_its_place_as_compilers_say_it_and_the_status_is_1(bad: str) -> None:
    done = sspr(None, "lint", bad)
    assert done.exit_code == 1
    first, second = done.stdout.splitlines()
    assert first.startswith(f"{bad}:5:13: scope.topology: ")
    assert second.startswith(f"{bad}:7:31: waves[0].percent: ")
    assert done.stderr == f"{bad}: 2 findings\n"


def test_findings_are_json_too_and_a_pipe_is_a_file() -> None:
    done = sspr(None, "lint", "-", "-o", "json", stdin=BAD)
    assert done.exit_code == 1
    first, second = json.loads(done.stdout)
    assert (first["line"], first["field"]) == (5, "scope.topology")
    assert (second["line"], second["column"], second["field"]) == (7, 31, "waves[0].percent")
    assert json.loads(sspr(None, "lint", "-", "-o", "json", stdin=GOOD).stdout) == []


def test_a_file_that_is_not_there_is_status_2_and_one_that_is_no_text_1(tmp_path: Path) -> None:
    assert sspr(None, "lint", str(tmp_path / "none.yaml")).exit_code == 2
    latin = tmp_path / "latin.yaml"
    latin.write_bytes("name: Jürgen".encode("latin-1"))
    done = sspr(None, "lint", str(latin))
    assert done.exit_code == 1
    assert "byte 8 is not UTF-8" in done.stderr


def test_a_byte_order_mark_is_no_part_of_the_document(tmp_path: Path) -> None:
    marked = tmp_path / "marked.yaml"
    marked.write_text(GOOD, encoding="utf-8-sig")
    assert sspr(None, "lint", str(marked)).exit_code == 0


def test_what_a_document_holds_cannot_steer_the_terminal_in_a_finding() -> None:
    done = sspr(None, "lint", "-", stdin=GOOD + '"\\e[2J": 1\n')
    assert done.exit_code == 1
    assert "\x1b" not in done.stdout
    assert r"\x1b[2J" in done.stdout


def test_the_schema_is_that_of_the_document() -> None:
    done = sspr(None, "schema")
    assert done.exit_code == 0
    assert {"schema", "name", "scope", "waves"} <= json.loads(done.stdout)["properties"].keys()


# --- plan ---


def test_a_document_goes_out_as_it_was_written_and_its_plan_comes_back(api: Api, good: str) -> None:
    draws(api, plan())
    done = sspr(api, "plan", good, "--actor", "kim")
    assert done.exit_code == 0
    [posted] = api.posts
    assert posted.body.decode() == GOOD
    assert posted.headers["content-type"] == "application/yaml"
    assert posted.headers["x-sspr-actor"] == "kim"
    assert api.paths.count("operations/op-1") == 2
    assert "1,788 to be put in" in done.stdout
    assert f"sspr apply --plan {FINGERPRINT}" in done.stdout
    assert done.stderr == ""


def test_a_plan_as_json_is_the_apis_unchanged(api: Api, good: str) -> None:
    draws(api, plan())
    assert json.loads(sspr(api, "plan", good, "-o", "json").stdout) == plan()


def test_a_plan_as_markdown_goes_into_a_change_request(api: Api, good: str) -> None:
    draws(api, plan())
    done = sspr(api, "plan", good, "-o", "markdown")
    assert done.stdout.startswith("## Plan for Contoso SSPR\n")
    assert "| five | 5 % | 3d | ahead | 88 | 70 |" in done.stdout


def test_nothing_is_sent_of_a_document_with_findings(api: Api, bad: str) -> None:
    done = sspr(api, "plan", bad)
    assert done.exit_code == 1
    assert done.stdout == ""
    assert done.stderr.startswith(f"{bad}:5:13: scope.topology: ")
    assert api.asked == []


def test_what_only_the_app_finds_in_a_document_has_its_place_too(api: Api, good: str) -> None:
    found = {"line": 4, "column": 10, "field": "scope.group", "reason": "not today"}
    problem = refusal("not today (line 4)", field="scope.group", findings=[found])
    api.answer("rollout/plans", (400, problem))
    done = sspr(api, "plan", good)
    assert done.exit_code == 1
    assert done.stderr == f"{good}:4:10: scope.group: not today\n"


def test_a_document_that_the_app_refuses_without_findings_is_refused_by_its_field(
    api: Api, good: str
) -> None:
    problem = refusal("this app writes another group", field="scope.group")
    api.answer("rollout/plans", (400, problem))
    done = sspr(api, "plan", good)
    assert done.exit_code == 1
    assert done.stderr == "the app refused scope.group: this app writes another group\n"


def test_a_plan_that_the_app_cannot_draw_up_is_status_5_with_the_reason(
    api: Api, good: str
) -> None:
    api.answer("rollout/plans", (202, operation()))
    api.answer("operations/op-1", (200, operation("refused", problem="a wave has begun")))
    done = sspr(api, "plan", good)
    assert done.exit_code == 5
    assert done.stderr == "the app refused: a wave has begun\n"


def test_an_unsafe_plan_is_shown_and_is_status_5(api: Api, good: str) -> None:
    draws(api, plan(unsafe=("removals: too many",)))
    done = sspr(api, "plan", good, "-o", "json")
    assert done.exit_code == 5
    assert json.loads(done.stdout)["unsafe"] == ["removals: too many"]
    assert done.stderr == ("unsafe: removals: too many; only --force and a --reason apply it\n")


def test_a_plan_that_takes_too_long_is_status_3(api: Api, good: str) -> None:
    api.answer("rollout/plans", (202, operation()))
    api.answer("operations/op-1", (200, operation()))
    done = sspr(api, "plan", good, "--timeout", "0.3")
    assert done.exit_code == 3
    assert done.stderr == (
        "planning: not done after 0.3 s, but it goes on; plan again for its outcome\n"
    )


def test_an_answer_that_was_lost_is_asked_for_again_for_a_plan_changes_nothing(
    api: Api, good: str
) -> None:
    draws(api, plan())
    api.answer("rollout/plans", LOST, (202, operation()))
    assert sspr(api, "plan", good).exit_code == 0
    assert len(api.posts) == 2


def test_everybody_concerned_goes_into_a_csv_page_by_page(
    api: Api, good: str, tmp_path: Path
) -> None:
    draws(api, plan())
    add = {
        "objectId": "id-1",
        "userPrincipalName": "ada@contoso.com",
        "action": "add",
        "wave": "five",
        "reason": "wave",
    }
    # Entra has no name of somebody deleted; an app of before sends none at all.
    skip = {"objectId": "id-2", "action": "skip", "wave": None, "reason": "guest"}
    where = f"rollout/plans/{FINGERPRINT}/people"
    api.answer(f"{where}?page=0", (200, {"people": [add], "nextPage": 1}))
    api.answer(f"{where}?page=1", (200, {"people": [skip], "nextPage": None}))
    out = tmp_path / "people.csv"
    done = sspr(api, "plan", good, "--people", str(out))
    assert done.exit_code == 0
    assert out.read_text() == (
        "objectId,action,wave,reason,userPrincipalName\n"
        "id-1,add,five,wave,ada@contoso.com\nid-2,skip,,guest,\n"
    )
    assert done.stderr == f"2 lines written to {out}\n"
    assert list(tmp_path.glob("people.csv*")) == [out]


def test_names_that_entra_was_not_asked_for_are_said_once(
    api: Api, good: str, tmp_path: Path
) -> None:
    draws(api, plan())
    line = {"objectId": "id-1", "action": "add", "wave": "five", "reason": "wave"}
    where, why = f"rollout/plans/{FINGERPRINT}/people", "Entra could not be asked; ask again"
    page = {"people": [line], "namesMissing": why}
    api.answer(f"{where}?page=0", (200, {**page, "nextPage": 1}))
    api.answer(f"{where}?page=1", (200, {**page, "nextPage": None}))
    out = tmp_path / "people.csv"
    done = sspr(api, "plan", good, "--people", str(out))
    assert done.exit_code == 0
    assert out.read_text().count("id-1,add,five,wave,\n") == 2
    assert done.stderr == f"2 lines written to {out}\n{why}\n"


def test_a_csv_on_stdout_leaves_the_plan_to_stderr(api: Api, good: str) -> None:
    draws(api, plan())
    line = {"objectId": "id-1", "action": "add", "wave": "=1+1", "reason": "wave"}
    people = f"rollout/plans/{FINGERPRINT}/people"
    api.answer(people, (200, {"people": [line], "nextPage": None}))
    for form, seen in (("table", "1,788 to be put in"), ("json", '"listed": 2000')):
        draws(api, plan())
        done = sspr(api, "plan", good, "--people", "-", "-o", form)
        assert list(csv.reader(io.StringIO(done.stdout)))[1] == ["id-1", "add", "'=1+1", "wave", ""]
        assert seen in done.stderr


def test_a_csv_that_cannot_be_written_is_status_2_after_the_plan_was_shown(
    api: Api, good: str, tmp_path: Path
) -> None:
    draws(api, plan())
    done = sspr(api, "plan", good, "--people", str(tmp_path / "none" / "people.csv"))
    assert done.exit_code == 2
    assert FINGERPRINT in done.stdout
    assert "people.csv cannot be written: No such file or directory" in done.stderr


def test_half_a_csv_is_never_left_behind(api: Api, good: str, tmp_path: Path) -> None:
    draws(api, plan())
    line = {"objectId": "id-1", "action": "add", "wave": "five", "reason": "wave"}
    where = f"rollout/plans/{FINGERPRINT}/people"
    api.answer(f"{where}?page=0", (200, {"people": [line], "nextPage": 1}))
    api.answer(f"{where}?page=1", (500, None))
    done = sspr(api, "plan", good, "--people", str(tmp_path / "people.csv"))
    assert done.exit_code == 4
    assert list(tmp_path.glob("people.csv*")) == []


# --- apply ---


def test_a_plan_is_shown_applied_and_the_rollout_shown(api: Api) -> None:
    applies(api, plan(), operation("succeeded", APPLIED, kind="apply"))
    done = sspr(api, "apply", "--plan", FINGERPRINT, "--yes", "--actor", "kim")
    assert done.exit_code == 0
    [posted] = api.posts
    assert Apply.read(posted.body) == Apply(plan=FINGERPRINT)
    assert posted.headers["x-sspr-actor"] == "kim"
    assert "1,788 to be put in" in done.stderr
    assert "planned since" in done.stdout


def test_an_applied_plan_as_json_is_the_operation(api: Api) -> None:
    outcome = operation("succeeded", APPLIED, kind="apply")
    applies(api, plan(), outcome)
    done = sspr(api, "apply", "--plan", FINGERPRINT, "-y", "-o", "json")
    assert json.loads(done.stdout) == outcome


def test_without_a_terminal_to_ask_at_nothing_is_applied(api: Api) -> None:
    applies(api, plan(), operation("succeeded", APPLIED, kind="apply"))
    done = sspr(api, "apply", "--plan", FINGERPRINT, stdin="y\n")
    assert done.exit_code == 2
    assert done.stderr.endswith("nothing was done: no terminal to ask at; say --yes to do it\n")
    assert api.posts == []


def test_a_world_that_has_changed_is_status_5(api: Api) -> None:
    changed = "the world has changed since: 7 additions instead of 8"
    applies(api, plan(digest="e2" * 32), operation("refused", problem=changed, kind="apply"))
    done = sspr(api, "apply", "--plan", FINGERPRINT, "--yes")
    assert done.exit_code == 5
    assert done.stderr.splitlines()[-1] == f"the app refused: {changed}"


def test_a_plan_refused_because_it_was_applied_before_is_told_so(api: Api) -> None:
    applies(api, plan(), operation("refused", problem="the world has changed", kind="apply"))
    done = sspr(api, "apply", "--plan", FINGERPRINT, "--yes")
    assert done.exit_code == 5
    in_force = "its document is the current one already, since 2026-03-02 08:00:00 UTC by key: kim"
    assert done.stderr.splitlines()[-1].endswith(in_force)


def test_an_unsafe_plan_is_not_even_sent_without_force(api: Api) -> None:
    applies(api, plan(unsafe=("too many",)), operation("succeeded", APPLIED, kind="apply"))
    done = sspr(api, "apply", "--plan", FINGERPRINT, "--yes")
    assert done.exit_code == 5
    assert "unsafe: too many" in done.stderr
    assert api.posts == []


def test_an_unsafe_plan_is_forced_with_a_reason_and_never_without(api: Api) -> None:
    applies(api, plan(unsafe=("too many",)), operation("succeeded", APPLIED, kind="apply"))
    forced = ["apply", "--plan", FINGERPRINT, "--yes", "--force"]
    assert sspr(api, *forced).exit_code == 2
    assert sspr(api, *forced, "--reason", " ").exit_code == 2
    assert api.asked == []
    assert sspr(api, *forced, "--reason", "the whole site moves").exit_code == 0
    taken = Apply.read(api.posts[0].body)
    assert taken == Apply(plan=FINGERPRINT, force=True, reason="the whole site moves")


def test_a_plan_that_was_never_shown_is_status_1(api: Api) -> None:
    api.answer(f"rollout/plans/{FINGERPRINT}", NOT_KNOWN)
    done = sspr(api, "apply", "--plan", FINGERPRINT, "--yes")
    assert done.exit_code == 1
    assert done.stderr == f"no plan is kept as {FINGERPRINT}; sspr plan FILE makes one\n"


def test_applying_that_takes_too_long_is_status_3_and_says_where_to_look(api: Api) -> None:
    applies(api, plan(), operation(kind="apply"))
    done = sspr(api, "apply", "--plan", FINGERPRINT, "--yes", "--timeout", "0.2")
    assert done.exit_code == 3
    assert done.stderr.endswith("but it goes on; sspr status shows what comes of it\n")


# --- rollback ---


def test_a_rollback_shows_who_leaves_and_then_sends_exactly_that(api: Api) -> None:
    api.answer("rollout/rollback", (202, operation(kind="rollback")))
    shown = operation("succeeded", rollback(), kind="rollback")
    done_so = operation("succeeded", rollback(done=True), kind="rollback")
    api.answer("operations/op-1", (200, shown), (200, done_so))
    done = sspr(api, "rollback", "five", "--reason", "writeback fails", "-y", "-o", "json")
    assert done.exit_code == 0
    asked, sent = (RollBack.read(one.body) for one in api.posts)
    assert asked == RollBack(wave="five", reason="writeback fails")
    assert sent == RollBack(wave="five", reason="writeback fails", plan=FINGERPRINT)
    assert "2 people would be taken out." in done.stderr
    assert json.loads(done.stdout) == done_so


def test_without_a_terminal_a_rollback_only_shows_who_would_leave(api: Api) -> None:
    api.answer("rollout/rollback", (202, operation(kind="rollback")))
    api.answer("operations/op-1", (200, operation("succeeded", rollback(), kind="rollback")))
    done = sspr(api, "rollback", "five", "--reason", "writeback fails")
    assert done.exit_code == 2
    assert "2 people would be taken out." in done.stderr
    assert len(api.posts) == 1


def test_a_wave_that_is_not_there_cannot_be_rolled_back(api: Api) -> None:
    problem = "there is no wave 'six'; there are pilot, five"
    api.answer("rollout/rollback", (202, operation("refused", problem=problem, kind="rollback")))
    done = sspr(api, "rollback", "six", "--reason", "writeback fails", "--yes")
    assert done.exit_code == 5
    assert done.stderr == f"the app refused: {problem}\n"


def test_others_leaving_than_were_shown_is_status_5(api: Api) -> None:
    api.answer("rollout/rollback", (202, operation(kind="rollback")))
    shown = operation("succeeded", rollback(), kind="rollback")
    refused = operation("refused", problem="3 people would be taken out", kind="rollback")
    api.answer("operations/op-1", (200, shown), (200, refused))
    done = sspr(api, "rollback", "five", "--reason", "writeback fails", "--yes")
    assert done.exit_code == 5
    assert done.stderr.endswith("the app refused: 3 people would be taken out\n")


def test_a_key_is_never_part_of_what_is_said(api: Api, good: str) -> None:
    api.answer("rollout/plans", (500, None))
    assert KEY not in sspr(api, "plan", good).output


# --- recover ---


def test_a_recovery_shows_what_differs_and_then_sends_exactly_that(api: Api) -> None:
    api.answer("ledger/recover", (202, operation(kind="recover")))
    shown = operation("succeeded", recovery(), kind="recover")
    done_so = operation("succeeded", recovery(done=True), kind="recover")
    api.answer("operations/op-1", (200, shown), (200, done_so))
    done = sspr(api, "recover", "--reason", "restored", "-y", "-o", "json")
    assert done.exit_code == 0
    asked, sent = (Recover.read(one.body) for one in api.posts)
    assert asked == Recover(reason="restored")
    assert sent == Recover(reason="restored", plan=FINGERPRINT)
    for word in ("would be kept out until you release them", "newcomer", "40 people"):
        assert word in done.stderr
    assert "7  asked for since the ledger was lost: put in afterwards" in done.stderr


@pytest.mark.parametrize("done", [False, True])
def test_a_recovery_says_what_stands_still_afterwards_and_what_ends_that(
    api: Api, *, done: bool
) -> None:
    also = OtherStopView(
        stop="by-operator", text="An operator stopped it.", detail="until Monday", actor="key: ada"
    )
    found = recovery(phase="soaking", also=also, done=done)
    api.answer("ledger/recover", (202, operation(kind="recover")))
    api.answer("operations/op-1", (200, operation("succeeded", found, kind="recover")))
    ran = sspr(api, "recover", "--reason", "restored", *(["-y"] if done else []))
    shown = " ".join((ran.stdout if done else ran.stderr).split())
    for word in (
        "wanted by the current document: put in once you resume the rollout",
        "the rollout is soaking by the ledger",
        "until sspr resume",
        "until Monday; sspr start ends that",
    ):
        assert word in shown


def test_without_a_terminal_a_recovery_only_shows_what_differs(api: Api) -> None:
    api.answer("ledger/recover", (202, operation(kind="recover")))
    api.answer("operations/op-1", (200, operation("succeeded", recovery(), kind="recover")))
    done = sspr(api, "recover", "--reason", "restored")
    assert done.exit_code != 0
    assert len(api.posts) == 1
