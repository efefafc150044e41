"""The app's time on the host: the machine's, until a file moves it."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from sandbox.clock import Clock
from sandbox.testing.functions_host_process import App, RunningHost

CODE = """
    from shared.bootstrap import App as Product

    @app.route("now", auth_level="anonymous")
    def now(req: func.HttpRequest) -> str:
        return Product.now().isoformat()

    @app.timer_trigger(arg_name="timer", schedule="*/1 * * * * *")
    async def tick(timer: func.TimerRequest) -> None:
        record(done=False)
        await asyncio.sleep(0.2)
        record(done=True)
"""
DAYS = timedelta(days=40)


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("clock") / "clock.json"


@pytest.fixture(scope="module")
def app(file: Path, tmp_path_factory: pytest.TempPathFactory) -> App:
    return App(tmp_path_factory.mktemp("host"), CODE, flags=["--clock", str(file)])


@pytest.fixture(scope="module")
def host(app: App) -> Iterator[RunningHost]:
    with app.running() as host:
        yield host


def is_ahead_by(host: RunningHost, offset: timedelta) -> bool:
    before = datetime.now(UTC)
    answer = host.http.get("/api/now")
    assert answer.status_code == 200
    return before <= datetime.fromisoformat(answer.text) - offset <= datetime.now(UTC)


def hold(host: RunningHost, *, held: bool) -> int:
    headers = {"x-functions-key": host.master_key}
    return host.http.post(
        "/admin/sandbox/timers", json={"held": held}, headers=headers, timeout=70
    ).status_code


def test_the_products_time_moves_with_the_file_while_the_host_runs(
    host: RunningHost, file: Path
) -> None:
    assert is_ahead_by(host, timedelta())
    clock = Clock(file)
    for offset in (timedelta(hours=6), DAYS):
        clock.move_to(offset)
        assert is_ahead_by(host, offset)
        assert clock.offset() == offset


def test_timers_go_by_the_same_clock_and_none_begins_while_they_are_held(
    host: RunningHost, app: App, file: Path
) -> None:
    app.wait_for(1)
    assert hold(host, held=True) == 204
    ticked = len(app.seen())
    Clock(file).move_to(DAYS + timedelta(days=1))
    time.sleep(2.5)  # more than two of the timer's own beats
    assert len(app.seen()) == ticked
    assert hold(host, held=False) == 204
    app.wait_for(ticked + 2)


def test_whoever_holds_the_timers_waits_for_those_that_run(host: RunningHost, app: App) -> None:
    app.wait_for(1)
    for _ in range(3):
        assert hold(host, held=True) == 204
        assert app.seen()[-1]["done"]
        hold(host, held=False)


def test_only_the_master_key_holds_timers(host: RunningHost) -> None:
    body = {"held": True}
    assert host.http.post("/admin/sandbox/timers", json=body).status_code == 401
    headers = {"x-functions-key": host.master_key}
    answer = host.http.post("/admin/sandbox/timers", json={"held": 1}, headers=headers)
    assert (answer.status_code, "true or false" in answer.text) == (400, True)


@pytest.mark.parametrize("text", ["", "[]", '{"offset": 1}', '{"offsetSeconds": "2d"}'])
def test_a_file_without_an_offset_is_refused_by_the_name_of_the_field(
    tmp_path: Path, text: str
) -> None:
    broken = tmp_path / "clock.json"
    broken.write_text(text)
    with pytest.raises(ValueError, match="offsetSeconds: expected"):
        Clock(broken).now()
