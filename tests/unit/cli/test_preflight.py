"""sspr doctor person and sspr plan --preflight, against a real HTTP server."""

import json
import time
from collections.abc import Iterator
from threading import get_ident
from typing import Any

import pytest

from cli.exits import Status
from shared.contracts.api.check_views import CheckPeople
from tests.support.cli_api import Api, serving, sspr
from tests.support.cli_samples import FINGERPRINT, operation, plan

KEY = "0b8a7f8e-0000-4000-8000-000000000001"
FINDING = {
    "word": "no-reset-right",
    "refuses": True,
    "passes": False,
    "text": "The sync's account may not reset this account's password.",
    "remedy": "Grant it Reset Password.",
    "event": 33004,
    "code": "SSPR_0029",
    "source": "https://learn.microsoft.com/x",
}
UNKNOWN = {"word": "password-policy", "text": "Which minimum age holds."}
ADA = {
    "name": "ada@contoso.test",
    "key": KEY,
    "userPrincipalName": "ada@contoso.test",
    "standing": "asked",
}


def asked(*named: dict[str, Any], check: str | None = "c0ffee") -> dict[str, Any]:
    return {"check": check, "asked": 1 if check else 0, "named": named or [ADA], "cloud": 0}


def check(**counts: Any) -> dict[str, Any]:
    none = {"people": 1, "refused": 0, "unknown": 0, "fine": 0, "unanswered": 0}
    at = {"askedAt": "2026-11-29T12:00:00Z", "expiresAt": "2026-11-29T12:15:00Z"}
    return {"check": "c0ffee", "over": True, **at, **none, **counts}


def found(verdict: str, *findings: dict[str, Any], **more: Any) -> dict[str, Any]:
    person = {
        "key": KEY,
        "userPrincipalName": None,
        "verdict": verdict,
        "seenAt": "2026-11-29T12:00:05Z",
        "worker": "worker-1",
        "findings": findings,
        **more,
    }
    return {"people": [person], "nextPage": None}


@pytest.fixture
def api() -> Iterator[Api]:
    with serving() as server:
        yield server


def test_whoever_would_be_refused_is_told_with_remedy_and_event(api: Api) -> None:
    api.answer("people-checks", (202, asked()))
    api.answer("people-checks/c0ffee", (200, check(refused=1)))
    api.answer("people-checks/c0ffee/people", (200, found("refused", FINDING)))
    done = sspr(api, "doctor", "person", "ada@contoso.test", "--actor", "kim")
    assert done.exit_code == Status.NOT_FOUND
    for text in ("ada@contoso.test", "refuses", "Grant it", "event 33004", "SSPR_0029", "worker-1"):
        assert text in done.stdout
    [posted] = api.posts
    assert CheckPeople.read(posted.body).people == ("ada@contoso.test",)
    assert posted.headers["x-sspr-actor"] == "kim"


