"""Checks what crosses the wire against an OpenAPI description of Microsoft Graph."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema_rs

from sandbox.tenant.wire import GraphRequest, GraphResponse

_URN = "urn:contract"
_JSON = "application/json"


class Contract:
    """An OpenAPI 3.1 document, and the violations of it that were seen."""

    def __init__(self, file: Path) -> None:
        self._document = json.loads(file.read_text())
        self._registry = jsonschema_rs.Registry([(_URN, self._document)])
        self._validators: dict[str, jsonschema_rs.Draft202012Validator] = {}
        self.violations: list[dict[str, str]] = []

    def check_request(self, template: str, request: GraphRequest) -> list[dict[str, str]]:
        """The violations of a request to the operation at `template`; they are kept as well."""
        return self._keep(request, "request", self._request_faults(template, request))

    def check_response(self, template: str, request: GraphRequest, response: GraphResponse) -> None:
        """Keep the violations of a response."""
        self._keep(request, "response", self._response_faults(template, request, response))

    def _keep(
        self, request: GraphRequest, where: str, faults: Iterator[str]
    ) -> list[dict[str, str]]:
        asked = {"method": request.method, "path": request.path, "where": where}
        found = [{**asked, "message": message} for message in faults]
        self.violations += found
        return found

    def _request_faults(self, template: str, request: GraphRequest) -> Iterator[str]:
        operation = self._operation(template, request.method)
        if operation is None:
            yield "there is no such operation"
            return
        parameters = {each["name"]: each for each in self._parameters(operation)}
        for name, text in request.query.items():
            if name not in parameters:
                yield f"query {name}: there is no such parameter"
                continue
            schema = parameters[name]["schema"]
            yield from self._faults(f"query {name}", schema, _parsed(schema, text))
        content = operation.get("requestBody", {}).get("content", {}).get(_JSON)
        if content:
            yield from self._faults("body", content["schema"], request.body)

    def _response_faults(
        self, template: str, request: GraphRequest, response: GraphResponse
    ) -> Iterator[str]:
        operation = self._operation(template, request.method)
        if operation is None:
            return
        responses = operation["responses"]
        described = responses.get(
            str(response.status), responses.get(f"{response.status // 100}XX")
        )
        if described is None:
            yield f"status {response.status}: there is no such response"
            return
        content = self._resolved(described).get("content", {})
        if bool(content) != (response.body is not None):
            yield f"status {response.status}: has {'no' if content else 'a'} body"
        elif content:
            (media,) = content.values()
            body = int(response.body) if isinstance(response.body, str) else response.body
            yield from self._faults("body", media["schema"], body)

    def _faults(self, what: str, schema: dict[str, Any], value: Any) -> Iterator[str]:
        for error in self._validator(schema).iter_errors(value):
            place = "/".join(map(str, error.instance_path))
            yield f"{what} {place}: {error.message}"

    def _validator(self, schema: dict[str, Any]) -> jsonschema_rs.Draft202012Validator:
        text = json.dumps(schema)
        if text not in self._validators:
            absolute = json.loads(re.sub(r'"\$ref": "#', f'"$ref": "{_URN}#', text))
            self._validators[text] = jsonschema_rs.Draft202012Validator(
                absolute, registry=self._registry, validate_formats=True
            )
        return self._validators[text]

    def _operation(self, template: str, method: str) -> dict[str, Any] | None:
        found: dict[str, Any] | None = self._document["paths"].get(template, {}).get(method.lower())
        return found

    def _parameters(self, operation: dict[str, Any]) -> Iterator[dict[str, Any]]:
        return (self._resolved(each) for each in operation.get("parameters", []))

    def _resolved(self, node: dict[str, Any]) -> dict[str, Any]:
        if "$ref" in node:
            target: Any = self._document
            for step in node["$ref"].removeprefix("#/").split("/"):
                target = target[step]
            return dict(target)
        return node


def _parsed(schema: dict[str, Any], text: str) -> Any:
    """The value that a query parameter's text stands for under its schema."""
    match schema.get("type"):
        case "array":
            return text.split(",")
        case "integer" if text.lstrip("-").isdigit():
            return int(text)
        case "boolean" if text in {"true", "false"}:
            return text == "true"
    return text
