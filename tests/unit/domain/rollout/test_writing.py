"""A stop holds until a start, whoever says either, however often and in whatever order."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.errors import NotPossible
from shared.domain.rollout.writing import (
    StopReason,
    Writing,
    begun,
    fills_anew,
    recovered,
    start,
    stop,
    writing_entry,
)
from tests.support.waves import NOW

MINUTE = timedelta(minutes=1)


@given(st.lists(st.sampled_from(["stop", "start", "carry-out"]), max_size=12))
def test_it_is_stopped_exactly_from_a_stop_to_the_next_start(words: list[str]) -> None:
    current: Writing | None = None
    stopped_since = None
    for minute, word in enumerate(words):
        at = NOW + minute * MINUTE
        if word == "stop":
            current = stop(current, StopReason.BY_OPERATOR, at, actor="ada", reason="wait")
            stopped_since = stopped_since or at
        elif word == "carry-out" and current:
            current = current.is_carried_out()
        elif word == "start" and stopped_since:
            current = start(current, at, actor="bob", reason="go")
            assert (current.since, current.carried_out) == (at, False)
            stopped_since = None
        elif word == "start":
            with pytest.raises(NotPossible, match="nothing is stopped"):
                start(current, at, actor="bob", reason="go")
        assert (current is not None and current.is_stopped) is (stopped_since is not None)
        if current and stopped_since:
            assert current.since == stopped_since, "nothing has been written since the first"


def test_a_second_stop_is_the_newer_word_and_tells_the_worker_nothing_anew() -> None:
    first = stop(None, StopReason.BY_OPERATOR, NOW, actor="ada", reason="wait").is_carried_out()
    second = stop(first, StopReason.BY_OPERATOR, NOW + MINUTE, actor="bob", reason="longer")
    assert (second.actor, second.reason, second.carried_out) == ("bob", "longer", True)


@given(st.lists(st.sampled_from([*StopReason, "recover"]), max_size=8))
def test_an_operators_stop_lasts_until_a_start_whatever_else_stops_or_is_recovered(
    words: list[str],
) -> None:
    current: Writing | None = None
    newest = None
    for minute, word in enumerate(words):
        at = NOW + minute * MINUTE
        if word == "recover":
            if current and current.stop is StopReason.LEDGER_OLDER:
                current = recovered(current, at, actor="bob", reason="copied back")
        else:
            who = "ada" if word == StopReason.BY_OPERATOR else "clock"
            current = stop(current, StopReason(word), at, actor=who, reason=f"{word} {minute}")
            newest = f"{word} {minute}" if who == "ada" else newest
        if newest:
            assert current is not None
            own = current.also if current.stop is StopReason.LEDGER_OLDER else current
            assert own is not None
            said = (own.stop, own.actor, own.reason)
            assert said == (StopReason.BY_OPERATOR, "ada", newest)
        if current and current.stop is StopReason.LEDGER_OLDER:
            assert current.reason.startswith("ledger-older"), "what it has lost is not hidden"


GROUP, OTHER = "5c09e000-0000-0000-0000-00000000000a", "5c09e000-0000-0000-0000-00000000000b"


@given(st.lists(st.sampled_from(["stop", "start", "here", "there", "carry-out"]), max_size=12))
def test_from_a_start_that_names_a_group_on_whoever_was_seen_before_is_owed(
    words: list[str],
) -> None:
    """Whatever is said after it, until it is done."""
    current: Writing | None = begun(None, GROUP, NOW)
    named = False
    for word in words:
        assert current
        if word == "stop":
            current = stop(current, StopReason.BY_OPERATOR, NOW, actor="ada", reason="wait")
        elif word == "carry-out":
            current = current.is_carried_out()
        elif current.is_stopped:
            group = {"here": GROUP, "there": OTHER}.get(word)
            current = start(current, NOW, actor="bob", reason="go", group_id=group)
            named = named or group is not None
    assert current
    assert current.refills is named
    assert fills_anew(current, current.group_id or "") is named
    assert fills_anew(current, "5c09e000-0000-0000-0000-00000000000c")


def test_before_the_first_write_no_group_is_another_one() -> None:
    assert not fills_anew(None, GROUP)
    word = stop(None, StopReason.BY_OPERATOR, NOW, actor="ada", reason="wait")
    assert not fills_anew(word, GROUP)
    assert not fills_anew(begun(None, GROUP.upper(), NOW), GROUP)


def test_the_audit_keeps_the_word_with_its_reason() -> None:
    word = stop(None, StopReason.BY_OPERATOR, NOW, actor="ada", reason="wait")
    assert writing_entry(word, "stop") == {
        "action": "stop",
        "reason": "wait",
        "stop": "by-operator",
        "since": NOW.isoformat(),
        "carriedOut": False,
    }
