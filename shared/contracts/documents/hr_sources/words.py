"""The scalars of the file of HR sources: names of sources, settings, headers and fields.

Each is refused in a sentence that says what to write instead, and its JSON Schema has the same
pattern.
"""

import re
from typing import Annotated

from pydantic import AfterValidator, StringConstraints, WithJsonSchema

from shared.contracts.documents.scalars import Span, between

_SLUG = r"^[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?$"
_SECRET = r"^[A-Za-z][A-Za-z0-9]*(_[A-Za-z0-9]+)*$"  # noqa: S105  # the pattern of a name
_GUID = r"^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$"
_HEADER = r"^[A-Za-z0-9_-]{1,60}$"
_WORD = r"^[A-Za-z0-9_.:-]{1,60}$"
_FIELD = r"^(@|[^.\[\]]{1,100}(\[\])?(\.[^.\[\]]{1,100}(\[\])?){0,9})$"
_ADDRESS = r"^https://[^\s?#{}]{1,300}$"


def matching(pattern: str, otherwise: str, *examples: str) -> tuple[object, object]:
    """Makes what refuses every text that the pattern does not match, and the pattern's schema."""

    def check(text: str) -> str:
        if re.fullmatch(pattern, text):
            return text
        raise ValueError(otherwise)

    schema = {"type": "string", "pattern": pattern, "examples": list(examples)}
    return AfterValidator(check), WithJsonSchema(schema)


type Slug = Annotated[
    str,
    *matching(
        _SLUG, "write at most 40 of the letters a to z, digits and -, such as bamboohr", "bamboohr"
    ),
]
type SecretName = Annotated[
    str,
    *matching(
        _SECRET,
        "write the name of a setting below SSPR_HR_SECRETS__: letters, digits and single _",
        "BAMBOOHR",
    ),
]
type Header = Annotated[str, *matching(_HEADER, "write the name of an HTTP header", "X-Signature")]
type ApplicationId = Annotated[
    str,
    *matching(
        _GUID,
        "write an application (client) id, 8-4-4-4-12 hexadecimal digits",
        "2f7c1c6e-6a5e-4a07-9f0c-2c8d6a1b7e11",
    ),
    AfterValidator(str.lower),
]
type Word = Annotated[
    str, *matching(_WORD, "write a name of letters, digits and _ . : -, such as v1", "v1")
]
type FieldPath = Annotated[
    str,
    *matching(
        _FIELD,
        "write where the field stands, such as Message or Records[].data; @ is the whole body",
        "Message",
        "Records[].data",
    ),
]
type Address = Annotated[
    str,
    *matching(
        _ADDRESS,
        "write the address as the sender has it, such as https://hr.contoso.com/api/hooks/hr",
        "https://hr.contoso.com/api/hooks/hr",
    ),
]
Text = Annotated[str, StringConstraints(min_length=1, max_length=100)]
LongText = Annotated[str, StringConstraints(min_length=1, max_length=300)]
Tolerance = Annotated[Span, between("PT1S", "PT1H")]
