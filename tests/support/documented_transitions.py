"""The documentation's tables of transitions, made from the one that decisions go by."""

from collections.abc import Iterator, Sequence

from shared.domain.person.enrolment import State
from shared.domain.person.happenings import Happening
from shared.domain.person.transitions import TABLE, Guard, Start, Way

_STAYS = (Way(None),)

HAPPENINGS = ("what happens", "which means", "to whom", "becomes")
GUARDS = ("guard", "asks whether")


def happenings() -> Iterator[Sequence[str]]:
    """Everything that can happen, to whom, and what follows."""
    for happening in Happening:
        yield from _rows(happening)


def guards() -> Sequence[Sequence[str]]:
    """What the guards ask."""
    used = {way.where for ways in TABLE.values() for way in ways if way.where}
    return sorted((f"`{guard.__name__}`", _meaning(guard)) for guard in used)


def _rows(happening: Happening) -> Iterator[Sequence[str]]:
    """A row for all to whom the same happens, in the order of the states; who stays comes last."""
    by_start = {start: TABLE.get((start, happening)) for start in (None, *State)}
    different = dict.fromkeys(ways for ways in by_start.values() if ways)
    named = [f"`{happening}`", happening.text]
    for ways in sorted(different, key=lambda ways: ways == _STAYS):
        people = [start for start, others in by_start.items() if others == ways]
        everybody = all(by_start[state] for state in State)
        yield (*named, _people(people, ways if everybody else ()), _becomes(ways))
        named = ["", ""]


def _people(people: Sequence[Start], ways: Sequence[Way]) -> str:
    if people == list(State):
        return "everybody"
    return "everybody else" if ways == _STAYS else ", ".join(one or "nobody yet" for one in people)


def _becomes(ways: Sequence[Way]) -> str:
    """Where the ways lead: by the guards of those before, and otherwise by the last."""
    places: dict[State | None, list[str]] = {way.leads_to: [] for way in ways[:-1]}
    for way in ways[:-1]:
        places[way.leads_to].append(f"`{way.where.__name__}`" if way.where else "")
    guarded = [f"{place or 'stays'} if {' or '.join(names)}" for place, names in places.items()]
    return ", ".join([*guarded, ("else " if guarded else "") + (ways[-1].leads_to or "stays")])


def _meaning(guard: Guard) -> str:
    """What its docstring says that it tells."""
    return (guard.__doc__ or "").removeprefix("Whether ").rstrip(".")
