"""Who the members of commands are: by one way of pointing after the other, the surest first."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from hybrid_worker.active_directory.account import Account, AccountKind, Pointer, pointers_of
from shared.contracts.messages.directory_command import CommandMember

type Find = Callable[[Collection[Pointer]], Mapping[Pointer, tuple[Account, ...]]]
type Way = tuple[Pointer, ...]


@dataclass(frozen=True, slots=True)
class Finding:
    """Whom a member leads to, and what else was learned on the way."""

    accounts: tuple[Account, ...] = ()
    by: AccountKind | None = None
    """What led to them; None where nothing did."""
    contradicted: bool = False
    """The source anchor leads to somebody else than the SID."""
    unknown: bool = False
    """Nobody was found, and not everywhere could be looked."""


def identify(members: Sequence[CommandMember], find: Find) -> list[Finding]:
    """Finds whom each member points at, in as few searches as can be.

    What points less surely is looked up only for those whom nothing surer has led to; the anchor
    also for those whose SID leads to an account with another one.
    """
    ways = [tuple(pointers_of(member)) for member in members]
    search = _Search(find)
    for step in range(max(map(len, ways), default=0)):
        search.look_up(
            way[step] for way in ways if len(way) > step and search.leads_nowhere(way[:step])
        )
    search.look_up(anchor for way in ways if (anchor := search.doubted_anchor(way)))
    return [search.finding(way) for way in ways]


class _Search:
    """What was found so far."""

    def __init__(self, find: Find) -> None:
        self._find = find
        self._found: dict[Pointer, tuple[Account, ...]] = {}
        self._unknown: set[Pointer] = set()

    def look_up(self, pointers: Iterable[Pointer]) -> None:
        asked = set(pointers) - self._found.keys() - self._unknown
        if asked:
            found = self._find(asked)
            self._found.update(found)
            self._unknown |= asked - found.keys()

    def leads_nowhere(self, way: Way) -> bool:
        """Tells whether somebody was looked for everywhere by all of these, and not found."""
        return all(self._found.get(pointer) == () for pointer in way)

    def doubted_anchor(self, way: Way) -> Pointer | None:
        """Returns the anchor of somebody whose SID leads to an account with another one."""
        if len(way) < 2 or way[1].kind is not AccountKind.ANCHOR:  # noqa: PLR2004
            return None
        accounts = self._found.get(way[0], ())
        doubted = accounts and not any(one.is_meant_by(way[1]) for one in accounts)
        return way[1] if doubted else None

    def finding(self, way: Way) -> Finding:
        for pointer in way:
            if pointer in self._unknown:
                return Finding(unknown=True)
            if accounts := self._found.get(pointer, ()):
                anchor = self.doubted_anchor(way)
                others = self._found.get(anchor, ()) if anchor else ()
                return Finding(accounts, pointer.kind, contradicted=bool(others))
        return Finding()
