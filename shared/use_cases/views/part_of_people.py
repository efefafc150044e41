"""Read a part of the people who are remembered: bounded, however many they are."""

from collections.abc import Callable
from dataclasses import dataclass

from shared.domain.person.summary import EnrolmentSummary, NamedSummary
from shared.ports.ledger import Ledger

MOST_LISTED = 1_000
"""People in an answer; as many rows come of Table Storage at once."""
MOST_READ = 10_000
"""People who are read for it, where few of them are meant."""


@dataclass(frozen=True, slots=True)
class Part:
    """Those who are meant of a part of the people."""

    people: list[NamedSummary]
    next: str | None
    """After whom the next part begins; None: this is the last."""


async def part_of_people(
    after: str | None, ledger: Ledger, is_meant: Callable[[EnrolmentSummary], bool]
) -> Part:
    """Reads on until the answer is full, or enough people were read for one request."""
    found: list[NamedSummary] = []
    for _ in range(MOST_READ // MOST_LISTED):
        part = await ledger.people_after(after, MOST_LISTED)
        found += (one for one in part.people if is_meant(one.summary))
        after = part.after
        if after is None or len(found) >= MOST_LISTED:
            break
    if len(found) > MOST_LISTED:
        listed = found[:MOST_LISTED]
        return Part(listed, listed[-1].summary.key)
    return Part(found, after)
