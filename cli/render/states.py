"""The states of people's ways: the colour and the stroke of each, and bars made of them."""

from collections.abc import Mapping
from dataclasses import dataclass

from rich.text import Text

from cli.render.layout import percent, plain
from shared.contracts.api.words import PersonState

WIDTH = 40
"""Characters of a full bar."""


@dataclass(frozen=True, slots=True)
class _Look:
    style: str
    stroke: str
    """Tells the states apart where there is no colour."""


_LOOKS: Mapping[str, _Look] = {
    PersonState.RESETTABLE: _Look("bold green", "█"),
    PersonState.REGISTERED: _Look("bold green", "■"),
    PersonState.EFFECTIVE: _Look("green", "▓"),
    PersonState.VISIBLE: _Look("cyan", "▒"),
    PersonState.APPLIED: _Look("blue", "░"),
    PersonState.REQUESTED: _Look("yellow", ":"),
    PersonState.WAITING: _Look("yellow", "."),
    PersonState.WITHDRAWING: _Look("magenta", "<"),
    PersonState.WITHDRAWN: _Look("dim", "-"),
    PersonState.EXCLUDED: _Look("dim", "x"),
    PersonState.LOST: _Look("bold red", "~"),
    PersonState.FAILED: _Look("bold red", "!"),
}
_STRANGE = _Look("", "?")
_EMPTY = Text("·" * WIDTH, "dim", overflow="fold")


def state_text(state: str) -> Text:
    """Writes the state's name in its colour."""
    return plain(state, _look(state).style)


def bar(states: Mapping[str, int]) -> Text:
    """Draws everybody by state in one full bar, as ordered; an empty one where there is nobody."""
    lengths = _lengths([(state, people) for state, people in states.items() if people], WIDTH)
    strokes = [(_look(state).stroke * length, _look(state).style) for state, length in lengths]
    return Text.assemble(*strokes, overflow="fold") if strokes else _EMPTY.copy()


def legend(states: Mapping[str, int]) -> Text:
    """Says what the bar's strokes mean, each with its people and their share."""
    whole = sum(states.values())
    parts = [
        plain(
            f"{_look(state).stroke} {state} {people:,} ({percent(people, whole)})",
            _look(state).style,
        )
        for state, people in states.items()
        if people
    ]
    return Text("  ").join(parts)


def _look(state: str) -> _Look:
    return _LOOKS.get(state, _STRANGE)


def _lengths(counts: list[tuple[str, int]], width: int) -> list[tuple[str, int]]:
    """Shares out `width` characters: one for every state in `counts`, the rest by share."""
    whole = sum(people for _, people in counts)
    spare = width - len(counts)
    lengths, passed, drawn = [], 0, 0
    for state, people in counts:
        passed += people
        end = round(spare * passed / whole)
        lengths.append((state, 1 + end - drawn))
        drawn = end
    return lengths
