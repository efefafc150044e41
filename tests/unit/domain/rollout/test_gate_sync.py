"""What the gate `sync` says of each kind of sync, and of several beside one another."""

from dataclasses import replace
from datetime import timedelta

import pytest

from shared.contracts.documents.rollout_document import json_schema, read
from shared.domain.person.enrolment import State
from shared.domain.person.sync_mode import SyncMode
from shared.domain.rollout.cloud_sync import JobState, SyncJob
from shared.domain.rollout.gate import Outcome
from shared.domain.rollout.gates.kind import kind_of
from shared.domain.rollout.gates.registry import GATES
from tests.support.course import text_of
from tests.support.waves import HOUR, LATER, MINUTE, NOW, gate, look, measured, sight

PASSED, FAILED, INCONCLUSIVE = Outcome.PASSED, Outcome.FAILED, Outcome.INCONCLUSIVE
CLOUD = sight(LATER, sync_mode=SyncMode.CLOUD)
RAN = SyncJob(name="AD2AAD.1", state=JobState.ACTIVE, ended_at=LATER - 2 * MINUTE)
OLD = replace(RAN, ended_at=LATER - 41 * MINUTE)


@pytest.mark.parametrize(
    ("job", "outcome", "said"),
    [
        (RAN, PASSED, "ran at 2026-03-02 10:58 UTC"),
        (replace(RAN, people_failures=3), PASSED, "failures of people: 3"),
        (replace(RAN, group_failures=1), FAILED, "failures of groups: 1"),
        (replace(RAN, failed=True, trouble="Bad"), FAILED, "and failed: Bad"),
        (replace(RAN, failed=True, ended_at=NOW - MINUTE), INCONCLUSIVE, "tells nothing"),
        (OLD, INCONCLUSIVE, "people wait for a run"),
        (replace(RAN, state=JobState.PAUSED), FAILED, "is paused"),
        (
            replace(RAN, state=JobState.QUARANTINE, trouble="TooManyDeletes"),
            FAILED,
            "is in quarantine: TooManyDeletes",
        ),
        (replace(RAN, state=JobState.NOT_CONFIGURED), FAILED, "is not configured"),
        (replace(RAN, state=JobState.NOT_RUN, ended_at=None), INCONCLUSIVE, "has not run yet"),
        (replace(RAN, state=JobState.UNKNOWN), INCONCLUSIVE, "has not run yet"),
    ],
)
def test_a_job_of_cloud_sync_is_judged_by_its_state_its_run_and_the_log(
    job: SyncJob, outcome: Outcome, said: str
) -> None:
    facts = measured({State.APPLIED: 1}, workers=(CLOUD,), cloud_jobs=(RAN, job))
    result = look(gate("sync"), facts)
    assert result.outcome is outcome
    assert said in result.text


def test_where_nobody_waits_an_old_run_is_enough() -> None:
    facts = measured({State.VISIBLE: 1}, workers=(CLOUD,), cloud_jobs=(OLD,))
    assert look(gate("sync"), facts).outcome is PASSED


def test_where_no_job_is_known_the_setting_is_named() -> None:
    result = look(gate("sync"), measured(workers=(CLOUD,)))
    assert result.outcome is INCONCLUSIVE
    assert "SSPR_CLOUD_SYNC_IDS" in result.text


def test_what_is_left_to_a_scheduler_holds_nobody_up_for_ever() -> None:
    result = look(gate("sync"), measured(workers=(sight(LATER, sync_mode=SyncMode.NONE),)))
    assert result.outcome is PASSED
    assert "`visible` tells" in result.text


@pytest.mark.parametrize(
    ("ended", "job", "outcome"),
    [
        (True, RAN, PASSED),
        (False, RAN, FAILED),
        (True, replace(RAN, state=JobState.PAUSED), FAILED),
        (None, RAN, INCONCLUSIVE),
    ],
)
def test_of_several_syncs_the_worst_counts(
    ended: bool | None, job: SyncJob, outcome: Outcome
) -> None:
    connect = sight(
        LATER,
        worker="worker-2",
        sync_mode=SyncMode.CONNECT,
        sync_succeeded=ended,
        sync_ended_at=LATER - HOUR,
    )
    facts = measured(workers=(CLOUD, connect), cloud_jobs=(job,))
    assert look(gate("sync"), facts).outcome is outcome


def test_what_is_stored_by_the_older_name_is_judged_as_before() -> None:
    assert kind_of("deltaSync", GATES) is GATES["sync"]
    well = sight(LATER, sync_succeeded=True, sync_ended_at=LATER)
    result = look(gate("deltaSync"), measured(workers=(well,)))
    assert (result.outcome, result.gate.kind) == (PASSED, "deltaSync")


def test_a_document_with_the_older_word_means_the_same_and_editors_are_told() -> None:
    wave = {"name": "all", "percent": 100}
    older = read(text_of(wave, gates={"deltaSync": {"window": "PT3H"}}))
    newer = read(text_of(wave, gates={"sync": {"window": "PT3H"}}))
    assert older == newer
    (kind,) = [one for one in older.waves[0].gates if one.kind == "sync"]
    assert kind.window == timedelta(hours=3)
    assert not [
        one
        for one in read(text_of(wave, gates={"deltaSync": None})).waves[0].gates
        if one.kind == "sync"
    ]
    assert json_schema()["$defs"]["Gates"]["properties"]["deltaSync"]["deprecated"]
