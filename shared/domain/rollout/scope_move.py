"""The move of SSPR's scope: from what is selected to the group, or back to everybody.

Nobody may lose SSPR in between. So the group is full before it is selected, and is let go only once
SSPR is on for all. Nothing here is a best that was ever seen: each look decides the stage anew.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, Self

from shared.domain.rollout.sspr_finding import SsprFinding
from shared.domain.rollout.sspr_policy import SsprScope

LOOK_HOLDS: Final = timedelta(hours=1)
"""For how long a look at everybody counts; reconciliation takes one every half an hour."""
WORD_AFTER: Final = timedelta(hours=1)
"""How long the audit log has before an operator's word stands in for it. It comes within minutes,
and what it leaves out nobody can tell."""
PLACE: Final = "Entra admin center, Password reset, Properties, Self service password reset enabled"
"""Where whom SSPR is on for is chosen; read on 30 November 2026 at
https://learn.microsoft.com/entra/identity/authentication/tutorial-enable-sspr."""


class MoveKind(StrEnum):
    """Which way SSPR's scope moves. These words are stored."""

    ADOPT = "adopt"
    LEAVE = "leave"


class MoveStage(StrEnum):
    """How far a move has come."""

    SHOWING = "showing"
    """Who would lose SSPR is shown; nothing is done."""
    FILLING = "filling"
    """People whom SSPR is on for are still to be written to the group."""
    CHECKING = "checking"
    """All are written, and Entra is yet to show them; or nobody has looked for a while."""
    SELECT_NOW = "select-now"
    """Everybody is in: the operator selects the group."""
    SELECT_ALL_NOW = "select-all-now"
    """The operator selects All."""
    NOTICED = "noticed"
    """SSPR is on for all: the group may be let go."""
    LETTING_GO = "letting-go"
    """Whom the product put in is being taken out."""
    DONE = "done"


@dataclass(frozen=True, slots=True, kw_only=True)
class MoveLook:
    """What the newest look at everybody shows of an adoption."""

    at: datetime
    outside: int
    """People whom SSPR was on for before, who are not in the group and were not accepted. Of
    leaving: people who are to be out, and are held in by others."""
    unwritten: int
    """Those of them whose membership nobody has written yet. Of leaving: people who were asked out
    and are not out yet."""
    named: tuple[str, ...] = ()
    """The object ids of the first few of those outside."""
    ours: int = 0
    """Of leaving: people whom the product put in, and who are not out yet."""
    trouble: str = ""
    """Why it is not known who is outside; empty where it is."""
    of: datetime | None = None
    """When the move began that was looked for; None before that was kept."""
    aim: str = ""
    """Of an adoption: what the rollout aimed at then; empty before that was kept."""
    departed: int = 0
    """Of an adoption: how often anybody had gone out until then; all of them were looked at."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ScopeMove:
    """A move that an operator has begun; times are in UTC."""

    kind: MoveKind
    began: datetime
    actor: str
    came_from: SsprScope | None = None
    """Of an adoption: whom SSPR was on for."""
    old_group: str | None = None
    """The group that was selected before, where it was one."""
    selected_before: bool = False
    """Whether that is the scope group itself: there is nothing to select."""
    accepted: str | None = None
    """The fingerprint of what was shown: whoever loses by it was accepted as losing."""
    let_go_at: datetime | None = None
    """Of leaving: when the group was let go."""
    empties: bool = False
    """Whether whom the product put in is taken out then."""
    by_word: bool = False
    """Whether it rests on an operator's word: that All is selected or, adopting, the group."""
    ended_at: datetime | None = None

    @property
    def is_under_way(self) -> bool:
        """Whether it has not come to its end."""
        return self.ended_at is None

    @property
    def is_emptying(self) -> bool:
        """Whether people are being asked out of the group, which is let go."""
        return self.is_under_way and self.empties and self.let_go_at is not None

    @property
    def brings_selection(self) -> bool:
        """Whether SSPR is on for people who are only in the group not before it is selected.

        Coming from all it is on for them already.
        """
        return (
            self.kind is MoveKind.ADOPT
            and not self.selected_before
            and self.came_from is not SsprScope.ALL
        )

    def expects(self, finding: SsprFinding, since: datetime | None) -> bool:
        """Tells whether the operator means SSPR to be on for them, though it is not the group.

        While adopting that is what SSPR was on for before; from leaving on it is everybody, until
        the rollout goes on. A change that nobody can read is meant where an operator has said
        since then what it was.

        Args:
            finding: Whom SSPR is on for, as far as is known.
            since: When it became so; None where that is not known.
        """
        if finding is SsprFinding.CHANGED:
            said_by = self.let_go_at or self.ended_at
            return self.by_word and since is not None and said_by is not None and since <= said_by
        if self.kind is MoveKind.LEAVE:
            return finding is SsprFinding.ON_FOR_ALL
        return self.is_under_way and finding is _BEFORE.get(self.came_from)

    def own(self, look: MoveLook | None) -> MoveLook | None:
        """Returns the look if it is one for this move; it may have been on the way for another."""
        return look if look and look.of == self.began and look.at >= self.began else None

    def ended(self, now: datetime) -> Self:
        """Returns the move at its end."""
        return replace(self, ended_at=now)


