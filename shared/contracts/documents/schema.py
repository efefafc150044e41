"""The JSON Schema of a document that operators write, and what it knows of a place in one."""

from copy import deepcopy
from functools import cached_property
from typing import Any

from pydantic import BaseModel

from shared.contracts.documents.finding import Path
from shared.contracts.documents.node import Node

DIALECT = "https://json-schema.org/draft/2020-12/schema"


class DocumentSchema:
    """What one kind of document looks like, by the model that it is read into."""

    def __init__(self, model: type[BaseModel], identifier: str) -> None:
        self._model = model
        self._id = identifier

    def json_schema(self) -> dict[str, Any]:
        """The schema in draft 2020-12, with titles, descriptions and defaults for editors."""
        return deepcopy(self._schema)

    def expected_at(self, path: Path) -> dict[str, Any]:
        """What the schema expects there; empty where it expects nothing."""
        found = self._schema
        for part in path:
            found = self._resolved(found)
            found = found.get("items", {}) if isinstance(part, int) else _property(found, part)
        return self._resolved(found)

    def lacks_value(self, path: Path, node: Node) -> bool:
        """Whether nothing stands where something has to: null means something in few places."""
        if node.content is not None:
            return False
        expected = self.expected_at(path)
        takes_null = any(one.get("type") == "null" for one in expected.get("anyOf", []))
        return bool(expected) and not takes_null

    @cached_property
    def _schema(self) -> dict[str, Any]:
        schema = {"$schema": DIALECT, "$id": self._id} | self._model.model_json_schema()
        cleaned: dict[str, Any] = _without_null_defaults(schema)
        return cleaned

    def _resolved(self, schema: dict[str, Any]) -> dict[str, Any]:
        """The schema with what it refers to; of alternatives the first, which is never null."""
        if "anyOf" in schema:
            return self._resolved(schema["anyOf"][0]) | schema
        if "$ref" in schema:
            target = self._schema["$defs"][schema["$ref"].removeprefix("#/$defs/")]
            return self._resolved(target) | schema
        return schema


def _without_null_defaults(value: Any) -> Any:
    """The same without defaults of null: they mean left out, and null itself may mean more."""
    if isinstance(value, list):
        return [_without_null_defaults(one) for one in value]
    if not isinstance(value, dict):
        return value
    kept = {
        key: _without_nulls(one) if key == "default" else _without_null_defaults(one)
        for key, one in value.items()
    }
    return {key: one for key, one in kept.items() if key != "default" or one is not None}


def _without_nulls(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    return {key: _without_nulls(one) for key, one in value.items() if one is not None}


def _property(schema: dict[str, Any], key: str) -> dict[str, Any]:
    others = schema.get("additionalProperties")
    found: dict[str, Any] = schema.get("properties", {}).get(
        key, others if isinstance(others, dict) else {}
    )
    return found
