"""The app's time on the host: the machine's, until a file moves it."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from sandbox.clock import Clock
from tests.contract.functions_host_process import App, RunningHost
from tests.waiting import PATIENCE

CODE = """
    from shared.bootstrap import App as Product

    @app.route("now", auth_level="anonymous")
    def now(req: func.HttpRequest) -> str:
        return Product.now().isoformat()

    @app.timer_trigger(arg_name="timer", schedule="*/1 * * * * *")
    async def tick(timer: func.TimerRequest) -> None:
        record(at=time.time())
"""
DAYS = timedelta(days=40)
NEAR = timedelta(seconds=5)


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


def ahead(host: RunningHost) -> timedelta:
    answer = host.http.get("/api/now")
    assert answer.status_code == 200
    return datetime.fromisoformat(answer.text) - datetime.now(UTC)


def test_the_products_time_moves_with_the_file_while_the_host_runs(
    host: RunningHost, file: Path
) -> None:
    assert abs(ahead(host)) < NEAR
    clock = Clock(file)
    for offset in (DAYS, DAYS + timedelta(hours=6), timedelta()):
        clock.move_to(offset)
        assert abs(ahead(host) - offset) < NEAR
        assert clock.offset() == offset


def test_the_hosts_own_timers_tick_on_while_the_products_time_jumps(
    host: RunningHost, app: App, file: Path
) -> None:
    ticked = len(app.seen())
    Clock(file).move_to(DAYS)
    seen = app.wait_for(ticked + 3)[ticked:]
    assert seen[-1]["at"] - seen[0]["at"] < PATIENCE
    assert abs(ahead(host) - DAYS) < NEAR


@pytest.mark.parametrize("text", ["", "[]", '{"offset": 1}', '{"offsetSeconds": "2d"}'])
def test_a_file_without_an_offset_is_refused_by_the_name_of_the_field(
    tmp_path: Path, text: str
) -> None:
    broken = tmp_path / "clock.json"
    broken.write_text(text)
    with pytest.raises(ValueError, match="offsetSeconds: expected"):
        Clock(broken).now()
