"""The rollout document: YAML of an operator's in, values of the domain out.

Formatting, comments and the order of what has none change nothing, the digest least.
"""

from shared.contracts.documents.finding import Finding, InvalidDocument
from shared.contracts.documents.reader import DocumentReader
from shared.contracts.documents.rollout.meaning import document_of
from shared.contracts.documents.rollout.rules import RULES
from shared.contracts.documents.rollout.vocabulary import Rollout
from shared.domain.rollout.document import Document

__all__ = ["Finding", "InvalidDocument", "findings", "json_schema", "read"]

_READER = DocumentReader(Rollout, "urn:sspr-rollout:schema:rollout:1", RULES)
findings = _READER.findings
json_schema = _READER.json_schema


def read(text: str | bytes) -> Document:
    """Read the rollout that the text describes, defaults filled in.

    Raises:
        InvalidDocument: with everything that is wrong with it.
    """
    return document_of(_READER.read(text))
