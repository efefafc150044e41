"""An amendment: a change of what is remembered of one person, and how the audit tells it."""

from collections.abc import Callable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from shared.domain.person.enrolment import CauseKind, Claim, Enrolment, Exclusion, State
from shared.domain.person.reasons import Reason

OUT = frozenset({State.WITHDRAWING, State.WITHDRAWN})
"""The states of whoever was in, and is out or on the way out."""
type Decide = Callable[[str, Enrolment | None], Enrolment | None]
"""What becomes of the person under a key; pure, so that it can be asked again with fresher rows."""
type Join = Callable[[Enrolment, Enrolment, datetime], Enrolment]
"""What becomes of the person under an object id who was enrolled under another key as well, which
comes second; pure like the other, and the same when it is joined once more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Amendment:
    """From one enrolment to the next; `moved_to` is the object id of whoever leaves for it."""

    key: str
    before: Enrolment | None
    after: Enrolment | None = None
    moved_to: str | None = None

    @property
    def departs(self) -> bool:
        """Whether the person goes out, or is remembered as out, and was not before."""
        is_out = self.after is not None and self.after.state in OUT
        return is_out and (self.before is None or self.before.state not in OUT)


def wave_of(enrolment: Enrolment) -> str | None:
    """Returns the name of the wave that claims the person, or None if no wave does."""
    claim = enrolment.claim(CauseKind.WAVE)
    return claim.cause.reference if claim else None


def in_turn(asked: Mapping[str, AbstractSet[str]], decide: Decide) -> Decide:
    """Wraps `decide` so that it runs once for every key asked for that leads to the person.

    Args:
        asked: by each person's own key, the keys that were asked for.
        decide: is called with the key that was asked for.
    """

    def decide_for(own_key: str, current: Enrolment | None) -> Enrolment | None:
        for key in sorted(asked[own_key]):
            current = decide(key, current) or current
        return current

    return decide_for


def entry_of(change: Amendment) -> dict[str, Any]:
    """Returns the audit's entry of a change: from where to where the person went, and why.

    It also says what wants the person in or out that did not before.
    """
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
    """Returns the reason and the detail of the newest step, if the change added one.

    Without a new step it is the enrolment's own reason, and no detail.
    """
    if after.steps and (before is None or after.steps != before.steps):
        return after.steps[-1].reason, after.steps[-1].detail
    return after.reason, ""


def _wants(before: Enrolment | None, after: Enrolment | None) -> dict[str, Any]:
    """Returns the claims that came and went, and a changed exclusion; empty if nothing changed."""
    had, has = before.claims if before else (), after.claims if after else ()
    old, new = before.exclusion if before else None, after.exclusion if after else None
    came = [_claim(claim) for claim in has if claim not in had]
    went = [_claim(claim) for claim in had if claim not in has]
    differing = {"claimed": came, "released": went}
    exclusion = {} if old == new else {"exclusion": _exclusion(new) if new else None}
    return {name: claims for name, claims in differing.items() if claims} | exclusion


def _claim(claim: Claim) -> dict[str, str]:
    cause = claim.cause
    until = {"until": claim.until.isoformat()} if claim.until else {}
    return {"kind": cause.kind, "reference": cause.reference, "actor": cause.actor, **until}


def _exclusion(exclusion: Exclusion) -> dict[str, str]:
    times = {"until": exclusion.until, "begins": exclusion.begins}
    told = {name: moment.isoformat() for name, moment in times.items() if moment}
    return {"reason": exclusion.reason, "actor": exclusion.actor, "text": exclusion.text, **told}
