"""HTTP functions on the host: routes, methods, keys, bodies, and the admin endpoints."""

from collections.abc import Iterator
from typing import Any

import pytest

from sandbox.testing.functions_host_process import App, RunningHost
from sandbox.testing.waiting import wait_until

LARGEST = 1000
CODE = """
    @app.route("people/{name}/{number:int}", methods=["GET"], auth_level="anonymous")
    async def person(req: func.HttpRequest, context: func.Context) -> func.HttpResponse:
        body = {
            "route": dict(req.route_params),
            "query": dict(req.params),
            "url": req.url,
            "request": type(req).__module__,
            "invocation": context.invocation_id,
        }
        return func.HttpResponse(json.dumps(body), mimetype="application/json")

    @app.route("people/everyone/{number:int}", methods=["GET"], auth_level="anonymous")
    def everyone(req: func.HttpRequest) -> str:
        return "everyone"

    @app.route(methods=["POST"], auth_level="anonymous")
    def echo(req: func.HttpRequest) -> func.HttpResponse:
        headers = {"X-Seen": req.headers["x-given"], "Set-Cookie": "a=b; Path=/; SameSite=Strict"}
        return func.HttpResponse(req.get_body(), status_code=201, headers=headers)

    @app.route("keyed", auth_level="function")
    def keyed(req: func.HttpRequest) -> str:
        return req.method

    @app.route("master", auth_level="admin")
    def master(req: func.HttpRequest) -> str:
        return "master"

    @app.route("overlap/literal", auth_level="anonymous")
    def specific(req: func.HttpRequest) -> str:
        return "specific"

    @app.route("overlap/{anything}", auth_level="anonymous")
    def General(req: func.HttpRequest) -> str:
        return "general"

    @app.route("disabled", auth_level="anonymous")
    def disabled(req: func.HttpRequest) -> str:
        return "ran all the same"

    @app.route("size", auth_level="anonymous")
    def size(req: func.HttpRequest) -> str:
        return str(len(req.get_body()))

    @app.route("nothing", auth_level="anonymous")
    def nothing(req: func.HttpRequest) -> func.HttpResponse:
        record(asked="nothing")

    @app.route("broken", auth_level="anonymous")
    def broken(req: func.HttpRequest) -> str:
        raise RuntimeError("out of order")

    @app.route("cancelled", auth_level="anonymous")
    async def cancelled(req: func.HttpRequest) -> str:
        raise asyncio.CancelledError

    @app.timer_trigger(arg_name="timer", schedule="0 0 0 1 1 *")
    def Yearly(timer: func.TimerRequest) -> None:
        record(past_due=timer.past_due, status=timer.schedule_status)
"""


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> App:
    values = {
        "AzureWebJobs.disabled.Disabled": "true",
        "FUNCTIONS_REQUEST_BODY_SIZE_LIMIT": str(LARGEST),
    }
    return App(tmp_path_factory.mktemp("http"), CODE, values=values)


@pytest.fixture(scope="module")
def host(app: App) -> Iterator[RunningHost]:
    with app.running() as host:
        yield host


def test_a_function_gets_route_parameters_and_query(host: RunningHost) -> None:
    answer = host.http.get("/api/People/J%C3%BCrgen%2FK/7?a=1&b=&a=2")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    seen = answer.json()
    assert seen["route"] == {"name": "Jürgen%2FK", "number": "7"}
    assert seen["query"] == {"a": "1,2"}
    assert seen["url"].endswith("/api/People/J%C3%BCrgen%2FK/7?a=1&b=&a=2")


def test_a_function_gets_the_runtimes_own_request_and_a_fresh_invocation_id(
    host: RunningHost,
) -> None:
    first, second = (host.http.get("/api/people/x/1").json() for _ in range(2))
    assert first["request"] == "azure.functions.http"
    assert len(first["invocation"]) == 36
    assert first["invocation"] != second["invocation"]


def test_a_cancellation_of_the_functions_own_is_a_failure_like_any_other(
    host: RunningHost,
) -> None:
    assert host.http.get("/api/cancelled").status_code == 500


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "/api/people/x/seven"), ("POST", "/api/people/x/1"), ("GET", "/people/x/1")],
    ids=["constraint", "method", "prefix"],
)
def test_what_no_route_matches_is_not_found(host: RunningHost, method: str, path: str) -> None:
    assert host.http.request(method, path).status_code == 404


def test_of_routes_that_overlap_the_first_name_in_the_alphabet_wins(host: RunningHost) -> None:
    assert host.http.get("/api/overlap/literal").text == "general"
    assert host.http.get("/api/people/everyone/1").text == "everyone"


@pytest.mark.parametrize("length", [0, 1, LARGEST])
def test_a_body_arrives_whole_as_long_as_its_length_is_told(host: RunningHost, length: int) -> None:
    assert host.http.post("/api/size", content=b"x" * length).text == str(length)


def test_a_chunked_body_is_dropped(host: RunningHost) -> None:
    assert host.http.post("/api/size", content=iter([b"x", b"y"])).text == "0"


