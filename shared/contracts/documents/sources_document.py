"""The file of HR sources: YAML in, checked sources out, by the kinds of sources that there are."""

from collections.abc import Sequence
from typing import Any

from shared.contracts.documents.finding import Finding
from shared.contracts.documents.hr_sources.kind import SourceKinds
from shared.contracts.documents.hr_sources.model import sources_model
from shared.contracts.documents.hr_sources.rules import rules_of
from shared.contracts.documents.hr_sources.vocabulary import HrSources, Source
from shared.contracts.documents.reader import DocumentReader


class SourcesLanguage:
    """What may be written in a file of HR sources, by the kinds that a registry knows."""

    def __init__(self, kinds: SourceKinds) -> None:
        self._reader = DocumentReader[HrSources](
            sources_model(kinds), "urn:sspr-rollout:schema:hr-sources:1", rules_of(kinds)
        )

    def read(self, text: str | bytes) -> Sequence[Source]:
        """Read the sources that the text describes, defaults filled in.

        Raises:
            InvalidDocument: with everything that is wrong with it.
        """
        return self._reader.read(text).sources

    def findings(self, text: str | bytes) -> tuple[Finding, ...]:
        """Find everything that is wrong with the text, by line; empty where `read` takes it."""
        return self._reader.findings(text)

    def json_schema(self) -> dict[str, Any]:
        """Write the schema of the file, for editors."""
        return self._reader.json_schema()
