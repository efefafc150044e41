"""A claim of the demonstration, and whether it was seen to be true."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Proof:
    """One thing shown to be true, or not."""

    claim: str
    holds: bool
