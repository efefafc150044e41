"""adopt and leave against a real HTTP server: shown first, done by the fingerprint."""

import csv
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from shared.contracts.api.counts import CountView
from shared.contracts.api.move_views import AdoptView, LeaveView, LossView, MoveView
from shared.contracts.api.plan_views import PlanView
from tests.support.cli_api import Api, serving, sspr
from tests.support.cli_samples import (
    FINGERPRINT,
    GRACE_ID,
    NOW,
    as_json,
    operation,
    plan,
    rollout,
)

OTHER_GROUP = "5c09e000-0000-0000-0000-000000000077"
WHY = ("--reason", "change 4711")


@pytest.fixture
def api() -> Iterator[Api]:
    with serving() as api:
        api.answer("rollout", (200, rollout("planned", wave=None)))
        yield api


@pytest.fixture
def document(tmp_path: Path) -> str:
    path = tmp_path / "from-all.yaml"
    path.write_text("schema: sspr-rollout/rollout/1\n", encoding="utf-8")
    return str(path)


def adoption(**changes: Any) -> dict[str, Any]:
    view = AdoptView(
        fingerprint=FINGERPRINT,
        came_from="all",
        old_group=None,
        covered=2_000,
        losing=0,
        able=0,
        losses=(),
        warnings=(),
        plan=PlanView.model_validate(plan()),
        stage="showing",
        next_step="Nothing is done yet.",
        done=False,
    )
    return as_json(view.model_copy(update=changes))


LOSING = {
    "losing": 3,
    "able": 2,
    "losses": (
        LossView(reason="unlicensed", text="They have no licence.", people=2, able=2),
        LossView(reason="no-wave", text="No wave reaches them.", people=1, able=0),
    ),
}


def leaving(**changes: Any) -> dict[str, Any]:
    view = LeaveView(
        fingerprint=FINGERPRINT,
        stage="select-all-now",
        next_step="Now select All.",
        rests_on="the audit log, 2026-03-02 08:00 UTC: on-for-group",
        members=2_000,
        removals=0,
        departing=(),
        stays=(CountView(reason="found", text="They were there before.", people=7),),
        empties=False,
        done=False,
    )
    return as_json(view.model_copy(update=changes))


def answered(api: Api, kind: str, view: dict[str, Any]) -> None:
    api.answer(f"rollout/{kind}", (202, operation(kind=kind)))
    api.answer("operations/op-1", (200, operation("succeeded", view, kind=kind)))


def test_an_adoption_is_shown_asked_for_and_begun_by_its_fingerprint(
    api: Api, document: str
) -> None:
    answered(api, "adopt", adoption(warnings=("SSPR does not seem to be set so",)))
    done = sspr(api, "adopt", document, "--from", "all", "--yes")
    assert done.exit_code == 0, done.output
    assert "SSPR is on for 2,000 people; 0 would lose it" in done.stderr
    assert "warning: SSPR does not seem to be set so" in done.stderr
    assert "sspr apply --plan" not in done.stderr
    shown, begun = api.posts
    assert (shown.json["cameFrom"], shown.json["acceptLosing"]) == ("all", 0)
    assert shown.json["document"].startswith("schema: ")
    assert "plan" not in shown.json
    assert begun.json == {**shown.json, "plan": FINGERPRINT}


def test_without_a_yes_nothing_is_begun(api: Api, document: str) -> None:
    answered(api, "adopt", adoption())
    refused = sspr(api, "adopt", document, "--from", "none")
    assert refused.exit_code == 2
    assert len(api.posts) == 1


def test_whoever_would_lose_is_shown_and_it_ends_with_5(
    api: Api, document: str, tmp_path: Path
) -> None:
    answered(api, "adopt", adoption(**LOSING))
    line = {
        "objectId": GRACE_ID,
        "userPrincipalName": "grace@contoso.test",
        "action": "lose",
        "wave": None,
        "reason": "unlicensed",
    }
    api.answer(
        f"rollout/plans/{FINGERPRINT}/people",
        (200, {"people": [line], "nextPage": None}),
    )
    to = tmp_path / "everybody.csv"
    refused = sspr(api, "adopt", document, "--from", "all", "--yes", "--people", str(to))
    assert refused.exit_code == 5
    assert "3 people would lose SSPR; put them in, or --accept-losing 3" in refused.stderr
    assert "unlicensed" in refused.stderr
    assert len(api.posts) == 1
    rows = list(csv.reader(to.read_text(encoding="utf-8-sig").splitlines()))
    assert rows[1] == [GRACE_ID, "lose", "", "unlicensed", "grace@contoso.test"]


