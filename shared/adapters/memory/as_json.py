"""Values kept as the ledger keeps them: as JSON of bounded size, so that none comes back better."""

from pydantic import TypeAdapter

from shared.ports.limits import refuse_too_large


class AsJson[T]:
    """How values of one kind are kept and read again; they share nothing with those put in."""

    def __init__(self, kind: type[T], name: str) -> None:
        self._name = name
        self._adapter = TypeAdapter(kind)

    def of(self, value: T) -> str:
        """Returns the value as text.

        Raises:
            InvalidMessage: it is larger than the ledger takes.
        """
        text = self._adapter.dump_json(value).decode()
        refuse_too_large(text, self._name)
        return text

    def read(self, text: str) -> T:
        """Reads the value from its text."""
        return self._adapter.validate_json(text)
