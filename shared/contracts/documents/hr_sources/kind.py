"""What a document says of one kind of HR source; the kinds themselves are beside their adapters."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from shared.contracts.documents.finding import Complaint, Path
from shared.contracts.documents.hr_sources.vocabulary import Authentication
from shared.contracts.documents.node import Node
from shared.contracts.documents.part import Part

type SourceRule = Callable[[Path, Node], Iterator[Complaint]]
"""What the parts of a source of one kind have to do with one another."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownSignature:
    """How every sender of a kind signs, so that no document need say it."""

    header: str
    signed: str
    timestamp_header: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceKind:
    """The words of one kind of source."""

    name: str
    """As a document has it."""
    words: str = ""
    """What it sends, in the list of kinds; by default its name."""
    proofs: frozenset[Authentication]
    """By what its senders can prove who they are."""
    keys: type[Part] = Part
    """The keys of a source that no other kind has."""
    required: Mapping[str, str] = field(default_factory=dict)
    """Those among them that it cannot do without, and what to say where one is missing."""
    signature: KnownSignature | None = None
    told_by_document: bool = False
    """Whether a document says how its bodies are written, what it asks beforehand and what it
    wants to be answered. Of others their own protocol does."""
    tells_days: bool = False
    """Whether its messages say when somebody begins or ends."""
    tells_numbers: bool = True
    """Whether they name people by their employee ids."""
    enrols: bool = True
    """Whether anybody joins or leaves by them."""
    rules: tuple[SourceRule, ...] = ()

    @property
    def key_names(self) -> tuple[str, ...]:
        """Its own keys, as a document has them."""
        return tuple(info.alias or name for name, info in self.keys.model_fields.items())


type SourceKinds = Mapping[str, SourceKind]
"""Kinds of sources by their names, in the order in which they are listed."""
