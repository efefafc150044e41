"""What pydantic complains of, in sentences that say what to write instead."""

from collections.abc import Iterator

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from shared.contracts.documents.finding import Complaint, Path
from shared.contracts.documents.node import Node
from shared.contracts.documents.scalars import nearest
from shared.contracts.documents.schema import DocumentSchema

_OF_THE_KEY = "[key]"
_SENTENCES = {
    "bool_type": "write true or false",
    "int_type": "write a whole number",
    "int_from_float": "write a whole number",
    "float_type": "write a number",
    "list_type": "write a list: one item a line, each after a dash, or all of them in [ ]",
    "greater_than": "write more than {gt:g}",
    "greater_than_equal": "write at least {ge:g}",
    "less_than_equal": "write at most {le:g}",
    "too_short": "name at least {min_length}",
    "too_long": "name at most {max_length}",
    "string_too_short": "write at least {min_length} character",
    "string_too_long": "write at most {max_length} characters",
    "value_error": "{error}",
}


def complaints_of(
    error: ValidationError, root: Node, schema: DocumentSchema
) -> Iterator[Complaint]:
    """Every complaint about the document but those about missing values, which are a rule's."""
    at = _Reasons(schema)
    for details in error.errors(include_url=False, include_input=False):
        path = _written(details["loc"], root)
        match details["type"]:
            case "missing":
                yield Complaint(path, at.missing(path))
            case "extra_forbidden":
                yield Complaint(path, at.unknown_key(path), at_key=True)
            case _ if not schema.lacks_value(path, root.nearest(path)):
                yield Complaint(path, at.wrong(details, path, root.nearest(path).content))


def _written(path: Path, root: Node) -> Path:
    """The path without a last index where one value was written in the place of a list.

    Of a key that is wrong itself, pydantic says so after it.
    """
    if path and path[-1] == _OF_THE_KEY:
        return path[:-1]
    single = path and isinstance(path[-1], int) and root.at(*path) is None
    return path[:-1] if single else path


class _Reasons:
    """Says what to write, by what the schema expects there."""

    def __init__(self, schema: DocumentSchema) -> None:
        self._schema = schema

    def wrong(self, details: ErrorDetails, path: Path, content: object) -> str:
        match details["type"]:
            case "enum" | "literal_error":
                return _one_of(self._schema.expected_at(path), content)
            case "model_type" | "dict_type" if not self._known(path):
                return "write one entry a line beneath it, each its key, a colon and its value"
            case "model_type":
                return f"write its keys beneath it: {', '.join(self._known(path))}"
            case "string_type" if isinstance(content, bool):
                return f'write text; in quotes even "{str(content).lower()}" is text'
            case "string_type" if isinstance(content, int | float):
                return f'write it in quotes, "{content}", so that it is text'
            case "string_type":
                return "write text"
            case kind:
                return _SENTENCES.get(kind, details["msg"]).format(**details.get("ctx", {}))

    def missing(self, path: Path) -> str:
        meaning = self._schema.expected_at(path).get("description", "")
        return f"it is missing; write `{path[-1]}`. {meaning}".strip()

    def unknown_key(self, path: Path) -> str:
        key = str(path[-1])
        if key == "<<":
            return "YAML 1.2 has no merge keys; write the alias as a whole value, or the keys out"
        known = self._known(path[:-1])
        hint = nearest(key, known)
        return "there is no such key here" + (hint or f"; there are {', '.join(known)}")

    def _known(self, path: Path) -> list[str]:
        return list(self._schema.expected_at(path).get("properties", {}))


def _one_of(expected: dict[str, list[object]], content: object) -> str:
    known = [str(one) for one in expected.get("enum") or [expected.get("const")]]
    return f"write {' or '.join(known)}{nearest(str(content), known) if known[1:] else ''}"
