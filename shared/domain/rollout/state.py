"""The rollout: where it stands, and what operators and the clock may make of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from hashlib import sha256
from typing import Any, Self

from shared.domain.errors import NotPossible
from shared.domain.rollout.cohort import Cut
from shared.domain.rollout.document import Document, Wave
from shared.domain.rollout.scope_move import MoveKind, ScopeMove
from shared.domain.rollout.sspr_finding import SsprFinding


class Phase(StrEnum):
    """Where a rollout is."""

    PLANNED = "planned"
    """Applied; the first wave has not begun."""
    PROGRESSING = "progressing"
    """The current wave's people are being requested."""
    SOAKING = "soaking"
    """All of them are; time passes and the gates are looked at."""
    PAUSED = "paused"
    ABORTED = "aborted"
    COMPLETED = "completed"


ACTIVE = frozenset({Phase.PLANNED, Phase.PROGRESSING, Phase.SOAKING})
"""Phases that the clock moves on."""
PUTS_IN = ACTIVE | {Phase.COMPLETED}
"""Phases in which the rollout puts people in, now or when its time comes."""
WIDENING = frozenset({Phase.PROGRESSING, Phase.SOAKING, Phase.COMPLETED})
"""Phases in which whoever belongs to a wave that has begun is put in."""


class PauseReason(StrEnum):
    """Why a rollout waits for an operator."""

    BY_OPERATOR = "by-operator"
    GATE_FAILED = "gate-failed"
    GATE_INCONCLUSIVE = "gate-inconclusive"
    ROLLED_BACK = "rolled-back"
    UNSAFE_PLAN = "unsafe-plan"
    GROUP_MISSING = "group-missing"
    GROUP_CONVERTED = "group-converted"
    GROUP_NOT_NESTED = "group-not-nested"
    GROUP_NOT_SECURITY = "group-not-security"
    PEOPLE_CONVERTED = "people-converted"
    SSPR_SCOPE = "sspr-scope"
    LEDGER_RECOVERED = "ledger-recovered"

    @property
    def text(self) -> str:
        """One sentence for people."""
        return _TEXTS[self]

    @classmethod
    def _missing_(cls, value: object) -> Self | None:
        """Reads the word that `group-missing` had before, which is a person's reason, too."""
        return cls("group-missing") if value == "group-not-synced" else None


_TEXTS = {
    PauseReason.BY_OPERATOR: "An operator paused the rollout.",
    PauseReason.GATE_FAILED: "A gate failed; fix the cause, then resume, or roll the wave back.",
    PauseReason.GATE_INCONCLUSIVE: "A gate had too little to go by for too long.",
    PauseReason.ROLLED_BACK: "A wave was rolled back; resume puts its people in again.",
    PauseReason.UNSAFE_PLAN: "What was to be done would have touched more people than allowed.",
    PauseReason.GROUP_MISSING: "The AD group that the worker writes is not in Entra: bring "
    "it into the sync's scope, and nest it in the group that is selected in SSPR.",
    PauseReason.GROUP_CONVERTED: "The AD group's source of authority is the cloud now, and what "
    "the worker writes no longer reaches Entra: convert it back, or apply a rollout with the "
    "topology cloud.",
    PauseReason.GROUP_NOT_NESTED: "The AD group is no longer in the group that is selected in "
    "SSPR: nest it there again.",
    PauseReason.GROUP_NOT_SECURITY: "The AD group is no longer a security group in Entra, which "
    "SSPR needs: make one of it again.",
    PauseReason.PEOPLE_CONVERTED: "People's source of authority has changed; a reset goes to "
    "another directory now. Look at them, then resume.",
    PauseReason.SSPR_SCOPE: "SSPR is not on for the scope group alone any more, or may not be. "
    "Look at Password reset, Properties, in the Entra admin center: select the group again, or "
    "resume if it was meant.",
    PauseReason.LEDGER_RECOVERED: "The rollout is as an older ledger has it: whether it was "
    "paused, aborted or rolled back since, nobody knows. Say that again, or resume.",
}


