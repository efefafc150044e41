"""Waves: they widen while the numbers are good, and at no other time."""

from datetime import timedelta

import pytest

from sandbox.rollouts import OperationRefused
from tests.support.rig import until
from tests.support.rollout_rig import SOAK, RolloutRig, gates, ring

MINUTE = timedelta(minutes=1)


def test_a_plan_shows_who_would_be_touched_and_writes_nothing(stage: RolloutRig) -> None:
    """Given a document, when it is planned, then waves, departments and skips are told."""
    cloud, synced = stage.cloud(), stage.synced()
    guest = stage.people.who(lambda one: one.guest)
    before = stage.rig.console.status()["people"]

    plan = stage.rollouts.plan(
        stage.document(ring("pilot", cloud, synced, guest), {"name": "all", "percent": 100})
    )

    pilot, everybody = plan["waves"]
    assert (pilot["additions"], pilot["prompts"]) == (2, 2)
    assert pilot["departments"] == _counted([cloud.department, synced.department])
    assert everybody["additions"] > 100
    assert plan["unsafe"] == []
    assert {"guest", "disabled", "unlicensed", "excluded-group"} <= {
        one["reason"] for one in plan["skips"]
    }
    assert stage.rig.console.status()["people"] == before
    assert stage.state(cloud) is None
    place = f"/rollout/plans/{plan['fingerprint']}/people"
    page = stage.rig.console.app.get(place, params={"page": 0}).raise_for_status().json()
    named = {one["objectId"]: one["userPrincipalName"] for one in page["people"]}
    assert len(named) > 100
    assert all(named.values())
    for person in (cloud, synced, guest):
        assert named[person.object_id].lower() == person.user_principal_name.lower()


def test_waves_widen_one_after_the_other_and_the_last_completes(stage: RolloutRig) -> None:
    """Given two waves, when each has soaked, then the next one begins, and then it is done."""
    first, second = [stage.cloud(), stage.synced()], [stage.synced()]
    stage.start(ring("pilot", *first), ring("early", *second))

    stage.soaks_in("pilot")
    stage.is_in(*first)
    assert [stage.state(person) for person in second] == [None]

    stage.passes(SOAK + MINUTE)
    stage.soaks_in("early")
    stage.is_in(*first, *second)

    stage.passes(SOAK + MINUTE)
    stage.rollouts.reaches("completed")


def test_a_wave_waits_for_its_working_hours(stage: RolloutRig) -> None:
    """Given a change freeze, when the document is applied, then nothing begins before its end."""
    person = stage.cloud()
    today = stage.now().date()
    freeze = {"from": f"{today}", "to": f"{today + timedelta(days=1)}", "reason": "year end"}
    stage.start(ring("pilot", person), calendar={"timeZone": "UTC", "freezes": [freeze]})

    view = stage.rollouts.view()
    assert (view["phase"], view["next"]["move"]) == ("planned", "wait")
    assert "year end" in view["next"]["text"]

    stage.passes(timedelta(days=2))
    stage.soaks_in("pilot")


def test_an_apply_is_refused_when_the_world_has_changed(stage: RolloutRig) -> None:
    """Given a plan, when somebody else becomes eligible, then it is not what would be done."""
    plan = stage.rollouts.plan(stage.document({"name": "all", "percent": 100}))
    newcomer = {"userPrincipalName": "late.comer@contoso.test", "licensed": True}
    stage.rig.console.tenant.post("/sandbox/users", json=newcomer).raise_for_status()

    with pytest.raises(OperationRefused, match=r"world has changed.*additions instead of"):
        stage.rollouts.apply(plan["fingerprint"])

    gone = {"userPrincipalName": "late.comer@contoso.test", "accountEnabled": False}
    stage.rig.console.tenant.post("/sandbox/users", json=gone).raise_for_status()


def test_an_unsafe_plan_is_refused_unless_it_is_forced_with_a_reason(stage: RolloutRig) -> None:
    """Given a limit of one, when three would be added, then only force with a reason does it."""
    three = [stage.cloud() for _ in range(3)]
    plan = stage.rollouts.plan(
        stage.document(
            ring("pilot", *three),
            safety={"additions": {"people": 1}, "removals": {"share": 1.0}},
        )
    )
    assert "more than the 1 allowed" in plan["unsafe"][0]

    with pytest.raises(OperationRefused, match="more than the 1 allowed"):
        stage.rollouts.apply(plan["fingerprint"])
    with pytest.raises(OperationRefused, match="give a reason"):
        stage.rollouts.apply(plan["fingerprint"], force=True)
    stage.rollouts.apply(plan["fingerprint"], force=True, reason="the CISO said so")

    stage.soaks_in("pilot")
    stage.is_in(*three)


