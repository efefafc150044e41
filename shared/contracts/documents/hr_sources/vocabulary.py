"""The words of the file of HR sources. The descriptions are its reference, in the schema too.

What differs from kind to kind stands beside the kind's adapter; `model.py` puts it in, also in the
place of `{kinds}`, which there are, and of `{signing}`, whose signatures are known.
"""

import re
from enum import StrEnum
from typing import Annotated, Literal, cast

from pydantic import AfterValidator, Field, StringConstraints, WithJsonSchema

from shared.contracts.documents.part import Part, unless_left_out
from shared.contracts.documents.scalars import Span, between

SCHEMA = "sspr-rollout/hr-sources/1"
_SLUG = r"^[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?$"
_SECRET = r"^[A-Za-z][A-Za-z0-9]*(_[A-Za-z0-9]+)*$"  # noqa: S105  # the pattern of a name
_GUID = r"^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$"
_HEADER = r"^[A-Za-z0-9-]{1,60}$"


def _matching(pattern: str, otherwise: str, *examples: str) -> tuple[object, object]:
    def check(text: str) -> str:
        if re.fullmatch(pattern, text):
            return text
        raise ValueError(otherwise)

    schema = {"type": "string", "pattern": pattern, "examples": list(examples)}
    return AfterValidator(check), WithJsonSchema(schema)


type Slug = Annotated[
    str,
    *_matching(
        _SLUG, "write at most 40 of the letters a to z, digits and -, such as bamboohr", "bamboohr"
    ),
]
type SecretName = Annotated[
    str,
    *_matching(
        _SECRET,
        "write the name of a setting below SSPR_HR_SECRETS__: letters, digits and single _",
        "BAMBOOHR",
    ),
]
type Header = Annotated[
    str,
    *_matching(_HEADER, "write the name of an HTTP header", "X-Signature"),
]
type ApplicationId = Annotated[
    str,
    *_matching(
        _GUID,
        "write an application (client) id, 8-4-4-4-12 hexadecimal digits",
        "2f7c1c6e-6a5e-4a07-9f0c-2c8d6a1b7e11",
    ),
    AfterValidator(str.lower),
]
Text = Annotated[str, StringConstraints(min_length=1, max_length=100)]
Tolerance = Annotated[Span, between("PT1S", "PT1H")]


class Authentication(StrEnum):
    """By what a sender proves who they are."""

    KEY = "key"
    HMAC = "hmac"
    ENTRA = "entra"
    BEARER = "bearer"


class EventMeaning(StrEnum):
    """What is asked for a person."""

    ONBOARD = "onboard"
    OFFBOARD = "offboard"


class Hmac(Part):
    """How a sender signs: a keyed digest of what they send."""

    secret: SecretName = Field(
        description="The name of the secret: BAMBOOHR stands for the setting "
        "SSPR_HR_SECRETS__BAMBOOHR. Never the secret itself."
    )
    header: Header | None = Field(
        None,
        json_schema_extra=unless_left_out,
        description="The header that carries the signature; known of {signing}.",
    )
    algorithm: Literal["sha256"] = Field("sha256", description="HMAC-SHA256; there is no other.")
    encoding: Literal["hex", "base64"] = Field("hex", description="How the signature is written.")
    prefix: Text | None = Field(
        None,
        json_schema_extra=unless_left_out,
        description="What stands before the signature in the header, such as sha256=.",
    )
    signed: Text | None = Field(
        None,
        json_schema_extra=unless_left_out,
        description="What is signed: {body} and {timestamp} stand for themselves, all else is "
        "literal, such as v0:{timestamp}:{body}. By default {body}; known of {signing}.",
    )
    timestamp_header: Header | None = Field(
        None,
        json_schema_extra=unless_left_out,
        description="The header with the time of sending; known of {signing}.",
    )
    tolerance: Tolerance = Field(
        "PT5M", description="How far that time may be from ours; against replay."
    )


class Entra(Part):
    """Which apps' tokens are taken."""

    applications: list[ApplicationId] = Field(
        min_length=1,
        description="Application (client) ids, as they stand in the token's appid or azp.",
    )


class Bearer(Part):
    """A secret that the sender shows with every request, as SCIM clients do."""

    secrets: list[SecretName] = Field(
        min_length=1,
        max_length=2,
        description="The names of the secrets that are taken: SCIM stands for the setting "
        "SSPR_HR_SECRETS__SCIM. Two while one takes the other's place.",
    )


class Source(Part):
    """One system that sends: by its name its address ends."""

    name: Slug = Field(description="Unique; the address is /api/hr/NAME or /api/hooks/NAME.")
    kind: str = Field(description="What it sends: {kinds}.")
    authentication: Authentication = Field(
        description="key: a function key, at /api/hr/NAME. hmac: a signature, entra: a token of "
        "this tenant, bearer: a secret, all at /api/hooks/NAME. With the last two scim is served "
        "at /api/hr/NAME/scim/v2 as well."
    )
    hmac: Hmac | None = Field(
        None, json_schema_extra=unless_left_out, description="Of hmac: how the sender signs."
    )
    entra: Entra | None = Field(
        None, json_schema_extra=unless_left_out, description="Of entra: whose tokens are taken."
    )

    bearer: Bearer | None = Field(
        None, json_schema_extra=unless_left_out, description="Of bearer: whose secrets are taken."
    )

    def own[P: Part](self, keys: type[P]) -> P:
        """The keys that sources of its kind alone have."""
        own = {name: getattr(self, name) for name in keys.model_fields}
        return cast("P", keys.model_construct(**own))


class HrSources(Part):
    """Which systems may send onboarding events, how they prove it, and what they mean."""

    schema_: Literal["sspr-rollout/hr-sources/1"] = Field(
        alias="schema", description="Kind and version of the document."
    )
    sources: list[Source] = Field(max_length=50, description="The systems, each by a name.")
