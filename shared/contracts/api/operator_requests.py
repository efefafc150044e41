"""What the operator API takes besides JSON: who asks, query parameters, a document's text."""

from typing import Annotated, Self

from pydantic import Field

from shared.contracts.api.view import View
from shared.contracts.messages.contract import Contract

ACTOR_HEADER = "x-sspr-actor"
"""Where operators are let in by key: who asks, percent-encoded where it is not ASCII.

It is but claimed; the audit says so.
"""
LONGEST_ACTOR = 100
READER = "Rollout.Reader"
OPERATOR = "Rollout.Operator"
"""App roles, where Entra lets operators in; an operator may read as well."""
MOST_EVALUATIONS = 100


class Nothing(Contract):
    """No query parameters."""


class Newest(Contract):
    """How many to answer, newest first."""

    limit: Annotated[int, Field(ge=1, le=MOST_EVALUATIONS)] = 20
    """So many."""


class Page(Contract):
    """Which page to answer."""

    page: Annotated[int, Field(ge=0)] = 0
    """From 0; `nextPage` of the answer before."""


class After(Contract):
    """Where to go on."""

    after: Annotated[int, Field(ge=0)] = 0
    """The number of the last record that is known already."""


class Version(Contract):
    """Which version of the document to answer."""

    version: Annotated[int, Field(ge=1)] | None = None
    """The one in force, where it is left out."""


class DocumentBody(Contract):
    """A rollout document as it came in: YAML, checked by whoever reads it."""

    content: bytes

    @classmethod
    def read(cls, body: bytes | str) -> Self:
        """Take the body as it is."""
        return cls(content=body if isinstance(body, bytes) else body.encode())


class DocumentText(View):
    """A rollout document as its author wrote it."""

    text: str
