"""What a kind of HR source is: its words in the document, and what its messages come to."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any

from shared.contracts.documents.hr_sources.kind import SourceKind
from shared.contracts.documents.hr_sources.vocabulary import Source
from shared.hr.translation import Translated

type Translation = Callable[[Source, Any, datetime], Translated]
"""From a source's message, as it came at that time, to events of our own type.

Raises:
    InvalidMessage: naming the sender's field and the reason.
"""


def _never(_source: Source) -> bool:
    return False


@dataclass(frozen=True, slots=True, kw_only=True)
class HrKind(SourceKind):
    """Everything that is known of one kind of HR source."""

    sends: str
    """What, and who: a cell of the documentation's table, in Markdown."""
    translate: Translation
    """All of a message or nothing."""
    receive: Translation | None = None
    """The same, with the answer that the sender's own protocol wants; by default there is none."""
    reads_cloud_events: Callable[[Source], bool] = _never
    """Whether a source's messages may be CloudEvents; one in binary mode is else refused by its
    header."""
    asks_first: bool = False
    """Whether its senders may ask beforehand whether their events are welcome (CloudEvents)."""


type HrKinds = Mapping[str, HrKind]
"""Kinds of HR sources by their names, in the order in which they are listed."""


def registry_of(*kinds: HrKind) -> HrKinds:
    """Returns the kinds by their names.

    Raises:
        ValueError: two of them have one name.
    """
    found = {kind.name: kind for kind in kinds}
    if len(found) < len(kinds):
        raise ValueError("two kinds of HR sources have one name")
    return MappingProxyType(found)
