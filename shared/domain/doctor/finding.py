"""A finding: what one check says, why, and what to do."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from shared.domain.doctor.evidence import Evidence, Untold

READ_ON: Final = date(2026, 11, 29)
"""When the pages were last read that the checks go by; a test asks for another after 180 days."""


class Verdict(StrEnum):
    """What a check comes to."""

    RIGHT = "right"
    WRONG = "wrong"
    UNKNOWN = "unknown"


class Part(StrEnum):
    """What a check looks at."""

    TENANT = "tenant"
    HOST = "host"
    ACCESS = "access"


@dataclass(frozen=True, slots=True)
class Finding:
    """What a check says."""

    verdict: Verdict
    text: str
    """Why."""
    remedy: str = ""
    """What to do; empty where nothing is."""


type Judge = Callable[[Evidence, datetime], Finding | None]
"""Returns None where the check does not concern this tenant."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckKind:
    """Everything that is known of one check."""

    name: str
    part: Part
    asks: str
    """What it asks, as a question."""
    judge: Judge
    source: str
    """The page that it goes by."""
    read_on: date = READ_ON


type CheckKinds = Mapping[str, CheckKind]
"""Checks by their names, in the order in which they are told."""


def registry_of(*kinds: CheckKind) -> CheckKinds:
    """Returns the checks by their names.

    Raises:
        ValueError: two of them have one name.
    """
    found = {kind.name: kind for kind in kinds}
    if len(found) < len(kinds):
        raise ValueError("two checks have one name")
    return MappingProxyType(found)


def right(text: str) -> Finding:
    """Makes the finding that all is well."""
    return Finding(Verdict.RIGHT, text)


def wrong(text: str, remedy: str) -> Finding:
    """Makes the finding that something is wrong."""
    return Finding(Verdict.WRONG, text, remedy)


def unknown(text: str, remedy: str = "") -> Finding:
    """Makes the finding that nobody can tell."""
    return Finding(Verdict.UNKNOWN, text, remedy)


def untold(missing: Untold) -> Finding:
    """Makes the finding that something could not be asked."""
    return Finding(Verdict.UNKNOWN, missing.why, missing.remedy)


def worst(findings: Iterable[Finding]) -> Verdict:
    """Returns the verdict of all together: wrong before unknown before right."""
    found = {one.verdict for one in findings}
    order = (Verdict.WRONG, Verdict.UNKNOWN)
    return next((one for one in order if one in found), Verdict.RIGHT)
