"""Versions of the product's parts: which of two is older, and whether they work together."""

import re
from enum import StrEnum

_NUMBERS = re.compile(r"^(\d+)\.(\d+)(?:\.(\d+))?")
_UNFINISHED = re.compile(r"\d\.?(dev|a|b|rc)\d*")


class Fit(StrEnum):
    """How a worker's version stands to the app's."""

    SAME = "same"
    OLDER = "older"
    NEWER = "newer"
    UNKNOWN = "unknown"

    def text(self, app: str) -> str:
        """Says what that means and what to do, with the app's version; empty if nothing."""
        return _TEXTS[self].format(app=app)


_TEXTS = {
    Fit.SAME: "",
    Fit.OLDER: "older than the app ({app}): what the app has learned since, such as a stop, it "
    "may not know; update the worker",
    Fit.NEWER: "newer than the app ({app}), which may refuse what it says: update the app, or take "
    "the worker back",
    Fit.UNKNOWN: "it does not say its version, so it is older than the app ({app}): update the "
    "worker",
}


def fit(worker: str | None, app: str) -> Fit:
    """Compares a worker's version with the app's; commits do not count."""
    if worker is None:
        return Fit.UNKNOWN
    theirs, ours = _rank(worker), _rank(app)
    if theirs == ours:
        return Fit.SAME
    return Fit.OLDER if theirs < ours else Fit.NEWER


def _rank(version: str) -> tuple[int, ...]:
    """Makes numbers that sort as versions do; what is no version sorts before all of them."""
    number = version.partition("+")[0]
    found = _NUMBERS.match(number)
    if not found:
        return ()
    return (*(int(part or 0) for part in found.groups()), 0 if _UNFINISHED.search(number) else 1)
