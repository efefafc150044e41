"""Somebody switches SSPR on for others than the group, in the admin center, under a rollout."""

import re
from datetime import datetime, timedelta
from typing import Any

from sandbox.company import EXCLUDED_GROUP, SCOPE_GROUP
from sandbox.console import wait_for
from tests.support.rig import flat
from tests.support.rollout_rig import RolloutRig, ring
from tests.support.typed_page import Operator

FIVE_MINUTES, HOUR = timedelta(minutes=5), timedelta(hours=1)
PATIENCE = 240.0
"""Seconds: a tick does all else that is due after a step in time before it looks."""


def test_whom_sspr_is_on_for_is_noticed_pauses_once_and_is_over(
    stage: RolloutRig, on_call: Operator
) -> None:
    """Given a rollout, when All, None and another group are selected, then each pauses it once.

    Each is known within an hour; whoever resumes is not stopped again for the same; the group's
    being selected again is known as well, as the runbook types it; and nobody was put in or taken
    out by any of it.
    """
    first, second = stage.cloud(), stage.cloud()
    stage.start(ring("pilot", first, soak="P9D"), ring("early", second))
    stage.rollouts.reaches("soaking", "pilot")
    try:
        for choice, finding in (
            ({"scope": "all"}, "on-for-all"),
            ({"scope": "none"}, "off"),
            ({"scope": "selected", "group": EXCLUDED_GROUP}, "other-group"),
        ):
            seen = _noticed(stage, choice, finding)
            assert seen["wrong"]
            assert "Password reset, Properties" in seen["advice"]
            pause = stage.rollouts.reaches("paused")["pause"]
            assert (pause["reason"], "the audit log" in pause["detail"]) == ("sspr-scope", True)
            if finding != "other-group":
                _resume_is_respected(stage)
        with on_call.follows("SSPR was switched off or to everybody") as page:
            assert "another group" in flat(page.types().stdout)
            seen = _noticed(stage, {"scope": "selected", "group": SCOPE_GROUP}, "on-for-group")
            page.types()
            shown = page.types().stdout
            assert not re.search(r"^paused ", shown, re.MULTILINE), shown
    finally:
        _select(stage, {"scope": "selected", "group": SCOPE_GROUP})
    assert (seen["wrong"], seen["advice"]) == (False, "")
    assert stage.rollouts.view()["phase"] == "soaking"
    stage.is_in(first)
    assert stage.state(second) is None


def _noticed(stage: RolloutRig, choice: dict[str, str], finding: str) -> dict[str, Any]:
    """Have it selected in the admin center; answers with what the app knows within the hour."""
    chosen_at = stage.now()
    _select(stage, choice)
    _looks_again(stage)
    seen = _sspr(stage)
    assert seen["finding"] == finding
    assert seen["source"] == "audit-log"
    assert datetime.fromisoformat(seen["logReadUntil"]) - chosen_at < HOUR
    return seen


def _select(stage: RolloutRig, choice: dict[str, str]) -> None:
    stage.rig.console.tenant.post("/sspr/properties", json=choice).raise_for_status()


def _resume_is_respected(stage: RolloutRig) -> None:
    stage.rollouts.control("resume", "we know")
    _looks_again(stage)
    assert stage.rollouts.view()["phase"] == "soaking"


def _looks_again(stage: RolloutRig) -> None:
    """Let so much time pass that it is looked again, and wait until it was."""
    before = _sspr(stage)["logReadUntil"]
    stage.passes(FIVE_MINUTES)
    wait_for(
        lambda: _sspr(stage)["logReadUntil"] != before or None,
        PATIENCE,
        "another look at the audit log",
    )


def _sspr(stage: RolloutRig) -> dict[str, Any]:
    status = stage.rig.console.status()
    seen: dict[str, Any] = status["sspr"]
    return seen
