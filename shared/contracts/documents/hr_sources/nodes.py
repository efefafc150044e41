"""What the rules of the file of HR sources look at: each source as it was written."""

from collections.abc import Iterator

from shared.contracts.documents.finding import Path
from shared.contracts.documents.hr_sources.kind import SourceKind, SourceKinds
from shared.contracts.documents.node import Node


def sources_in(root: Node) -> Iterator[tuple[Path, Node]]:
    """Yields each source of the file with the way to it."""
    sources = root.child("sources")
    if sources and isinstance(sources.content, list):
        for index, source in enumerate(sources.content):
            yield ("sources", index), source


def kind_of(source: Node, kinds: SourceKinds) -> SourceKind | None:
    """Returns the kind that the source says it is of; None where there is none such."""
    return kinds.get(text_at(source, "kind") or "")


def text_at(node: Node, key: str) -> str | None:
    """Returns the text under the key; None where there is no text."""
    found = node.child(key)
    return found.content if found and isinstance(found.content, str) else None