_ALL_THE_SAME = (
    "onboarding events and people included by hand are put in, leavers and newly excluded people "
    "are taken out, and drift is repaired; sspr stop holds all of that"
)
_MEANWHILE = {
    Phase.PAUSED: f"whoever was asked for is still written, {_ALL_THE_SAME}",
    Phase.ABORTED: _ALL_THE_SAME,
}


@dataclass(frozen=True, slots=True)
class Pause:
    """Why, since when and by whom; and where the rollout goes on."""

    reason: PauseReason
    detail: str
    at: datetime
    actor: str
    goes_on: Phase


@dataclass(frozen=True, slots=True)
class Tally:
    """How often in a row a gate has failed, and has been inconclusive after the soak."""

    failures: int = 0
    inconclusive: int = 0


@dataclass(frozen=True, slots=True)
class Lease:
    """Who is expanding the wave; nobody else does before it ends."""

    holder: str
    until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Rollout:
    """Everything that is remembered of the rollout but the people in it. Times are in UTC."""

    document: Document
    version: int
    """Of the document, from 1."""
    phase: Phase
    since: datetime
    """When this phase began."""
    actor: str
    """Who or what brought it about."""
    reason: str = ""
    started: int = 0
    """How many waves have begun."""
    cuts: tuple[Cut, ...] = ()
    """Where each of them cuts."""
    rolled_back: frozenset[str] = frozenset()
    """Waves whose people are out until the rollout is resumed."""
    pause: Pause | None = None
    tallies: Mapping[str, Tally] = field(default_factory=dict)
    evaluated_at: datetime | None = None
    lease: Lease | None = None
    promoted: bool = False
    """An operator has let the next wave begin without the gates."""
    applied_by: str = ""
    """The key of the operation that put the document into force."""
    forced: bool = False
    """The document was applied although its plan was unsafe: additions are not limited."""
    move: ScopeMove | None = None
    """The newest move of SSPR's scope; None where nobody began one. A rollout that begins anew
    keeps an adoption, and is the end of a leaving."""
    members_remembered: bool = True
    """Whether all are remembered who were in the group before the first document. Until they are,
    nobody in the group is a stranger."""

    @property
    def basis(self) -> tuple[object, ...]:
        """What a plan depends on; a lease or a look at the gates changes none of it."""
        return (self.document.digest, self.phase, self.started, self.rolled_back)

    @property
    def wave(self) -> Wave | None:
        """The current wave; None before the first has begun."""
        return self.document.waves[self.started - 1] if self.started else None

    @property
    def next_wave(self) -> Wave | None:
        """The wave after it; None after the last."""
        waves = self.document.waves
        return waves[self.started] if self.started < len(waves) else None

    @property
    def claiming_waves(self) -> frozenset[str]:
        """The names of the waves whose people stay in scope, those of a restarted rollout too."""
        return frozenset(wave.name for wave in self.document.waves) - self.rolled_back

    @property
    def aim(self) -> str:
        """The fingerprint of what says who is to be in.

        Another document, an abort, a rollback and what undoes them change it; a pause, or a wave
        that begins, takes nobody out and does not.
        """
        is_aborted = str(self.phase is Phase.ABORTED)
        meaning = [self.document.digest, is_aborted, *sorted(self.rolled_back)]
        return sha256("\n".join(meaning).encode()).hexdigest()

    def expects(self, finding: SsprFinding, since: datetime | None) -> bool:
        """Tells whether a move of SSPR's scope has SSPR on for others than the group, since then.

        From leaving on it does, until the rollout is begun again.
        """
        if self.move is None:
            return False
        has_left = self.move.kind is MoveKind.LEAVE and not self.move.is_under_way
        is_over = has_left and self.phase is not Phase.ABORTED
        return not is_over and self.move.expects(finding, since)

    @property
    def goes_on_meanwhile(self) -> str:
        """What a brake on the rollout does not stop, in words for whoever has pulled it."""
        return _MEANWHILE.get(self.phase, "")

    @property
    def widens(self) -> bool:
        """Whether whoever belongs to a wave that has begun is put in."""
        return self.phase in WIDENING

    def is_leased(self, now: datetime) -> bool:
        """Tells whether somebody is expanding the wave."""
        return self.lease is not None and self.lease.until > now

    def entered(
        self, phase: Phase, now: datetime, *, actor: str, reason: str = "", **changes: Any
    ) -> Self:
        """Returns the rollout in that phase; what belonged to the phase before is forgotten."""
        fresh: dict[str, Any] = {
            "pause": None,
            "tallies": {},
            "evaluated_at": None,
            "promoted": False,
        }
        return replace(
            self,
            phase=phase,
            since=now,
            actor=actor,
            reason=reason,
            **(fresh | changes),
        )