def test_as_many_as_are_accepted_may_lose(api: Api, document: str) -> None:
    answered(api, "adopt", adoption(**LOSING))
    for accepted, status in ((2, 5), (3, 0)):
        more = ("--accept-losing", str(accepted), "--group", OTHER_GROUP)
        done = sspr(api, "adopt", document, "--from", "group", "--yes", *more)
        assert done.exit_code == status, done.output
    assert [one.json["acceptLosing"] for one in api.posts] == [2, 3, 3]
    assert api.posts[-1].json["group"] == OTHER_GROUP


def test_a_document_that_is_not_right_is_told_with_its_place(api: Api, document: str) -> None:
    finding = {"field": "waves", "reason": "is missing", "line": 1, "column": 1}
    refusal = {"error": {"field": "waves", "reason": "is missing", "findings": [finding]}}
    api.answer("rollout/adopt", (400, refusal))
    refused = sspr(api, "adopt", document, "--from", "all", "--yes")
    assert refused.exit_code == 1
    assert f"{document}:1:1: waves: is missing" in refused.stderr


def test_leaving_begins_and_ends_with_5_because_the_next_step_is_the_operators(api: Api) -> None:
    answered(api, "leave", leaving())
    done = sspr(api, "leave", *WHY, "--yes")
    assert done.exit_code == 5
    assert "Now select All." in done.stderr
    assert "the audit log" in done.stderr
    assert "They were there before." in done.stderr
    assert [one.json.get("plan") for one in api.posts] == [None, FINGERPRINT]


def test_letting_go_is_asked_for_with_the_number_and_done(api: Api) -> None:
    shown = {"stage": "noticed", "removals": 1_993, "empties": True, "departing": (GRACE_ID,)}
    answered(api, "leave", leaving(**shown))
    done = sspr(api, "leave", *WHY, "--empty-group", "--all-selected", "--yes", "-o", "json")
    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout)["result"]["removals"] == shown["removals"]
    assert "1,993 people" in done.stderr
    body = api.posts[0].json
    assert (body["emptyGroup"], body["allSelected"]) == (True, True)


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"stage": "select-now", "next_step": "Now select the group."}, "Now select the group."),
        ({"losing": 41}, "41 people have lost SSPR"),
        ({"outside": tuple(f"person-{n}" for n in range(7))}, "person-4 and 2 or more"),
        ({"kind": "leave"}, "Leaving for All"),
    ],
)
def test_status_says_the_stage_and_the_next_step(
    api: Api, changes: dict[str, Any], told: str
) -> None:
    move = MoveView(
        kind="adopt",
        stage="filling",
        next_step="Leave SSPR as it is.",
        began=NOW,
        actor="ada",
        came_from="all",
        ended_at=None,
        losing=0,
        outside=(),
        looked_at=NOW,
        rests_on="the audit log",
    )
    moving = as_json(move.model_copy(update=changes))
    api.answer("rollout", (200, {**rollout("completed"), "move": moving}))
    shown = sspr(api, "wait", "--phase", "completed")
    assert shown.exit_code == 0, shown.output
    assert told in " ".join(shown.stdout.split())


def test_a_leaving_is_called_off_by_its_own_word(api: Api) -> None:
    answered(api, "leave", leaving(stage="done", next_step="The leaving is called off."))
    done = sspr(api, "leave", "--cancel", *WHY, "--yes")
    assert done.exit_code == 0, done.output
    assert [one.json["cancel"] for one in api.posts] == [True, True]


def test_an_operators_word_says_that_the_group_is_selected_with_a_reason(api: Api) -> None:
    api.answer("rollout/selected", (200, rollout("soaking")))
    done = sspr(api, "adopt", "--selected", *WHY)
    assert done.exit_code == 0, done.output
    assert [one.json for one in api.posts] == [{"reason": "change 4711"}]
    for incomplete in (("--selected",), ("--from", "all"), ()):
        assert sspr(api, "adopt", *incomplete).exit_code == 2
    assert len(api.posts) == 1
