"""Reading the queue: whatever comes is taken or kept with a reason, and no neighbour is harmed."""

import json
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from shared.contracts.messages.onboarding_event import OFFBOARDED, ONBOARDED, Envelope
from shared.domain.person.request import Action
from shared.ports.ledger import MOST_OF_A_BODY
from shared.ports.limits import units_of
from shared.use_cases.message import Message
from shared.use_cases.onboarding.read_events import read_events
from tests.support.enrolments import NOW
from tests.support.stage import messages

GOOD = {"employeeId": "4711"}
BAD: list[Any] = [{"employeeId": "*"}, 7, None, "x", [GOOD], {}, {"a": "\ud800"}, {"x" * 33_000: 1}]


def event(identity: str, kind: str) -> dict[str, Any]:
    return {"specversion": "1.0", "id": identity, "source": "hr", "type": kind, "data": GOOD}


@given(st.lists(st.sampled_from([GOOD, *BAD]), min_size=1, max_size=20))
def test_of_a_list_each_event_is_taken_or_refused_by_itself(values: list[Any]) -> None:
    requests, refused = read_events(messages(values), NOW)
    good = sum(value == GOOD for value in values)
    assert (len(requests), len(refused)) == (good, len(values) - good)
    keys = {one.key for one in requests} | {one.key for one in refused}
    assert len(keys) == len(values)
    places = {int(str(one.field).split("]")[0].removeprefix("[")) for one in refused}
    assert places == {number for number, value in enumerate(values) if value != GOOD}


def test_the_same_list_again_has_the_same_keys_and_cloud_events_their_own() -> None:
    batch = messages([GOOD, GOOD, event("1", ONBOARDED), event("2", OFFBOARDED)])
    first, _ = read_events(batch, NOW)
    assert [one.key for one in read_events(batch, NOW)[0]] == [one.key for one in first]
    alone, _ = read_events(messages(event("2", OFFBOARDED)), NOW)
    assert alone[0].key == first[3].key
    assert [one.action for one in first] == [*[Action.ONBOARD] * 3, Action.OFFBOARD]


@pytest.mark.parametrize("values", [[], [GOOD] * 1_001])
def test_a_list_of_none_or_of_too_many_is_refused_whole(values: list[Any]) -> None:
    requests, (refused,) = read_events(messages(values), NOW)
    assert requests == []
    assert refused.field == "(body)"
    assert f"not {len(values):,}" in refused.detail


@settings(deadline=None)
@given(st.binary(max_size=2_000), st.integers(1, 300))
def test_any_bytes_beside_a_good_message_are_kept_and_it_is_taken(body: bytes, times: int) -> None:
    requests, refused = read_events([*messages(GOOD), Message(body * times, Envelope(9))], NOW)
    assert requests
    assert all(units_of(one.body or "") <= MOST_OF_A_BODY for one in refused)
    assert len(requests) + len(refused) > 1


@pytest.mark.parametrize(
    ("body", "kept"),
    [
        (b"\xff" * 131_072, "base64://///"),
        (b"\xff" * 262_144, "base64://///"),
        (b"x" * 262_144, "xxx"),
        (b"\xff" * 1_048_576, r"\xff"),
        ("\N{GRINNING FACE}".encode() * 262_144, "\N{GRINNING FACE}"),
    ],
)
def test_a_body_of_any_size_is_kept_as_whole_as_a_row_can_hold_it(body: bytes, kept: str) -> None:
    _, (refused,) = read_events([Message(body, Envelope(1, NOW))], NOW)
    assert refused.body is not None
    assert refused.body.startswith(kept)
    assert units_of(refused.body) <= MOST_OF_A_BODY
    if len(body) > 262_144:
        assert f"{len(body):,} bytes, SHA-256 " in refused.body
        assert refused.body.endswith("the rest is lost)")


def test_a_refusal_in_a_list_keeps_its_element_and_says_where_it_was() -> None:
    _, (refused,) = read_events(messages([GOOD, {"employeeId": "1", "hired": True}]), NOW)
    assert refused.field == "[1].hired"
    assert json.loads(refused.body or "") == {"employeeId": "1", "hired": True}


NESTED = [
    "[",
    '{"a":',
    '{"specversion":"1.0","data":',
    '{"ContentData":',
    '[{"specversion":',
    '{"id":',
]


@settings(deadline=None)
@given(
    opening=st.sampled_from(NESTED),
    depth=st.integers(50, 4_000),
    closed=st.booleans(),
    in_a_list=st.booleans(),
)
@example(opening='{"specversion":"1.0","id":', depth=900, closed=True, in_a_list=True)
def test_depth_is_refused_and_kept_like_all_else(
    opening: str, depth: int, closed: bool, in_a_list: bool
) -> None:
    ends = {"[": "]", "{": "}"}
    closing = "".join(ends[one] for one in reversed(opening) if one in ends) if closed else ""
    body = opening * depth + "1" + closing * depth
    body = f"[{body}, {json.dumps(GOOD)}]" if in_a_list else body
    requests, refused = read_events([*messages(GOOD), Message(body.encode(), Envelope(9))], NOW)
    assert requests
    assert refused
