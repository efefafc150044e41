"""HTTP functions on the host: routes, methods, keys, bodies, and the admin endpoints."""

from collections.abc import Iterator

import pytest

from tests.contract.functions_host_process import App, RunningHost

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
    return App(tmp_path_factory.mktemp("http"), CODE)


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


def test_a_literal_segment_wins_over_a_parameter(host: RunningHost) -> None:
    assert host.http.get("/api/people/everyone/1").text == "everyone"


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


def test_the_header_counts_before_the_query(host: RunningHost) -> None:
    answer = host.http.get(
        f"/api/keyed?code={host.function_key}", headers={"x-functions-key": "wrong"}
    )
    assert answer.status_code == 401


def test_ping_is_open_and_status_wants_the_master_key(host: RunningHost) -> None:
    assert host.http.get("/admin/host/ping").status_code == 200
    assert host.http.get(f"/admin/host/status?code={host.function_key}").status_code == 401
    status = host.http.get(f"/admin/host/status?code={host.master_key}").json()
    assert status["state"] == "Running"


def test_the_master_key_runs_a_timer_by_hand(host: RunningHost, app: App) -> None:
    assert host.invoke_by_hand("Yearly").status_code == 202
    seen = app.wait_for(1)[-1]
    assert seen["past_due"] is False
    assert set(seen["status"]) == {"Last", "Next", "LastUpdated"}


def test_running_by_hand_is_refused_without_key_name_or_input(host: RunningHost) -> None:
    url, key = "/admin/functions/yearly", {"x-functions-key": host.master_key}
    assert host.http.post(url, json={"input": ""}).status_code == 401
    assert host.http.post(url, content=b"{}", headers=key).status_code == 400
    assert host.invoke_by_hand("nobody").status_code == 404
