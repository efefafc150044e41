"""When things go wrong: gates, rollbacks, aborts, power cuts, and people with strong hands."""

import json
import re
from datetime import timedelta
from typing import Any

from sandbox.company import Employee
from sandbox.console import wait_for
from tests.support.rig import PATIENCE, reasons, until
from tests.support.rollout_rig import SOAK, RolloutRig, gates, ring
from tests.support.typed_page import Operator

MINUTE = timedelta(minutes=1)


def test_a_failing_writeback_pauses_the_rollout_by_itself(
    stage: RolloutRig, on_call: Operator
) -> None:
    """Given a wave that soaks, when resets fail in AD, then it pauses with the gate's reason.

    The alarm rings; what the runbook types shows it, and has the rollout go on once it is mended.
    """
    first, second = [stage.synced() for _ in range(3)], stage.cloud()
    limits = {"threshold": 0.2, "minimumSample": 2, "window": "P1D"}
    stage.start(ring("pilot", *first), ring("early", second), gates=gates(writebackFailures=limits))
    stage.soaks_in("pilot")
    stage.is_in(*first)

    with stage.rig.hears("rollout-paused"), stage.failing_writeback():
        # No look at the gates between two of them: it is to see all three.
        with stage.rig.console.timers_held():
            assert set(stage.try_resets(first)) == {"SSPR_0029"}
        stage.passes(MINUTE)
        view = stage.rollouts.reaches("paused")

    assert view["pause"]["reason"] == "gate-failed"
    assert "writebackFailures" in view["pause"]["detail"]
    # The look is kept after the pause that it led to.
    kept = wait_for(lambda: _paused_by(stage), PATIENCE, "the look that paused it to be kept")
    (gate,) = kept["gates"]
    assert (gate["outcome"], gate["value"], gate["sample"]) == ("failed", 1.0, 3)
    assert stage.state(second) is None
    with on_call.follows("The rollout stands still") as page:
        assert "gate-failed" in page.types().stdout
        assert "writebackFailures" in page.types().stdout
        page.types()
        shown = page.types().stdout
    assert re.search(r"^phase +soaking", shown, re.MULTILINE), shown
    assert not re.search(r"^paused ", shown, re.MULTILINE), shown


def test_a_rollback_takes_out_exactly_what_the_wave_added(stage: RolloutRig) -> None:
    """Given a wave, one of whom HR asked for too, when it is rolled back, then that one stays."""
    pilot, cloud, synced, hired = (
        stage.synced(),
        stage.cloud(),
        stage.synced(),
        stage.cloud(),
    )
    stage.start(ring("ring zero", pilot), ring("ring one", cloud, synced, hired))
    stage.soaks_in("ring zero")
    stage.passes(SOAK + MINUTE)
    stage.soaks_in("ring one")
    stage.rig.onboard(hired.object_id)
    until(lambda: _holds(stage, hired) == {"wave", "event"}, "HR's event to be dealt with")

    done = stage.rollouts.roll_back("ring one", "writeback is broken")

    assert (done["removals"], done["done"]) == (2, True)
    assert [one["people"] for one in done["stays"]] == [1]
    stage.is_out(cloud, synced)
    stage.is_in(pilot, hired)
    view = stage.rollouts.view()
    assert (view["phase"], view["pause"]["reason"]) == ("paused", "rolled-back")

    stage.rollouts.control("resume", "mended")
    stage.is_in(pilot, cloud, synced, hired)


def test_an_abort_is_final(stage: RolloutRig, on_call: Operator) -> None:
    """Given a rollout that was aborted, when time passes, then nobody is added any more.

    It is aborted by what the runbook types for whoever leaves the product; the record is kept.
    """
    first, second = stage.cloud(), stage.cloud()
    stage.start(ring("pilot", first), ring("early", second))
    stage.soaks_in("pilot")

    with on_call.follows("Leave the product") as page:
        while page.lines:
            page.types()
    assert (on_call.folder / "audit.jsonl").read_text().count("\n") > 1
    assert "sspr-rollout/rollout/1" in (on_call.folder / "last.yaml").read_text()
    stage.passes(SOAK * 5)
    for timer in ("clock_timer", "reconcile_timer"):
        stage.rig.run_function(timer)

    for verb in ("resume", "promote"):
        assert stage.refused(f"/rollout/{verb}", {"reason": "please"}).status_code == 409
    # A pause is heard in every phase, and changes nothing here.
    assert stage.rollouts.control("pause", "please")["phase"] == "aborted"
    stage.is_in(first)
    assert stage.state(second) is None


