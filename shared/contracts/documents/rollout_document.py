"""The rollout document: YAML of an operator's in, values of the domain out.

What is wrong with a document is told all at once, each with its line, its field and what to write
instead. Formatting, comments and the order of what has none change nothing, the digest least.
"""

import json
from collections.abc import Iterator
from typing import Any

from pydantic import ValidationError

from shared.contracts.documents.finding import Complaint, Finding, InvalidDocument, field_of
from shared.contracts.documents.node import Node
from shared.contracts.documents.reasons import complaints_of
from shared.contracts.documents.rollout.language import ROLLOUT, RolloutLanguage
from shared.contracts.documents.rollout.meaning import document_of
from shared.contracts.documents.rollout.rules import complaints_against
from shared.contracts.documents.rollout.vocabulary import Rollout
from shared.contracts.documents.yaml_text import parse
from shared.domain.rollout.document import Document

__all__ = ["Finding", "InvalidDocument", "findings", "json_schema", "read"]


def read(text: str | bytes, language: RolloutLanguage = ROLLOUT) -> Document:
    """The rollout that the text describes, defaults filled in.

    Raises:
        InvalidDocument: with everything that is wrong with it.
    """
    rollout, found = _examined(text, language)
    if rollout is None or found:
        raise InvalidDocument(found)
    return document_of(rollout, language.kinds)


def findings(text: str | bytes, language: RolloutLanguage = ROLLOUT) -> tuple[Finding, ...]:
    """Everything that is wrong with the text, by line; empty where `read` takes it."""
    return _examined(text, language)[1]


def json_schema(language: RolloutLanguage = ROLLOUT) -> dict[str, Any]:
    """The schema of the rollout document, for editors."""
    return language.schema.json_schema()


def _examined(
    text: str | bytes, language: RolloutLanguage
) -> tuple[Rollout | None, tuple[Finding, ...]]:
    root, found = parse(text)
    if root is None:
        return None, tuple(found)
    rollout, complaints = _validated(root, language)
    complaints += complaints_against(root, language)
    return rollout, tuple(sorted({*found, *_placed(root, complaints)}))


def _validated(root: Node, language: RolloutLanguage) -> tuple[Rollout | None, list[Complaint]]:
    try:
        return language.model.model_validate_json(json.dumps(root.plain())), []
    except ValidationError as error:
        return None, list(complaints_of(error, root, language.schema))


def _placed(root: Node, complaints: list[Complaint]) -> Iterator[Finding]:
    for one in complaints:
        place = root.key_place(one.path) if one.at_key else root.nearest(one.path).place
        yield Finding(place.line, place.column, field_of(one.path), one.reason)