def planned(document: Document, version: int, now: datetime, *, actor: str) -> Rollout:
    """Returns a rollout of which nothing has begun."""
    return Rollout(document=document, version=version, phase=Phase.PLANNED, since=now, actor=actor)


def begin_wave(rollout: Rollout, cut: Cut, now: datetime, *, actor: str, reason: str) -> Rollout:
    """Begins the next wave, which reaches at least as far as the wave before.

    Raises:
        NotPossible: the rollout is aborted, or all have begun.
    """
    if rollout.phase is Phase.ABORTED:
        raise NotPossible("the rollout is aborted; no wave can begin")
    if rollout.next_wave is None:
        raise NotPossible("the last wave has begun already")
    reach = cut.at_least(rollout.cuts[-1]) if rollout.cuts else cut
    return rollout.entered(
        Phase.PROGRESSING,
        now,
        actor=actor,
        reason=reason,
        started=rollout.started + 1,
        cuts=(*rollout.cuts, reach),
    )


def pause(
    rollout: Rollout, why: PauseReason, now: datetime, *, actor: str, detail: str = ""
) -> Rollout:
    """Puts nobody in by the rollout until an operator resumes it, whatever its phase.

    A pause that is there gets the newer reason, and goes on where the first one stood. An aborted
    rollout puts nobody in for good and stays aborted; the word is kept for the audit.
    """
    if rollout.phase is Phase.ABORTED:
        return replace(rollout, actor=actor, reason=detail)
    goes_on = rollout.pause.goes_on if rollout.pause else rollout.phase
    halt = Pause(why, detail, now, actor, goes_on)
    return rollout.entered(Phase.PAUSED, now, actor=actor, reason=detail, pause=halt)


def resume(rollout: Rollout, now: datetime, *, actor: str, reason: str = "") -> Rollout:
    """Goes on where the rollout was paused.

    A wave that was rolled back is put in again, and a soak starts anew.

    Raises:
        NotPossible: it is not paused.
    """
    if rollout.pause is None:
        raise NotPossible(f"the rollout is {rollout.phase}, not paused")
    again = rollout.rolled_back and rollout.started
    onward = Phase.PROGRESSING if again else rollout.pause.goes_on
    return rollout.entered(onward, now, actor=actor, reason=reason, rolled_back=frozenset())


def abort(rollout: Rollout, now: datetime, *, actor: str, reason: str) -> Rollout:
    """Ends the rollout for good: nobody is added any more, and whoever is in scope stays in.

    It works in every phase; of an aborted rollout only the newer word is kept.
    """
    if rollout.phase is Phase.ABORTED:
        return replace(rollout, actor=actor, reason=reason)
    return rollout.entered(Phase.ABORTED, now, actor=actor, reason=reason)


def restart(rollout: Rollout, now: datetime, *, actor: str, reason: str) -> Rollout:
    """Begins anew with the first wave, with the same people in each wave; nobody is taken out.

    A leaving of the group is over by it.

    Raises:
        NotPossible: nothing of it has begun, or the group is being emptied.
    """
    if rollout.phase is Phase.PLANNED:
        raise NotPossible("the rollout has not begun yet")
    _refuse_while_emptied(rollout)
    return rollout.entered(
        Phase.PLANNED,
        now,
        actor=actor,
        reason=reason,
        started=0,
        cuts=(),
        rolled_back=frozenset(),
        lease=None,
        move=_unless_left(rollout.move),
    )


