"""Timer functions on the host: schedules, what is remembered, and past-due runs."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from sandbox.functions_host.schedule import Schedule
from sandbox.testing.functions_host_process import App
from sandbox.testing.waiting import wait_until

TIMER = """
    @app.timer_trigger(arg_name="timer", schedule="%Schedule%")
    async def tick(timer: func.TimerRequest, context: func.Context) -> None:
        record(
            past_due=timer.past_due, status=timer.schedule_status, function=context.function_name,
            process=os.getpid(),
        )
        if os.environ.get("FAIL"):
            raise RuntimeError("no luck")
"""


def hours_from(now: datetime) -> datetime:
    """Half a day away, so that nothing falls due while a test runs."""
    return now + timedelta(hours=12)


def daily(now: datetime) -> str:
    return f"0 30 {hours_from(now).hour} * * *"


def remember(app: App, last: datetime, upcoming: datetime) -> Path:
    file = app.state / "timers" / "tick.json"
    file.parent.mkdir(parents=True)
    status = {"Last": last, "Next": upcoming, "LastUpdated": last}
    file.write_text(json.dumps({name: moment.isoformat() for name, moment in status.items()}))
    return file


def test_a_sub_minute_timer_fires_again_after_failing_and_keeps_no_status(tmp_path: Path) -> None:
    app = App(tmp_path, TIMER, values={"Schedule": "*/1 * * * * *", "FAIL": "yes"})
    with app.running():
        first, *_ = app.wait_for(2)
    assert (first["past_due"], first["status"], first["function"]) == (False, {}, "tick")
    assert app.log().count("result=failed") >= 2
    assert not (app.state / "timers" / "tick.json").exists()


def test_a_missed_occurrence_runs_once_at_start_and_advances_even_when_it_fails(
    tmp_path: Path,
) -> None:
    now = datetime.now(UTC)
    app = App(tmp_path, TIMER, values={"Schedule": daily(now), "FAIL": "yes"})
    missed = hours_from(now).replace(minute=30, second=0, microsecond=0) - timedelta(days=2)
    file = remember(app, missed - timedelta(days=1), missed)

    def following() -> datetime:
        return datetime.fromisoformat(json.loads(file.read_text())["Next"])

    with app.running():
        wait_until(lambda: following() > now)
    (seen,) = app.seen()
    assert seen["past_due"] is True
    assert datetime.fromisoformat(seen["status"]["Next"]) == missed
    with app.running():
        pass
    assert len(app.seen()) == 1


def test_a_changed_schedule_is_not_past_due(tmp_path: Path) -> None:
    app = App(tmp_path, TIMER, values={"Schedule": daily(datetime.now(UTC))})
    long_ago = datetime.now(UTC).replace(microsecond=0) - timedelta(days=30)
    file = remember(app, long_ago, long_ago + timedelta(minutes=1))
    with app.running() as host:
        host.invoke_by_hand("tick")
        (seen,) = app.wait_for(1)
    assert seen["past_due"] is False
    assert datetime.fromisoformat(json.loads(file.read_text())["Next"]) > datetime.now(UTC)


def test_two_hosts_on_one_state_share_their_keys_and_only_one_runs_the_timer(
    tmp_path: Path,
) -> None:
    values = {"Schedule": "*/1 * * * * *"}
    # Renewed after half of it, by when a busy machine may have stood still for as long again.
    app = App(tmp_path, TIMER, values=values, flags=["--timer-lease", "12"])

    def until() -> float:
        held = json.loads((app.state / "timers/tick.lease").read_text() or "{}")
        return float(held.get("until", 0.0))

    with app.running() as first:
        app.wait_for(1)
        lease, worker = until(), first.worker()
        with app.running() as second:
            assert second.master_key == first.master_key
            wait_until(lambda: "runs in another host" in app.log())
            wait_until(lambda: until() > lease)
            app.wait_for(len(app.seen()) + 2)
    assert {line["process"] for line in app.seen()} == {worker}


def test_day_of_month_and_day_of_week_must_both_hold() -> None:
    friday_the_13th = Schedule("0 0 0 13 * 5").following(datetime(2026, 1, 1, tzinfo=UTC))
    assert friday_the_13th == datetime(2026, 2, 13, tzinfo=UTC)


START = datetime(2026, 1, 1, 8, 30, 7, tzinfo=UTC)


@pytest.mark.parametrize(
    ("expression", "after"),
    [
        ("*/5 * * * *", timedelta(minutes=4, seconds=53)),
        ("00:00:05", timedelta(seconds=5)),
        ("1.02:00:00", timedelta(days=1, hours=2)),
        ("24:10:00", timedelta(days=24, hours=10)),
        ("3", timedelta(days=3)),
    ],
)
def test_five_fields_and_time_spans_are_schedules_too(expression: str, after: timedelta) -> None:
    assert Schedule(expression).following(START) == START + after


@pytest.mark.parametrize(
    ("expression", "is_sub_minute"),
    [
        ("*/10 * * * * *", True),
        ("0 * * * * *", False),
        ("0,30 15 * * * *", False),
        ("00:00:59", True),
        ("00:01:00", False),
    ],
)
def test_only_what_is_due_more_than_once_a_minute_always_keeps_no_status(
    expression: str, *, is_sub_minute: bool
) -> None:
    at = datetime(2026, 1, 1, 8, 14, 59, tzinfo=UTC)
    assert Schedule(expression).is_sub_minute(at) is is_sub_minute


@pytest.mark.parametrize(
    "expression",
    ["* * * *", "0 0 0 ? * 1", "0 61 * * * *", "00:61:00", "24:24:00", "00:00:00"],
)
def test_what_is_not_ncrontab_is_refused(expression: str) -> None:
    with pytest.raises(ValueError, match="NCRONTAB"):
        Schedule(expression)
