"""What memberships count through is changed under a rollout: it pauses, and says what to do."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import pytest

from sandbox.company import SCOPE_GROUP, SYNCED_SCOPE_GROUP, Employee
from sandbox.rollouts import OperationRefused
from tests.support.rig import reasons, until
from tests.support.rollout_rig import SOAK, RolloutRig, ring

MINUTE = timedelta(minutes=1)
IN_TIME = timedelta(minutes=10)
_OF_GROUP, _OF_PEOPLE = {"reason"}, {"to_cloud", "to_on_premises"}
"""Columns of the alarm that tell of the one, and are empty where it tells of the other."""


@dataclass(frozen=True)
class Change:
    """What an administrator does to the AD group's twin, and undoes."""

    path: str
    group: dict[str, Any]
    field: str
    well: bool = True

    def make(self, stage: RolloutRig) -> None:
        do(stage, self.path, {**self.group, self.field: not self.well})

    def undo(self, stage: RolloutRig) -> None:
        do(stage, self.path, {**self.group, self.field: self.well})


def do(stage: RolloutRig, path: str, body: dict[str, Any]) -> None:
    """Do it as in the Entra admin center."""
    stage.rig.console.tenant.post(f"/sandbox/{path}", json=body).raise_for_status()


@contextmanager
def no_reconciliation(stage: RolloutRig) -> Iterator[None]:
    """Have Graph list nobody meanwhile, so that no reconciliation, however often, finds anything.

    In the sandbox there is one every few seconds; on the ordinary timers every half hour.
    """
    listing = {"method": "GET", "path": "^/users$", "query": "%24top"}
    fault = {"match": listing, "action": "status", "status": 500, "times": 10_000}
    tenant = stage.rig.console.tenant
    tenant.post("/sandbox/faults", json=fault).raise_for_status()
    try:
        yield
    finally:
        tenant.delete("/sandbox/faults").raise_for_status()


def pauses(stage: RolloutRig, since: datetime) -> dict[str, Any]:
    """Wait until the rollout has paused; answers with the pause, which came in time."""
    pause: dict[str, Any] = stage.rollouts.reaches("paused")["pause"]
    assert datetime.fromisoformat(pause["at"]) - since <= IN_TIME
    return pause


def goes_on(stage: RolloutRig) -> None:
    """Resume, and again where Graph did not show yet that it was undone; wait for a look at it."""

    def looked_and_went_on() -> bool:
        if stage.rollouts.view()["phase"] == "paused":
            stage.rollouts.control("resume", "it was undone")
        stage.rig.run_function("clock_timer")
        with stage.rig.console.timers_held():
            pass  # That look has ended, and what it saw of before the undoing has paused again.
        return bool(stage.rollouts.view()["phase"] != "paused")

    until(looked_and_went_on, "the rollout to go on")


def _is_known_as_converted(stage: RolloutRig, person: Employee) -> bool:
    """Whether it is remembered of somebody in scope, which is after the rollout has paused."""
    found = stage.rig.reaches(person.object_id, "visible", "effective")
    return "source-of-authority-changed" in reasons(found)


@pytest.mark.parametrize(
    ("change", "reason", "says"),
    [
        (
            Change("conversions", {"group": SYNCED_SCOPE_GROUP}, "isCloudManaged", well=False),
            "group-converted",
            "convert it back, or apply a rollout with the topology cloud",
        ),
        (
            Change("nesting", {"group": SYNCED_SCOPE_GROUP, "in": SCOPE_GROUP}, "nested"),
            "group-not-nested",
            "nest it there again",
        ),
        (
            Change("groups", {"displayName": SYNCED_SCOPE_GROUP}, "securityEnabled"),
            "group-not-security",
            "make one of it again",
        ),
    ],
)
def test_a_change_of_the_ad_group_pauses_the_rollout_until_it_is_undone(
    stage: RolloutRig, change: Change, reason: str, says: str
) -> None:
    """Given a rollout under way, it pauses, rings, plans nothing, and goes on afterwards."""
    first, second = stage.synced(), stage.synced()
    stage.start(ring("pilot", first), ring("early", second))
    stage.soaks_in("pilot")
    began = stage.now()
    try:
        with stage.rig.hears("scope-changed", lacks=_OF_PEOPLE):
            change.make(stage)
            paused = pauses(stage, began)
        assert paused["reason"] == reason
        assert says in paused["text"]
        with pytest.raises(OperationRefused, match=says):
            stage.rollouts.plan(stage.document(ring("other", second)))
        stage.passes(SOAK + MINUTE)
        assert stage.state(second) is None
    finally:
        change.undo(stage)

    goes_on(stage)
    stage.passes(SOAK + MINUTE)
    stage.soaks_in("early")
    stage.is_in(second)


@pytest.mark.parametrize("untold", ["deltaTracksConversions", "conversionsAreAudited"])
def test_people_who_are_converted_pause_the_rollout_in_time_whatever_the_reconciliation_does(
    stage: RolloutRig, untold: str
) -> None:
    """Given two people in scope, converted to the cloud, either hint is enough; once, they stay."""
    first, other, second = stage.synced(), stage.synced(), stage.synced()
    stage.start(ring("pilot", first, other), ring("early", second))
    stage.soaks_in("pilot")
    stage.is_in(first, other)
    do(stage, "settings", {untold: 0})
    began = stage.now()
    try:
        with stage.rig.hears("scope-changed", lacks=_OF_GROUP), no_reconciliation(stage):
            # Between two looks, so that one of them sees both.
            with stage.rig.console.timers_held():
                for person in (first, other):
                    upn = {"userPrincipalName": person.user_principal_name}
                    do(stage, "conversions", upn)
            stage.passes(5 * MINUTE)
            paused = pauses(stage, began)
    finally:
        do(stage, "settings", {untold: 1})

    assert paused["reason"] == "people-converted"
    assert paused["detail"] == "to the cloud: 2; to on-premises: 0"
    assert "Look at them, then resume" in paused["text"]
    for person in (first, other):
        until(partial(_is_known_as_converted, stage, person), "it to be remembered of each")
    stage.rollouts.control("resume", "they reset in the cloud from now on")
    stage.passes(SOAK + MINUTE)
    stage.soaks_in("early")
    stage.is_in(first, other, second)