def test_an_abort_wins_against_an_expansion_under_way(stage: RolloutRig) -> None:
    """Given an expansion that has read everybody, when it is aborted, then it adds nobody."""
    people = [stage.cloud() for _ in range(3)]
    stage.start(ring("pilot", *people), calendar=_closed_today(stage))
    two_days = timedelta(days=2)
    with stage.passes_and_holds(two_days, "GET", "^/users$", "after") as waiting:
        until(waiting, "the expansion to list everybody")
        stage.rollouts.control("abort", "stop it")

    stage.rig.run_function("clock_timer")
    stage.rig.run_function("reconcile_timer")
    until(lambda: _is_idle(stage), "the queues to be empty")
    stage.is_out(*people)
    assert {stage.state(person) for person in people} <= {None, "withdrawn"}


def test_an_expansion_goes_on_after_a_power_cut(stage: RolloutRig) -> None:
    """Given an expansion, when the app dies in it, then the rest is put in after the restart."""
    people = [stage.synced(), *(stage.cloud() for _ in range(3))]
    stage.start(ring("pilot", *people), calendar=_closed_today(stage))
    two_days = timedelta(days=2)
    with stage.passes_and_holds(two_days, "PATCH", "^/groups/", "before") as waiting:
        until(waiting, "the first write to Graph")
        stage.rig.kill("functions_host")
    stage.rig.start()

    stage.soaks_in("pilot")
    stage.is_in(*people)
    for person in people:
        assert (
            reasons(stage.rig.reaches(person.object_id, "visible", "effective")).count("in-wave")
            == 1
        )


def test_an_apply_goes_on_after_a_power_cut(stage: RolloutRig) -> None:
    """Given an apply under way, when the app dies in it, then it is done after the restart."""
    person = stage.synced()
    plan = stage.rollouts.plan(stage.document(ring("pilot", person)))
    with stage.rig.held_graph("GET", "^/users$", "after") as waiting:
        operation = stage.rollouts.ask_to_apply(plan["fingerprint"])
        until(waiting, "the apply to list everybody")
        stage.rig.kill("functions_host")
    stage.rig.start()

    assert stage.rollouts.done(operation)["version"] >= 1
    stage.soaks_in("pilot")
    stage.is_in(person)


def test_two_timers_at_once_do_not_both_act(stage: RolloutRig) -> None:
    """Given a wave that is due, when its timer runs many times at once, then it begins once."""
    first, second = stage.cloud(), stage.cloud()
    stage.start(ring("pilot", first), ring("early", second))
    stage.soaks_in("pilot")
    stage.passes(SOAK + MINUTE)

    for _ in range(6):
        stage.rig.run_function("clock_timer")
    stage.soaks_in("early")

    begun = [one for one in _audit(stage, "rollout") if one["action"] == "begin-wave"]
    assert [one["wave"] for one in begun[-2:]] == ["pilot", "early"]


def test_who_was_taken_out_by_hand_is_put_back(stage: RolloutRig) -> None:
    """Given a member, when an administrator removes them from AD, then it is repaired."""
    person = stage.synced()
    stage.start(ring("pilot", person), drift={"removedByHand": "repair"})
    stage.soaks_in("pilot")
    stage.is_in(person)

    stage.changes_by_hand(person, present=False)

    until(lambda: "put-back" in _reasons(stage, person), "the membership to be repaired")
    until(lambda: person.sam_account_name in stage.rig.ad_members(), "AD to have them again")
    stage.is_in(person)


