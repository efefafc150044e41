"""The watch on the Connect host: what a look finds is told, and one that hangs keeps nobody."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hybrid_worker.delta_sync.connect_host import CmdletHost
from hybrid_worker.delta_sync.problems import SyncProblem, SyncRefused
from hybrid_worker.delta_sync.writeback import WritebackFacts, writeback_facts_of
from hybrid_worker.host_watch import HostFacts, HostWatch, look_at, report_of
from shared.contracts.messages.directory_result import SyncReport, SyncState
from shared.contracts.messages.host_report import HostReport
from shared.contracts.messages.worker_report import WorkerReport
from tests.support.delta_sync import Clerk

NOW = datetime(2026, 11, 29, 12, 30, tzinfo=UTC)
HALF_AN_HOUR = timedelta(minutes=30)
ANSWER = timedelta(minutes=1)
SCHEDULER = {
    "StagingModeEnabled": False,
    "SchedulerSuspended": False,
    "SyncCycleInProgress": True,
    "SyncCycleEnabled": True,
}
VERSION = {"Name": "Version", "Scope": "", "Value": "2.5.190.0"}


def fact(name: str, value: str, scope: str = "") -> dict[str, str]:
    return {"Name": name, "Scope": scope, "Value": value}


TOLD = [
    fact("Enabled", "True"),
    fact("Service", "Running"),
    fact("EventsSince", "2026-11-28T12:30:00Z"),
    fact("Events", "3", "31003 2026-11-29T11:00:00Z"),
    fact("Events", "1", "33008 2026-11-29T11:00:00Z"),
    fact("Events", "2", "33004 2026-11-29T11:00:00Z"),
    fact("Events", "7", "31002 2026-11-29T12:00:00Z"),
    fact("Events", "9", "31019 2026-11-29T12:00:00Z"),
    fact("Newest", "2026-11-29T12:25:00Z", "31019"),
]


@dataclass
class ScriptedSession:
    """A session on the host: an answer to each cmdlet, or a refusal."""

    answers: dict[str, Sequence[Mapping[str, Any]] | SyncRefused] = field(
        default_factory=lambda: {
            "Get-ADSyncScheduler": [SCHEDULER],
            "Get-SsprConnectFact": [VERSION],
            "Get-SsprWritebackFact": TOLD,
        }
    )
    closed: int = 0

    def __call__(self, cmdlet: str, **_: Any) -> Sequence[Mapping[str, Any]]:
        answer = self.answers[cmdlet]
        if isinstance(answer, SyncRefused):
            raise answer
        return answer

    def close(self) -> None:
        self.closed += 1


@dataclass
class Scene:
    session: ScriptedSession = field(default_factory=ScriptedSession)
    clerk: Clerk = field(default_factory=Clerk)
    now: datetime = NOW
    sessions: int = 0

    def __post_init__(self) -> None:
        self.watch = HostWatch(
            self._open, self.clerk, every=HALF_AN_HOUR, answer=ANSWER, clock=lambda: self.now
        )

    def _open(self) -> CmdletHost:
        self.sessions += 1
        return CmdletHost(self.session)

    def after(self, passed: timedelta = timedelta(0)) -> HostReport | None:
        self.now += passed
        self.watch.step()
        return self.watch.newest()


def test_a_look_tells_how_the_writeback_is_and_closes_its_session() -> None:
    scene = Scene()
    found = scene.after()
    assert found
    assert (found.version, found.staging, found.writeback_enabled) == ("2.5.190.0", False, True)
    assert (found.service, found.heartbeat_at) == ("Running", NOW - timedelta(minutes=5))
    assert {one.event_id: one.count for one in found.events} == {
        31002: 7,
        31003: 3,
        31019: 9,
        33004: 2,
        33008: 1,
    }
    assert scene.session.closed == 1


def test_a_password_that_did_not_meet_the_policy_is_no_failure_of_the_writeback() -> None:
    found = Scene().after()
    assert found
    assert [(one.begins_at.hour, one.succeeded, one.failed) for one in found.hours] == [
        (11, 0, 2),
        (12, 7, 0),
    ]


def test_the_host_is_looked_at_once_an_interval_even_if_the_clock_is_set_back() -> None:
    scene = Scene()
    scene.after()
    scene.after(HALF_AN_HOUR - timedelta(seconds=1))
    assert scene.sessions == 1
    scene.after(timedelta(seconds=1))
    assert scene.sessions == 2
    scene.after(-timedelta(days=1))
    assert scene.sessions == 3


def test_an_endpoint_of_an_earlier_version_tells_the_rest() -> None:
    scene = Scene()
    scene.session.answers["Get-SsprWritebackFact"] = SyncRefused(
        SyncProblem.REFUSED, "is not recognized"
    )
    found = scene.after()
    assert found
    assert (found.version, found.problem, found.writeback_enabled) == ("2.5.190.0", None, None)
    assert (found.events_since, found.events_problem) == (None, "is not recognized")


@pytest.mark.parametrize("cmdlet", ["Get-ADSyncScheduler", "Get-SsprWritebackFact"])
def test_a_host_that_does_not_answer_is_told_with_its_reason(cmdlet: str) -> None:
    scene = Scene()
    scene.session.answers[cmdlet] = SyncRefused(SyncProblem.UNREACHABLE, "x" * 9999)
    found = scene.after()
    assert found
    assert (found.problem, len(found.detail or "")) == ("unreachable", 500)
    assert scene.session.closed == 1


def test_a_look_that_hangs_is_given_up_and_the_next_is_another_session() -> None:
    scene = Scene(clerk=Clerk(is_slow=True))
    assert scene.after() is None
    assert scene.after(5 * ANSWER) is None
    found = scene.after(timedelta(seconds=1))
    assert found
    assert found.problem == "hangs"
    scene.clerk.is_slow = False
    found = scene.after(HALF_AN_HOUR)
    assert found
    assert (found.problem, scene.sessions) == (None, 2)


TEXT = st.text(max_size=40)


@given(st.lists(st.fixed_dictionaries({"Name": TEXT, "Scope": TEXT, "Value": TEXT})))
def test_whatever_a_host_says_can_be_told(told: list[dict[str, str]]) -> None:
    facts = look_at(CmdletHost(ScriptedSession({**ScriptedSession().answers, **_facts(told)})))
    report_of(facts, NOW)


def _facts(told: list[dict[str, str]]) -> dict[str, Sequence[Mapping[str, Any]]]:
    return {"Get-SsprWritebackFact": told}


COUNTS = st.dictionaries(
    st.tuples(st.integers(0, 10**6), st.integers(0, 400)), st.integers(0, 10**12), max_size=200
)


@given(COUNTS)
def test_however_many_events_there_are_the_report_can_be_read_and_is_small(
    counts: dict[tuple[int, int], int],
) -> None:
    told = [
        fact("Events", str(count), f"{number} {(NOW - timedelta(hours=ago)).isoformat()}")
        for (number, ago), count in counts.items()
    ]
    seen = HostFacts(
        CmdletHost(ScriptedSession()).scheduler(),
        CmdletHost(ScriptedSession()).facts(),
        writeback_facts_of(told),
    )
    report = WorkerReport(
        worker="w",
        reported_at=NOW,
        directory_answers=True,
        sync=SyncReport(state=SyncState.NOT_NEEDED),
        host=report_of(seen, NOW),
    )
    assert WorkerReport.read(report.text()) == report
    assert len(report.text()) < 10_000


def test_what_cannot_be_read_was_not_said() -> None:
    said = writeback_facts_of([fact("Enabled", "Wahr"), fact("Newest", "gestern", "31019")])
    assert said == WritebackFacts()
