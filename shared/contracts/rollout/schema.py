"""The JSON Schema of the rollout document, and what it knows of a place in one."""

from copy import deepcopy
from functools import cache
from typing import Any

from shared.contracts.rollout.finding import Path
from shared.contracts.rollout.node import Node
from shared.contracts.rollout.vocabulary import Rollout

DIALECT = "https://json-schema.org/draft/2020-12/schema"
_ID = "urn:sspr-rollout:schema:rollout:1"


def json_schema() -> dict[str, Any]:
    """The schema in draft 2020-12, with titles, descriptions and defaults for editors."""
    return deepcopy(_schema())


@cache
def _schema() -> dict[str, Any]:
    schema = {"$schema": DIALECT, "$id": _ID} | Rollout.model_json_schema()
    cleaned: dict[str, Any] = _without_null_defaults(schema)
    return cleaned


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


def expected_at(path: Path) -> dict[str, Any]:
    """What the schema expects there; empty where it expects nothing."""
    found = _schema()
    for part in path:
        found = _resolved(found)
        found = found.get("items", {}) if isinstance(part, int) else _property(found, part)
    return _resolved(found)


def lacks_value(path: Path, node: Node) -> bool:
    """Whether nothing stands where something has to: null means something in a few places only."""
    if node.content is not None:
        return False
    expected = expected_at(path)
    takes_null = any(one.get("type") == "null" for one in expected.get("anyOf", []))
    return bool(expected) and not takes_null


def _property(schema: dict[str, Any], key: str) -> dict[str, Any]:
    found: dict[str, Any] = schema.get("properties", {}).get(key, {})
    return found


def _resolved(schema: dict[str, Any]) -> dict[str, Any]:
    """The schema with what it refers to; of alternatives the first, which is never null."""
    if "anyOf" in schema:
        return _resolved(schema["anyOf"][0]) | schema
    if "$ref" in schema:
        target = _schema()["$defs"][schema["$ref"].removeprefix("#/$defs/")]
        return _resolved(target) | schema
    return schema
