"""What the mappings of a rollout document have in common."""

from typing import Any

from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel


def _title(name: str, _: Any) -> str:
    return name.strip("_").replace("_", " ").capitalize()


def _title_of_part(model: type) -> str:
    return model.__name__.removesuffix("Part")


def unless_left_out(schema: dict[str, Any]) -> None:
    """For the JSON Schema of a field that is None where its key is left out: null is no value."""
    value, _ = schema.pop("anyOf")
    schema.update(value | schema)


class Part(BaseModel):
    """A mapping with camel-case keys, of which no other is taken; values are never converted."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        strict=True,
        alias_generator=to_camel,
        field_title_generator=_title,
        model_title_generator=_title_of_part,
    )
