"""A claim of the demonstration, and whether it was seen to be true."""

from dataclasses import dataclass


class StageFailed(Exception):
    """The demonstration cannot go on; the text says in a sentence what was waited for."""


@dataclass(frozen=True, slots=True)
class Proof:
    """One thing shown to be true, or not."""

    claim: str
    holds: bool
