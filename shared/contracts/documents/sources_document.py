"""The file of HR sources: YAML in, checked sources out."""

from collections.abc import Sequence

from shared.contracts.documents.hr_sources.rules import RULES
from shared.contracts.documents.hr_sources.vocabulary import HrSources, Source
from shared.contracts.documents.reader import DocumentReader

_READER = DocumentReader(HrSources, "urn:sspr-rollout:schema:hr-sources:1", RULES)
findings = _READER.findings
json_schema = _READER.json_schema


def read(text: str | bytes) -> Sequence[Source]:
    """Read the sources that the text describes, defaults filled in.

    Raises:
        InvalidDocument: with everything that is wrong with it.
    """
    return _READER.read(text).sources
