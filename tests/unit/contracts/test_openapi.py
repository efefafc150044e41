"""The description of the API: that it is OpenAPI, up to date, and of the functions there are."""

import copy
import json
import re
from collections.abc import Iterator
from typing import Any

import jsonschema_rs
import pytest

from functions.operator_api import describe_api
from tests.support.openapi_schema import OPENAPI
from tests.support.registered_app import ENVIRONMENT, load
from tests.support.repository import ROOT

PUBLISHED = ROOT / "docs/openapi.json"
ANEW = "python -m functions > docs/openapi.json"
DESCRIPTION: dict[str, Any] = describe_api()
IS_OPENAPI = jsonschema_rs.validator_for(OPENAPI)

type Json = dict[str, Any]


def operations() -> Iterator[tuple[str, str, Json]]:
    """Method, path and description of each operation."""
    for path, item in DESCRIPTION["paths"].items():
        for method, operation in item.items():
            yield method.upper(), path, operation


def inside(value: Any) -> Iterator[Json]:
    """Every object in the value, at any depth."""
    if isinstance(value, dict):
        yield value
        for one in value.values():
            yield from inside(one)
    elif isinstance(value, list):
        for one in value:
            yield from inside(one)


def resolved(reference: str) -> Any:
    found: Any = DESCRIPTION
    for step in reference.removeprefix("#/").split("/"):
        found = found[step]
    return found


def is_valid(value: Any, schema: Json) -> bool:
    """Whether the value is what a schema of the description asks for."""
    whole = {**schema, "components": DESCRIPTION["components"]}
    return jsonschema_rs.validator_for(whole, validate_formats=True).is_valid(value)


def test_the_published_description_is_the_one_of_today() -> None:
    assert json.loads(PUBLISHED.read_text()) == DESCRIPTION, f"run `{ANEW}`"


def test_the_description_is_open_api_3_1() -> None:
    assert [str(error) for error in IS_OPENAPI.iter_errors(DESCRIPTION)] == []


@pytest.mark.parametrize(
    "broken",
    [
        lambda api: api.pop("info"),
        lambda api: api["paths"]["/rollout"]["get"].pop("responses"),
        lambda api: api["paths"]["/operations/{key}"]["get"]["parameters"][0].pop("required"),
        lambda api: api["paths"]["/rollout"]["get"].update(operationID="twice"),
        lambda api: api["components"]["schemas"]["Steer"].update(type="text"),
        lambda api: api["components"]["responses"].update({"a b": {"description": ""}}),
    ],
)
def test_what_is_no_open_api_would_be_found(broken: Any) -> None:
    api = copy.deepcopy(DESCRIPTION)
    broken(api)
    assert not IS_OPENAPI.is_valid(api)


def test_every_schema_is_json_schema_of_the_dialect_that_open_api_speaks() -> None:
    for schema in DESCRIPTION["components"]["schemas"].values():
        jsonschema_rs.Draft202012Validator({**schema, "components": DESCRIPTION["components"]})
        jsonschema_rs.meta.validate(
            {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}
        )


def test_every_reference_leads_somewhere_and_every_component_is_referred_to() -> None:
    references = {one["$ref"] for one in inside(DESCRIPTION) if "$ref" in one}
    assert all(isinstance(resolved(one), dict) for one in references)
    components = DESCRIPTION["components"]
    named = {
        f"#/components/{kind}/{name}"
        for kind in ("schemas", "responses", "parameters")
        for name in components[kind]
    }
    assert named == references


def test_every_security_requirement_names_a_scheme() -> None:
    schemes = {
        scheme
        for _, _, operation in operations()
        for requirement in operation["security"]
        for scheme in requirement
    }
    assert schemes == set(DESCRIPTION["components"]["securitySchemes"])


def test_reading_needs_the_readers_role_and_everything_else_the_operators() -> None:
    roles = {
        (method, *requirement["entra"])
        for method, _, operation in operations()
        for requirement in operation["security"]
        if "entra" in requirement
    }
    assert roles == {("GET", "Rollout.Reader"), ("POST", "Rollout.Operator")}


def test_every_operation_has_a_name_of_its_own() -> None:
    names = [operation["operationId"] for _, _, operation in operations()]
    assert len(names) == len(set(names)) > 20


def test_every_parameter_in_a_path_is_described_and_no_others() -> None:
    for _, path, operation in operations():
        described = [
            one["name"] for one in operation.get("parameters", ()) if one.get("in") == "path"
        ]
        assert described == re.findall(r"\{(\w+)\}", path)


def test_every_example_is_a_body_that_would_be_taken() -> None:
    examples = [one for one in inside(DESCRIPTION["paths"]) if "example" in one]
    assert len(examples) > 10
    for one in examples:
        assert is_valid(one["example"], one["schema"]), one["example"]


def test_what_stands_below_a_field_is_its_description() -> None:
    wave = DESCRIPTION["components"]["schemas"]["WaveView"]["properties"]
    assert wave["state"]["description"].startswith("`ahead`, `progressing`")
    person = DESCRIPTION["components"]["schemas"]["PersonView"]["properties"]
    assert person["key"]["description"].startswith("The object id"), "of the class it descends from"


def test_an_error_says_in_which_field() -> None:
    error = {"$ref": "#/components/schemas/ErrorAnswer"}
    assert is_valid({"error": {"field": "reason", "reason": "too short"}}, error)
    assert not is_valid({"error": {"field": "reason"}}, error)


@pytest.fixture
def http_triggers(monkeypatch: pytest.MonkeyPatch) -> dict[str, Json]:
    """Those of the app as it is deployed."""
    triggers = {}
    for function in load(monkeypatch, ENVIRONMENT).get_functions():
        trigger = function.get_trigger()
        assert trigger
        if trigger.get_dict_repr()["type"] == "httpTrigger":
            triggers[str(function.get_function_name())] = trigger.get_dict_repr()
    return triggers


def test_every_http_function_is_described_and_nothing_else(http_triggers: dict[str, Json]) -> None:
    functions = [
        (name, str(method), f"/{one['route']}")
        for name, one in http_triggers.items()
        # SCIM describes itself, at /Schemas and its like.
        if name != "serve_scim"
        for method in one["methods"]
    ]
    # An operation's id is unique, and these two functions answer a second method.
    also = {("take_hr_event", "OPTIONS"): "agree_to_hr_events"}
    also |= {("take_hook", "OPTIONS"): "agree_to_hooks"}
    named = sorted(
        (also.get((name, method), name), method, path) for name, method, path in functions
    )
    assert named == sorted(
        (operation["operationId"], method, path) for method, path, operation in operations()
    )
