"""Values of one kind as JSON in a row's columns, and back."""

from pydantic import TypeAdapter

from shared.adapters.tables.long_text import gathered, spread
from shared.adapters.tables.table import Row
from shared.domain.errors import InvalidMessage

_MOST_BYTES = 1_000_000
"""A row holds 1 MiB, keys and names included.

Source: "Understanding the Table service data model", Microsoft.
"""


class JsonColumns[T]:
    """How a dataclass is stored whose fields need no columns of their own.

    The JSON's names are those of the fields: whoever renames one makes what is stored unreadable,
    and the golden rows of the tests say so.
    A field that is new needs a default for what was stored without it.
    """

    def __init__(self, kind: type[T], name: str) -> None:
        self._name = name
        self._adapter = TypeAdapter(kind)

    def of(self, value: T) -> dict[str, str]:
        """The columns that hold the value.

        Raises:
            InvalidMessage: a row cannot hold as much.
        """
        return fitting(spread(self._name, self._adapter.dump_json(value).decode()), self._name)

    def read(self, row: Row) -> T:
        """The value that these columns hold."""
        return self._adapter.validate_json(gathered(self._name, row) or "")


def fitting(columns: dict[str, str], name: str) -> dict[str, str]:
    """The columns, which a row can hold.

    Raises:
        InvalidMessage: a row cannot hold as much; it says how much it is.
    """
    size = sum(len(text.encode("utf-16-le")) for text in columns.values())
    if size > _MOST_BYTES:
        raise InvalidMessage(
            "(body)",
            f"{name.lower()}: takes {size:,} bytes in the ledger, where {_MOST_BYTES:,} fit; "
            "name a group in the place of people one by one",
        )
    return columns
