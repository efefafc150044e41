"""The doctor: what is gathered for its checks, and what happens where something cannot be asked."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from shared.contracts.api.doctor_views import DoctorView
from shared.domain.doctor.checks.registry import CHECKS
from shared.domain.doctor.evidence import Evidence
from shared.domain.doctor.finding import CheckKind, Finding, Part, registry_of, wrong
from shared.domain.errors import DirectoryUnavailable
from shared.domain.health import Trouble
from shared.domain.person.policy import Topology
from shared.domain.person.reasons import Reason
from shared.domain.person.sync_mode import SyncMode
from shared.domain.rollout.connect_host import HostSight
from shared.domain.rollout.endings import Ending
from shared.domain.rollout.resets import Reset, ResetOutcome
from shared.domain.rollout.sspr_policy import PolicyChange, SsprScope
from shared.ports.rollouts import Reconciliation
from shared.use_cases.views.examine import examine
from tests.support.enrolments import NOW
from tests.support.stage import Stage, a_stage, an_id
from tests.support.waves import sight

DAY = timedelta(days=1)
WELL = HostSight(
    looked_at=NOW,
    version="2.5.190.0",
    staging=False,
    scheduler_enabled=True,
    scheduler_suspended=False,
    writeback_enabled=True,
    service="Running",
    events_since=NOW - DAY,
    heartbeat_at=NOW,
)
LOOKED = Reconciliation(
    at=NOW,
    listed=9,
    eligible=9,
    kept=9,
    added=0,
    removed=0,
    removed_by_hand=(),
    added_by_hand=(),
    repaired=0,
    skips={},
)


def verdicts(seen: DoctorView) -> dict[str, str]:
    return {one.check: one.verdict for one in seen.findings}


@pytest.fixture
async def healthy(stage: Stage) -> Stage:
    certificate = Ending(what="directory-certificate", of="dc1", ends_at=NOW + 90 * DAY)
    seen = sight(NOW, sync_mode=SyncMode.CONNECT, host=WELL, endings=(certificate,))
    await stage.world.workers.sighted([seen])
    await stage.world.rollouts.keep_reconciliation(LOOKED)
    return stage


async def test_every_check_that_concerns_the_tenant_says_something(healthy: Stage) -> None:
    seen = await examine(None, healthy.world, NOW)
    assert verdicts(seen).keys() == CHECKS.keys() - {"cloudSync"}
    assert {name for name, one in verdicts(seen).items() if one != "right"} == {"writeback"}
    assert (seen.verdict, seen.since) == ("unknown", NOW - 7 * DAY)
    assert {one.read_on for one in seen.findings} == {date(2026, 11, 29)}


async def test_what_may_not_be_asked_hides_no_other_and_names_the_permission(
    healthy: Stage,
) -> None:
    healthy.tenant_facts.troubles = {
        "methods_policy": Trouble.FORBIDDEN,
        "subscriptions": Trouble.FORBIDDEN,
        "registration_rules": Trouble.UNREACHABLE,
    }
    seen = await examine(None, healthy.world, NOW)
    said = {one.check: one for one in seen.findings}
    assert {name for name, one in said.items() if one.verdict == "unknown"} == {
        *("licences", "methods", "migration", "registration", "writeback"),
    }
    assert "Policy.Read.All" in said["methods"].text
    assert "LicenseAssignment.Read.All" in said["licences"].text
    assert "--with-doctor" in said["licences"].remedy
    assert said["registration"].text == "in memory"


async def test_an_audit_log_that_does_not_answer_is_unknown_too(healthy: Stage) -> None:
    healthy.turns.fail("directory.policy_changes", DirectoryUnavailable("Graph answered 503"))
    seen = await examine(None, healthy.world, NOW)
    assert verdicts(seen)["policyChanges"] == "unknown"
    assert verdicts(seen)["hostVersion"] == "right"


async def test_changes_and_resets_are_told_from_when_it_is_asked_at_most_a_month(
    healthy: Stage,
) -> None:
    healthy.tenant.switch_sspr(SsprScope.NONE, NOW - 10 * DAY)
    healthy.tenant.resets.append(Reset(NOW - 10 * DAY, an_id(1), ResetOutcome.WRITEBACK_FAILED))
    recent = await examine(None, healthy.world, NOW)
    assert verdicts(recent)["policyChanges"] == "right"
    older = await examine(NOW - 11 * DAY, healthy.world, NOW)
    assert older.verdict == "wrong"
    assert {name for name, one in verdicts(older).items() if one == "wrong"} == {
        "policyChanges",
        "writeback",
    }
    assert (await examine(NOW - 90 * DAY, healthy.world, NOW)).since == NOW - 30 * DAY
    assert (await examine(NOW + DAY, healthy.world, NOW)).since == NOW


async def test_changes_are_told_since_the_last_look_and_what_leads_away_until_it_is_mended(
    healthy: Stage,
) -> None:
    change = PolicyChange(at=NOW - DAY, activity="Update SSPR Settings")
    healthy.tenant.policy_changes.append(change)
    first = await examine(None, healthy.world, NOW)
    assert first.changes_since == NOW - 7 * DAY
    assert verdicts(first)["policyChanges"] == "unknown"
    second = await examine(None, healthy.world, NOW + DAY)
    # The log tells late, so a little is told again; resets are counted over a week all the same.
    assert second.changes_since == NOW - timedelta(minutes=30)
    assert (second.since, verdicts(second)["policyChanges"]) == (NOW - 6 * DAY, "right")
    healthy.tenant.switch_sspr(SsprScope.NONE, NOW + 2 * DAY)
    for days in (3, 4):
        seen = await examine(None, healthy.world, NOW + days * DAY)
        assert verdicts(seen)["policyChanges"] == "wrong"
    healthy.tenant.switch_sspr(SsprScope.GROUP, NOW + 5 * DAY)
    for days, verdict in ((6, "unknown"), (7, "right")):
        seen = await examine(None, healthy.world, NOW + days * DAY)
        assert verdicts(seen)["policyChanges"] == verdict


async def test_a_look_that_goes_back_less_far_leaves_what_came_before_for_the_next(
    healthy: Stage,
) -> None:
    await healthy.world.doctor_looks.keep(NOW - 10 * DAY)
    change = PolicyChange(at=NOW - 5 * DAY, activity="Update SSPR Settings")
    healthy.tenant.policy_changes.append(change)
    await examine(NOW - DAY, healthy.world, NOW)
    assert verdicts(await examine(None, healthy.world, NOW))["policyChanges"] == "unknown"


async def test_a_log_that_could_not_be_read_is_read_from_the_same_time_on(healthy: Stage) -> None:
    await healthy.world.doctor_looks.keep(NOW - 2 * DAY)
    healthy.turns.fail("directory.policy_changes", DirectoryUnavailable("Graph answered 503"))
    await examine(None, healthy.world, NOW)
    assert await healthy.world.doctor_looks.newest() == NOW - 2 * DAY


async def test_people_without_a_licence_are_those_that_the_last_look_skipped(
    healthy: Stage,
) -> None:
    skipped = replace(LOOKED, skips={Reason.UNLICENSED: 3, Reason.GUEST: 9})
    await healthy.world.rollouts.keep_reconciliation(skipped)
    seen = await examine(None, healthy.world, NOW)
    (licences,) = (one for one in seen.findings if one.check == "licences")
    assert (licences.verdict, "3 people were skipped" in licences.text) == ("wrong", True)


async def test_without_a_worker_nothing_is_said_of_a_host() -> None:
    seen = await examine(None, a_stage(topology=Topology.CLOUD).world, NOW)
    assert {one.part for one in seen.findings} == {"tenant"}


async def test_cloud_sync_is_told_by_its_jobs(stage: Stage) -> None:
    await stage.world.workers.sighted([sight(NOW, sync_mode=SyncMode.CLOUD)])
    seen = await examine(None, stage.world, NOW)
    assert [one.check for one in seen.findings if one.part == "host"] == ["cloudSync"]


async def test_a_new_check_is_a_value_and_an_entry(stage: Stage) -> None:
    def judge(evidence: Evidence, _: object) -> Finding:
        return wrong(f"{len(evidence.workers)} workers", "hire one")

    kind = CheckKind(
        name="workers", part=Part.TENANT, asks="Who works?", judge=judge, source="https://a.test"
    )
    seen = await examine(None, stage.world, NOW, registry_of(kind))
    (only,) = seen.findings
    assert (only.check, only.text, only.remedy, seen.verdict) == (
        "workers",
        "0 workers",
        "hire one",
        "wrong",
    )
