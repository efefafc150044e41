"""What is fixed keeps its action, dates, time and id, or is not sent at all."""

import json
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given

from shared.contracts.messages.fixed_event import Fix, fixed_event
from shared.contracts.messages.onboarding_event import OFFBOARDED, ONBOARDED
from shared.domain.errors import InvalidMessage
from tests.support.any_bodies import BODIES, Body
from tests.support.enrolments import DAY, NOW

SAID = NOW - DAY
EMPLOYEE = Fix(renamed={"employeeID": "employeeId"})


def fixed(value: Any, fix: Fix = EMPLOYEE) -> dict[str, Any]:
    return fixed_event(json.dumps(value).encode(), fix, kept_as="k1", said_at=SAID, now=NOW)


def refusal(value: Any, fix: Fix = EMPLOYEE) -> InvalidMessage:
    with pytest.raises(InvalidMessage) as caught:
        fixed(value, fix)
    return caught.value


def cloud(kind: str = OFFBOARDED, **more: Any) -> dict[str, Any]:
    known = {"specversion": "1.0", "id": "e1", "source": "hr/x", "type": kind}
    return known | {"data": {"employeeID": "7"}} | more


def test_a_leaver_stays_a_leaver_and_keeps_day_time_and_reason() -> None:
    event = fixed(
        {
            "employeeID": "7",
            "action": "offboard",
            "effectiveDate": "2026-01-31",
            "reason": "retires",
        }
    )
    assert event["type"] == OFFBOARDED
    assert event["data"] == {"employeeId": "7", "effectiveDate": "2026-01-31", "reason": "retires"}
    assert (event["id"], event["source"], event["time"]) == ("k1", "refused", SAID.isoformat())


def test_a_cloud_event_keeps_its_id_and_a_time_that_is_never_later_than_it_was_sent() -> None:
    fix = Fix(renamed={"data.employeeID": "data.employeeId"})
    early = (SAID - DAY).isoformat()
    assert fixed(cloud(time=early), fix)["time"] == early
    ahead = fixed(cloud(time=(SAID + timedelta(hours=3)).isoformat()), fix)
    assert ahead["time"] == SAID.isoformat()
    assert (ahead["id"], ahead["source"], ahead["type"]) == ("e1", "hr/x", OFFBOARDED)


@pytest.mark.parametrize(
    ("value", "fix", "field", "words"),
    [
        # What may have said that somebody leaves is not lost.
        ({"employeeId": "7", "status": "left"}, Fix(dropped={"status"}), "action", "say which"),
        (
            {"employeeId": "7", "status": "left"},
            Fix(renamed={"status": "reason"}),
            "action",
            "say which",
        ),
        (
            {"employeeId": "7", "lastDay": "2026-01-31"},
            Fix(renamed={"lastDay": "effectiveDate"}),
            "action",
            "say which",
        ),
        ({"employeeId": "7", "action": "leave"}, Fix(dropped={"action"}), "action", "say which"),
        ({"employeeId": "7", "action": "leave"}, Fix(), "action", "onboard"),
        (
            cloud(ONBOARDED, data={"employeeId": "7", "action": "offboard"}),
            Fix(dropped={"data.action"}),
            "data.action",
            "says offboard",
        ),
        # What was understood stays.
        (
            {"employeeID": "7", "action": "offboard"},
            Fix(renamed={"employeeID": "employeeId"}, given={"action": "onboard"}),
            "action",
            "stays as it is",
        ),
        (cloud(), Fix(given={"type": ONBOARDED}), "type", "stays as it is"),
        (cloud(time=NOW.isoformat()), Fix(given={"time": SAID.isoformat()}), "time", "stays"),
        # And nobody is made up.
        ({"employeeID": "7", "employeeId": "8"}, EMPLOYEE, "employeeId", "there already"),
        ([{"employeeID": "7"}], EMPLOYEE, "(body)", "list"),
        (7, EMPLOYEE, "(body)", "no object"),
        ({"name": "Ada"}, EMPLOYEE, "", ""),
    ],
)
def test_what_would_say_something_else_is_not_sent(
    value: Any, fix: Fix, field: str, words: str
) -> None:
    error = refusal(value, fix)
    assert error.field == field or not field
    assert words in error.reason


def test_who_is_said_to_leave_by_the_operator_leaves() -> None:
    event = fixed({"employeeId": "7", "action": "terminated"}, Fix(given={"action": "offboard"}))
    assert event["type"] == OFFBOARDED


@pytest.mark.parametrize("name", ["id", "source", "specversion"])
def test_that_by_which_an_event_is_known_is_never_fixed(name: str) -> None:
    with pytest.raises(InvalidMessage, match=name):
        Fix(given={name: "other"})
    with pytest.raises(InvalidMessage, match=name):
        Fix(renamed={"data.x": name})


@given(body=BODIES)
def test_of_any_body_there_is_one_event_or_a_refusal_and_the_same_each_time(body: Body) -> None:
    def once() -> str:
        try:
            event = fixed_event(body.whole, EMPLOYEE, kept_as="k1", said_at=SAID, now=NOW)
        except InvalidMessage as error:
            return str(error)
        assert event["time"] <= SAID.isoformat()
        return json.dumps(event)

    assert once() == once()
