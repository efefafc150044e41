"""Nodes: plain values that know where in a text they stand."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from shared.contracts.documents.finding import Path

type Scalar = str | int | float | bool | None


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """A line and a column, both from 1."""

    line: int
    column: int


@dataclass(frozen=True, slots=True, eq=False)
class Node:
    """A value and where it begins; an alias is the very node that its anchor names."""

    place: Place
    content: "Scalar | list[Node] | dict[str, Node]"
    keys: dict[str | int, Place] = field(default_factory=dict)
    """Where the keys of a mapping stand."""
    characters: int = 1
    """Of it and all within, every alias written out."""
    depth: int = 1
    """How many values lie in one another, itself included."""

    def plain(self) -> Any:
        """The value alone, as JSON would have it."""
        if isinstance(self.content, list):
            return [node.plain() for node in self.content]
        if isinstance(self.content, dict):
            return {key: node.plain() for key, node in self.content.items()}
        return self.content

    def child(self, part: str | int) -> "Node | None":
        """The value under that key or at that index, if there is one."""
        if isinstance(part, int):
            items = self.content if isinstance(self.content, list) else []
            return items[part] if part < len(items) else None
        return self.content.get(part) if isinstance(self.content, dict) else None

    def at(self, *path: str | int) -> "Node | None":
        """The value at the end of the path, if there is one."""
        node: Node | None = self
        for part in path:
            node = node.child(part) if node else None
        return node

    def nearest(self, path: Path) -> "Node":
        """The value at the end of the path, or where the path ends too early the last one."""
        node = self
        for part in path:
            node = node.child(part) or node
        return node

    def key_place(self, path: Path) -> Place:
        """Where the key at the end of the path stands; where there is none, its value."""
        keys = self.nearest(path[:-1]).keys
        return next((keys[key] for key in path[-1:] if key in keys), self.nearest(path).place)

    def walk(self, path: Path = ()) -> "Iterator[tuple[Path, Node]]":
        """Every value within, itself first, with the way to it."""
        yield path, self
        if isinstance(self.content, list):
            for index, node in enumerate(self.content):
                yield from node.walk((*path, index))
        elif isinstance(self.content, dict):
            for key, node in self.content.items():
                yield from node.walk((*path, key))
