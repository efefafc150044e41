"""What an AMQP address names: a queue, its dead letters, or one of their `$` nodes."""

from dataclasses import dataclass
from enum import Enum
from typing import Final, Self
from urllib.parse import unquote, urlsplit

_DEAD_LETTERS: Final = "$deadletterqueue"
_MANAGEMENT: Final = "$management"
_CBS: Final = "$cbs"


class Node(Enum):
    """What kind of thing is at an address."""

    ENTITY = "entity"
    MANAGEMENT = "management"
    CBS = "cbs"


@dataclass(frozen=True, slots=True)
class Address:
    """A place on the broker; `queue` is in lower case, as names are compared."""

    node: Node
    queue: str = ""
    dead_letters: bool = False

    @classmethod
    def parse(cls, text: str) -> Self:
        """Reads `q`, `q/$DeadLetterQueue`, `…/$management` and `$cbs`, with or without a host."""
        path = urlsplit(text).path if "://" in text else text
        parts = [unquote(part) for part in path.lower().strip("/").split("/")]
        if parts == [_CBS]:
            return cls(Node.CBS)
        node = Node.ENTITY
        if parts[-1] == _MANAGEMENT:
            node = Node.MANAGEMENT
            parts.pop()
        dead_letters = parts[-1:] == [_DEAD_LETTERS]
        if dead_letters:
            parts.pop()
        return cls(node, "/".join(parts), dead_letters)
