"""A change of one person as the audit tells it."""

from typing import Any

from shared.adapters.tables.change import Change
from shared.domain.person.enrolment import Bar, Enrolment, Hold
from shared.domain.person.reasons import Reason


def entry_of(change: Change) -> dict[str, Any]:
    """From where to where, why, and what wants the person in or out that did not before."""
    enrolment = change.after or change.before
    entry: dict[str, Any] = {
        "key": change.key,
        "from": change.before.state if change.before else None,
        "to": change.after.state if change.after else None,
    }
    if change.moved_to:
        entry |= {"objectId": change.moved_to, "reason": Reason.ARRIVED_IN_ENTRA}
    elif enrolment:
        reason, detail = _said(change.before, enrolment)
        entry |= {"objectId": enrolment.user.object_id, "reason": reason, "detail": detail}
    if enrolment:
        cause = {"kind": enrolment.cause.kind, "reference": enrolment.cause.reference}
        entry |= {"cause": cause, "commandKey": enrolment.command_key}
    return entry | _wants(change.before, change.after)


def _said(before: Enrolment | None, after: Enrolment) -> tuple[Reason, str]:
    """The reason and the detail of the newest step, if the change added one."""
    if after.steps and (before is None or after.steps != before.steps):
        return after.steps[-1].reason, after.steps[-1].detail
    return after.reason, ""


def _wants(before: Enrolment | None, after: Enrolment | None) -> dict[str, Any]:
    """The holds that came and went, and the bar where it is another; nothing where none is."""
    had, has = before.holds if before else (), after.holds if after else ()
    old, new = before.bar if before else None, after.bar if after else None
    came = [_hold(hold) for hold in has if hold not in had]
    went = [_hold(hold) for hold in had if hold not in has]
    differing = {"held": came, "released": went}
    bar = {} if old == new else {"bar": _bar(new) if new else None}
    return {name: holds for name, holds in differing.items() if holds} | bar


def _hold(hold: Hold) -> dict[str, str]:
    cause = hold.cause
    until = {"until": hold.until.isoformat()} if hold.until else {}
    return {"kind": cause.kind, "reference": cause.reference, "actor": cause.actor, **until}


def _bar(bar: Bar) -> dict[str, str]:
    until = {"until": bar.until.isoformat()} if bar.until else {}
    return {"reason": bar.reason, "actor": bar.actor, "text": bar.text, **until}
