"""The file of HR sources: YAML in, checked sources out.

Everything that is wrong with it is told at once, each with its line, its field and what to write
instead, as of a rollout document.
"""

import json
from collections.abc import Iterator, Sequence
from typing import Any

from pydantic import ValidationError

from shared.contracts.documents.finding import Complaint, Finding, InvalidDocument, field_of
from shared.contracts.documents.hr_sources.rules import RULES
from shared.contracts.documents.hr_sources.vocabulary import HrSources, Source
from shared.contracts.documents.node import Node
from shared.contracts.documents.reasons import complaints_of
from shared.contracts.documents.rollout.rules import no_empty_values
from shared.contracts.documents.schema import DocumentSchema
from shared.contracts.documents.yaml_text import parse

_SCHEMA = DocumentSchema(HrSources, "urn:sspr-rollout:schema:hr-sources:1")


def read(text: str | bytes) -> Sequence[Source]:
    """The sources that the text describes, defaults filled in.

    Raises:
        InvalidDocument: with everything that is wrong with it.
    """
    document, found = _examined(text)
    if document is None or found:
        raise InvalidDocument(found)
    return document.sources


def findings(text: str | bytes) -> tuple[Finding, ...]:
    """Everything that is wrong with the text, by line; empty where `read` takes it."""
    return _examined(text)[1]


def json_schema() -> dict[str, Any]:
    """The schema of the file, for editors."""
    return _SCHEMA.json_schema()


def _examined(text: str | bytes) -> tuple[HrSources | None, tuple[Finding, ...]]:
    root, found = parse(text)
    if root is None:
        return None, tuple(found)
    document, complaints = _validated(root)
    complaints += [*no_empty_values(root, _SCHEMA), *(one for rule in RULES for one in rule(root))]
    return document, tuple(sorted({*found, *_placed(root, complaints)}))


def _validated(root: Node) -> tuple[HrSources | None, list[Complaint]]:
    try:
        return HrSources.model_validate_json(json.dumps(root.plain())), []
    except ValidationError as error:
        return None, list(complaints_of(error, root, _SCHEMA))


def _placed(root: Node, complaints: list[Complaint]) -> Iterator[Finding]:
    for one in complaints:
        place = root.key_place(one.path) if one.at_key else root.nearest(one.path).place
        yield Finding(place.line, place.column, field_of(one.path), one.reason)
