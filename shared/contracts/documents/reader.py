"""Reads a document that operators write: YAML in, a checked model out.

What is wrong with a document is told all at once, each with its line, its field and what to write
instead. Formatting, comments and the order of what has none change nothing.
"""

import json
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from pydantic import ValidationError

from shared.contracts.documents.finding import Complaint, Finding, InvalidDocument, field_of
from shared.contracts.documents.node import Node
from shared.contracts.documents.part import Part
from shared.contracts.documents.reasons import complaints_of
from shared.contracts.documents.schema import DocumentSchema
from shared.contracts.documents.yaml_text import parse

type Rule = Callable[[Node], Iterator[Complaint]]
"""What the parts of a document have to do with one another; yields what is wrong with that."""


class DocumentReader[M: Part]:
    """Reads one kind of document, by the model of its whole and the rules between its parts."""

    def __init__(self, model: type[M], identifier: str, rules: Sequence[Rule]) -> None:
        self._model = model
        self._schema = DocumentSchema(model, identifier)
        self._rules = rules

    def read(self, text: str | bytes) -> M:
        """Read the text, defaults filled in.

        Raises:
            InvalidDocument: with everything that is wrong with it.
        """
        document, found = self._examined(text)
        if document is None or found:
            raise InvalidDocument(found)
        return document

    def findings(self, text: str | bytes) -> tuple[Finding, ...]:
        """Find everything that is wrong with the text, by line; empty where `read` takes it."""
        return self._examined(text)[1]

    def json_schema(self) -> dict[str, Any]:
        """Write the schema of the document, for editors."""
        return self._schema.json_schema()

    def _examined(self, text: str | bytes) -> tuple[M | None, tuple[Finding, ...]]:
        root, found = parse(text)
        if root is None:
            return None, tuple(found)
        document, complaints = self._validated(root)
        complaints += self._empty_values(root)
        complaints += [complaint for rule in self._rules for complaint in rule(root)]
        return document, tuple(sorted({*found, *_placed(root, complaints)}))

    def _validated(self, root: Node) -> tuple[M | None, list[Complaint]]:
        try:
            return self._model.model_validate_json(json.dumps(root.plain())), []
        except ValidationError as error:
            return None, list(complaints_of(error, root, self._schema))

    def _empty_values(self, root: Node) -> Iterator[Complaint]:
        """A key without a value is a slip, except where null means something."""
        for path, node in root.walk():
            if self._schema.lacks_value(path, node):
                reason = "there is no value; write one, or take the line out"
                yield Complaint(path, reason, at_key=True)


def _placed(root: Node, complaints: list[Complaint]) -> Iterator[Finding]:
    for one in complaints:
        place = root.key_place(one.path) if one.at_key else root.nearest(one.path).place
        yield Finding(place.line, place.column, field_of(one.path), one.reason)
