import pytest

from shared.adapters.graph.batch import Item, Reply


def test_an_item_with_a_body_says_that_it_is_json() -> None:
    assert Item("PATCH", "/groups/g", {"a": 1}).written(3) == {
        "id": "3",
        "method": "PATCH",
        "url": "/groups/g",
        "headers": {"Content-Type": "application/json"},
        "body": {"a": 1},
    }


def test_an_item_without_a_body_has_no_headers_either() -> None:
    assert Item("GET", "/users").written(0) == {"id": "0", "method": "GET", "url": "/users"}


@pytest.mark.parametrize("body", [None, "text/plain comes as a string", {"error": "no object"}])
def test_a_reply_without_an_error_object_has_neither_code_nor_text(body: object) -> None:
    reply = Reply.read({"id": "1", "status": 503, "headers": None, "body": body})
    assert (reply.status, reply.code, reply.message) == (503, "", "")
    assert str(reply.failure()) == "Graph answered 503 without a code"


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"Retry-After": "7"}, 7.0),
        ({"retry-after": 0.5}, 0.5),
        ({}, None),
        ({"Retry-After": "soon"}, None),
    ],
)
def test_the_time_to_wait_is_read_in_whatever_case(
    headers: dict[str, object], seconds: float | None
) -> None:
    assert Reply.read({"id": "1", "status": 429, "headers": headers}).retry_after == seconds


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_throttled_and_broken_items_may_succeed_later(status: int) -> None:
    assert Reply(status).transient


@pytest.mark.parametrize("status", [200, 204, 400, 401, 403, 404])
def test_what_graph_has_decided_is_not_asked_again(status: int) -> None:
    assert not Reply(status).transient
