"""Events that are taken back: a forgotten one counts as if it had never come.

So it is whatever came after it, in whatever order. What an operator has said since stays said; what
they had said before, and the event had ended, holds again.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from shared.domain.person.enrolment import (
    CauseKind,
    Claim,
    Enrolment,
    EventHistory,
    EventRecord,
    Exclusion,
)
from shared.domain.person.event_history import joined_claims
from shared.domain.person.older_events import older_records
from shared.domain.person.reasons import Reason
from shared.domain.person.said import NOTHING, in_order, leaves_later, said_by, said_of

type Choose = Callable[[EventRecord], bool]
"""Whether an event is one of those that are meant."""


@dataclass(frozen=True, slots=True)
class Unsaid:
    """A person without what some events said."""

    enrolment: Enrolment
    """Where they were: only what wants them in and keeps them out has changed."""
    events: tuple[EventRecord, ...]
    """Those that are forgotten now and were not before."""
    counted: bool
    """Whether one of them counted: otherwise a newer event says the same, or more."""
    older: bool
    """Whether what they said was read out of the person's steps, which know less."""


def unsay(current: Enrolment, chosen: Choose, now: datetime) -> Unsaid:
    """Takes back what the chosen events said of the person; doing so again changes nothing."""
    history = _whole_history(current)
    forgotten = tuple(one for one in history.records if not one.forgotten and chosen(one))
    if not forgotten:
        return Unsaid(current, (), counted=False, older=False)
    keys = {one.key for one in forgotten}
    older = any(current.events is None or current.events.find(key) is None for key in keys)
    unsaid = _Unsaying(current, history, keys, now).enrolment()
    counted = _wishes(unsaid) != _wishes(current)
    return Unsaid(unsaid, forgotten, counted=counted, older=older)


def events_of(current: Enrolment) -> Sequence[EventRecord]:
    """Returns the events that are known of a person, older ones as far as their steps tell."""
    return _whole_history(current).records


def _wishes(current: Enrolment) -> tuple[object, ...]:
    return current.claims, current.exclusion, current.set_aside


def _whole_history(current: Enrolment) -> EventHistory:
    """Returns the history with the events in it that came before histories were kept."""
    history = current.events or EventHistory(said_of(current), ())
    if history.base == NOTHING:
        return history
    known = {one.key for one in history.records}
    older = older_records(current, history.base, known)
    return EventHistory(NOTHING, (*older, *history.records)) if older else history


@dataclass(frozen=True, slots=True)
class _Word:
    """What an operator has said of a person: one of the two at most."""

    include: Claim | None = None
    exclude: Exclusion | None = None

    def __bool__(self) -> bool:
        """Whether anything is said."""
        return self.include is not None or self.exclude is not None

    @property
    def is_for_good(self) -> bool:
        """Whether no event ends it."""
        return self.exclude is not None and self.exclude.reason is Reason.EXCLUDED_FOR_GOOD


