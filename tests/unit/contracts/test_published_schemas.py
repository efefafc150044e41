"""The JSON Schemas that editors complete documents by: the published ones are those that hold."""

import json
from typing import Any

import jsonschema_rs
import pytest

from shared.contracts.documents import rollout_document
from shared.hr import documents as sources_document
from tests.support.repository import ROOT

DOCS = ROOT / "docs"
SCHEMAS: dict[str, dict[str, Any]] = {
    "rollout": rollout_document.json_schema(),
    "hr-sources": sources_document.json_schema(),
}


@pytest.mark.parametrize("name", SCHEMAS)
def test_the_published_schema_is_the_one_that_holds(name: str) -> None:
    published = (DOCS / f"{name}.schema.json").read_text()
    assert published == json.dumps(SCHEMAS[name], indent=2) + "\n"


@pytest.mark.parametrize("schema", SCHEMAS.values(), ids=SCHEMAS)
def test_the_schema_is_itself_valid_and_says_what_every_key_means(schema: dict[str, Any]) -> None:
    jsonschema_rs.meta.validate(schema)
    for part in (schema, *schema["$defs"].values()):
        for key, value in part.get("properties", {}).items():
            assert value.get("description"), key
