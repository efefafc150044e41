"""Starting and stopping the host: what makes it refuse an app, and how it ends."""

from pathlib import Path
from threading import Thread

import httpx
import pytest

from tests.contract.functions_host_process import App

TIMER = '@app.timer_trigger(arg_name="timer", schedule="0 0 0 1 1 *")\n'


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("import nothing_of_this_name", "ModuleNotFoundError"),
        (TIMER + "def f(clock): ...", "'clock'"),
        ("", "no functions found"),
        ('@app.queue_trigger("m", "q", "c")\ndef f(m: func.QueueMessage): ...', "queueTrigger"),
        (TIMER.replace("0 0 0 1 1 *", "%Nowhere%") + "def f(timer): ...", "%Nowhere%"),
        (TIMER.replace("0 0 0 1 1 *", "hourly") + "def f(timer): ...", "NCRONTAB"),
        ('@app.service_bus_queue_trigger("m", "Bus", "q")\ndef f(m): ...', "'Bus'"),
        ('@app.service_bus_topic_trigger("m", "B", "t", "s")\ndef f(m): ...', "topics"),
    ],
    ids=[
        *("import", "name", "none", "binding"),
        *("setting", "schedule", "connection", "topic"),
    ],
)
def test_a_wrong_app_is_refused_with_the_reason(tmp_path: Path, code: str, reason: str) -> None:
    assert reason in App(tmp_path, code).refused()


def test_host_json_must_not_promise_what_python_cannot_do(tmp_path: Path) -> None:
    options = {"extensions": {"serviceBus": {"autoCompleteMessages": False}}}
    said = App(tmp_path, TIMER + "def f(timer): ...", options=options).refused()
    assert "extensions.serviceBus.autoCompleteMessages" in said


def test_settings_reach_the_app_before_it_is_loaded_and_the_prefix_may_be_empty(
    tmp_path: Path,
) -> None:
    code = """
        at_import = os.environ["Greeting"]
        @app.route("hello", auth_level="anonymous")
        def hello(req: func.HttpRequest) -> str:
            print("standard output stays clean")
            return at_import
    """
    options = {"extensions": {"http": {"routePrefix": ""}}}
    app = App(tmp_path, code, values={"Greeting": "good day"}, options=options)
    with app.running() as host:
        assert host.http.get("/hello").text == "good day"
    assert "standard output stays clean" in app.log()


def test_what_the_app_keeps_open_for_its_life_is_no_complaint_at_the_end(tmp_path: Path) -> None:
    code = """
        import aiohttp
        sessions = []
        @app.route("open", auth_level="anonymous")
        async def keep(req: func.HttpRequest) -> str:
            sessions.append(aiohttp.ClientSession())
            return "open"
    """
    app = App(tmp_path, code)
    with app.running() as host:
        assert host.http.get("/api/open").text == "open"
    assert "Unclosed" not in app.log()


def test_a_stop_lets_running_invocations_of_both_kinds_finish(tmp_path: Path) -> None:
    code = """
        @app.route("sync", auth_level="anonymous")
        def in_thread(req: func.HttpRequest) -> str:
            record(started="sync")
            time.sleep(1.5)
            return "done"
        @app.route("async", auth_level="anonymous")
        async def in_loop(req: func.HttpRequest) -> str:
            record(started="async")
            await asyncio.sleep(1.5)
            return "done"
    """
    app = App(tmp_path, code)
    answers: list[str] = []

    def call(address: str) -> None:
        answers.append(httpx.get(address, timeout=10).text)

    with app.running() as host:
        addresses = [str(host.http.base_url.join(f"api/{kind}")) for kind in ("sync", "async")]
        threads = [Thread(target=call, args=[address]) for address in addresses]
        for thread in threads:
            thread.start()
        app.wait_for(2)
        assert not answers
    for thread in threads:
        thread.join()
    assert answers == ["done", "done"]
