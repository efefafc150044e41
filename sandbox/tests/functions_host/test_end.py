"""The end of the host, and of the app's process without it."""

import json
from collections.abc import Iterator
from pathlib import Path
from threading import Thread
from typing import Any

import httpx
import pytest
from azure.servicebus import ServiceBusMessage

from sandbox.processes import lives
from sandbox.testing import service_bus_process
from sandbox.testing.functions_host_process import App
from sandbox.testing.service_bus_process import Bus
from sandbox.testing.waiting import PATIENCE, wait_until

QUEUES = {"work": {"maxDeliveryCount": 9, "lockDurationSeconds": 60}}
CODE = """
    WORK = dict(queue_name="work", connection="Bus", data_type="binary")

    @app.service_bus_queue_trigger("message", **WORK)
    async def work(message: func.ServiceBusMessage) -> None:
        name = message.get_body().decode()
        record(begins=name, delivery=message.delivery_count, process=os.getpid())
        if name == "deadly" and message.delivery_count == 1:
            await asyncio.sleep(0.5)
            os._exit(9)
        if name == "endless":
            await asyncio.sleep(3600)
        while name == "slow" and not os.path.exists(os.environ["LET_GO"]):
            await asyncio.sleep(0.05)
        record(ends=name)

    @app.timer_trigger(arg_name="timer", schedule="*/1 * * * * *")
    async def tick(timer: func.TimerRequest) -> None:
        record(ticks=time.time())

    @app.route("alive", auth_level="anonymous")
    async def alive(req: func.HttpRequest) -> str:
        return str(os.getpid())

    @app.route("die", auth_level="anonymous")
    def die(req: func.HttpRequest) -> str:
        os._exit(7)
"""


@pytest.fixture
def bus(tmp_path: Path) -> Iterator[Bus]:
    with service_bus_process.running(tmp_path, QUEUES) as bus:
        yield bus


def app_on(bus: Bus, folder: Path, *flags: str, **options: Any) -> App:
    values = {"Bus": bus.connection_string, "LET_GO": str(folder / "let-go")}
    lease = ["--timer-lease", "10"]
    return App(folder / "host", CODE, values=values, options=options, flags=[*lease, *flags])


def send(bus: Bus, *bodies: str) -> None:
    with bus.client() as client, client.get_queue_sender("work") as sender:
        sender.send_messages([ServiceBusMessage(body) for body in bodies])


def let_go(folder: Path) -> None:
    """From now on what is slow ends; no sooner, however long the machine takes for the rest."""
    (folder / "let-go").touch()


def begun(app: App, name: str) -> list[int]:
    """The delivery counts with which a message has been begun."""
    return [line["delivery"] for line in app.seen() if line.get("begins") == name]


def has_ended(app: App, name: str) -> bool:
    return {"ends": name} in app.seen()


def ticks(app: App) -> int:
    return sum("ticks" in line for line in app.seen())


def test_after_sigterm_messages_and_timers_go_on_until_all_is_cut_off(
    bus: Bus, tmp_path: Path
) -> None:
    app = app_on(bus, tmp_path)
    with app.start() as host:
        worker = host.worker()
        send(bus, "endless")
        wait_until(lambda: begun(app, "endless") == [1], app.log)
        bus.hold("work", "deliver")
        send(bus, "taken after SIGTERM")
        host.tell_to_stop()
        wait_until(lambda: "stopping" in app.log(), app.log)
        before = ticks(app)
        bus.release("work", "deliver")
        wait_until(lambda: has_ended(app, "taken after SIGTERM"), app.log)
        wait_until(lambda: ticks(app) > before, app.log)
        assert host.end() == 0
    assert "cut off after 10 s: work" in app.log()
    assert not lives(worker)
    assert not has_ended(app, "endless")
    # It is locked still, and has cost a delivery.
    (left,) = bus.messages("work")
    assert left["lockedUntil"]
    totals = bus.counts("work")["totals"]
    assert (totals["completed"], totals["abandoned"]) == (1, 0)


def test_after_sigterm_what_ends_in_time_is_settled_and_the_lease_given_back(
    bus: Bus, tmp_path: Path
) -> None:
    app = app_on(bus, tmp_path)
    with app.start() as host:
        wait_until(lambda: ticks(app) > 0, app.log)
        send(bus, "slow")
        wait_until(lambda: begun(app, "slow") == [1], app.log)
        host.tell_to_stop()
        wait_until(lambda: "stopping" in app.log(), app.log)
        assert not has_ended(app, "slow")
        let_go(tmp_path)
        assert host.end() == 0
    assert has_ended(app, "slow")
    assert not bus.messages("work")
    assert "cut off" not in app.log()
    before = ticks(app)
    with app.running():
        wait_until(lambda: ticks(app) > before, app.log)
    assert "runs in another host" not in app.log()


