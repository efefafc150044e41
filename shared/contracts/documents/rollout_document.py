"""The rollout document: YAML of an operator's in, values of the domain out.

Formatting, comments and the order of what has none change nothing, the digest least.
"""

from functools import partial
from typing import Any, Final

from shared.contracts.documents.finding import Finding, InvalidDocument
from shared.contracts.documents.reader import DocumentReader
from shared.contracts.documents.rollout.gates import gates_model
from shared.contracts.documents.rollout.meaning import document_of
from shared.contracts.documents.rollout.rules import RULES, samples_are_reachable
from shared.contracts.documents.rollout.vocabulary import rollout_model
from shared.domain.rollout.document import Document
from shared.domain.rollout.gates.kind import GateKinds
from shared.domain.rollout.gates.registry import GATES

__all__ = ["Finding", "InvalidDocument", "RolloutLanguage", "findings", "json_schema", "read"]


class RolloutLanguage:
    """What may be written in a rollout document, of gates as far as a registry knows them."""

    def __init__(self, kinds: GateKinds) -> None:
        self._kinds = kinds
        gates = gates_model(kinds)
        samples = partial(samples_are_reachable, kinds=kinds, vocabulary=gates)
        self._reader = DocumentReader(
            rollout_model(gates), "urn:sspr-rollout:schema:rollout:1", (*RULES, samples)
        )

    def read(self, text: str | bytes) -> Document:
        """Read the rollout that the text describes, defaults filled in.

        Raises:
            InvalidDocument: with everything that is wrong with it.
        """
        return document_of(self._reader.read(text), self._kinds)

    def findings(self, text: str | bytes) -> tuple[Finding, ...]:
        """Find everything that is wrong with the text, by line; empty where `read` takes it."""
        return self._reader.findings(text)

    def json_schema(self) -> dict[str, Any]:
        """Write the schema of the document, for editors."""
        return self._reader.json_schema()


ROLLOUT: Final = RolloutLanguage(GATES)
read, findings, json_schema = ROLLOUT.read, ROLLOUT.findings, ROLLOUT.json_schema