def test_it_looks_less_often_the_longer_it_takes(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    pauses: list[float] = []
    own, sleep = get_ident(), time.sleep

    def pause(seconds: float) -> None:
        # Threads that another test's client has left behind sleep as well.
        pauses.append(seconds) if get_ident() == own else sleep(seconds)

    monkeypatch.setattr("time.sleep", pause)
    api.answer("people-checks", (202, asked()))
    waiting = [(200, check(unanswered=1, over=False))] * 12
    api.answer("people-checks/c0ffee", *waiting, (200, check(fine=1)))
    api.answer("people-checks/c0ffee/people", (200, found("fine")))
    assert sspr(api, "doctor", "person", "ada@contoso.test").exit_code == Status.OK
    assert pauses == sorted(pauses)
    assert (pauses[0], pauses[-1], len(pauses)) == (1, 15, 12)


def test_it_waits_until_the_worker_has_answered(api: Api) -> None:
    api.answer("people-checks", (202, asked()))
    waiting = check(unanswered=1, over=False)
    api.answer("people-checks/c0ffee", (200, waiting), (200, check(fine=1)))
    api.answer("people-checks/c0ffee/people", (200, found("fine")))
    done = sspr(api, "doctor", "person", "ada@contoso.test")
    assert done.exit_code == 0
    assert "nothing is in the way of a reset" in done.stdout
    assert len([path for path in api.paths if path == "people-checks/c0ffee"]) == 2


def test_what_is_not_known_is_told_and_is_not_fine(api: Api) -> None:
    api.answer("people-checks", (202, asked()))
    api.answer("people-checks/c0ffee", (200, check(unknown=1)))
    page = found("unknown", unknown=[UNKNOWN])
    api.answer("people-checks/c0ffee/people", (200, page))
    done = sspr(api, "doctor", "person", "ada@contoso.test")
    assert done.exit_code == 0
    assert "not known: not everything could be looked at" in done.stdout
    assert "Which minimum age holds." in done.stdout


def test_without_an_answer_it_says_why_and_ends_with_its_time(api: Api) -> None:
    silent = check(unanswered=1, advice="No worker has answered in time.")
    api.answer("people-checks", (202, asked()))
    api.answer("people-checks/c0ffee", (200, silent))
    api.answer("people-checks/c0ffee/people", (200, found("unanswered", seenAt=None, worker=None)))
    done = sspr(api, "doctor", "person", "ada@contoso.test")
    assert done.exit_code == Status.TIMEOUT
    assert "No worker has answered in time." in done.stdout


def test_whoever_is_of_the_cloud_or_nobody_is_named_as_such(api: Api) -> None:
    cloud = ADA | {"standing": "cloud"}
    nobody = {"name": "nobody", "key": None, "standing": "nobody"}
    api.answer("people-checks", (202, asked(cloud, nobody, check=None)))
    done = sspr(api, "doctor", "person", "ada@contoso.test", "nobody")
    assert done.exit_code == 0
    assert "nothing is written back for them" in done.stdout
    assert "nobody is known by that name" in done.stdout
    api.answer("people-checks", (202, asked(nobody, check=None)))
    assert sspr(api, "doctor", "person", "nobody").exit_code == Status.NOT_FOUND


def test_as_json_it_is_one_document(api: Api) -> None:
    api.answer("people-checks", (202, asked()))
    api.answer("people-checks/c0ffee", (200, check(refused=1)))
    api.answer("people-checks/c0ffee/people", (200, found("refused", FINDING)))
    done = sspr(api, "doctor", "person", "ada@contoso.test", "-o", "json")
    shown = json.loads(done.stdout)
    assert shown["people"][0]["findings"][0]["word"] == "no-reset-right"
    assert shown["check"]["refused"] == 1


def planning(api: Api) -> str:
    """The API answers with a plan at once; returns its fingerprint."""
    api.answer("rollout/plans", (202, operation("succeeded", plan())))
    return FINGERPRINT


DOCUMENT = """\
schema: sspr-rollout/rollout/1
name: fabrikam
scope:
  group: 0b9d9f0e-5f6b-4b5e-8f2b-6f3e2f6d1a01
  topology: cloud
waves:
  - {name: everyone, percent: 100}
"""


@pytest.mark.parametrize("form", ["table", "json"])
def test_a_plans_people_are_checked_and_counted_by_finding(api: Api, form: str) -> None:
    fingerprint = planning(api)
    api.answer(f"rollout/plans/{fingerprint}/check", (202, asked()))
    counted = check(
        people=340,
        refused=12,
        fine=328,
        findings=[{"finding": FINDING, "people": 12}],
        unknowns=[{"unknown": UNKNOWN, "people": 3}],
    )
    api.answer("people-checks/c0ffee", (200, counted))
    done = sspr(api, "plan", "-", "--preflight", "-o", form, stdin=DOCUMENT)
    told = done.stdout if form == "table" else done.stderr
    for text in ("would a reset be written back?", "340", "no-reset-right", "password-policy"):
        assert text in told
    if form == "json":
        assert json.loads(done.stdout)["fingerprint"] == fingerprint


def test_a_plan_that_adds_nobody_to_write_back_for_says_so(api: Api) -> None:
    fingerprint = planning(api)
    api.answer(f"rollout/plans/{fingerprint}/check", (202, asked(check=None)))
    done = sspr(api, "plan", "-", "--preflight", stdin=DOCUMENT)
    assert "adds nobody whose password is written back" in done.stderr
