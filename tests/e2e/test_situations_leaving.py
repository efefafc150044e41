"""The runbook's situation of an emptying that was stopped: nobody on the way out loses SSPR."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sandbox.company import EXCLUDED_GROUP, SCOPE_GROUP
from tests.support.rig import until
from tests.support.rollout_rig import RolloutRig, ring
from tests.support.typed_page import Operator

ALL, NOBODY_S = {"scope": "all"}, {"scope": "selected", "group": EXCLUDED_GROUP}
GROUP = {"scope": "selected", "group": SCOPE_GROUP}
NOT_POSSIBLE = 5
A_PASSWORD, ANOTHER = "Forgotten-No-More-1!", "Another-One-1!"


def test_an_emptying_that_was_stopped_goes_on_once_all_is_selected_again(
    stage: RolloutRig, on_call: Operator
) -> None:
    """Given two on the way out, when the group is selected again, then all stops, and they reset.

    As the page has it, *All* is selected, and a start takes them out; SSPR stays on for them.
    """
    rig, console = stage.rig, stage.rig.console
    first, second = stage.cloud(), stage.cloud()
    name = second.user_principal_name
    stage.start(ring("pilot", first, second, soak="P9D"))
    stage.soaks_in("pilot")
    stage.is_in(first, second)
    console.register(name)
    with _group_afterwards(stage):
        assert _leaves(stage) == NOT_POSSIBLE
        stage.selects_and_sees(ALL, "on-for-all")
        with _no_removals(stage), rig.hears("writing-stopped"):
            assert _leaves(stage) == 0
            for person in (first, second):
                rig.reaches(person.object_id, "withdrawing")
            _selects_group(stage)
            until(rig.stop_reason, "everything that writes to be stopped")
            # A batch that had begun goes on: only what comes after it is held by the stop.
            until(lambda: not rig.messages("scope-changes"), "the batch of that minute to end")
        with on_call.follows("Emptying the group was stopped") as page:
            shown = page.types().stdout
            assert [word for word in ("STOPPED", "by clock") if word not in shown] == []
            assert re.search(r"([2-9]|\d\d+) people are on the way out", shown), shown
            for timer in ("clock_timer", "reconcile_timer"):
                rig.run_function(timer)
            assert [rig.groups(one) for one in (first, second)] == [[SCOPE_GROUP], [SCOPE_GROUP]]
            assert console.reset_password(name, A_PASSWORD).is_success
            stage.selects_and_sees(ALL, "on-for-all")
            with _no_removals(stage):
                page.types()
                shown = page.types().stdout
            assert "STOPPED" not in shown
            assert "letting-go" in shown
        stage.is_out(first, second)
        # It is done once nobody is in any more, and has ended with the stop that says so.
        until(lambda: _move(stage)["endedAt"], "the leaving to come to its end")
        assert _move(stage)["stage"] == "done"
        assert "the group is let go" in console.status()["writing"]["detail"]
        assert console.reset_password(name, ANOTHER).is_success


def _leaves(stage: RolloutRig) -> int:
    """Take the next step; answers with the command line's exit status."""
    words = ("--empty-group", "--yes", "--reason", "SSPR for everybody, change 4711")
    return stage.rig.sspr("leave", *words).returncode


def _move(stage: RolloutRig) -> dict[str, Any]:
    move: dict[str, Any] = stage.rollouts.view()["move"]
    return move


def _selects_group(stage: RolloutRig) -> None:
    """By way of another one, since the audit log names the group only where it is another."""
    stage.selects(NOBODY_S)
    stage.selects_and_sees(GROUP, "on-for-group")


@contextmanager
def _no_removals(stage: RolloutRig) -> Iterator[None]:
    """Graph takes nobody out of the scope group for the moment, so that they are on the way."""
    tenant = stage.rig.console.tenant
    match = {"method": "DELETE", "path": f"^/groups/{stage.rig.layout.scope_group_id}/members"}
    fault = {"match": match, "action": "status", "status": 503, "times": 10_000}
    tenant.post("/sandbox/faults", json=fault).raise_for_status()
    try:
        yield
    finally:
        tenant.delete("/sandbox/faults").raise_for_status()


@contextmanager
def _group_afterwards(stage: RolloutRig) -> Iterator[None]:
    """SSPR is on for the group again in the end, and everything that writes goes on."""
    try:
        yield
    finally:
        _selects_group(stage)
        stage.rig.says("start", "the next test begins").raise_for_status()
