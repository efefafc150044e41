"""The file of HR sources in the language of the kinds that there are."""

from typing import Final

from shared.contracts.documents.sources_document import SourcesLanguage
from shared.hr.registry import HR_KINDS

_LANGUAGE: Final = SourcesLanguage(HR_KINDS)
read, findings, json_schema = _LANGUAGE.read, _LANGUAGE.findings, _LANGUAGE.json_schema
