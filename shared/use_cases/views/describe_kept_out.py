"""Describe who is kept out: everybody whom an operator's word excludes, for a time or for good."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from shared.contracts.api.people_views import KeptOutPage, KeptOutView
from shared.domain.errors import DirectoryUnavailable
from shared.domain.person.enrolment import Exclusion
from shared.domain.person.people import Identifier, IdentifierKind
from shared.domain.person.reasons import Reason
from shared.domain.person.summary import EnrolmentSummary, NamedSummary
from shared.ports.directory import Directory
from shared.ports.world import World
from shared.use_cases.views.part_of_people import part_of_people

_BY_OPERATOR = frozenset({Reason.EXCLUDED_BY_OPERATOR, Reason.EXCLUDED_FOR_GOOD})
_MOST_LOOKED_UP = 100
"""People whose names Entra is asked for an answer: five requests of Graph's at most."""
_NOT_ASKED = "Entra could not be asked for the names of some people; ask again"
_TOO_MANY = (
    f"names are missing: Entra is asked for at most {_MOST_LOOKED_UP} of every 1,000 people; "
    "sspr user says each of the others"
)


async def list_kept_out(after: str | None, world: World, now: datetime) -> KeptOutPage:
    """Lists those of a part of the people whom an operator keeps out now."""
    part = await part_of_people(after, world.ledger, lambda one: _word_on(one, now) is not None)
    names, missing = await _names(part.people, world.directory)
    views = tuple(
        _view(one, word, names)
        for one in part.people
        if (word := _word_on(one.summary, now)) is not None
    )
    return KeptOutPage(people=views, next=part.next, names_missing=missing)


def _word_on(person: EnrolmentSummary, now: datetime) -> Exclusion | None:
    """Returns by what an operator keeps the person out now."""
    exclusion = person.exclusion
    if exclusion is None or exclusion.reason not in _BY_OPERATOR or not exclusion.holds(now):
        return None
    return exclusion


async def _names(
    people: Sequence[NamedSummary], directory: Directory
) -> tuple[Mapping[str, str], str | None]:
    """Returns names by object id, of the ledger or else of Entra, and why some are missing.

    A ledger that was taken up again after a loss knows people by their ids alone.
    """
    names = {one.summary.key: name for one in people if (name := one.user.user_principal_name)}
    unnamed = [one.summary.key for one in people if one.summary.key not in names]
    asked = [Identifier(IdentifierKind.OBJECT_ID, key) for key in unnamed[:_MOST_LOOKED_UP]]
    if not asked:
        return names, None
    try:
        found = await directory.find_people(asked)
    except DirectoryUnavailable:
        return names, _NOT_ASKED
    for person in (one for several in found.values() for one in several):
        if name := person.ref.user_principal_name:
            names[person.object_id] = name
    return names, _TOO_MANY if len(unnamed) > len(asked) else None


def _view(person: NamedSummary, exclusion: Exclusion, names: Mapping[str, str]) -> KeptOutView:
    summary = person.summary
    return KeptOutView(
        key=summary.key,
        user_principal_name=names.get(summary.key),
        state=summary.state,
        reason=exclusion.reason,
        detail=exclusion.text,
        actor=exclusion.actor,
        until=exclusion.until,
    )
