"""Health, as it is told: a word for everybody, and everything for operators."""

from typing import Annotated

from pydantic import Field

from shared.contracts.api.dead_letter_views import DeadLetterCount
from shared.contracts.api.ending_views import EndingView
from shared.contracts.api.sspr_views import SsprView
from shared.contracts.api.view import View
from shared.contracts.messages.contract import Moment
from shared.domain.health import DependencyKind, Health, Trouble

# Readers pass over a word that they do not know yet: an old command line still shows the rest.
_HEALTH = Annotated[str, Field(json_schema_extra={"enum": [str(one) for one in Health]})]
_KIND = Annotated[str, Field(json_schema_extra={"enum": [str(one) for one in DependencyKind]})]
_TROUBLE = Annotated[str, Field(json_schema_extra={"enum": [str(one) for one in Trouble]})]


class HealthWord(View):
    """The app's health in a word; nothing else is told to whoever has not signed in."""

    word: Health


class CheckView(View):
    """One thing that the app depends on, and whether it can be reached."""

    kind: _KIND
    name: str
    purpose: str
    """What the app needs it for."""
    milliseconds: Annotated[int, Field(ge=0)]
    """How long the look took."""
    trouble: _TROUBLE | None
    """None where it can be reached."""
    detail: str
    """What the other side said."""
    advice: str
    """What the trouble means, and what to do first."""


class HealthView(View):
    """The app's health, with everything that it depends on."""

    health: _HEALTH
    at: Moment
    version: str = ""
    """Of the app, with the commit if it was built in; empty from one of before."""
    problems: tuple[str, ...] = ()
    """What is wrong with the set-up; nothing else works while there is any."""
    checks: tuple[CheckView, ...] = ()
    """None are made while there are problems."""
    dead_letters: tuple[DeadLetterCount, ...] = ()
    """Of each queue. They are no trouble of the app's, and its word does not hang on them."""
    sspr: SsprView | None = None
    """Whom SSPR itself is on for, no trouble of the app's either; null where it cannot be read."""
    endings: tuple[EndingView, ...] = ()
    """Certificates, passwords and accounts that end soon; the word does not hang on them either."""