_BEFORE: Final[Mapping[SsprScope | None, SsprFinding]] = {
    SsprScope.ALL: SsprFinding.ON_FOR_ALL,
    SsprScope.NONE: SsprFinding.OFF,
    SsprScope.GROUP: SsprFinding.OTHER_GROUP,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class MoveFacts:
    """What a move's stage depends on."""

    finding: SsprFinding = SsprFinding.NOT_KNOWN
    """Whom SSPR is on for, as far as is known."""
    as_of: datetime | None = None
    """The newest time for which that is known; what the report shows may be as old as it lags."""
    logged_at: datetime | None = None
    """When it was changed to that, where the audit log told of it; None where only the report
    did."""
    look: MoveLook | None = None
    has_begun: bool = False
    """Whether a wave has begun and all of its people were asked for."""
    is_aborted: bool = False
    """Whether the rollout puts nobody in any more."""
    aim: str = ""
    """What the rollout aims at."""
    departed: int = 0
    """How often anybody has gone out, by the ledger; of who came in again too."""
    hindrance: str = ""
    """What keeps the group from being filled, in a sentence; empty if nothing does."""


@dataclass(frozen=True, slots=True)
class MoveStep:
    """Where a move is, and what comes next."""

    stage: MoveStage
    text: str
    """What to do, or what is waited for."""
    losing: int = 0
    """People who have lost SSPR by the group's having been selected too early."""


def decide(move: ScopeMove, facts: MoveFacts, now: datetime) -> MoveStep:
    """Returns the stage by what is known now; nobody is told to select what would cost anybody.

    Args:
        move: As the operator began it.
        facts: What is known; what is not known counts as not so.
        now: The time, in UTC.
    """
    if move.ended_at is not None:
        return MoveStep(MoveStage.DONE, "Nothing is left to do.")
    return (_adopting if move.kind is MoveKind.ADOPT else _leaving)(move, facts, now)


def all_is_seen(move: ScopeMove, facts: MoveFacts) -> bool:
    """Tells whether SSPR counts as on for all: it is seen, or said and nothing newer denies it."""
    # What was seen before may be what was before the group was selected.
    is_newer = facts.as_of is not None and facts.as_of >= move.began
    if facts.finding is SsprFinding.ON_FOR_ALL and is_newer:
        return True
    return move.by_word and not _denied(facts, move.began)


def refused_word(move: ScopeMove, facts: MoveFacts, now: datetime) -> str | None:
    """Says why an operator's word that All is selected does not count yet; None where it does."""
    if now < (since := move.began + WORD_AFTER):
        return f"the audit log may still tell of it; your word counts from {since:%H:%M} UTC on"
    if _denied(facts, move.began):
        return f"{facts.finding.text}, known as of {facts.as_of:%Y-%m-%d %H:%M} UTC"
    return None


def _denied(facts: MoveFacts, since: datetime) -> bool:
    """Tells whether SSPR is known to have been on for others than all since then.

    A change that nobody can read denies nothing: it may be the very one that was asked for.
    """
    is_newer = facts.as_of is not None and facts.as_of > since
    return is_newer and facts.finding in _OTHERS


_OTHERS: Final = {SsprFinding.ON_FOR_GROUP, SsprFinding.OFF, SsprFinding.OTHER_GROUP}


def _adopting(move: ScopeMove, facts: MoveFacts, now: datetime) -> MoveStep:
    look = move.own(facts.look)
    if look is None or look.trouble or now - look.at > LOOK_HOLDS:
        why = look.trouble if look and look.trouble else "the next reconciliation looks"
        text = f"Leave SSPR as it is: who is not in the group is not known; {why}."
        return MoveStep(MoveStage.CHECKING, text)
    if look.outside:
        return _outside(move, look, facts)
    if why := _outdated(look, facts):
        text = f"Leave SSPR as it is: {why}; the next reconciliation looks."
        return MoveStep(MoveStage.CHECKING, text)
    if _is_selected(move, facts):
        return MoveStep(MoveStage.DONE, "The group is selected, and everybody is in.")
    if not facts.has_begun:
        text = "Leave SSPR as it is until the first wave is in the group."
        return MoveStep(MoveStage.FILLING, " ".join(filter(None, (text, facts.hindrance))))
    by_what = (
        "the audit log alone: the registration report cannot tell one group from the other."
        if move.came_from is SsprScope.GROUP
        else "the audit log, or by the registration report hours later."
    )
    text = f"Now select the group: {PLACE}, Selected. It is noticed by {by_what}"
    return MoveStep(MoveStage.SELECT_NOW, text + _SAY_SO * _is_changed(move, facts))


def _outdated(look: MoveLook, facts: MoveFacts) -> str:
    """Says what was done since everybody was found inside; empty where nothing was."""
    if look.aim != facts.aim:
        return "the rollout was changed since it was looked who is in the group"
    if (gone := facts.departed - look.departed) != 0:
        who = f"{gone:,} people" if gone > 0 else "people"
        return f"{who} went out of the group, or are on the way out, since it was looked"
    return ""


_SAY_SO: Final = (
    " The audit log tells of a change since then, and not to what. If it was you who selected the "
    "group, say so: sspr adopt --selected."
)


def _is_changed(move: ScopeMove, facts: MoveFacts) -> bool:
    """Tells whether the choice was changed since the adoption began, nobody can tell to what.

    The log names what changed and nothing else. Where the group that was selected once is selected
    again, it tells of the choice and not of the group.
    """
    return _is_logged_since(move, facts) and facts.finding is SsprFinding.CHANGED


def _is_logged_since(move: ScopeMove, facts: MoveFacts) -> bool:
    """Tells whether the log told of a change since the move began."""
    return facts.logged_at is not None and facts.logged_at > move.began


def _is_selected(move: ScopeMove, facts: MoveFacts) -> bool:
    """Tells whether the group counts as selected.

    The people of a group of before are in the new one when the report is read, and SSPR is on for
    them by the old: so it shows the new one as selected though nobody did. Only a change counts.
    """
    if move.selected_before:
        return True
    if move.by_word and not denies_selected(move, facts):
        return True
    if facts.finding is not SsprFinding.ON_FOR_GROUP:
        return False
    if move.came_from is not SsprScope.GROUP:
        return True
    return _is_logged_since(move, facts)


def denies_selected(move: ScopeMove, facts: MoveFacts) -> bool:
    """Tells whether the log shows another choice since the adoption began.

    The report does not: with hardly anybody outside it may go on showing what was before.
    """
    return _is_logged_since(move, facts) and facts.finding in {*_BEFORE.values()}


def _outside(move: ScopeMove, look: MoveLook, facts: MoveFacts) -> MoveStep:
    stage = MoveStage.FILLING if look.unwritten else MoveStage.CHECKING
    text = (
        f"{look.outside:,} whom SSPR was on for are not in the group, "
        f"{look.unwritten:,} of them not written yet."
    )
    hint = facts.hindrance or "Whoever no wave reaches, and nobody accepted: sspr adopt shows them."
    if not move.selected_before and _is_selected(move, facts):
        early = (
            f"The group was selected too early. {text} Select what was selected before: {PLACE}."
        )
        return MoveStep(stage, f"{early} {hint}", losing=look.outside)
    keep = "" if move.selected_before else " Leave SSPR as it is."
    return MoveStep(stage, f"{text}{keep} {hint}")


def _leaving(move: ScopeMove, facts: MoveFacts, now: datetime) -> MoveStep:
    if not all_is_seen(move, facts):
        held = _held(move, facts) if move.let_go_at else ""
        word = " sspr leave --all-selected says so for an audit log that is silent." * (
            now >= move.began + WORD_AFTER
        )
        return MoveStep(MoveStage.SELECT_ALL_NOW, f"Now select All: {PLACE}.{held}{word}")
    if move.let_go_at is None:
        return MoveStep(MoveStage.NOTICED, "SSPR is on for all. sspr leave lets go of the group.")
    if not facts.is_aborted:
        text = "The rollout was begun again. sspr leave lets go of the group again."
        return MoveStep(MoveStage.NOTICED, text)
    if move.empties and (left := _still_in(move.own(facts.look), move.let_go_at)) != "0":
        text = f"Still to be taken out of those whom the product put in: {left}."
        return MoveStep(MoveStage.LETTING_GO, " ".join(filter(None, (text, facts.hindrance))))
    look = move.own(facts.look)
    held_in = look.outside if move.empties and look else 0
    theirs = f" {held_in:,} people are in by others, who alone can take them out." * (held_in > 0)
    return MoveStep(MoveStage.DONE, f"SSPR is on for all, and the group is let go.{theirs}")


def _held(move: ScopeMove, facts: MoveFacts) -> str:
    """Says what becomes of the emptying while SSPR is not seen as on for all."""
    look = move.own(facts.look)
    on_the_way = look.unwritten if move.empties and look else 0
    if not on_the_way:
        return " Nobody is asked out of the group meanwhile."
    return (
        f" Nobody else is asked out of the group, and {on_the_way:,} people are on the way out. "
        "Everything that writes is stopped; sspr start once All is selected, since it takes them "
        "out."
    )


def _still_in(look: MoveLook | None, since: datetime) -> str:
    """Returns how many are left of those whom the product put in, in words."""
    return f"{look.ours:,}" if look and look.at >= since else "not counted yet"
