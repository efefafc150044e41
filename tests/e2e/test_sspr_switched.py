"""Somebody switches SSPR on for others than the group, in the admin center, under a rollout."""

import re
from datetime import datetime, timedelta
from typing import Any

from sandbox.company import EXCLUDED_GROUP, SCOPE_GROUP
from tests.support.rig import flat
from tests.support.rollout_rig import RolloutRig, ring
from tests.support.typed_page import Operator

HOUR = timedelta(hours=1)


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
        with stage.rig.hears("sspr-scope-wrong"), stage.rig.hears("rollout-paused"):
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
        stage.selects({"scope": "selected", "group": SCOPE_GROUP})
    assert (seen["wrong"], seen["advice"]) == (False, "")
    assert stage.rollouts.view()["phase"] == "soaking"
    stage.is_in(first)
    assert stage.state(second) is None


def _noticed(stage: RolloutRig, choice: dict[str, str], finding: str) -> dict[str, Any]:
    """Have it selected in the admin center; answers with what the app knows within the hour."""
    chosen_at = stage.now()
    seen = stage.selects_and_sees(choice, finding)
    assert seen["source"] == "audit-log"
    assert datetime.fromisoformat(seen["logReadUntil"]) - chosen_at < HOUR
    return seen


def _resume_is_respected(stage: RolloutRig) -> None:
    stage.rollouts.control("resume", "we know")
    stage.looks_at_sspr_again()
    assert stage.rollouts.view()["phase"] == "soaking"
