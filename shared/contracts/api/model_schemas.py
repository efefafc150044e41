"""JSON Schemas of our models, each field with the docstring that stands below it.

Those docstrings are read from the source when a schema is made, not when the app starts.
"""

import ast
import inspect
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from importlib import import_module
from itertools import pairwise
from typing import Any, Literal, override

from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue, models_json_schema
from pydantic_core import core_schema

type Json = dict[str, Any]
type Model = tuple[type[BaseModel], Literal["validation", "serialization"]]
"""A model as it is read, or as it is written."""

REFERENCE = "#/components/schemas/{model}"


class _Described(GenerateJsonSchema):
    """Schemas without the titles that only repeat a name."""

    @override
    def field_title_should_be_set(self, schema: Any) -> bool:
        return False

    @override
    def model_schema(self, schema: core_schema.ModelSchema) -> JsonSchemaValue:
        described = super().model_schema(schema)
        described.pop("title", None)
        properties = described.get("properties", {})
        docs = dict(_docs(schema["cls"]))
        for name, field in schema["cls"].model_fields.items():
            if name in docs:
                properties[_alias(name, field)].setdefault("description", docs[name])
        return described


def components(models: Sequence[Model]) -> tuple[Mapping[Model, Json], Json]:
    """A reference to each model's schema, and the schemas of all that they are made of."""
    references, definitions = models_json_schema(
        models, ref_template=REFERENCE, schema_generator=_Described
    )
    wanted = {one: references[one] for one in models}
    return wanted, _made_of(wanted.values(), definitions.get("$defs", {}))


def _made_of(schemas: Iterable[Json], definitions: Json) -> Json:
    """The definitions that these lead to; pydantic keeps others that nothing refers to any more."""
    found: set[str] = set()
    left = [name for one in schemas for name in _named(one)]
    while left:
        name = left.pop()
        if name not in found:
            found.add(name)
            left += _named(definitions[name])
    return {name: one for name, one in definitions.items() if name in found}


def _named(value: Any) -> Iterator[str]:
    """The names that references lead to, at any depth."""
    if isinstance(value, dict):
        reference = value.get("$ref")
        if isinstance(reference, str) and reference.startswith(REFERENCE.format(model="")):
            yield reference.rpartition("/")[2]
        value = list(value.values())
    if isinstance(value, list):
        for one in value:
            yield from _named(one)


def properties(model: type[BaseModel]) -> Json:
    """The schemas of a model's fields, by their names on the wire, with what they refer to."""
    schema = model.model_json_schema(schema_generator=_Described)
    definitions = schema.get("$defs", {})
    found: Json = schema.get("properties", {})
    return {name: _written_out(one, definitions) for name, one in found.items()}


def required(model: type[BaseModel]) -> frozenset[str]:
    """The names on the wire of the fields that have to be given."""
    return frozenset(
        field.alias or name for name, field in model.model_fields.items() if field.is_required()
    )


def _written_out(schema: Json, definitions: Json) -> Json:
    """The schema with the definition in the place of a reference to it."""
    reference = schema.get("$ref")
    if reference is None:
        choices = [_written_out(one, definitions) for one in schema.get("anyOf", ())]
        return {**schema, "anyOf": choices} if choices else schema
    others = {name: value for name, value in schema.items() if name != "$ref"}
    return {**definitions[reference.rpartition("/")[2]], **others}


def _alias(name: str, field: FieldInfo) -> str:
    return field.alias or name


def _docs(model: type[BaseModel]) -> Iterator[tuple[str, str]]:
    """The docstring below each field, those of the classes it descends from first."""
    for ancestor in reversed(model.__mro__):
        if ancestor.__module__.startswith("shared."):
            yield from _docs_in(ancestor.__module__).get(ancestor.__name__, ())


@cache
def _docs_in(module: str) -> Mapping[str, Sequence[tuple[str, str]]]:
    """The fields that have a docstring, by the class they are in."""
    tree = ast.parse(inspect.getsource(import_module(module)))
    classes = (one for one in tree.body if isinstance(one, ast.ClassDef))
    return {one.name: tuple(_fields(one)) for one in classes}


def _fields(definition: ast.ClassDef) -> Iterator[tuple[str, str]]:
    for field, below in pairwise(definition.body):
        match field, below:
            case ast.AnnAssign(target=ast.Name(name)), ast.Expr(ast.Constant(str(text))):
                yield name, inspect.cleandoc(text)
