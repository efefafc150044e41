"""Forgetting: what becomes of a person once events that were taken of them are taken back.

They end where they would be if these events had never come: in where something else wants them in,
out where nothing does. What an operator has said since stays said.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from shared.domain.person.enrolment import (
    Cause,
    Enrolment,
    EventRecord,
    Provenance,
)
from shared.domain.person.forgetting_events import Choose, unsay
from shared.domain.person.happenings import Happening
from shared.domain.person.membership import found_again, put_in, stays_after_all
from shared.domain.person.onboarding import decide
from shared.domain.person.people import Candidate, Identifier
from shared.domain.person.policy import Policy
from shared.domain.person.reasons import Reason
from shared.domain.person.request import Action, Lookup, Request
from shared.domain.person.summary import EnrolmentSummary
from shared.domain.person.withdrawal import take_out
from shared.domain.plan.desired import DesiredBy, DesiredScope, claimed_without_rollout
from shared.domain.plan.roster import Roster
from shared.domain.plan.selection import Reach, Rings
from shared.domain.rollout.state import Rollout


class ForgetOutcome(StrEnum):
    """What becomes of a person when events of theirs are forgotten; the order is that of a plan."""

    TAKEN_OUT = "taken-out"
    PUT_IN = "put-in"
    WAITS = "waits"
    STAYS_IN = "stays-in"
    WAS_THERE_BEFORE = "was-there-before"
    NOT_ELIGIBLE = "not-eligible"
    KEPT_OUT = "kept-out"
    STAYS_OUT = "stays-out"
    NOT_IN_ENTRA = "not-in-entra"
    NOTHING_CHANGES = "nothing-changes"

    @property
    def text(self) -> str:
        """One sentence for people."""
        return _TEXTS[self]


_TEXTS = {
    ForgetOutcome.TAKEN_OUT: "Nothing else wants them in; they are taken out.",
    ForgetOutcome.PUT_IN: "They are wanted as before, and are put in.",
    ForgetOutcome.WAITS: "They are wanted as before, and wait for their first day or account.",
    ForgetOutcome.STAYS_IN: "Something else wants them in; they stay.",
    ForgetOutcome.WAS_THERE_BEFORE: "They were in the group before the product; they stay.",
    ForgetOutcome.NOT_ELIGIBLE: "They are wanted as before, and the rules refuse them now.",
    ForgetOutcome.KEPT_OUT: "An operator or another event keeps them out.",
    ForgetOutcome.STAYS_OUT: "Nothing wants them in; they stay out.",
    ForgetOutcome.NOT_IN_ENTRA: "Their account is not in Entra; they stay out.",
    ForgetOutcome.NOTHING_CHANGES: "Another event for them counts; they stay as they are.",
}


@dataclass(frozen=True, slots=True)
class Forgotten:
    """A person without these events."""

    enrolment: Enrolment
    outcome: ForgetOutcome
    events: Sequence[EventRecord]
    """Those that are forgotten now and were not before; empty if there is nothing to do."""
    older: bool
    """Whether what they said was read out of the person's steps, which know less."""


class Forgetting:
    """The rules by which people are decided about whose events are forgotten."""

    def __init__(self, rollout: Rollout | None, policy: Policy, now: datetime) -> None:
        self._rollout = rollout
        self._policy = policy
        self._now = now
        waves = rollout.document.waves[: rollout.started] if rollout else ()
        self._rings = Rings(waves)
        self._scope = (
            DesiredScope(rollout, Reach(waves, rollout.cuts), now, through=rollout.started)
            if rollout
            else None
        )

    def forget(
        self, current: Enrolment, chosen: Choose, candidate: Candidate | None, *, why: str
    ) -> Forgotten:
        """Returns the person without the chosen events; doing so again changes nothing.

        Args:
            current: The person.
            chosen: Which of their events.
            candidate: What Entra says of them; None if they are not there.
            why: The operator's reason.
        """
        unsaid = unsay(current, chosen, self._now)
        after, outcome = current, ForgetOutcome.NOTHING_CHANGES
        if unsaid.events:
            after = unsaid.enrolment.noted(Reason.FORGOTTEN, self._now, detail=why)
        if unsaid.counted:
            after, outcome = self._settled(after, candidate, why)
        return Forgotten(after, outcome, unsaid.events, unsaid.older)

    def _settled(
        self, after: Enrolment, candidate: Candidate | None, why: str
    ) -> tuple[Enrolment, ForgetOutcome]:
        """Returns where somebody belongs of whom less is said, and what that comes to."""
        if after.is_kept_out(self._now):
            return self._out(after, ForgetOutcome.KEPT_OUT, why)
        if self._is_still_there(after, candidate):
            after = found_again(after, self._now)
        wanted = self._wanted(after, candidate)
        if wanted is None and _was_there_before(after):
            return after, ForgetOutcome.WAS_THERE_BEFORE
        if wanted is None:
            return self._out(after, ForgetOutcome.STAYS_OUT, why)
        if after.state.is_enrolled:
            return after, ForgetOutcome.STAYS_IN
        if candidate is None and not after.is_provisional:
            return after, ForgetOutcome.NOT_IN_ENTRA
        back = self._put_in(after, wanted, candidate)
        if back.state.is_enrolled:
            return back, ForgetOutcome.PUT_IN
        waits = back.state.is_coming
        return back, ForgetOutcome.WAITS if waits else ForgetOutcome.NOT_ELIGIBLE

    def _is_still_there(self, after: Enrolment, candidate: Candidate | None) -> bool:
        """Tells whether somebody was only to be out by what is forgotten, and Entra shows them."""
        if candidate is None or not stays_after_all(after, self._now):
            return False
        return self._policy.scope_group_id in candidate.memberships.group_ids

    def _out(
        self, after: Enrolment, otherwise: ForgetOutcome, why: str
    ) -> tuple[Enrolment, ForgetOutcome]:
        out = take_out(after, Happening.FORGOTTEN, Reason.FORGOTTEN, self._now, detail=why)
        was_in = after.state.is_coming and not out.state.is_coming
        # Whom others put in nobody takes out: it is looked whether they still are.
        is_taken_out = was_in and not _was_there_before(after)
        return out, ForgetOutcome.TAKEN_OUT if is_taken_out else otherwise

    def _wanted(self, after: Enrolment, candidate: Candidate | None) -> DesiredBy | None:
        summary = EnrolmentSummary.of(after)
        if self._rollout is None or self._scope is None or candidate is None:
            return claimed_without_rollout(summary.claims, self._now)
        roster = Roster(self._rollout.document, self._rings, self._now)
        roster.enter(candidate.person, candidate.memberships.group_ids, None)
        return self._scope.of(next(roster.rows()), summary)

    def _put_in(
        self, after: Enrolment, wanted: DesiredBy, candidate: Candidate | None
    ) -> Enrolment:
        claim = after.claim(wanted.kind)
        cause = claim.cause if claim else Cause(wanted.kind, wanted.reference, "clock")
        until = claim.until if claim else None
        if candidate:
            return put_in(
                candidate, cause, after, self._policy, self._now, until=until, is_repeated=True
            )
        request = Request(
            key=cause.reference,
            action=Action.ONBOARD,
            identifier=Identifier.parse(after.key),
            occurred_at=after.event_time,
            cause=cause,
            effective_date=after.effective_date,
            until=until,
            is_repeated=True,
        )
        return decide(request, Lookup(), after, self._policy, self._now)


def _was_there_before(enrolment: Enrolment) -> bool:
    return enrolment.provenance is Provenance.PREEXISTING and enrolment.state.is_enrolled
