"""Values of one kind as JSON in a row's columns, and back."""

import json
from collections.abc import Mapping
from typing import Any

from pydantic import TypeAdapter, ValidationError

from shared.adapters.tables.long_text import gathered, spread
from shared.adapters.tables.table import Row
from shared.domain.errors import UnreadableRow
from shared.ports.limits import refuse_too_large


class JsonColumns[T]:
    """How a dataclass is stored whose fields need no columns of their own.

    The JSON's names are those of the fields: whoever renames one makes what is stored unreadable,
    and the golden rows of the tests say so.
    A field that is new needs a default for what was stored without it.
    """

    def __init__(
        self,
        kind: type[T],
        name: str,
        *,
        omits_defaults: bool = False,
        added: Mapping[str, Mapping[str, Any]] | None = None,
    ) -> None:
        """Takes what is stored under which name.

        Args:
            kind: The dataclass.
            name: Of the columns.
            omits_defaults: Whether a field that has its default is left out, so that a row
                without a new one stays as it was.
            added: Fields of its parts that came later, with their defaults; a part whose fields
                have these is stored as it was before. The part without a name is the whole.
        """
        self._name = name
        self._omits_defaults = omits_defaults
        self._adapter = TypeAdapter(kind)
        self._added = added or {}

    def of(self, value: T) -> dict[str, str]:
        """Returns the columns that hold the value.

        Raises:
            InvalidMessage: a row cannot hold as much.
        """
        text = self._text_of(value)
        refuse_too_large(text, self._name)
        return spread(self._name, text)

    def _text_of(self, value: T) -> str:
        if not self._added:
            return self._adapter.dump_json(value, exclude_defaults=self._omits_defaults).decode()
        plain = self._adapter.dump_python(value, mode="json")
        for part, fields in self._added.items():
            for name, default in fields.items():
                holder = plain[part] if part else plain
                if holder.get(name) == default:
                    del holder[name]
        return json.dumps(plain, ensure_ascii=False, separators=(",", ":"))

    def read(self, row: Row) -> T:
        """Returns the value that these columns hold.

        Raises:
            UnreadableRow: a newer version has written it; a field that is new is passed over.
        """
        try:
            return self._adapter.validate_json(gathered(self._name, row) or "")
        except ValidationError as error:
            # Its place and what is wrong there: the value may name somebody.
            first = error.errors(include_url=False, include_input=False)[0]
            place = ".".join(str(part) for part in first["loc"])
            raise UnreadableRow(f"a row's {self._name}", f"{place}: {first['type']}") from error
