"""What happened is a line of the log at the level that an alarm hangs on."""

import pytest
from structlog.typing import EventDict

from shared.domain.person.enrolment import State
from shared.domain.person.reasons import Reason
from shared.domain.rollout.state import PauseReason
from shared.domain.signals import (
    AppMisconfigured,
    By,
    PersonFlagged,
    RolloutPaused,
    Signal,
    WaveBegun,
)
from shared.use_cases.signalling import emit
from tests.support.stage import an_id

BEGUN = WaveBegun(wave="pilot", number=1)
FLAGGED = PersonFlagged(person=an_id(1), state=State.APPLIED, reason=Reason.NOT_VISIBLE)
WRONG = AppMisconfigured(problem="SSPR_SCOPE_GROUP_ID is missing")


@pytest.mark.parametrize(
    ("signal", "level"), [(BEGUN, "info"), (FLAGGED, "warning"), (WRONG, "error")]
)
def test_each_is_logged_under_its_name_at_its_level(
    signal: Signal, level: str, signals: list[EventDict]
) -> None:
    emit([signal])
    assert signals == [{"event": signal.event, "log_level": level, **signal.fields()}]


def test_they_are_logged_in_their_order(signals: list[EventDict]) -> None:
    emit(iter([FLAGGED, BEGUN]))
    assert [one["event"] for one in signals] == [FLAGGED.event, BEGUN.event]


def test_what_is_not_known_is_left_out(signals: list[EventDict]) -> None:
    emit([RolloutPaused(reason=PauseReason.BY_OPERATOR, wave=None, who=By.OPERATOR)])
    assert "wave" not in signals[0]


def test_nothing_is_logged_of_nothing(signals: list[EventDict]) -> None:
    emit([])
    assert signals == []
