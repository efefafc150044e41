"""Lines of the runbook that are typed until they show what will come to show."""

from unittest.mock import Mock

import pytest

from tests.support.typed_page import Operator, Part, Ran

LOOK = "sspr status   # once it is fixed: no problem"


def at(line: str, *shown: str) -> tuple[Part, Mock]:
    """A part of that line, and whoever types it and is shown this."""
    operator = Mock(spec=Operator)
    operator.ran.side_effect = [Ran(line, one, "") for one in shown]
    return Part([line], {}, operator), operator


def test_a_look_is_typed_again_until_it_shows_what_is_waited_for() -> None:
    part, operator = at(LOOK, "hangs", "hangs", "well", "hangs")

    assert part.types_until(lambda shown: shown == "well", "that all is well").stdout == "well"
    assert part.lines == []
    assert [call.args for call in operator.ran.mock_calls] == [(LOOK, "sspr status")] * 3


def test_what_never_shows_is_told_with_what_was_printed_last(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("tests.support.typed_page._SHOWS_WITHIN", 0.1)
    part, _ = at(LOOK, "hangs")

    with pytest.raises(TimeoutError, match="sspr status to show tea") as raised:
        part.types_until(lambda shown: shown == "tea", "tea")

    assert raised.value.__notes__ == ["hangs"]


def test_a_line_that_changes_something_is_not_typed_again() -> None:
    part, operator = at("sspr stop --reason TEXT", "STOPPED")

    with pytest.raises(AssertionError, match="is typed once"):
        part.types_until(bool, "anything")

    assert operator.ran.mock_calls == []