def test_after_an_unclean_end_no_host_fires_the_timer_until_the_lease_is_over(
    bus: Bus, tmp_path: Path
) -> None:
    app = app_on(bus, tmp_path)
    with app.start() as host:
        wait_until(lambda: ticks(app) > 0, app.log)
        worker = host.worker()
        host.kill()
    # What it began goes on without it.
    wait_until(lambda: not lives(worker), app.log)
    before = ticks(app)
    lease = json.loads((app.state / "timers/tick.lease").read_text())
    with app.running():
        wait_until(lambda: ticks(app) > before, app.log)
    fired = [line["ticks"] for line in app.seen() if "ticks" in line]
    assert fired[before] > lease["until"]


def test_a_killed_hosts_orphan_goes_on_with_what_it_has_begun(bus: Bus, tmp_path: Path) -> None:
    app = app_on(bus, tmp_path)
    with app.start() as host:
        worker = host.worker()
        send(bus, "slow")
        wait_until(lambda: begun(app, "slow") == [1], app.log)
        host.kill()
    assert lives(worker)
    let_go(tmp_path)
    wait_until(lambda: not lives(worker), app.log)
    assert has_ended(app, "slow")
    assert len(bus.messages("work")) == 1


def test_a_death_fails_every_invocation_and_costs_each_a_delivery(bus: Bus, tmp_path: Path) -> None:
    app = app_on(bus, tmp_path)
    with app.running() as host:
        first = int(host.http.get("/api/alive").text)
        bus.hold("work", "deliver")
        send(bus, "slow", "deadly")
        bus.release("work", "deliver")
        wait_until(lambda: begun(app, "slow") == [1, 2], app.log)
        let_go(tmp_path)
        wait_until(lambda: not bus.messages("work"), app.log)
        assert int(host.http.get("/api/alive").text) != first
    assert begun(app, "deadly") == [1, 2]
    assert begun(app, "slow") == [1, 2]
    assert "the app's process ended with status 9 (1 of 3)" in app.log()
    assert bus.counts("work")["totals"]["abandoned"] == 2


def test_a_request_during_a_death_is_a_500_and_the_third_death_ends_the_host(
    bus: Bus, tmp_path: Path
) -> None:
    app = app_on(bus, tmp_path)
    with app.start() as host:
        for _ in range(3):
            assert host.http.get("/api/die").status_code == 500
        assert host.end() == 1
    assert "the app's process has ended too often" in app.log()


def test_a_function_that_takes_too_long_ends_the_process_with_all_that_runs_in_it(
    bus: Bus, tmp_path: Path
) -> None:
    app = app_on(bus, tmp_path, functionTimeout="00:00:03")
    with app.running():
        send(bus, "endless")
        wait_until(lambda: len(begun(app, "endless")) > 1, app.log)
    first, second, *_ = [line["process"] for line in app.seen() if line.get("begins") == "endless"]
    assert first != second
    assert "FunctionTimeoutException" in app.log()
    # It counts as no death: the host would have said so.
    assert "(1 of 3)" not in app.log()


def test_a_drain_stops_the_listeners_and_lets_running_work_settle(bus: Bus, tmp_path: Path) -> None:
    app = app_on(bus, tmp_path)
    with app.running() as host:
        assert host.administer("GET", "host/drain/status").json()["state"] == "Disabled"
        send(bus, "slow")
        wait_until(lambda: begun(app, "slow") == [1], app.log)
        assert host.http.post("/admin/host/drain").status_code == 401
        assert host.administer("POST", "host/drain").status_code == 202
        status = host.administer("GET", "host/drain/status").json()
        assert (status["state"], status["outstandingInvocations"] > 0) == ("InProgress", True)
        let_go(tmp_path)
        wait_until(
            lambda: host.administer("GET", "host/drain/status").json()["state"] == "Completed",
            app.log,
        )
        assert has_ended(app, "slow")
        wait_until(lambda: not bus.messages("work"), app.log)
        before = ticks(app)
        send(bus, "too late")
        assert host.http.get("/api/alive").status_code == 200
        assert ticks(app) == before
        assert len(bus.messages("work")) == 1
    assert begun(app, "too late") == []


def test_a_stop_lets_running_invocations_of_both_kinds_finish(tmp_path: Path) -> None:
    code = """
        @app.route("sync", auth_level="anonymous")
        def in_thread(req: func.HttpRequest) -> str:
            record(started="sync")
            while not os.path.exists(os.environ["LET_GO"]):
                time.sleep(0.05)
            return "done"
        @app.route("async", auth_level="anonymous")
        async def in_loop(req: func.HttpRequest) -> str:
            record(started="async")
            while not os.path.exists(os.environ["LET_GO"]):
                await asyncio.sleep(0.05)
            return "done"
    """
    app = App(tmp_path, code, values={"LET_GO": str(tmp_path / "let-go")})
    answers: list[str] = []

    def call(address: str) -> None:
        answers.append(httpx.get(address, timeout=PATIENCE).text)

    with app.start() as host:
        addresses = [str(host.http.base_url.join(f"api/{kind}")) for kind in ("sync", "async")]
        threads = [Thread(target=call, args=[address]) for address in addresses]
        for thread in threads:
            thread.start()
        app.wait_for(2)
        host.tell_to_stop()
        wait_until(lambda: "stopping" in app.log(), app.log)
        assert not answers
        let_go(tmp_path)
        assert host.end() == 0, app.log()
    for thread in threads:
        thread.join()
    assert answers == ["done", "done"]
