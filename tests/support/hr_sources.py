"""HR sources for tests, as a file would have them, without the rules between their parts."""

import json
from typing import Any

from shared.contracts.documents.hr_sources.model import source_model
from shared.contracts.documents.hr_sources.vocabulary import Source
from shared.hr.registry import HR_KINDS

SOURCE = source_model(HR_KINDS)


def hr_source(mapping: dict[str, Any] | None = None, **more: Any) -> Source:
    """A source `hr` by key: mapped where there is a mapping, else of SCIM."""
    kind = "mapped" if mapping else "scim"
    fields = {"name": "hr", "kind": kind, "authentication": "key", **more}
    mapped = {"mapping": mapping} if mapping else {}
    return SOURCE.model_validate_json(json.dumps(fields | mapped))
