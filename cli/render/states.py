"""The states of people's ways: the colour and the stroke of each, and bars made of them."""

from collections.abc import Mapping
from dataclasses import dataclass

from rich.text import Text

from cli.render.layout import percent, plain
from shared.domain.person.enrolment import State

WIDTH = 40
"""Characters of a full bar."""


@dataclass(frozen=True, slots=True)
class _Look:
    style: str
    stroke: str
    """Tells the states apart where there is no colour."""


_LOOKS = {
    State.REGISTERED: _Look("bold green", "█"),
    State.EFFECTIVE: _Look("green", "▓"),
    State.VISIBLE: _Look("cyan", "▒"),
    State.APPLIED: _Look("blue", "░"),
    State.REQUESTED: _Look("yellow", ":"),
    State.WAITING: _Look("yellow", "."),
    State.WITHDRAWING: _Look("magenta", "<"),
    State.WITHDRAWN: _Look("dim", "-"),
    State.EXCLUDED: _Look("dim", "x"),
    State.FAILED: _Look("bold red", "!"),
}
"""In the order of a bar: whoever is furthest comes first, whoever is lost last."""
_STRANGE = _Look("", "?")
_EMPTY = Text("·" * WIDTH, "dim", overflow="fold")


def state_text(state: str) -> Text:
    """The state's name in its colour."""
    return plain(state, _look(state).style)


def bar(states: Mapping[str, int]) -> Text:
    """Everybody by state in one full bar; an empty one where there is nobody."""
    lengths = _lengths(_ordered(states), WIDTH)
    strokes = [(_look(state).stroke * length, _look(state).style) for state, length in lengths]
    return Text.assemble(*strokes, overflow="fold") if strokes else _EMPTY.copy()


def legend(states: Mapping[str, int]) -> Text:
    """What the bar's strokes mean, each with its people and their share."""
    whole = sum(states.values())
    parts = [
        plain(
            f"{_look(state).stroke} {state} {people:,} ({percent(people, whole)})",
            _look(state).style,
        )
        for state, people in _ordered(states)
    ]
    return Text("  ").join(parts)


def _look(state: str) -> _Look:
    return _LOOKS[State(state)] if state in set(State) else _STRANGE


def _ordered(states: Mapping[str, int]) -> list[tuple[str, int]]:
    order = [str(state) for state in _LOOKS]
    known = [(state, states[state]) for state in order if states.get(state)]
    strange = [(state, people) for state, people in states.items() if state not in order and people]
    return known + strange


def _lengths(counts: list[tuple[str, int]], width: int) -> list[tuple[str, int]]:
    """As many characters as `width` in all: one for everybody who is there, the rest by share."""
    whole = sum(people for _, people in counts)
    spare = width - len(counts)
    lengths, passed, drawn = [], 0, 0
    for state, people in counts:
        passed += people
        end = round(spare * passed / whole)
        lengths.append((state, 1 + end - drawn))
        drawn = end
    return lengths