class _Unsaying:
    """One person, and what is left of their events."""

    def __init__(
        self, current: Enrolment, history: EventHistory, keys: Iterable[str], now: datetime
    ) -> None:
        self._current = current
        self._now = now
        self._before = said_by(history, now)
        self._records = [
            replace(one, forgotten=True) if one.key in keys else one for one in history.records
        ]
        self._gone = [number for number, one in enumerate(history.records) if one.key in keys]
        self._base = history.base
        self._after = said_by(self._history, now)
        self._counted = list(self._offboardings_that_count())

    @property
    def _history(self) -> EventHistory:
        return EventHistory(self._base, tuple(self._records))

    def enrolment(self) -> Enrolment:
        """Returns the person without what the forgotten events said."""
        current, before, after = self._current, self._before, self._after
        word = self._word()
        leaving = self._leaving(word)
        claims = self._claims(word, leaving)
        set_aside = None
        exclusion = leaving
        if word.exclude:
            exclusion, set_aside = word.exclude, leaving
        elif word.include and leaving and not leaving.is_ahead(self._now):
            exclusion, set_aside = None, leaving
        same_time = before.event_time == after.event_time
        return replace(
            current,
            claims=_in_their_order(claims, current.claims),
            exclusion=exclusion,
            set_aside=set_aside,
            event_time=current.event_time if same_time else after.event_time,
            effective_date=after.day if before.day != after.day else current.effective_date,
            events=self._history,
        )

    def _offboardings_that_count(self) -> Iterable[int]:
        """Yields those that are left, and were the newest event when they took effect."""
        for number, one in enumerate(self._records):
            ends = leaves_later(one)
            if one.forgotten or not one.leaves or (ends is not None and self._now < ends):
                continue
            newest = max(
                (
                    other.occurred_at
                    for place, other in enumerate(self._records)
                    if not other.forgotten
                    and (place < number or (ends is not None and other.taken_at <= ends))
                ),
                default=self._base.event_time,
            )
            if one.occurred_at >= max(newest, self._base.event_time):
                yield number

    def _word(self) -> _Word:
        """Returns what an operator has said that counts: nothing where an offboarding ended it.

        That one gives it back, should it be forgotten as well.
        """
        current = self._current
        word = _Word(current.claim(CauseKind.OVERRIDE), current.word_out)
        since = len(self._records)
        if not word:
            word, since = self._lost_word()
        if not word or word.is_for_good:
            return word
        for number in self._counted:
            if self._records[number].unanswered or number > since:
                claims = (word.include,) if word.include else ()
                self._hand_on(number, claims, word.exclude)
                return _Word()
        return word

    def _lost_word(self) -> tuple[_Word, int]:
        """Returns what the forgotten events had ended, and the number of the one that did."""
        for number in self._gone:
            one = self._records[number]
            include = _by_kind(one.dropped).get(CauseKind.OVERRIDE)
            if include or one.replaced:
                return _Word(include, None if include else one.replaced), number
        return _Word(), len(self._records)

    def _leaving(self, word: _Word) -> Exclusion | None:
        current, before, after = self._current, self._before, self._after
        if before.exclusion == after.exclusion:
            return current.leaving
        if before.exclusion and not current.leaving and not word:
            # An operator had lifted it, and has taken that back, before it was set aside for that.
            return None
        return after.exclusion

    def _claims(self, word: _Word, leaving: Exclusion | None) -> Mapping[CauseKind, Claim]:
        """Returns by kind what wants the person in."""
        claims = _by_kind(self._current.claims)
        event = self._after.claim
        if self._before.claim == event:
            event = claims.get(CauseKind.EVENT)
        others = _others(claims.values())
        if leaving and leaving.holds(self._now):
            # Whom an operator has included since they left may have come to be of a wave as well.
            was_left = word.include and self._before.exclusion == self._after.exclusion
            kept = others if was_left else ()
            self._hand_on_to_last((*self._given_back(), *(() if was_left else others)))
        else:
            kept = (*others, *self._given_back())
        wanting = _by_kind(joined_claims(kept, ()))
        if event:
            wanting[CauseKind.EVENT] = event
        if word.include:
            wanting[CauseKind.OVERRIDE] = word.include
        return wanting

    def _given_back(self) -> Iterable[Claim]:
        """Yields what the forgotten events had dropped, unless one that came later drops it."""
        for gone in self._gone:
            dropped = self._others_dropped_by(gone)
            heir = next((number for number in self._counted if number > gone), None)
            if heir is None:
                yield from dropped
            else:
                self._hand_on(heir, dropped, None)

    def _others_dropped_by(self, number: int) -> tuple[Claim, ...]:
        return _others(self._records[number].dropped)

    def _hand_on_to_last(self, claims: tuple[Claim, ...]) -> None:
        """Has the leaving that counts now drop what the person had, to give it back one day."""
        left = [one for one in in_order(self._records) if one.leaves and not one.forgotten]
        if left:
            self._hand_on(self._records.index(left[-1]), claims, None)

    def _hand_on(self, number: int, claims: tuple[Claim, ...], replaced: Exclusion | None) -> None:
        one = self._records[number]
        self._records[number] = replace(
            one,
            dropped=joined_claims(one.dropped, claims),
            replaced=one.replaced or replaced,
        )


def _by_kind(claims: Iterable[Claim]) -> dict[CauseKind, Claim]:
    return {one.cause.kind: one for one in claims}


def _others(claims: Iterable[Claim]) -> tuple[Claim, ...]:
    """Returns what neither an event nor an operator has said."""
    by_hand = {CauseKind.EVENT, CauseKind.OVERRIDE}
    return tuple(one for one in claims if one.cause.kind not in by_hand)


def _in_their_order(
    wanting: Mapping[CauseKind, Claim], before: Iterable[Claim]
) -> tuple[Claim, ...]:
    """Returns the claims, those of before in their places."""
    kinds = dict.fromkeys((*(one.cause.kind for one in before), *wanting))
    return tuple(wanting[kind] for kind in kinds if kind in wanting)
