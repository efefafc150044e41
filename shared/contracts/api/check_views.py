"""The operator API's answers about checks of people: would their resets be written back?"""

from typing import Annotated

from pydantic import Field, StringConstraints

from shared.contracts.api.view import View
from shared.contracts.messages.contract import Contract, Moment

MOST_NAMED = 100
"""People that are named at once."""


class CheckPeople(Contract):
    """Whom to check, by UPN, employee id or object id."""

    people: Annotated[
        tuple[Annotated[str, StringConstraints(min_length=1, max_length=200)], ...],
        Field(min_length=1, max_length=MOST_NAMED),
    ]


class NamedPerson(View):
    """One person that a name leads to, or that it leads to nobody."""

    name: str
    key: str | None
    """The person's key; null where nobody is known by the name."""
    user_principal_name: str | None = None
    standing: str
    """`asked`; `cloud`: nothing is written back for them; `nobody`: not known by that name."""


class CheckAsked(View):
    """A check that was asked for."""

    check: str | None
    """Its key; null where there was nobody to ask the worker about."""
    asked: int
    """About so many people the worker is asked; of a large plan, so many are looked up first."""
    named: tuple[NamedPerson, ...] = ()
    cloud: int = 0
    """So many are of the cloud: nothing is written back for them."""


class FindingView(View):
    """One finding, for an operator."""

    word: str
    refuses: bool
    """Whether a reset would be refused for it."""
    passes: bool
    """Whether it ends by itself, with the time."""
    text: str
    remedy: str
    event: int | None
    """The event that the Connect host would log."""
    code: str | None
    """What the person would see."""
    source: str


class UnknownView(View):
    """Something that could not be found out, and how it could be."""

    word: str
    text: str


class CheckedPerson(View):
    """What was found about one person."""

    key: str
    user_principal_name: str | None
    verdict: str
    """`refused`, `fine`, `unknown` or `unanswered`."""
    seen_at: Moment | None
    worker: str | None
    findings: tuple[FindingView, ...] = ()
    unknown: tuple[UnknownView, ...] = ()


class CheckedPeople(View):
    """A page of the people of a check."""

    people: tuple[CheckedPerson, ...]
    next_page: int | None


class FindingCount(View):
    """How many people have a finding."""

    finding: FindingView
    people: int


class UnknownCount(View):
    """Of how many people something could not be found out."""

    unknown: UnknownView
    people: int


class PeopleCheckView(View):
    """How a check stands, and what it has found so far."""

    check: str
    asked_at: Moment
    expires_at: Moment
    over: bool
    """Whether everything was answered, or nobody waits any more."""
    people: int
    refused: int
    unknown: int
    fine: int
    unanswered: int
    findings: tuple[FindingCount, ...] = ()
    unknowns: tuple[UnknownCount, ...] = ()
    advice: str | None = None
    """Why there is no answer, where the time is over without one."""