def test_a_document_for_another_group_or_with_a_mistake_is_refused(stage: RolloutRig) -> None:
    """Given a document that is wrong, when it is planned, then field, line and reason are told."""
    answer = stage.rig.console.app.post(
        "/rollout/plans", content="schema: sspr-rollout/rollout/1\nname: x\nwavs: []\n"
    )
    assert answer.status_code == 400
    findings = answer.json()["error"]["findings"]
    assert any(one["field"] == "wavs" and one["line"] == 3 for one in findings)

    other = {"group": "11111111-1111-1111-1111-111111111111", "topology": "nested"}
    with pytest.raises(OperationRefused, match=r"scope\.group"):
        stage.rollouts.plan(stage.document(ring("pilot", stage.cloud()), scope=other))


def test_a_paused_rollout_stands_still_until_it_is_resumed(stage: RolloutRig) -> None:
    """Given a wave that has soaked, when it was paused, then the next begins after the resume."""
    first, second = stage.cloud(), stage.cloud()
    stage.start(ring("pilot", first), ring("early", second))
    stage.soaks_in("pilot")

    view = stage.rollouts.control("pause", "the helpdesk is swamped")
    assert view["pause"]["reason"] == "by-operator"
    assert view["pause"]["detail"] == "the helpdesk is swamped"
    stage.passes(SOAK * 3)
    stage.rig.run_function("clock_timer")
    assert stage.rollouts.view()["phase"] == "paused"
    assert stage.rollouts.control("pause", "once more")["pause"]["detail"] == "once more"

    stage.rollouts.control("resume", "it is quiet")
    assert stage.rollouts.view()["wave"] == "pilot"
    stage.passes(SOAK + MINUTE)
    stage.soaks_in("early")


def test_an_operators_promotion_stands_in_place_of_the_gates(stage: RolloutRig) -> None:
    """Given a gate that says nothing yet, when an operator promotes, then the next wave begins."""
    first, second = stage.cloud(), stage.cloud()
    stage.start(
        ring("pilot", first),
        ring("early", second),
        gates=gates(registered={"threshold": 1.0, "window": "P30D"}),
    )
    stage.soaks_in("pilot")
    early = stage.refused("/rollout/promote", {"reason": "in a hurry"})
    assert "soaks until" in early.json()["error"]["reason"]

    stage.rollouts.control("promote", "the pilot is happy", skipSoak=True)

    stage.soaks_in("early")
    stage.is_in(second)
    assert stage.rollouts.view()["actor"] == "clock"


def test_an_inconclusive_gate_never_promotes(stage: RolloutRig) -> None:
    """Given too few resets to judge by, when weeks pass, then the rollout waits and says why."""
    first, second = stage.synced(), stage.cloud()
    needs = {"threshold": 0.1, "minimumSample": 10, "window": "P1D"}
    stage.start(ring("pilot", first), ring("early", second), gates=gates(writebackFailures=needs))
    stage.soaks_in("pilot")

    for _ in range(3):
        stage.passes(timedelta(days=7))
        stage.rig.run_function("clock_timer")

    def said() -> bool:
        newest = stage.rollouts.evaluations()[0]
        return (newest["wave"], newest["outcome"]) == ("pilot", "inconclusive")

    until(said, "the gate to be looked at")
    view = stage.rollouts.view()
    assert (view["phase"], view["wave"]) == ("soaking", "pilot")
    assert "inconclusive" in view["next"]["text"]
    assert stage.state(second) is None


def test_a_restart_begins_anew_with_the_same_people(stage: RolloutRig) -> None:
    """Given a rollout by share, when it is restarted, then the same people are picked."""
    stage.start({"name": "some", "percent": 4, "soak": "PT1H"})
    stage.soaks_in("some")
    # Whoever is out by the document that was applied is out of AD as well.
    until(lambda: not stage.rig.console.status()["writing"]["toTakeOut"], "all to be taken out")
    inside = set(stage.rig.ad_members())
    assert inside

    view = stage.rollouts.control("restart", "from the top")
    assert view["phase"] == "planned"
    stage.soaks_in("some")

    assert set(stage.rig.ad_members()) == inside


def _counted(names: list[str]) -> dict[str, int]:
    return {name: names.count(name) for name in sorted(set(names))}