def test_who_was_put_in_by_hand_is_reported_or_taken_out_as_the_document_says(
    stage: RolloutRig,
) -> None:
    """Given a stranger in AD's group, when told to report, then they are; else they go."""
    stranger = stage.synced()
    document = stage.document(ring("pilot", stage.cloud()))
    stage.rollouts.start(document)
    stage.soaks_in("pilot")

    stage.changes_by_hand(stranger, present=True)

    until(lambda: stranger.object_id in _reported(stage), "the stranger to be reported")
    assert stranger.sam_account_name in stage.rig.ad_members()

    stage.rollouts.start({**document, "drift": {"addedByHand": "repair"}})
    until(
        lambda: stranger.sam_account_name not in stage.rig.ad_members(),
        "AD's group to be without the stranger",
    )
    stage.is_out(stranger)


def test_who_is_no_longer_eligible_is_taken_out(stage: RolloutRig) -> None:
    """Given somebody in scope, when their account is disabled, then the reconciliation sees it."""
    person = stage.cloud()
    stage.start(ring("pilot", person))
    stage.soaks_in("pilot")
    stage.is_in(person)

    disabled = {"userPrincipalName": person.user_principal_name, "accountEnabled": False}
    stage.rig.console.tenant.post("/sandbox/users", json=disabled).raise_for_status()

    stage.is_out(person)
    assert "disabled" in _reasons(stage, person)


def test_an_operator_includes_and_excludes_people_by_hand(stage: RolloutRig) -> None:
    """Given a rollout, when one is excluded for a day and one included, then so it is."""
    excluded, included = stage.cloud(), stage.synced()
    stage.start(ring("pilot", excluded))
    stage.soaks_in("pilot")
    stage.is_in(excluded)
    tomorrow = stage.now() + timedelta(days=1)

    stage.rollouts.by_hand("exclude", excluded.object_id, "on leave", until=tomorrow.isoformat())
    stage.rollouts.by_hand("include", included.object_id, "the CFO's assistant")
    stage.is_out(excluded)
    stage.is_in(included)

    stage.passes(timedelta(days=1, minutes=1))
    stage.is_in(excluded)

    stage.rollouts.by_hand("release", included.object_id, "no longer needed")
    stage.is_out(included)


def test_the_audit_is_whole_and_names_who_did_what(stage: RolloutRig, on_call: Operator) -> None:
    """Given all that was done, when the audit is verified, then every chain is whole."""
    person = stage.cloud()
    stage.start(ring("pilot", person))
    stage.rollouts.control("pause", "for the audit")

    newest = _audit(stage, "rollout")[-1]
    assert (newest["action"], newest["reason"]) == ("pause", "for the audit")
    assert "olga" in newest["actor"]
    with on_call.follows("An auditor asks", PERSON=person.user_principal_name) as page:
        assert person.object_id in page.types().stdout
        while page.lines:
            page.types()
    assert "for the audit" in (on_call.folder / "audit.csv").read_text()
    exported = stage.rig.sspr("audit", "export", "--format", "jsonl").stdout.splitlines()
    assert len(exported) > 10
    assert all(json.loads(line)["digest"] for line in exported)


def _paused_by(stage: RolloutRig) -> dict[str, Any] | None:
    """The newest look at the gates, if it paused the rollout."""
    newest = stage.rollouts.evaluations()[0]
    return newest if newest["decision"].startswith("paused") else None


def _holds(stage: RolloutRig, person: Employee) -> set[str]:
    found = stage.rig.console.user(person.object_id)
    return {one["cause"]["kind"] for one in found["claims"]} if found else set()


def _reasons(stage: RolloutRig, person: Employee) -> list[str]:
    found = stage.rig.console.user(person.object_id)
    return reasons(found) if found else []


def _reported(stage: RolloutRig) -> list[str]:
    report = stage.rollouts.view()["reconciliation"]
    return list(report["addedByHand"]) if report else []


def _is_idle(stage: RolloutRig) -> bool:
    return not any(stage.rig.messages(name) for name in ("scope-changes", "directory-commands"))


def _closed_today(stage: RolloutRig) -> dict[str, Any]:
    today = stage.now().date()
    freeze = {"from": f"{today}", "to": f"{today + timedelta(days=1)}", "reason": "not yet"}
    return {"timeZone": "UTC", "freezes": [freeze]}


def _audit(stage: RolloutRig, partition: str) -> list[dict[str, Any]]:
    answer = stage.rig.console.app.get(f"/audit/{partition}").raise_for_status()
    return [json.loads(one["content"]) for one in answer.json()["records"]]
