"""Describe who is kept out: everybody whom an operator's word excludes, for a time or for good."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from shared.contracts.api.people_views import KeptOutPage, KeptOutView
from shared.domain.person.enrolment import Exclusion
from shared.domain.person.reasons import Reason
from shared.domain.person.summary import EnrolmentSummary, NamedSummary
from shared.ports.directory import Directory
from shared.ports.world import World
from shared.use_cases.views.names_in_entra import names_in_entra
from shared.use_cases.views.part_of_people import part_of_people

_BY_OPERATOR = frozenset({Reason.EXCLUDED_BY_OPERATOR, Reason.EXCLUDED_FOR_GOOD})


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
    found, missing = await names_in_entra(unnamed, directory)
    return {**names, **found}, missing


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
