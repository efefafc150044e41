"""The syncs that are not started from here: Entra Cloud Sync, and a scheduler left to itself."""

from datetime import timedelta
from typing import Any

from sandbox.company import SCOPE_GROUP, SYNCED_SCOPE_GROUP
from tests.support.rig import reasons, until
from tests.support.rollout_rig import SOAK, RolloutRig, gates, ring

MINUTE = timedelta(minutes=1)
HOUR = 3600.0
"""Seconds; no cycle begins by itself in a test."""
AT_ONCE: dict[str, Any] = {"visible": {"threshold": 1.0}, "sync": {"failureLimit": 1}}
"""Gates by which the first failure of the sync pauses."""


def set_job(stage: RolloutRig, **conditions: Any) -> None:
    """Pause, quarantine or start the job of Cloud Sync, as an administrator or Entra does."""
    answer = stage.rig.console.tenant.post("/sandbox/cloud-sync", json=conditions)
    answer.raise_for_status()


def no_cycle_begins(stage: RolloutRig) -> None:
    """Have Cloud Sync's agents read AD no more, now that the cycle that had begun has ended."""
    stage.rig.set_conditions(intervalSeconds=HOUR)
    stage.rig.console.sync()


def sync_gate(stage: RolloutRig) -> dict[str, Any]:
    """The newest result of the gate `sync`."""
    for evaluation in stage.rollouts.evaluations():
        for gate in evaluation["gates"]:
            if gate["gate"] == "sync":
                found: dict[str, Any] = gate
                return found
    return {"outcome": None, "text": ""}


def test_cloud_sync_brings_a_new_hire_from_hr_to_entra(cloud_stage: RolloutRig) -> None:
    """Given Cloud Sync that brings nobody on demand, the cycle brings a hire whom HR tells of."""
    stage = cloud_stage
    stage.make_ready()
    no_cycle_begins(stage)
    refused = {"match": {"path": "provisionOnDemand"}, "action": "status", "status": 500}
    tenant = stage.rig.console.tenant
    tenant.post("/sandbox/faults", json={**refused, "times": 100}).raise_for_status()
    try:
        person = stage.rig.hire("nora")
        assert person.employee_id is not None
        stage.rig.onboard(person.employee_id)
        applied = stage.rig.reaches(person.employee_id, "applied")
        assert applied["objectId"] is None
        assert not tenant.get(f"/sandbox/users/{person.user_principal_name}").is_success
    finally:
        tenant.delete("/sandbox/faults").raise_for_status()
        stage.rig.set_conditions(intervalSeconds=1.0)

    enrolled = stage.rig.reaches(person.employee_id, "effective")
    assert enrolled["objectId"] == stage.rig.in_entra(person)["id"]
    steps = reasons(enrolled)
    assert steps[:2] == ["onboarded", "command-issued"]
    assert {"added", "arrived-in-entra", "seen-in-entra", "sspr-enabled"} <= set(steps)
    assert stage.rig.groups(person) == sorted([SYNCED_SCOPE_GROUP, SCOPE_GROUP])


def test_a_single_hire_is_in_entra_before_the_next_cycle_and_a_member_with_it(
    cloud_stage: RolloutRig,
) -> None:
    """Given no cycle for an hour, a hire is in Entra all the same; the group comes with a cycle."""
    stage = cloud_stage
    stage.make_ready()
    no_cycle_begins(stage)
    cycles = len(stage.rig.console.connect.get("/cycles").json())
    try:
        person = stage.rig.hire("nell")
        number = person.employee_id or ""
        stage.rig.onboard(number)
        until(
            lambda: "arrived-in-entra" in reasons(stage.rig.reaches(number, "applied")),
            "the hire to have come without a cycle",
        )
        here = stage.rig.reaches(number, "applied")
        assert here["objectId"] == stage.rig.in_entra(person)["id"]
        assert "provisioned-on-demand" in reasons(here)
        assert stage.rig.groups(person) == []
        assert len(stage.rig.console.connect.get("/cycles").json()) == cycles
    finally:
        stage.rig.set_conditions(intervalSeconds=1.0)

    stage.rig.reaches(number, "effective")
    assert stage.rig.groups(person) == sorted([SYNCED_SCOPE_GROUP, SCOPE_GROUP])


def test_cloud_syncs_quarantine_pauses_a_rollout_which_goes_on_when_it_is_over(
    cloud_stage: RolloutRig,
) -> None:
    """Given waves under Cloud Sync, the gate judges its job: a quarantine pauses, and nobody in."""
    stage = cloud_stage
    stage.make_ready()
    first, second = stage.synced(), stage.synced()
    stage.start(ring("pilot", first), ring("early", second), gates=gates(**AT_ONCE))
    stage.soaks_in("pilot")
    stage.is_in(first)
    until(lambda: sync_gate(stage)["outcome"] == "passed", "the gate to see a run of the job")
    assert "cloud sync job AD2AADProvisioning" in sync_gate(stage)["text"]

    set_job(stage, code="Quarantine", reason="EncounteredTotalEscrowThreshold")
    stage.passes(MINUTE)
    paused = stage.rollouts.reaches("paused")["pause"]
    assert paused["reason"] == "gate-failed"
    assert "is in quarantine: EncounteredTotalEscrowThreshold" in paused["detail"]
    assert stage.state(second) is None

    set_job(stage, code="Active")
    stage.rollouts.control("resume", "the quarantine is over")
    stage.passes(SOAK + MINUTE)
    stage.soaks_in("early")
    stage.is_in(second)


def test_without_an_agent_people_wait_in_ad_and_come_when_there_is_one(
    cloud_stage: RolloutRig,
) -> None:
    """Given agents that are away, people stay applied, are not written twice, and come later."""
    stage = cloud_stage
    stage.make_ready()
    person = stage.synced()
    stage.rig.set_conditions(agents="away")
    set_job(stage, quarantineAfter=1000)
    try:
        stage.rig.onboard(person.object_id)
        stage.rig.reaches(person.object_id, "applied")
        failed = "failed: HybridIdentityServiceNoActiveAgents"
        until(
            lambda: stage.rig.console.connect.get("/cycles").json()[-1]["result"] == failed,
            "a cycle to have failed for want of an agent",
        )
        assert person.sam_account_name in stage.rig.ad_members()
        assert stage.rig.groups(person) == []
    finally:
        stage.rig.set_conditions(agents="running")

    assert reasons(stage.rig.reaches(person.object_id, "effective")).count("added") == 1


def test_where_nobody_starts_cycles_the_schedulers_own_brings_people(
    idle_stage: RolloutRig,
) -> None:
    """Given the mode none, the worker starts no cycle, and the scheduler's own brings everybody."""
    stage = idle_stage
    stage.make_ready()
    hired, person = stage.rig.hire("nils"), stage.synced()
    assert hired.employee_id is not None
    stage.start(ring("pilot", person), gates=gates(**AT_ONCE))
    stage.rig.onboard(hired.employee_id)
    stage.rig.reaches(hired.employee_id, "applied")
    stage.rig.reaches(person.object_id, "applied")
    cycles = stage.rig.console.connect.get("/cycles").json()
    assert "cmdlet" not in {cycle["trigger"] for cycle in cycles}
    assert stage.rig.groups(person) == []

    stage.rig.console.sync()

    stage.is_in(person)
    stage.rig.reaches(hired.employee_id, "effective")
    stage.passes(MINUTE)
    until(lambda: sync_gate(stage)["outcome"] == "passed", "the gate to leave it to the scheduler")
    assert "left to Entra Connect's own scheduler" in sync_gate(stage)["text"]
