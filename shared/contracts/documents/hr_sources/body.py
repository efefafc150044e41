"""The words for how a sender's bodies are written. The descriptions are the reference."""

from enum import StrEnum
from typing import Literal

from pydantic import Field

from shared.contracts.documents.hr_sources.words import FieldPath, Word
from shared.contracts.documents.part import Part


class BodyFormat(StrEnum):
    """In which form a body is written."""

    JSON = "json"
    BASE64_JSON = "base64-json"
    FORM = "form"
    XML = "xml"
    CSV = "csv"


class Wrapped(Part):
    """A field that holds a body of its own as text."""

    at: FieldPath = Field(
        description="Where it stands: names with dots between them, [] behind a list's; @ is the "
        "whole body. What is unwrapped takes its place."
    )
    encoding: Literal["json", "base64-json", "xml", "base64-xml", "form"] = Field(
        "json", description="How it is written there."
    )


class Body(Part):
    """How bodies are written; expressions look at the tree that comes of it."""

    format: BodyFormat = Field(
        BodyFormat.JSON,
        description="json; form: employees[0][id]=7 is a tree; xml, also SOAP: elements by their "
        "names without prefix, attributes by @name; csv: a list of objects by the headings.",
    )
    charset: Literal["utf-8", "utf-16", "windows-1252", "iso-8859-1"] = Field(
        "utf-8",
        description="Of form and csv; a byte order mark says it as well. XML says it itself.",
    )
    delimiter: Literal[",", ";", "|", "tab"] = Field(
        ",", description="Of csv; a first line such as sep=; says it as well."
    )
    lists: list[Word] = Field(
        default=[],
        max_length=20,
        description="Of xml: names of elements that are a list even where there is but one.",
    )
    unwrap: list[Wrapped] = Field(
        default=[],
        max_length=5,
        description="Fields that hold JSON or XML as text, to be read in this order.",
    )
