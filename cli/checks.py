"""Checks of people: asked for, waited for, and put together with the names that were given."""

import time
from collections.abc import Sequence

from cli.client import OperatorApi
from cli.terminal import progress
from shared.contracts.api.check_views import (
    CheckAsked,
    CheckedPerson,
    NamedPerson,
    PeopleCheckView,
)
from shared.contracts.api.view import View

_PAUSE, _LONGEST_PAUSE, _GROWTH = 1.0, 15.0, 1.5
"""Seconds between two looks: a few people are answered about at once, many take hours."""


class PeopleChecked(View):
    """What came of a check, for whoever asked for it by name."""

    named: tuple[NamedPerson, ...]
    check: PeopleCheckView | None
    people: tuple[CheckedPerson, ...] = ()


def answered(api: OperatorApi, asked: CheckAsked, *, timeout: float) -> PeopleCheckView | None:
    """Waits until a check is over, at most so many seconds; None where nobody was asked about."""
    if asked.check is None:
        return None
    deadline = time.monotonic() + timeout
    pause = _PAUSE
    with progress("asking the worker …") as update:
        while True:
            check = api.check(asked.check)
            left = deadline - time.monotonic()
            if check.over or left <= 0:
                return check
            done = check.people - check.unanswered
            update(f"asking the worker … {done:,} of {check.people:,}")
            time.sleep(min(pause, left))
            pause = min(pause * _GROWTH, _LONGEST_PAUSE)


def checked(api: OperatorApi, names: Sequence[str], *, timeout: float) -> PeopleChecked:
    """Checks people by name, and waits for what is found."""
    asked = api.check_people(names)
    check = answered(api, asked, timeout=timeout)
    people = tuple(api.checked(check.check)) if check else ()
    return PeopleChecked(named=asked.named, check=check, people=people)
