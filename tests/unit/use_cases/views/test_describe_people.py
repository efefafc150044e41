"""What operators see of a person's state: what it stands for, and whether it is an end."""

import pytest

from shared.domain.person.enrolment import State
from shared.use_cases.views.describe_people import states_reached


@pytest.mark.parametrize(
    ("state", "reached"),
    [
        (State.REQUESTED, ["requested"]),
        (State.APPLIED, ["requested", "waiting", "applied"]),
        (
            State.REGISTERED,
            ["requested", "waiting", "applied", "visible", "effective", "registered"],
        ),
        (State.WITHDRAWN, ["withdrawing", "withdrawn"]),
        (State.EXCLUDED, ["excluded"]),
        (State.FAILED, ["failed"]),
    ],
)
def test_a_state_stands_for_those_that_lie_before_it_on_its_way(
    state: State, reached: list[str]
) -> None:
    assert list(states_reached(state)) == reached


@pytest.mark.parametrize("state", State)
def test_every_state_is_reached_where_it_is_and_four_are_ends(state: State) -> None:
    assert states_reached(state)[-1] is state
    ends = {State.REGISTERED, State.FAILED, State.EXCLUDED, State.WITHDRAWN}
    assert state.is_settled is (state in ends)
