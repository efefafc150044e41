"""The tables of `docs/deploy.md` that say what each set-up comes to, made from the snapshots."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping

from tests.support.infra.snapshots import ASSIGNMENT, SNAPSHOTS, Grant, Snapshot
from tests.support.repository import ROOT

PAGE = ROOT / "docs/deploy.md"
_BEGIN, _END = "<!-- {}: made by `make snapshots` -->\n", "<!-- end of {} -->"


def tables(snapshots: Mapping[str, Snapshot] = SNAPSHOTS) -> dict[str, str]:
    """Each table by the name that it has in the page."""
    return {
        "resources": "\n".join(_resources(snapshots.values())) + "\n",
        "roles": "\n".join(_roles(snapshots.values())) + "\n",
    }


def filled_in(page: str, made: Mapping[str, str]) -> str:
    """The page with these tables in the places that are marked for them."""
    for name, table in made.items():
        before, _, rest = page.partition(_BEGIN.format(name))
        _, end, after = rest.partition(_END.format(name))
        assert end, f"no place for the table of {name}"
        page = f"{before}{_BEGIN.format(name)}\n{table}\n{end}{after}"
    return page


def _resources(snapshots: Iterable[Snapshot]) -> Iterator[str]:
    """A row a type; a column for all set-ups that come to the same numbers."""
    counted = {one.name: Counter(_types(one)) for one in snapshots}
    types = sorted(set().union(*counted.values()))
    alike: dict[tuple[int, ...], list[str]] = {}
    for name, numbers in counted.items():
        alike.setdefault(tuple(numbers[one] for one in types), []).append(name)
    columns = sorted(alike, key=sum)
    yield _row("type", *(", ".join(f"`{name}`" for name in alike[column]) for column in columns))
    yield _row(*["---"] * (len(columns) + 1))
    for index, one in enumerate(types):
        yield _row(f"`{one}`", *(str(column[index] or "") for column in columns))


def _types(snapshot: Snapshot) -> Iterator[str]:
    """Of each resource; the assignments of roles have a table of their own."""
    types = (resource["type"] for resource in snapshot.resources)
    return (one for one in types if one != ASSIGNMENT)


def _roles(snapshots: Iterable[Snapshot]) -> Iterator[str]:
    """A row for each role of each of the two on each kind of thing."""
    names = [one.name for one in snapshots]
    holders: dict[tuple[str, str, str, str], list[str]] = {}
    for one in snapshots:
        for grant, named in _grouped(one.grants).items():
            holders.setdefault((*grant, ", ".join(named)), []).append(one.name)
    yield _row("who", "role", "on", "in")
    yield _row(*["---"] * 4)
    for (who, role, kind, things), holding in sorted(holders.items()):
        # In a column of their own the names would be squashed to a word a line.
        on = f"`{kind}`: {things}" if things else f"`{kind}`"
        yield _row(who, f"*{role}*", on, _in(holding, names))


def _grouped(grants: Iterable[Grant]) -> dict[tuple[str, str, str], list[str]]:
    """The names of the things on which somebody has a role, where they have names of ours."""
    grouped: dict[tuple[str, str, str], list[str]] = {}
    for one in grants:
        named = [f"`{one.name}`"] if one.kind.endswith(("/queues", "/tables")) else []
        grouped.setdefault((one.who, one.role, one.kind), []).extend(named)
    return grouped


def _in(holding: list[str], names: list[str]) -> str:
    """Whichever of the two lists is shorter to say."""
    without = [f"`{name}`" for name in names if name not in holding]
    if not without:
        return "all"
    if len(without) < len(holding):
        return f"all but {', '.join(without)}"
    return ", ".join(f"`{name}`" for name in holding)


def _row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"
