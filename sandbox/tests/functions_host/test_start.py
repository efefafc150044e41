"""Starting the host: what makes a strict one refuse an app, and what a usual one leaves out."""

from pathlib import Path
from typing import Any

import pytest

from sandbox.testing.functions_host_process import App
from sandbox.testing.waiting import wait_until

TIMER = '@app.timer_trigger(arg_name="timer", schedule="0 0 0 1 1 *")\n'
GOOD = """
@app.route("good", auth_level="anonymous")
def good(req: func.HttpRequest) -> str:
    return "good"
"""
NOT_INDEXED = {
    "import": ("import nothing_of_this_name", "ModuleNotFoundError"),
    "settings": ("raise ValueError('SSPR_TOPOLOGY is missing')", "SSPR_TOPOLOGY is missing"),
    "name": (TIMER + "def f(clock): ...", "'clock'"),
    "none": ("", "no functions found"),
}
LEFT_OUT = {
    "binding": (
        '@app.queue_trigger("m", "q", "c")\ndef bad(m: func.QueueMessage): ...',
        "queueTrigger",
    ),
    "setting": (TIMER.replace("0 0 0 1 1 *", "%Nowhere%") + "def bad(timer): ...", "%Nowhere%"),
    "schedule": (TIMER.replace("0 0 0 1 1 *", "hourly") + "def bad(timer): ...", "NCRONTAB"),
    "topic": (
        '@app.service_bus_topic_trigger("m", "B", "t", "s")\ndef bad(m): ...',
        "topics",
    ),
    "route": (
        '@app.route("{a}-{b}")\ndef bad(req: func.HttpRequest) -> str: ...',
        "not supported",
    ),
}
UNREACHABLE = {
    "connection": (
        '@app.service_bus_queue_trigger("m", "Bus", "q")\ndef bad(m): ...',
        "connection 'Bus'",
    ),
}


def cases(*groups: dict[str, tuple[str, str]]) -> pytest.MarkDecorator:
    found = {name: case for group in groups for name, case in group.items()}
    return pytest.mark.parametrize(("code", "reason"), found.values(), ids=found)


@cases(NOT_INDEXED, LEFT_OUT, UNREACHABLE)
def test_a_strict_host_refuses_a_wrong_app_with_the_reason(
    tmp_path: Path, code: str, reason: str
) -> None:
    assert reason in App(tmp_path, code).refused()


@pytest.mark.parametrize(
    ("section", "option"),
    [
        ("serviceBus", {"autoCompleteMessages": False}),
        ("serviceBus", {"clientRetryOptions": {"maxRetries": 9}}),
    ],
)
def test_a_strict_host_refuses_an_option_that_would_make_no_difference(
    tmp_path: Path, section: str, option: dict[str, Any]
) -> None:
    options = {"extensions": {section: option}}
    (name,) = option
    assert name in App(tmp_path, GOOD, options=options).refused()


def test_a_strict_host_refuses_an_app_that_has_left_out_what_is_expected(tmp_path: Path) -> None:
    app = App(tmp_path, GOOD)
    said = app.refused("--expect", "good", "--expect", "enroll_people")
    assert "function enroll_people is expected" in said


@cases(NOT_INDEXED)
def test_an_app_that_cannot_be_indexed_leaves_a_mute_host(
    tmp_path: Path, code: str, reason: str
) -> None:
    app = App(tmp_path, GOOD + code if code and "def" not in code else code)
    with app.running() as host:
        assert host.http.get("/admin/host/ping").status_code == 200
        assert host.http.get("/api/good").status_code == 404
    assert reason in app.log()


@cases(LEFT_OUT)
def test_a_function_that_is_wrong_is_left_out_and_the_others_serve(
    tmp_path: Path, code: str, reason: str
) -> None:
    app = App(tmp_path, GOOD + code)
    with app.running() as host:
        assert host.http.get("/api/good").text == "good"
        assert host.invoke_by_hand("bad").status_code == 404
    assert reason in app.log()


@cases(UNREACHABLE)
def test_a_connection_that_nothing_describes_is_tried_again_and_the_others_serve(
    tmp_path: Path, code: str, reason: str
) -> None:
    app = App(tmp_path, GOOD + code)
    with app.running() as host:
        assert host.http.get("/api/good").text == "good"
        wait_until(lambda: app.log().count(reason) >= 2, app.log)


def test_a_wrong_host_json_is_refused_by_any_host(tmp_path: Path) -> None:
    app = App(tmp_path, GOOD, options={"version": "1.0"})
    assert 'version: expected "2.0"' in app.refused()


def test_without_storage_no_timer_starts_and_a_key_is_a_500(tmp_path: Path) -> None:
    code = """
        @app.timer_trigger(arg_name="timer", schedule="*/1 * * * * *")
        def tick(timer: func.TimerRequest) -> None:
            record(ticked=True)
    """
    impatient = ["--storage-patience", "0.1"]
    app = App(tmp_path, code, values={"AzureWebJobsStorage": ""}, flags=impatient)
    good = tmp_path / "app/function_app.py"
    good.write_text(good.read_text() + GOOD)
    with app.running() as host:
        wait_until(lambda: app.log().count("function=tick: AzureWebJobsStorage") >= 2, app.log)
        assert host.http.get("/api/good").text == "good"
        assert host.http.get("/api/good?code=any").status_code == 500
        assert host.http.get("/admin/host/status?code=any").status_code == 500
        assert host.http.get("/admin/host/status").status_code == 401
    assert app.seen() == []
    assert "AzureWebJobsStorage" in app.refused()


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


def test_a_process_that_dies_while_it_loads_the_app_is_started_again_and_then_given_up(
    tmp_path: Path,
) -> None:
    said = App(tmp_path, "os._exit(3)").refused()
    assert said.count("ended with status 3 while it loaded the app") == 4