def test_a_body_over_the_limit_is_a_500_and_never_seen(host: RunningHost, app: App) -> None:
    assert host.http.post("/api/size", content=b"x" * (LARGEST + 1)).status_code == 500
    assert "function=size: the request body is too large" in app.log()


def test_a_response_that_is_nothing_is_a_500(host: RunningHost, app: App) -> None:
    assert host.http.get("/api/nothing").status_code == 500
    assert {"asked": "nothing"} in app.seen()


def test_body_status_headers_and_cookies_pass_through(host: RunningHost) -> None:
    answer = host.http.post("/api/echo", content=b"\x00\xff", headers={"X-Given": "yes"})
    assert (answer.status_code, answer.content) == (201, b"\x00\xff")
    assert answer.headers["x-seen"] == "yes"
    assert answer.headers["set-cookie"] == "a=b; Path=/; SameSite=Strict"


def test_an_exception_is_a_500_without_details(host: RunningHost, app: App) -> None:
    answer = host.http.get("/api/broken")
    assert (answer.status_code, answer.content) == (500, b"")
    assert "RuntimeError: out of order" in app.log()
    assert "executed function=broken" in app.log()


def test_a_function_key_opens_functions_and_not_the_admin_level(host: RunningHost) -> None:
    key = host.function_key
    assert host.http.get("/api/keyed").status_code == 401
    assert host.http.get("/api/keyed?code=wrong").status_code == 401
    assert host.http.put(f"/api/keyed?code={key}").text == "PUT"
    assert host.http.get("/api/keyed", headers={"x-functions-key": key}).status_code == 200
    assert host.http.get(f"/api/master?code={key}").status_code == 401
    assert host.http.get(f"/api/master?code={host.master_key}").status_code == 200


def test_a_functions_own_key_opens_no_other(host: RunningHost) -> None:
    own = {name: keys["default"] for name, keys in host.keys["keysOfFunctions"].items()}
    assert host.http.get(f"/api/keyed?code={own['keyed']}").status_code == 200
    assert host.http.get(f"/api/keyed?code={own['master']}").status_code == 401
    assert host.http.get(f"/api/master?code={own['master']}").status_code == 401


def test_a_disabled_function_is_there_for_the_master_key_alone(host: RunningHost) -> None:
    assert host.http.get("/api/disabled").status_code == 404
    assert host.http.get(f"/api/disabled?code={host.function_key}").status_code == 404
    answer = host.http.get(f"/api/disabled?code={host.master_key}")
    assert answer.text == "ran all the same"


@pytest.mark.parametrize("header", ["wrong", ""])
def test_the_header_counts_before_the_query(host: RunningHost, header: str) -> None:
    answer = host.http.get(
        f"/api/keyed?code={host.function_key}", headers={"x-functions-key": header}
    )
    assert answer.status_code == 401


def test_ping_is_open_and_status_wants_the_master_key(host: RunningHost) -> None:
    assert host.http.get("/admin/host/ping").status_code == 200
    assert host.http.get(f"/admin/host/status?code={host.function_key}").status_code == 401
    status = host.http.get(f"/admin/host/status?code={host.master_key}").json()
    assert status["state"] == "Running"


def test_the_master_key_runs_a_timer_by_hand(host: RunningHost, app: App) -> None:
    assert host.invoke_by_hand("Yearly").status_code == 202
    seen = ran(app, 1)[-1]
    assert seen["past_due"] is False
    assert set(seen["status"]) == {"Last", "Next", "LastUpdated"}


def test_an_input_is_not_needed_to_run_by_hand(host: RunningHost, app: App) -> None:
    before = len(ran(app, 0))
    assert host.administer("POST", "functions/yearly", json={}).status_code == 202
    ran(app, before + 1)


def test_an_http_function_says_202_by_hand_and_is_not_called(host: RunningHost, app: App) -> None:
    before = app.seen().count({"asked": "nothing"})
    assert host.invoke_by_hand("nothing").status_code == 202
    wait_until(lambda: "function=nothing was not invoked by hand" in app.log(), app.log)
    assert app.seen().count({"asked": "nothing"}) == before


@pytest.mark.parametrize("body", [b"", b"[]", b"yearly", b'{"input": {}}'])
def test_what_is_no_invocation_is_refused(host: RunningHost, body: bytes) -> None:
    assert host.administer("POST", "functions/yearly", content=body).status_code == 400


def test_running_by_hand_is_refused_without_key_or_name(host: RunningHost) -> None:
    url = "/admin/functions/yearly"
    assert host.http.post(url, json={"input": ""}).status_code == 401
    assert host.http.post(f"{url}?code={host.function_key}", json={}).status_code == 401
    assert host.invoke_by_hand("nobody").status_code == 404


def ran(app: App, count: int) -> list[dict[str, Any]]:
    """What the timer recorded, once it has run so many times."""

    def found() -> list[dict[str, Any]]:
        return [line for line in app.seen() if "past_due" in line]

    wait_until(lambda: len(found()) >= count, app.log)
    return found()
