"""What the doctor says: a verdict of each check, why, what to do, and by which page."""

from datetime import date
from typing import Annotated

from pydantic import Field

from shared.contracts.api.view import View
from shared.contracts.api.words import CheckPart, CheckVerdict
from shared.contracts.messages.contract import Contract, Moment

_VERDICT = Annotated[str, Field(json_schema_extra={"enum": [str(one) for one in CheckVerdict]})]
_PART = Annotated[str, Field(json_schema_extra={"enum": [str(one) for one in CheckPart]})]


class DoctorAsked(Contract):
    """How far back the doctor is to look."""

    since: Moment | None = None
    """Changes and resets from then on, 30 days at most; where nothing is said, changes since the
    last look and resets of a week."""


class FindingView(View):
    """What one check says."""

    check: str
    part: _PART
    asks: str
    """What the check asks, as a question."""
    verdict: _VERDICT
    text: str
    """Why."""
    remedy: str
    """What to do; empty where nothing is."""
    source: str
    """The page that the check goes by."""
    read_on: date
    """When that page was last read."""


class DoctorView(View):
    """What all checks say that concern this tenant."""

    at: Moment
    since: Moment
    """How far back resets were looked at."""
    changes_since: Moment | None = None
    """How far back changes of SSPR's own settings were; an older app looks as for resets."""
    verdict: _VERDICT
    """Of all together: wrong before unknown before right."""
    findings: tuple[FindingView, ...]
