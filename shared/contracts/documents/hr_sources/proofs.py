"""The words for how a sender proves who they are. The descriptions are the reference."""

from enum import StrEnum
from typing import Literal

from pydantic import Field

from shared.contracts.documents.hr_sources.expression import Expression
from shared.contracts.documents.hr_sources.words import (
    Address,
    ApplicationId,
    Header,
    LongText,
    SecretName,
    Text,
    Tolerance,
    Word,
)
from shared.contracts.documents.part import Part, unless_left_out

_SECOND = (
    "The name of a second secret that is taken as well, while the sender changes from one to the "
    "other."
)


class Authentication(StrEnum):
    """By what a sender proves who they are."""

    KEY = "key"
    HMAC = "hmac"
    SECRET = "secret"  # noqa: S105  # a word of the document
    ENTRA = "entra"


class SignatureParts(Part):
    """The names under which one header holds the signature and the time: t=…,v1=…."""

    signature: Word = Field(description="What stands before the signature's =, such as v1.")
    timestamp: Word | None = Field(
        None,
        json_schema_extra=unless_left_out,
        description="What stands before the time's =, such as t.",
    )


class Hmac(Part):
    """How a sender signs: a keyed digest of what they send."""

    secret: SecretName = Field(
        description="The name of the secret: BAMBOOHR stands for the setting "
        "SSPR_HR_SECRETS__BAMBOOHR. Never the secret itself."
    )
    second_secret: SecretName | None = Field(
        None, json_schema_extra=unless_left_out, description=_SECOND
    )
    secret_encoding: Literal["text", "base64", "hex"] = Field(
        "text",
        description="How the setting holds the key: as text, or as the base64 (with or without "
        "whsec_ before it) or hex of its bytes.",
    )
    header: Header | None = Field(
        None,
        json_schema_extra=unless_left_out,
        description="The header that carries the signature; known of {signing}.",
    )
    algorithm: Literal["sha256", "sha512"] = Field(
        "sha256", description="HMAC-SHA256 or HMAC-SHA512."
    )
    encoding: Literal["hex", "base64", "base64url"] = Field(
        "hex", description="How the signature is written."
    )
    prefix: Text | None = Field(
        None,
        json_schema_extra=unless_left_out,
        description="What stands before the signature in the header, such as sha256= or v1,. Of "
        "several signatures in the header one has to be right.",
    )
    parts: SignatureParts | None = Field(
        None,
        json_schema_extra=unless_left_out,
        description="Where the header holds named parts, t=…,v1=…: their names.",
    )
    signed: LongText | None = Field(
        None,
        json_schema_extra=unless_left_out,
        description="What is signed: {body}, {timestamp}, {method}, {url}, {path} and "
        "{header:NAME} stand for themselves, all else is literal, such as v0:{timestamp}:{body}. "
        "By default {body}; known of {signing}.",
    )
    address: Address | None = Field(
        None,
        json_schema_extra=unless_left_out,
        description="What {url} stands for, where the sender knows us by another address than "
        "the one at which the app sees the request: behind a proxy or a gateway.",
    )
    timestamp_header: Header | None = Field(
        None,
        json_schema_extra=unless_left_out,
        description="The header with the time of sending; known of {signing}.",
    )
    tolerance: Tolerance = Field(
        "5m", description="How far that time may be from ours; against replay."
    )


class StaticSecret(Part):
    """A secret that is sent with every message, unchanged."""

    secret: SecretName = Field(
        description="The name of the secret: GUSTO stands for the setting SSPR_HR_SECRETS__GUSTO. "
        "Never the secret itself."
    )
    second_secret: SecretName | None = Field(
        None, json_schema_extra=unless_left_out, description=_SECOND
    )
    header: Header | None = Field(
        None,
        json_schema_extra=unless_left_out,
        description="The header that carries it; of basic and bearer by default Authorization.",
    )
    field: Expression | None = Field(
        None,
        json_schema_extra=unless_left_out,
        description="Where in the body it stands, for senders that put it there: an expression.",
    )
    form: Literal["text", "basic", "bearer"] = Field(
        "text",
        description="text: as it is, behind `prefix`. basic: as Basic credentials, the setting "
        "being user:password. bearer: as a bearer token.",
    )
    prefix: Text | None = Field(
        None,
        json_schema_extra=unless_left_out,
        description='What stands before it in the header, such as "Token token=".',
    )


class Entra(Part):
    """Which apps' tokens are taken."""

    applications: list[ApplicationId] = Field(
        min_length=1,
        description="Application (client) ids, as they stand in the token's appid or azp.",
    )
