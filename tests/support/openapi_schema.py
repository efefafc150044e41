"""OpenAPI 3.1 as a JSON Schema: the objects that our description has, and nothing beside them.

Source: the OpenAPI Specification 3.1.0, sections 4.8.1 to 4.8.27 and 4.8.30.
"""

from typing import Any

type Json = dict[str, Any]

TEXT: Json = {"type": "string"}


def _object(required: str, /, **properties: Any) -> Json:
    return {
        "type": "object",
        "properties": properties,
        "required": required.split(),
        "additionalProperties": False,
    }


def _map(of: Json, names: str = r"^[a-zA-Z0-9._-]+$") -> Json:
    return {"type": "object", "patternProperties": {names: of}, "additionalProperties": False}


def _list(of: Json) -> Json:
    return {"type": "array", "items": of, "minItems": 1}


def _or_reference(of: Json) -> Json:
    return {"if": {"required": ["$ref"]}, "then": _object("$ref", **{"$ref": TEXT}), "else": of}


SCHEMA: Json = {"$ref": "https://json-schema.org/draft/2020-12/schema"}
CONTENT = _map(_object("schema", schema=SCHEMA, example=True), r"^[a-z]+/[a-z.+-]+$")
RESPONSE = _object("description", description=TEXT, content=CONTENT)
PARAMETER: Json = {
    **_object(
        "name in schema",
        name=TEXT,
        description=TEXT,
        required={"type": "boolean"},
        schema=SCHEMA,
        **{"in": {"enum": ["query", "header", "path"]}},
    ),
    "if": {"properties": {"in": {"const": "path"}}},
    "then": {"properties": {"required": {"const": True}}, "required": ["required"]},
}
OPERATION = _object(
    "operationId tags summary responses security",
    operationId=TEXT,
    tags=_list(TEXT),
    summary=TEXT,
    parameters=_list(_or_reference(PARAMETER)),
    requestBody=_object("content", required={"type": "boolean"}, content=CONTENT),
    responses=_map(_or_reference(RESPONSE), r"^[1-5][0-9][0-9]$"),
    security=_list(_map({"type": "array", "items": TEXT})),
)
SECURITY_SCHEME: Json = {
    "oneOf": [
        _object(
            "type in name",
            type={"const": "apiKey"},
            name=TEXT,
            description=TEXT,
            **{"in": {"enum": ["query", "header", "cookie"]}},
        ),
        _object(
            "type scheme",
            type={"const": "http"},
            scheme=TEXT,
            bearerFormat=TEXT,
            description=TEXT,
        ),
    ]
}
VARIABLE = _object("default", default=TEXT, description=TEXT)
OPENAPI = _object(
    "openapi info paths",
    openapi={"const": "3.1.0"},
    info=_object("title version", title=TEXT, version=TEXT, description=TEXT),
    servers=_list(_object("url", url=TEXT, variables=_map(VARIABLE))),
    paths=_map(_object("", get=OPERATION, post=OPERATION, options=OPERATION), "^/"),
    components=_object(
        "",
        schemas=_map(SCHEMA),
        responses=_map(_or_reference(RESPONSE)),
        parameters=_map(_or_reference(PARAMETER)),
        securitySchemes=_map(SECURITY_SCHEME),
    ),
)
