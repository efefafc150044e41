"""What nobody was shown has limits: beyond them nothing is written until somebody has been asked.

The rehearsals of `too-many`, `other-group` and `drift-held`, in a sandbox whose app writes three
people an hour unasked.
"""

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

from sandbox.company import SCOPE_GROUP, Employee
from sandbox.console import wait_for
from tests.support.rig import PATIENCE, Rig, flat, until
from tests.support.rollout_rig import RolloutRig, ring

_MOST = 3
_HOUR = timedelta(hours=1, minutes=1)
"""After that nobody of before counts."""
_LIMITED = {"removals": {"share": 1.0, "people": 2}}
"""Of a document: two people an hour are repaired unasked."""


def test_more_hires_and_leavers_than_an_hour_allows_are_written_once_they_are_meant(
    wary_stage: RolloutRig,
) -> None:
    """Given four where three are allowed, then all stops and says so, and an operator decides.

    First as they are hired, then as the same four leave.
    """
    rig = wary_stage.rig
    four = [wary_stage.cloud(), wary_stage.synced(), wary_stage.cloud(), wary_stage.synced()]
    names = [person.user_principal_name for person in four]

    rig.onboard(*names)
    _asks(rig, "too-many", "additions within an hour: 4 people, more than the 3 allowed")
    for name in names:
        rig.reaches(name, "requested", "applied", "visible", "effective")
    assert len(rig.members_among(*four)) <= _MOST
    _goes_on(rig)
    for name in names:
        rig.reaches(name, "effective")
    assert rig.members_among(*four) == names

    rig.offboard(*names)
    _asks(rig, "too-many", "removals within an hour: 4 people, more than the 3 allowed")
    assert len(rig.members_among(*four)) >= len(four) - _MOST
    _goes_on(rig)
    for name in names:
        rig.reaches(name, "withdrawn")
    assert rig.members_among(*four) == []


def test_another_group_is_never_written_and_the_app_says_which_two_differ(
    wary_stage: RolloutRig,
) -> None:
    """Given the id of another group that is there, then nobody is written in either, nor in AD.

    Neither does a document that names it come into force, nor a start that does not say so.
    """
    rig = wary_stage.rig
    wary_stage.passes(_HOUR)
    before, cloud, synced = wary_stage.cloud(), wary_stage.cloud(), wary_stage.synced()
    rig.onboard(before.user_principal_name)
    rig.reaches(before.user_principal_name, "effective")
    made = rig.console.tenant.post("/sandbox/groups", json={"displayName": "Another"})
    another = made.raise_for_status().json()["id"]
    right = rig.layout.scope_group_id
    named = wary_stage.document(
        ring("pilot", cloud), scope={"group": another, "topology": "nested"}
    )
    refused = rig.console.app.post("/rollout/plans", json=named)
    assert refused.is_client_error or "no other group" in _problem(rig, refused.json())

    with rig.app_settings(SSPR_SCOPE_GROUP_ID=another):
        rig.onboard(cloud.user_principal_name, synced.user_principal_name)
        _asks(rig, "other-group", f"set up for group {another}, and wrote {right} before")
        for person in (cloud, synced):
            rig.reaches(person.user_principal_name, "requested")
        started = rig.sspr("start", "--reason", "why not")
        assert (started.returncode, "sspr start --group" in started.stderr) == (5, True)
        assert rig.members_among(before, cloud, synced) == [before.user_principal_name]
        state = rig.console.tenant.get("/sandbox/state").raise_for_status().json()
        assert state["groups"]["Another"] == 0

    _goes_on(rig)
    for person in (cloud, synced):
        rig.reaches(person.user_principal_name, "effective")
    assert rig.groups(before) == [SCOPE_GROUP]


def test_who_was_taken_out_by_many_hands_at_once_is_put_back_only_if_somebody_says_so(
    wary_stage: RolloutRig,
) -> None:
    """Given three taken out where two are repaired, then they are found, told of, and left.

    The first answer has them put back; the second, of a document, agrees to it.
    """
    rig = wary_stage.rig
    wary_stage.passes(_HOUR)
    pilot = [wary_stage.synced() for _ in range(4)]
    document = wary_stage.document(
        ring("pilot", *pilot), drift={"removedByHand": "repair"}, safety=_LIMITED
    )
    wary_stage.rollouts.start(document)
    wary_stage.soaks_in("pilot")
    wary_stage.is_in(*pilot)
    gone, stays = pilot[:3], pilot[3]

    _taken_out(wary_stage, gone)
    _is_held(wary_stage, gone)
    told = flat(rig.sspr("status").stdout)
    assert "not repaired: 3 people, more than the 2 allowed" in told
    shown = wary_stage.rollouts.plan(document)
    assert any("by hand: 3 people" in problem for problem in shown["unsafe"])
    assert rig.members_among(*pilot) == [stays.user_principal_name]
    applied = rig.sspr(
        *("apply", "--plan", shown["fingerprint"], "--force", "--yes"),
        *("--reason", "a script did it; it is gone"),
    )
    assert applied.returncode == 0, applied.stderr
    wait_for(
        lambda: len(rig.members_among(*pilot)) == len(pilot) or None, PATIENCE, "all to be back"
    )
    wary_stage.is_in(*pilot)

    _taken_out(wary_stage, gone)
    _is_held(wary_stage, gone)
    wary_stage.rollouts.start({**document, "drift": {"removedByHand": "report"}})
    _reconciled(wary_stage, lambda report: not report["problem"])
    assert rig.members_among(*pilot) == [stays.user_principal_name]


def _asks(rig: Rig, reason: str, text: str) -> None:
    """Everything that writes stops for this reason, and says so where people look."""
    until(lambda: rig.stop_reason() == reason, f"all to stop: {reason}")
    so_far = len(_log(rig))
    told = rig.sspr("status")
    assert text in flat(told.stdout), told.stdout + told.stderr
    signal = f'"reason": "{reason}", "who": "clock"'
    until(lambda: signal in _log(rig)[so_far:], "the alarm's signal, for as long as it lasts")


def _goes_on(rig: Rig) -> None:
    started = rig.sspr("start", "--reason", "they are meant")
    assert started.returncode == 0, started.stderr


def _taken_out(stage: RolloutRig, people: Sequence[Employee]) -> None:
    """All of them at once: no reconciliation sees a part of it."""
    with stage.rig.console.timers_held():
        for person in people:
            stage.rig.change_ad_group(person, present=False)
        stage.rig.console.sync()


def _is_held(stage: RolloutRig, people: Sequence[Employee]) -> None:
    so_far = len(_log(stage.rig))
    ids = {person.object_id for person in people}
    _reconciled(stage, lambda report: set(report["removedByHand"]) == ids)
    held = f'"held": {len(people)}'
    until(lambda: held in _log(stage.rig)[so_far:], "the alarm's signal")


def _reconciled(stage: RolloutRig, fits: Callable[[dict[str, Any]], bool]) -> None:
    def look() -> bool:
        report = stage.rollouts.view()["reconciliation"]
        return report is not None and fits(report)

    until(look, "a reconciliation to find it so")


def _problem(rig: Rig, operation: dict[str, Any]) -> str:
    def look() -> str | None:
        found = rig.console.app.get(f"/operations/{operation['key']}").raise_for_status().json()
        problem: str | None = found["problem"] or None
        return problem

    return wait_for(look, PATIENCE, "the plan to be refused")


def _log(rig: Rig) -> str:
    return (rig.layout.logs / "functions_host.log").read_text()