def _refuse_while_emptied(rollout: Rollout) -> None:
    """Refuses what would end the emptying of the group and watch nobody who is on the way out.

    They would lose SSPR once the group is selected again. A leaving that is called off counts
    them, and stops everything that writes.
    """
    if rollout.move and rollout.move.is_emptying:
        raise NotPossible(
            "the group is being emptied, and people are on the way out; call that off first: "
            "sspr leave --cancel --reason TEXT"
        )


def _unless_left(move: ScopeMove | None) -> ScopeMove | None:
    """Returns the move that a rollout goes on with which begins anew: who leaves does not."""
    return None if move and move.kind is MoveKind.LEAVE else move


def roll_back(rollout: Rollout, wave: str, now: datetime, *, actor: str, reason: str) -> Rollout:
    """Takes a wave's people out and waits for an operator.

    It may be a wave of an earlier document.
    """
    out = rollout.rolled_back | {wave}
    if rollout.phase is Phase.ABORTED:
        return replace(rollout, rolled_back=out, actor=actor, reason=reason)
    goes_on = rollout.pause.goes_on if rollout.pause else rollout.phase
    halt = Pause(PauseReason.ROLLED_BACK, f"{wave}: {reason}", now, actor, goes_on)
    return rollout.entered(
        Phase.PAUSED, now, actor=actor, reason=reason, pause=halt, rolled_back=out
    )


def revise(
    rollout: Rollout, document: Document, version: int, now: datetime, *, actor: str
) -> Rollout:
    """Goes on with a new version of the document; waves that have begun keep their people.

    Raises:
        NotPossible: a wave that has begun is not in its place in the new document, or people's
            places in the rollout would be others, or the group is being emptied.
    """
    _refuse_while_emptied(rollout)
    if rollout.phase in {Phase.ABORTED, Phase.COMPLETED} and not _continues(rollout, document):
        anew = planned(document, version, now, actor=actor)
        known = rollout.members_remembered
        return replace(anew, move=_unless_left(rollout.move), members_remembered=known)
    placing = _placed_otherwise_by(rollout.document, document)
    if rollout.started and placing:
        raise NotPossible(
            f"{placing}: decides which people a wave picks, and has to stay as it is once one has "
            "begun; abort the rollout to begin another one"
        )
    for number, wave in enumerate(rollout.document.waves[: rollout.started]):
        if number >= len(document.waves) or document.waves[number].name != wave.name:
            raise NotPossible(
                f"waves[{number}].name: {wave.name!r} has begun and has to stay wave {number + 1}; "
                "abort the rollout to begin another one"
            )
    revised = replace(rollout, document=document, version=version, actor=actor, forced=False)
    if revised.next_wave is None:
        return revised
    if rollout.phase is Phase.COMPLETED:
        return revised.entered(Phase.SOAKING, now, actor=actor, reason="a wave was added")
    if revised.pause and revised.pause.goes_on is Phase.COMPLETED:
        return replace(revised, pause=replace(revised.pause, goes_on=Phase.SOAKING))
    return revised


def _continues(rollout: Rollout, document: Document) -> bool:
    """Tells whether a completed rollout only gets more waves.

    Then its waves are the beginning of those of the new document.
    """
    old = [wave.name for wave in rollout.document.waves]
    new = [wave.name for wave in document.waves[: len(old)]]
    alike = old == new and not _placed_otherwise_by(rollout.document, document)
    return rollout.phase is Phase.COMPLETED and alike


def _placed_otherwise_by(old: Document, new: Document) -> str | None:
    """Returns the field because of which the same cut holds other people; None if there is none."""
    if new.salt != old.salt:
        return "salt"
    return "balance" if new.balance != old.balance else None
