"""What ends is told days ahead, by the hour, until it is renewed."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest
from structlog.testing import capture_logs

from shared.contracts.messages.directory_result import SyncReport, SyncState
from shared.contracts.messages.ending_report import EndingReport, Endless
from shared.contracts.messages.worker_report import WorkerReport
from shared.domain.rollout.endings import Ending
from shared.ports.world import TimeLimits
from shared.use_cases.message import Message
from shared.use_cases.rollout.watch_conditions import watch_conditions
from shared.use_cases.rollout.watch_endings import EVERY, watch_endings
from shared.use_cases.views.describe_endings import describe_endings
from shared.use_cases.views.describe_people import describe_status
from shared.use_cases.writing.record_results import record_results
from tests.support.enrolments import NOW
from tests.support.stage import Stage

DAY, HOUR = timedelta(days=1), timedelta(hours=1)


def certificate(days: float, of: str = "dc1") -> EndingReport:
    return EndingReport(what="directory-certificate", of=of, ends_at=NOW + days * DAY)


async def report(
    stage: Stage, *endings: EndingReport, worker: str = "w1", after: timedelta = timedelta()
) -> None:
    """The worker says what ends."""
    life = WorkerReport(
        worker=worker,
        reported_at=NOW + after,
        directory_answers=True,
        sync=SyncReport(state=SyncState.NOT_NEEDED),
        endings=endings or None,
    )
    await record_results([Message(life.text())], stage.world, NOW + after)


async def told(stage: Stage, after: timedelta = timedelta()) -> Sequence[tuple[str, int, bool]]:
    """What is told by a look at that time: which, how many days, and whether it is urgent."""
    await watch_conditions(stage.world, NOW + after)
    with capture_logs() as lines:
        await watch_endings(stage.world, NOW + after)
    return [
        (line["item"], line["days"], line["urgent"])
        for line in lines
        if line["event"] == "ending-soon"
    ]


@pytest.mark.parametrize(
    ("days", "expected"),
    [
        (31, []),
        (30, [("dc1", 30, False)]),
        (7.5, [("dc1", 7, False)]),
        (7, [("dc1", 7, True)]),
        (0.5, [("dc1", 0, True)]),
        (-2, [("dc1", -2, True)]),
    ],
)
async def test_it_is_told_within_a_month_and_urgent_within_a_week(
    stage: Stage, days: float, expected: list[tuple[str, int, bool]]
) -> None:
    await report(stage, certificate(days))
    assert await told(stage) == expected


async def test_the_days_are_a_deployment_s_own(stage: Stage) -> None:
    await report(stage, certificate(50))
    limits = TimeLimits(ending_notice=60 * DAY, ending_urgent=55 * DAY)
    stage.world = replace(stage.world, limits=limits)
    assert await told(stage) == [("dc1", 50, True)]


async def test_a_worker_s_certificate_is_told_ahead_and_no_longer_once_it_is_renewed(
    stage: Stage,
) -> None:
    await report(stage, certificate(5))
    assert await told(stage) == [("dc1", 5, True)]
    await report(stage, certificate(365), after=EVERY)
    assert await told(stage, EVERY) == []


async def test_it_is_told_every_hour_and_not_every_minute(stage: Stage) -> None:
    await report(stage, certificate(5))
    assert await told(stage)
    assert await told(stage, EVERY - timedelta(minutes=1)) == []
    assert await told(stage, EVERY)


async def test_what_several_workers_see_is_told_once_by_the_day_that_comes_first(
    stage: Stage,
) -> None:
    """Given one that still trusts an old copy."""
    await report(stage, certificate(9), certificate(20, "dc2"), worker="w1")
    await report(stage, certificate(5), worker="w2")
    assert await told(stage) == [("dc1", 5, True), ("dc2", 20, False)]
    (first, _) = await describe_endings(stage.world, NOW)
    assert first.whose == "worker w1, worker w2"


async def test_what_a_worker_told_that_is_gone_counts_no_more(stage: Stage) -> None:
    """A worker that was replaced renews nothing: it would be told for ever."""
    await report(stage, certificate(5, "old"), worker="w1")
    await report(stage, certificate(6, "new"), worker="w2", after=2 * HOUR)
    assert [name for name, _, _ in await told(stage, 2 * HOUR)] == ["new"]


async def test_what_never_ends_and_what_is_not_known_rings_nothing(stage: Stage) -> None:
    """The doctor tells of both."""
    await report(
        stage,
        EndingReport(what="directory-password", of="S-1", why=Endless.NEVER),
        EndingReport(what="directory-certificate", of="dc1", why=Endless.UNKNOWN, detail="away"),
    )
    assert await told(stage) == []


async def test_an_older_worker_s_sign_of_life_is_read_and_nothing_is_known_of_its_ends(
    stage: Stage,
) -> None:
    await report(stage)
    assert await told(stage) == []
    assert (await describe_status(stage.world, NOW)).endings == ()


async def test_operators_see_it_in_the_status(stage: Stage) -> None:
    await report(stage, certificate(5))
    (seen,) = (await describe_status(stage.world, NOW)).endings
    assert (seen.what, seen.of, seen.days, seen.urgent) == ("directory-certificate", "dc1", 5, True)


async def test_what_nobody_can_look_up_is_told_by_the_day_that_the_settings_have(
    stage: Stage,
) -> None:
    """Such as an HR system's secret, and the certificate of an app registration."""
    secret = Ending(what="named", of="workday secret", ends_at=NOW + 6 * DAY)
    stage.world = replace(stage.world, dated_endings=(secret,))
    assert await told(stage) == [("workday secret", 6, True)]
