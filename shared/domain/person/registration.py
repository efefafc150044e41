"""Registration: what the report shows of a person today, whatever it has shown before.

Methods are taken away by a helpdesk, switched off by a policy, and ended by a date. So each look
decides anew whether the person could reset a password, and says why where they no longer can.
"""

from dataclasses import replace
from datetime import date, datetime
from typing import Final

from shared.domain.person.enrolment import Enrolment, State
from shared.domain.person.happenings import Happening
from shared.domain.person.methods import Ability, HeldMethods, ResetRules
from shared.domain.person.people import Registration
from shared.domain.person.reasons import Reason
from shared.domain.person.transitions import move

FOLLOWED: Final = frozenset(state for state in State if state.is_seen)
"""The states of those whose registration matters."""
_UPWARDS: Final = {
    State.VISIBLE: (Happening.SSPR_ENABLED, Reason.SSPR_ENABLED),
    State.EFFECTIVE: (Happening.SSPR_REGISTERED, Reason.SSPR_REGISTERED),
    State.LOST: (Happening.SSPR_REGISTERED, Reason.SSPR_REGISTERED),
    State.REGISTERED: (Happening.RESET_POSSIBLE, Reason.RESET_POSSIBLE),
}
_DOWNWARDS: Final = {
    State.EFFECTIVE: (Happening.REGISTRATION_LOST, Reason.METHOD_RESET),
    State.VISIBLE: (Happening.SSPR_DISABLED, Reason.SSPR_OFF),
}
_WAY: Final = (State.VISIBLE, State.EFFECTIVE, State.REGISTERED, State.RESETTABLE)


def is_news(
    state: State, held: HeldMethods | None, row: Registration, rules: ResetRules, day: date
) -> bool:
    """Tells whether a row of the report may say something else than is remembered."""
    return state in FOLLOWED and (
        held != _held(held, row)
        or state is State.LOST
        or state is not _shown(state, held, row, rules, day)
    )


def follow_registration(
    current: Enrolment, row: Registration, rules: ResetRules, now: datetime
) -> Enrolment:
    """Returns the enrolment as the report's row has it, of somebody seen in scope."""
    if current.state not in FOLLOWED:
        return current
    shown = _shown(current.state, current.held, row, rules, now.date())
    held = _held(current.held, row)
    after = replace(current, held=held) if current.held != held else current
    if shown is State.LOST:
        return _lose(after, _why_lost(current, row, rules, now.date()), now)
    while after.state is State.LOST or _WAY.index(after.state) < _WAY.index(shown):
        happening, reason = _UPWARDS[after.state]
        after = move(after, happening, reason, now)
    if after.state is not shown:
        happening, reason = _DOWNWARDS[shown]
        after = move(after, happening, reason, now)
    return after


def _tells_no_methods(row: Registration) -> bool:
    """Tells whether the row shows a registration and not of what: it says nothing of methods."""
    return row.sspr_registered and not row.held.names


def _held(known: HeldMethods | None, row: Registration) -> HeldMethods | None:
    return known if _tells_no_methods(row) else row.held


def _shown(
    state: State, held: HeldMethods | None, row: Registration, rules: ResetRules, day: date
) -> State:
    """Returns where the row puts somebody who is in that state and held these methods."""
    if row.sspr_enabled and row.sspr_registered:
        if _tells_no_methods(row):
            return state if state is State.RESETTABLE else State.REGISTERED
        if rules.ability(row.held, day) is Ability.CAN:
            return State.RESETTABLE
    if state in {State.RESETTABLE, State.LOST}:
        return State.LOST
    # Of a registration whose methods nobody has told it has to be taken that it was good for one.
    if state is State.REGISTERED and held is None:
        return State.LOST
    if not row.sspr_enabled:
        return State.VISIBLE
    return State.REGISTERED if row.sspr_registered else State.EFFECTIVE


def _lose(current: Enrolment, reason: Reason, now: datetime) -> Enrolment:
    if current.state is State.LOST and current.reason is reason:
        return current
    return move(current, Happening.RESET_LOST, reason, now)


def _why_lost(before: Enrolment, row: Registration, rules: ResetRules, day: date) -> Reason:
    if not row.sspr_enabled:
        return Reason.SSPR_OFF
    match rules.ability(row.held, day):
        case Ability.CAN:
            return Reason.DISABLED_BY_POLICY
        case Ability.NOT_KNOWN:
            return Reason.METHOD_NOT_KNOWN
        case Ability.CANNOT if rules.would_do_but_for_their_end(row.held, day):
            return Reason.METHOD_ENDED
        case _ if before.held != row.held:
            return Reason.METHOD_RESET
    return before.reason if before.state is State.LOST else Reason.TOO_FEW_METHODS
