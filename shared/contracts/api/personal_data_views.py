"""The operator API's answers about personal data: what is kept of one person, and where else."""

from typing import Annotated, Any

from pydantic import Field

from shared.contracts.api.operator_requests import Why
from shared.contracts.api.view import View
from shared.contracts.messages.contract import Contract, Name

MOST_PLACES = 200
"""More than a ledger has."""


class ExportPerson(Contract):
    """Which place is looked through, and why; the audit tells it of each."""

    reason: Why
    """Without anybody's name: the audit keeps it."""
    page: Annotated[int, Field(ge=0, lt=MOST_PLACES)] = 0
    """From 0; `nextPage` of the answer before."""


class ErasePerson(Contract):
    """Erase what is kept of a person; without `plan` only show what that is."""

    reason: Why
    """Without the person's name: the audit keeps it."""
    with_exclusion: bool = False
    """Whether an exclusion for good may end with it."""
    plan: Name | None = None
    """The fingerprint of what was shown."""


class KeptRecordView(View):
    """One row that names the person."""

    kind: str
    meaning: str
    """What a row of this kind is."""
    table: str
    key: str
    """Where in the table it stands."""
    content: dict[str, Any]
    """Its columns, as plain JSON values."""


class ElsewhereView(View):
    """A place outside of the ledger where something about a person may stand."""

    place: str
    holds: str
    ends: str
    """When it goes by itself."""
    do: str
    """How to look, and how to take it away."""


class PersonDataPage(View):
    """What one place keeps of a person."""

    known_by: tuple[str, ...]
    """By what the person was looked for."""
    place: str
    records: tuple[KeptRecordView, ...]
    more: bool
    """Whether the place has more than are told: the person has worked with the product."""
    elsewhere: tuple[ElsewhereView, ...]
    """Where this product cannot look; told with the last page."""
    next_page: int | None


class ErasedRowsView(View):
    """Rows of one kind in one table that name the person, and what becomes of them."""

    table: str
    kind: str
    meaning: str
    """What a row of this kind is."""
    fate: str
    """`erased`, `rewritten` without the person, or `kept`."""
    why: str
    rows: int
    more: bool
    """Whether the table has more of them than were counted."""


class EraseView(View):
    """What is erased of a person, what is kept and why, and what cannot be erased from here."""

    fingerprint: str
    rows: tuple[ErasedRowsView, ...]
    warnings: tuple[str, ...]
    """What else ends with it, and what names them again."""
    needs_exclusion: bool
    """Whether an exclusion for good ends with it, which has to be meant."""
    elsewhere: tuple[ElsewhereView, ...]
    """Where this product cannot erase."""
    done: bool
