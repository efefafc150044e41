"""What the operator API answers with: JSON in camel case, with nulls where nothing is known."""

from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel


class View(BaseModel):
    """An answer or a part of one; whoever reads it passes over what a newer app adds.

    One that shows a value as it is takes it whole: `model_validate(value)`.
    """

    model_config = ConfigDict(
        frozen=True,
        alias_generator=to_camel,
        populate_by_name=True,
        from_attributes=True,
        # A command that shows one of them builds that one.
        defer_build=True,
    )

    def as_json(self) -> str:
        """The JSON text that goes over the wire."""
        return self.model_dump_json(by_alias=True)
