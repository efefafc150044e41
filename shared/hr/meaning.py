"""What a record means: whether somebody joins, leaves or is but listed, and where their day begins.

A report of everybody, a full upload and a changed attribute list people who may have joined years
ago. Who is but listed is enrolled by none of them.
"""

from collections.abc import Iterable
from datetime import date, datetime, timedelta

from shared.contracts.documents.hr_sources.meaning import USUAL_DAYS, Joins, length
from shared.contracts.documents.hr_sources.vocabulary import Source
from shared.domain.errors import InvalidMessage
from shared.domain.person.request import Action
from shared.domain.time_zones import day_of, known_zones
from shared.hr.sent_part import SentPart

_USUAL = Joins(hiredSince=f"{USUAL_DAYS}d")
"""Of records whose sender does not say that anybody joins: HR enters hires late, but not years."""


def what_is_meant(
    told: Action | None, first_day: str | None, source: Source, zone: str | None, now: datetime
) -> Action:
    """Tells who joins from who is but listed.

    Args:
        told: what the sender's own word says; None where there is no such word.
        first_day: in ISO 8601; None where none is said.
        source: who sends; it may say by which day somebody joins.
        zone: where the person is; None where that is not known.
        now: when the record came.
    """
    if told not in {None, Action.ONBOARD}:
        return told or Action.LIST
    rules = source.joins or (_USUAL if told is None else None)
    if rules is None:
        return Action.ONBOARD
    today = day_of(now, zone or source.time_zone or "UTC")
    joins = first_day is not None and _fits(date.fromisoformat(first_day), rules, today)
    return Action.ONBOARD if joins else Action.LIST


def zone_of(
    source: Source, said: SentPart | None = None, hints: Iterable[SentPart | None] = ()
) -> str | None:
    """Returns the zone of the person's place, as far as it is told; else the source's, if any.

    Args:
        source: whose words for zones, countries and sites count.
        said: where a zone is named, of which something has to be known.
        hints: what may lead to one; the first of which anything is known counts.

    Raises:
        InvalidMessage: a zone is named that nobody knows, naming the sender's field.
    """
    known = {word.strip().casefold(): zone for word, zone in source.time_zones.items()}
    text = said.text if said else None
    if said and text:
        return _zone_named(said.field, text.strip(), known)
    for hint in hints:
        word = hint.text if hint else None
        if word and (zone := known.get(word.strip().casefold())):
            return zone
    return source.time_zone


def is_zone(said: SentPart) -> bool:
    """Tells whether a zone of that name is known."""
    return said.value in known_zones() if isinstance(said.value, str) else False


def _zone_named(field: str, text: str, known: dict[str, str]) -> str:
    if zone := known.get(text.casefold()):
        return zone
    if text in known_zones():
        return text
    raise InvalidMessage(field, "no time zone is called so; say in `timeZones` which one it is")


def _fits(day: date, rules: Joins, today: date) -> bool:
    if rules.hired_since and day < _since(rules.hired_since, today):
        return False
    return rules.starts_within is None or abs(day - today) <= length(rules.starts_within)


def _since(text: str, today: date) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        back: timedelta = length(text)
        return today - back
