"""Reset forecast: who can reset a password today, who on a day ahead, and who loses it and why."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from shared.domain.person.enrolment import State
from shared.domain.person.methods import Ability, HeldMethods, ResetRules
from shared.domain.person.reasons import Reason
from shared.domain.person.summary import EnrolmentSummary

_NO_WORD_OF_METHODS = frozenset({Reason.SSPR_OFF, Reason.DISABLED_BY_POLICY})
"""Whoever is lost for one of these is so whatever they hold."""
NOTHING_REGISTERED = "none"


class Change(StrEnum):
    """What becomes of somebody's ability between today and the day."""

    KEEPS = "keeps"
    LOSES = "loses"
    GAINS = "gains"
    NEVER = "never"
    """Cannot today and cannot then."""


@dataclass(frozen=True, slots=True)
class PersonForecast:
    """One person, today and on the day."""

    today: Ability
    then: Ability

    @property
    def change(self) -> Change:
        """What becomes of the person; what is not known to count is not counted."""
        can, could = self.then is Ability.CAN, self.today is Ability.CAN
        if can:
            return Change.KEEPS if could else Change.GAINS
        return Change.LOSES if could else Change.NEVER


def foretell(person: EnrolmentSummary, rules: ResetRules, on: date) -> PersonForecast:
    """Foretells one person in scope, if nobody registers or takes away a method until then."""
    return PersonForecast(_today(person), _then(person, rules, on))


def foretell_unenrolled(
    held: HeldMethods, rules: ResetRules, today: date, on: date
) -> PersonForecast:
    """Foretells somebody who is to be put in and has registered these methods already."""
    return PersonForecast(rules.ability(held, today), rules.ability(held, on))


def _today(person: EnrolmentSummary) -> Ability:
    if person.state is State.RESETTABLE:
        return Ability.CAN
    return Ability.NOT_KNOWN if person.state is State.REGISTERED else Ability.CANNOT


def _then(person: EnrolmentSummary, rules: ResetRules, on: date) -> Ability:
    is_registered = person.state in {State.REGISTERED, State.RESETTABLE, State.LOST}
    if not is_registered or person.reason in _NO_WORD_OF_METHODS:
        return Ability.CANNOT
    if person.held is None or not person.held.names:
        return Ability.CANNOT if person.state is State.LOST else Ability.NOT_KNOWN
    return rules.ability(person.held, on)


@dataclass(slots=True)
class Tally:
    """How many people there are of each kind in one group."""

    people: int = 0
    can_today: int = 0
    can_then: int = 0
    not_known_then: int = 0
    changes: Counter[Change] = field(default_factory=Counter)

    def count(self, forecast: PersonForecast) -> None:
        """Counts one more person."""
        self.people += 1
        self.can_today += forecast.today is Ability.CAN
        self.can_then += forecast.then is Ability.CAN
        self.not_known_then += forecast.then is Ability.NOT_KNOWN
        self.changes[forecast.change] += 1


@dataclass(slots=True)
class Tallies:
    """Everybody, by group, and what those who lose it hold."""

    whole: Tally = field(default_factory=Tally)
    groups: dict[str, Tally] = field(default_factory=dict)
    losing_with: Counter[HeldMethods] = field(default_factory=Counter)
    gained_by_one_more: int = 0
    """Of those who lose it: how many would keep it by registering one method that counts."""

    def count(
        self,
        person: EnrolmentSummary,
        forecast: PersonForecast,
        groups: Iterable[str],
        rules: ResetRules,
        on: date,
    ) -> None:
        """Counts one more person, in each of these groups."""
        for tally in (self.whole, *(self.groups.setdefault(one, Tally()) for one in groups)):
            tally.count(forecast)
        if forecast.change is Change.LOSES and person.held is not None:
            self.losing_with[person.held] += 1
            self.gained_by_one_more += rules.lacks_one(person.held, on)


def groups_by_method(person: EnrolmentSummary) -> Iterable[str]:
    """Returns every method that the person holds; a person is in several groups."""
    return sorted(person.held.names) if person.held and person.held.names else (NOTHING_REGISTERED,)


def groups_by_wave(person: EnrolmentSummary) -> Iterable[str]:
    """Returns the wave that claims the person."""
    return (person.wave or "",)


def helpdesk_calls(losing: int, succeeded: int, able: int) -> float | None:
    """Returns how many resets in the same span of time would come to the helpdesk instead.

    Args:
        losing: people who lose the ability.
        succeeded: resets that people did by themselves in that span.
        able: people who could have; None is answered where nobody could.
    """
    return losing * succeeded / able if able else None


def ends_ahead(rules: ResetRules, today: date) -> Mapping[date, frozenset[str]]:
    """Returns the days ahead on which methods end, the first one first, with the methods."""
    days: dict[date, set[str]] = {}
    for name, rule in rules.methods.items():
        if rule.counts and rule.until and rule.until > today:
            days.setdefault(rule.until, set()).add(name)
    return {day: frozenset(days[day]) for day in sorted(days)}
