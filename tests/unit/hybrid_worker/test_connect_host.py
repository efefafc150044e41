"""A Connect host's objects, read for what they say."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

import pytest

from hybrid_worker.delta_sync.connect_host import FACTS, CmdletHost, ConnectFacts
from hybrid_worker.delta_sync.decisions import INTERVAL
from hybrid_worker.delta_sync.problems import SyncProblem, SyncRefused

SCHEDULER = {
    "StagingModeEnabled": False,
    "SchedulerSuspended": False,
    "SyncCycleInProgress": False,
    "SyncCycleEnabled": True,
}


class Session:
    """Answers a cmdlet with objects, or with an error that is no word we know."""

    def __init__(self, **answers: Sequence[Mapping[str, Any]]) -> None:
        self.answers = {name.replace("_", "-"): found for name, found in answers.items()}

    def __call__(self, cmdlet: str, **_: Any) -> Sequence[Mapping[str, Any]]:
        if cmdlet not in self.answers:
            raise SyncRefused(SyncProblem.REFUSED, f"{cmdlet}: Das geht nicht.")
        return self.answers[cmdlet]

    def close(self) -> None:
        """Nothing is open."""


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("PT1H", timedelta(hours=1)),
        ("00:45:00", timedelta(minutes=45)),
        ("PT0S", timedelta(minutes=1)),
        ("P30D", timedelta(days=1)),
        (None, INTERVAL),
        ("now and then", INTERVAL),
    ],
)
def test_the_interval_is_read_in_either_form_and_within_reason(
    value: object, expected: timedelta
) -> None:
    told = SCHEDULER | {"CurrentlyEffectiveSyncCycleInterval": value}
    assert CmdletHost(Session(Get_ADSyncScheduler=[told])).scheduler().interval == expected


@pytest.mark.parametrize("missing", SCHEDULER)
def test_a_scheduler_that_does_not_say_all_is_not_taken_for_a_ready_one(missing: str) -> None:
    told = {name: value for name, value in SCHEDULER.items() if name != missing}
    with pytest.raises(SyncRefused, match=missing):
        CmdletHost(Session(Get_ADSyncScheduler=[told])).scheduler()


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"SyncCycleInProgress": True}, SyncProblem.BUSY),
        ({"SchedulerSuspended": True}, SyncProblem.SUSPENDED),
        ({}, SyncProblem.REFUSED),
    ],
)
def test_a_refusal_in_another_language_is_told_by_the_scheduler(
    change: dict[str, bool], problem: SyncProblem
) -> None:
    with pytest.raises(SyncRefused, match="Das geht nicht") as refused:
        CmdletHost(Session(Get_ADSyncScheduler=[SCHEDULER | change])).start()
    assert refused.value.problem is problem


def test_an_endpoint_of_an_earlier_version_tells_no_facts() -> None:
    assert CmdletHost(Session()).facts() == ConnectFacts()


def test_facts_are_told_by_domain_and_unknown_ones_are_left_alone() -> None:
    found = [
        {"Name": "Version", "Scope": "", "Value": "2.5.190.0"},
        {"Name": "LastDomainController", "Scope": "DC=Corp,DC=contoso,DC=com", "Value": "dc1"},
        {"Name": "Tomorrow", "Scope": "x", "Value": "y"},
    ]
    session = Session()
    session.answers[FACTS] = found
    facts = CmdletHost(session).facts()
    assert facts == ConnectFacts((2, 5, 190, 0), {"corp.contoso.com": "dc1"})
    assert facts.controller("CORP.contoso.com") == "dc1"
