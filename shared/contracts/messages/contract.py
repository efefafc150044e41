"""What every contract has in common: JSON in camel case, read strictly, refused by field."""

from typing import Annotated, Any, Self

from pydantic import AwareDatetime, BaseModel, ConfigDict, StringConstraints, ValidationError
from pydantic.alias_generators import to_camel

from shared.domain.errors import InvalidMessage

LARGEST_MESSAGE = 200_000
"""Bytes of a message's body; the Standard tier takes 256 KB with headers."""

Key = Annotated[str, StringConstraints(min_length=1, max_length=200)]
MOST_TEXT = 500
Text = Annotated[str, StringConstraints(max_length=MOST_TEXT)]
Moment = AwareDatetime


class Contract(BaseModel):
    """A message or a part of one."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", alias_generator=to_camel, populate_by_name=True
    )

    @classmethod
    def read(cls, body: bytes | str) -> Self:
        """Parse JSON text.

        Raises:
            InvalidMessage: naming the first offending field and what is wrong with it.
        """
        try:
            return cls.model_validate_json(body)
        except ValidationError as error:
            raise refusal_of(error) from None

    @classmethod
    def read_object(cls, body: Any) -> Self:
        """Parse a JSON value that has been decoded already; raises as `read` does."""
        try:
            return cls.model_validate(body)
        except ValidationError as error:
            raise refusal_of(error) from None

    def text(self) -> bytes:
        """The JSON text that goes over the wire; what is not known is left out."""
        return self.model_dump_json(by_alias=True, exclude_none=True).encode()


def refusal_of(error: ValidationError) -> InvalidMessage:
    """The first complaint of pydantic's in words for the sender, without the value itself."""
    first = error.errors(include_url=False, include_input=False)[0]
    field = ".".join(str(part) for part in first["loc"]) or "(body)"
    unknown = first["type"] == "extra_forbidden"
    reason = "no such field is known" if unknown else first["msg"].removeprefix("Value error, ")
    more = error.error_count() - 1
    return InvalidMessage(field, f"{reason} (and {more} more)" if more else reason)
