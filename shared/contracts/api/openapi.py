"""The OpenAPI 3.1 description of the HTTP API, made of its routes and their models."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from pydantic import BaseModel

from shared.contracts.api.error_views import ErrorAnswer
from shared.contracts.api.health_views import HealthWord
from shared.contracts.api.model_schemas import Json, Model, components, properties, required
from shared.contracts.api.operator_requests import (
    ACTOR_HEADER,
    LONGEST_ACTOR,
    OPERATOR,
    READER,
    DocumentBody,
    DocumentText,
    EventsSent,
)
from shared.contracts.api.view import View
from shared.contracts.api.webhook import EventsBody
from shared.domain.health import Health

_YAML: Json = {"application/yaml": {"schema": {"type": "string"}}}
_WORD: Json = {"text/plain": {"schema": {"type": "string", "enum": list(Health)}}}
_NO_JSON: Mapping[type[View], Json] = {DocumentText: _YAML, HealthWord: _WORD}
"""Answers that are a text of their own."""
_PARAMETER = re.compile(r"\{(\w+)\}")
_ALWAYS = (400, 401, 403)
_OF_A_BODY = (411, 413, 415)
"""What may be wrong with a body before it is read."""
_ERROR: Model = (ErrorAnswer, "validation")
_ERRORS = {
    400: ("BadRequest", "Something in the request is wrong; `field` names it."),
    401: ("NotSignedIn", "No function key (the host's own answer, without a body), or no token."),
    403: ("NotAllowed", "The token lacks the app role."),
    404: ("NotFound", "Nothing is known by that name."),
    409: ("Conflict", "Not possible as things stand, or others keep changing the same thing."),
    411: ("LengthRequired", "The body came in chunks; send it with its length."),
    413: ("TooLarge", "More was sent at once than is taken; send it in parts."),
    415: ("BadMediaType", "The body is compressed, or in another charset than UTF-8."),
    503: ("Unavailable", "Microsoft Graph or Service Bus did not answer usefully; try again."),
}
_SECURITY_SCHEMES: Json = {
    "functionKey": {
        "type": "apiKey",
        "in": "header",
        "name": "x-functions-key",
        "description": "A function key or host key of the app, where operators are let in by key.",
    },
    "entra": {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "JWT",
        "description": "A token for the app, where operators are let in by Entra. "
        f"Reading needs the app role {READER} or {OPERATOR}, everything else the latter.",
    },
    "signature": {
        "type": "apiKey",
        "in": "header",
        "name": "X-Signature",
        "description": "HMAC-SHA256 of what is sent, in the header that the source's file names.",
    },
    "sender": {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "JWT",
        "description": "An HR system's token of Entra, of an app that the source's file names.",
    },
}
_ACTOR: Json = {
    "name": ACTOR_HEADER,
    "in": "header",
    "description": f"Who asks, for the audit: up to {LONGEST_ACTOR} characters, as percent-encoded "
    "UTF-8. It counts only where operators are let in by key.",
    "schema": {"type": "string"},
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """One method of one address: what it takes and what it answers."""

    name: str
    method: Literal["GET", "POST", "OPTIONS"]
    path: str
    tag: str
    summary: str
    takes: type[BaseModel]
    """Of a GET the query parameters, of a POST the body."""
    answers: type[View] | None
    """None where there is no body."""
    status: int = 200
    also: Mapping[int, type[View]] = field(default_factory=dict)
    """Other answers that are no errors, by their status."""
    refuses: tuple[int, ...] = ()
    """Statuses of errors beside those that every route may answer."""
    example: Any = None
    """A body."""
    for_operators: bool = True
    """Behind the operators' door, or behind a function key whatever their door is."""
    by_proof: bool = False
    """Neither: anonymous at the host, and whoever sends proves who they are."""
    open_to_all: bool = False
    """Neither as well, and nobody proves anything."""


