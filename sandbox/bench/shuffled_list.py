"""The baseline of planning: what a script with a CSV file does to make a list for each wave.

It gets every advantage that does not change what it is: the file has no more columns than it
needs, and all it has to know of the tenant is in it already. Run again it picks other people.
"""

import csv
from collections.abc import Iterable, Mapping
from pathlib import Path
from random import random

from sandbox.bench.crowd import SHARES, crowd

_COLUMNS = ("id", "accountEnabled", "userType", "licensed")


def write_file(path: Path, size: int) -> None:
    """The crowd as a file."""
    with path.open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(_COLUMNS)
        for person in (one.person for one in crowd(size)):
            rows.writerow(
                (
                    person.object_id,
                    person.enabled,
                    "Guest" if person.guest else "Member",
                    person.licensed,
                )
            )


def read_file(path: Path) -> list[dict[str, str]]:
    """A dictionary for each row."""
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def make_lists(rows: Iterable[Mapping[str, str]], already_in: set[str]) -> dict[str, list[str]]:
    """Leave out who may not be in, shuffle the rest, and cut it at the shares."""
    people = [
        row["id"]
        for row in rows
        if row["accountEnabled"] == "True"
        and row["userType"] == "Member"
        and row["licensed"] == "True"
    ]
    people.sort(key=lambda _: random())
    lists: dict[str, list[str]] = {}
    begin = 0
    for name, share in SHARES.items():
        end = round(share * len(people))
        lists[name] = [one for one in people[begin:end] if one not in already_in]
        begin = end
    return lists