def openapi(
    routes: Sequence[Route], *, info: Mapping[str, str], path_parameters: Mapping[str, str]
) -> Json:
    """The description of these routes; `path_parameters` says what each of them means."""
    references, schemas = components(sorted(_models(routes), key=lambda one: one[0].__name__))
    paths: Json = {}
    for route in routes:
        operation = _operation(route, references, path_parameters)
        paths.setdefault(f"/{route.path}", {})[route.method.lower()] = operation
    return {
        "openapi": "3.1.0",
        "info": dict(info),
        "servers": [
            {
                "url": "https://{app}.azurewebsites.net/api",
                "variables": {"app": {"default": "app", "description": "The function app."}},
            }
        ],
        "paths": paths,
        "components": {
            "schemas": dict(sorted(schemas.items())),
            "responses": {name: _error(text, references) for name, text in _ERRORS.values()},
            "parameters": {"Actor": _ACTOR},
            "securitySchemes": _SECURITY_SCHEMES,
        },
    }


def _models(routes: Iterable[Route]) -> set[Model]:
    taken: set[Model] = {
        (_body_model(route), "validation") for route in routes if _is_json_body(route)
    }
    answered: set[Model] = {
        (one, "serialization")
        for route in routes
        for one in (route.answers, *route.also.values())
        if one is not None and one not in _NO_JSON
    }
    return taken | answered | {_ERROR}


def _is_json_body(route: Route) -> bool:
    return route.method == "POST" and route.takes is not DocumentBody


def _body_model(route: Route) -> type[Any]:
    """What a body looks like that is taken as it is, and read by whoever deals with it."""
    return EventsBody if route.takes is EventsSent else route.takes


def _operation(
    route: Route, references: Mapping[Model, Json], path_parameters: Mapping[str, str]
) -> Json:
    parameters = [_path(name, path_parameters[name]) for name in _PARAMETER.findall(route.path)]
    operation: Json = {"operationId": route.name, "tags": [route.tag], "summary": route.summary}
    if route.method == "GET":
        needed = required(route.takes)
        parameters += [
            _query(name, one, needed=name in needed)
            for name, one in properties(route.takes).items()
        ]
    elif route.method == "POST":
        operation["requestBody"] = {"required": True, "content": _body(route, references)}
        if route.for_operators:
            parameters.append({"$ref": "#/components/parameters/Actor"})
    if parameters:
        operation["parameters"] = parameters
    return operation | {"responses": _responses(route, references), "security": _security(route)}


def _path(name: str, description: str) -> Json:
    return {
        "name": name,
        "in": "path",
        "required": True,
        "description": description,
        "schema": {"type": "string"},
    }


def _query(name: str, schema: Json, *, needed: bool) -> Json:
    """A parameter of the address, in which there is no null."""
    described = dict(schema)
    about = {"description": described.pop("description")}
    if described.get("default", "") is None:
        described, *_ = described["anyOf"]
    place = {"name": name, "in": "query"} | ({"required": True} if needed else {})
    return {**place, **about, "schema": described}


def _body(route: Route, references: Mapping[Model, Json]) -> Json:
    if not _is_json_body(route):
        return _YAML
    content: Json = {"schema": references[_body_model(route), "validation"]}
    return {"application/json": content | ({"example": route.example} if route.example else {})}


def _responses(route: Route, references: Mapping[Model, Json]) -> Json:
    always = () if route.open_to_all else _ALWAYS if route.for_operators else _ALWAYS[:2]
    guarded = _OF_A_BODY if route.method == "POST" else ()
    refused = sorted({*always, *guarded, *route.refuses})
    return {
        **{
            str(status): _answer(view, references)
            for status, view in {route.status: route.answers, **route.also}.items()
        },
        **{str(one): {"$ref": f"#/components/responses/{_ERRORS[one][0]}"} for one in refused},
    }


def _answer(view: type[View] | None, references: Mapping[Model, Json]) -> Json:
    if view is None:
        return {"description": "Yes; the answer has no body."}
    content = _NO_JSON.get(view) or {
        "application/json": {"schema": references[view, "serialization"]}
    }
    return {"description": (view.__doc__ or "").partition("\n")[0], "content": content}


def _error(description: str, references: Mapping[Model, Json]) -> Json:
    return {
        "description": description,
        "content": {"application/json": {"schema": references[_ERROR]}},
    }


def _security(route: Route) -> list[Json]:
    if route.open_to_all:
        return [{}]
    by_key: Json = {"functionKey": []}
    if route.by_proof:
        return [{}] if route.method in {"OPTIONS", "GET"} else [{"signature": []}, {"sender": []}]
    if not route.for_operators:
        return [by_key]
    return [by_key, {"entra": [READER if route.method == "GET" else OPERATOR]}]
