"""A move of SSPR's scope: whoever follows it takes SSPR from nobody, whatever comes in between."""

from dataclasses import dataclass, field, replace
from datetime import datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shared.domain.rollout.scope_move import (
    LOOK_HOLDS,
    WORD_AFTER,
    MoveFacts,
    MoveKind,
    MoveLook,
    MoveStage,
    ScopeMove,
    all_is_seen,
    decide,
    refused_word,
)
from shared.domain.rollout.sspr_finding import SsprFinding
from shared.domain.rollout.sspr_policy import SsprScope
from tests.support.waves import MINUTE, NOW

PEOPLE = frozenset(range(6))
ADOPTION = ScopeMove(kind=MoveKind.ADOPT, began=NOW, actor="ada", came_from=SsprScope.ALL)
LEAVING = ScopeMove(kind=MoveKind.LEAVE, began=NOW, actor="ada")
COMING = ("write", "show", "look", "forget look", "watch", "report", "blind", "operator")
GOING = ("watch", "watch", "blind", "operator", "operator", "look", "empty", "empty")
FINDINGS = {
    SsprScope.ALL: SsprFinding.ON_FOR_ALL,
    SsprScope.NONE: SsprFinding.OFF,
}
GROUP, ALL_ON = SsprFinding.ON_FOR_GROUP, SsprFinding.ON_FOR_ALL


@dataclass
class _Tenant:
    """SSPR as it is, what is seen of it, and an operator who does what they are told."""

    old_group: frozenset[int]
    unreachable: frozenset[int]
    """Whom nothing puts in; accepted as losing."""
    scope: SsprScope
    written: set[int] = field(default_factory=set)
    shown: set[int] = field(default_factory=set)
    is_ours: bool = False
    """Whether the group that is selected is the scope group."""
    move: ScopeMove = ADOPTION
    seen: SsprFinding = SsprFinding.NOT_KNOWN
    as_of: datetime = NOW
    logged_at: datetime | None = None
    look: MoveLook | None = None
    is_aborted: bool = False

    @property
    def covered(self) -> frozenset[int]:
        """For whom SSPR is on; a membership counts once it is written, shown or not."""
        if self.scope is not SsprScope.GROUP:
            return PEOPLE if self.scope is SsprScope.ALL else frozenset()
        return frozenset(self.written) if self.is_ours else self.old_group

    @property
    def step(self) -> MoveStage:
        return decide(self.move, self.facts, NOW).stage

    @property
    def facts(self) -> MoveFacts:
        return MoveFacts(
            finding=self.seen,
            as_of=self.as_of,
            logged_at=self.logged_at,
            look=self.look,
            has_begun=bool(self.written),
            is_aborted=self.is_aborted,
        )

    def act(self, action: str, before: frozenset[int]) -> None:
        if action == "write" and not self.is_aborted:
            self.written |= set(sorted(PEOPLE - self.unreachable - self.written)[:2])
        elif action == "show":
            self.shown = set(self.written)
        elif action == "look":
            outside = before - self.unreachable - self.shown
            self.look = MoveLook(
                at=NOW,
                outside=len(outside),
                unwritten=len(outside - self.written),
                ours=len(self.written),
                of=NOW,
            )
        elif action == "forget look":
            self.look = None
        elif action == "watch":
            of_group = GROUP if self.is_ours else SsprFinding.OTHER_GROUP
            self.seen = FINDINGS.get(self.scope, of_group)
            is_leaving = self.move.kind is MoveKind.LEAVE
            self.as_of = NOW if is_leaving else NOW - MINUTE
            self.logged_at = NOW + MINUTE if self.is_ours else NOW - MINUTE
        elif action in {"report", "blind"}:
            self.seen = self._shown() if action == "report" else SsprFinding.NOT_KNOWN
            self.logged_at = None
        elif action == "operator":
            self._obey()
        elif action == "leave" and self.move.kind is MoveKind.ADOPT:
            self.move = LEAVING
        elif action == "empty" and self.step is MoveStage.LETTING_GO:
            self.written -= set(sorted(self.written)[:2])
            self.shown &= self.written

    def _shown(self) -> SsprFinding:
        """What the report shows: it knows people's SSPR, and not by which group they have it."""
        if self.scope is SsprScope.GROUP:
            return GROUP if self.written and self.written <= self.covered else self.seen
        return FINDINGS[self.scope]

    def _obey(self) -> None:
        match self.step:
            case MoveStage.SELECT_NOW:
                self.scope, self.is_ours = SsprScope.GROUP, True
            case MoveStage.SELECT_ALL_NOW:
                self.scope = SsprScope.ALL
            case MoveStage.NOTICED:
                self.move = replace(self.move, let_go_at=NOW, empties=True)
                self.is_aborted = True
            case _:
                pass


@given(
    came_from=st.sampled_from(SsprScope),
    old_group=st.frozensets(st.sampled_from(sorted(PEOPLE))),
    unreachable=st.frozensets(st.sampled_from(sorted(PEOPLE)), max_size=2),
    coming=st.lists(st.sampled_from(COMING), min_size=8, max_size=24),
    going=st.lists(st.sampled_from(GOING), min_size=8, max_size=24),
)
@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
def test_nobody_who_was_not_accepted_loses_sspr_at_any_step(
    came_from: SsprScope,
    old_group: frozenset[int],
    unreachable: frozenset[int],
    coming: list[str],
    going: list[str],
) -> None:
    """Given looks that are old, a watch that sees nothing, and an operator who does as told."""
    tenant = _Tenant(old_group, unreachable, came_from)
    tenant.move = replace(ADOPTION, came_from=came_from)
    before = tenant.covered
    for action in [*coming, "leave", *going]:
        tenant.act(action, before)
        assert before - unreachable <= tenant.covered, action
        if tenant.move.kind is MoveKind.ADOPT and tenant.step is MoveStage.DONE:
            assert tenant.is_ours, "nobody selected the group, and it counts as selected"


@given(st.sampled_from(SsprScope), st.permutations(sorted(PEOPLE)))
def test_whoever_goes_on_comes_to_the_end(came_from: SsprScope, old: list[int]) -> None:
    """Given nothing in the way, then the move is done, and the way back is, too."""
    tenant = _Tenant(frozenset(old[:3]), frozenset(), came_from)
    tenant.move = replace(ADOPTION, came_from=came_from)
    before = tenant.covered
    course = ["write", "show", "look", "watch", "operator", "watch"]
    for action in course * 4:
        tenant.act(action, before)
    assert (tenant.step, tenant.covered) == (MoveStage.DONE, PEOPLE)
    for action in ["leave", *["watch", "operator", "empty", "look"] * 8]:
        tenant.act(action, before)
    assert (tenant.step, tenant.covered) == (MoveStage.DONE, PEOPLE)
    assert not tenant.written


def _looked(outside: int = 0, at: datetime = NOW, unwritten: int | None = None) -> MoveLook:
    left = outside if unwritten is None else unwritten
    return MoveLook(at=at, outside=outside, unwritten=left, of=NOW)


@pytest.mark.parametrize(
    ("facts", "stage"),
    [
        (MoveFacts(), MoveStage.CHECKING),
        (MoveFacts(look=_looked(at=NOW - MINUTE)), MoveStage.CHECKING),
        (MoveFacts(look=_looked(3)), MoveStage.FILLING),
        (MoveFacts(look=_looked(3, unwritten=0)), MoveStage.CHECKING),
        (MoveFacts(look=_looked()), MoveStage.FILLING),
        (MoveFacts(look=_looked(), has_begun=True), MoveStage.SELECT_NOW),
        (MoveFacts(finding=GROUP, look=_looked()), MoveStage.DONE),
        (MoveFacts(finding=GROUP), MoveStage.CHECKING),
        (MoveFacts(look=_looked(), has_begun=True, aim="another"), MoveStage.CHECKING),
        (MoveFacts(look=_looked(), has_begun=True, departed=1), MoveStage.CHECKING),
        (MoveFacts(finding=GROUP, look=_looked(), aim="another"), MoveStage.CHECKING),
        (MoveFacts(finding=GROUP, look=_looked(), departed=1), MoveStage.CHECKING),
    ],
)
def test_an_adoption_is_as_far_as_what_is_known_now(facts: MoveFacts, stage: MoveStage) -> None:
    assert decide(ADOPTION, facts, NOW).stage is stage


def test_a_look_that_is_too_old_counts_as_none() -> None:
    facts = MoveFacts(look=_looked(), has_begun=True)
    assert decide(ADOPTION, facts, NOW + LOOK_HOLDS).stage is MoveStage.SELECT_NOW
    assert decide(ADOPTION, facts, NOW + LOOK_HOLDS + MINUTE).stage is MoveStage.CHECKING


def test_whoever_was_out_when_it_was_looked_voids_no_look() -> None:
    """Given people who were out then, they were looked at: nobody waits for them for ever."""
    facts = MoveFacts(look=replace(_looked(), aim="this", departed=3), has_begun=True, aim="this")
    assert decide(ADOPTION, replace(facts, departed=3), NOW).stage is MoveStage.SELECT_NOW
    fewer = decide(ADOPTION, replace(facts, departed=2), NOW)
    assert (fewer.stage, "people went out" in fewer.text) == (MoveStage.CHECKING, True)
    one_more = decide(ADOPTION, replace(facts, departed=4), NOW)
    assert one_more.stage is MoveStage.CHECKING
    assert "1 people went out" in one_more.text


def test_a_look_that_was_on_the_way_for_another_move_counts_as_none() -> None:
    """Given a snapshot that takes minutes, and a move that was begun anew meanwhile."""
    of_before = replace(_looked(at=NOW + MINUTE), of=NOW - MINUTE)
    facts = MoveFacts(look=of_before, has_begun=True)
    assert decide(ADOPTION, facts, NOW + MINUTE).stage is MoveStage.CHECKING
    own = replace(facts, look=replace(of_before, of=NOW))
    assert decide(ADOPTION, own, NOW + MINUTE).stage is MoveStage.SELECT_NOW


def test_a_group_that_was_selected_too_early_has_its_number() -> None:
    early = decide(ADOPTION, MoveFacts(finding=GROUP, look=_looked(7)), NOW)
    assert (early.losing, early.stage) == (7, MoveStage.FILLING)
    before = replace(ADOPTION, came_from=SsprScope.GROUP, old_group="of before")
    of_report = decide(before, MoveFacts(finding=GROUP, look=_looked(7)), NOW)
    assert (of_report.losing, of_report.stage) == (0, MoveStage.FILLING)
    assert "too early" not in of_report.text
    of_own = replace(ADOPTION, came_from=SsprScope.GROUP, selected_before=True)
    assert decide(of_own, MoveFacts(finding=GROUP, look=_looked(7)), NOW).losing == 0


def test_the_report_does_not_tell_the_new_group_from_the_one_of_before() -> None:
    """Given the old group's people in the new one, only a change of since counts as selected."""
    before = replace(ADOPTION, came_from=SsprScope.GROUP, old_group="of before")
    shown = MoveFacts(finding=GROUP, as_of=NOW + MINUTE, look=_looked(), has_begun=True)
    step = decide(before, shown, NOW)
    assert step.stage is MoveStage.SELECT_NOW
    assert "the audit log alone" in step.text
    assert decide(before, replace(shown, logged_at=NOW), NOW).stage is MoveStage.SELECT_NOW
    logged = replace(shown, logged_at=NOW + MINUTE)
    assert decide(before, logged, NOW).stage is MoveStage.DONE


def test_a_change_that_nobody_can_read_is_put_to_who_was_to_select() -> None:
    """Given the group that was selected once, then the log tells of the choice and of no group."""
    ready = MoveFacts(finding=SsprFinding.CHANGED, look=_looked(), has_begun=True)
    of_since = replace(ready, logged_at=NOW + MINUTE)
    assert "sspr adopt --selected" in decide(ADOPTION, of_since, NOW).text
    for of_before in (ready, replace(ready, logged_at=NOW)):
        assert "--selected" not in decide(ADOPTION, of_before, NOW).text
    assert "--selected" not in decide(ADOPTION, replace(of_since, finding=ALL_ON), NOW).text


def test_an_unreadable_change_is_meant_once_an_operator_has_said_what_it_was() -> None:
    """And no other: one of since is somebody's, and nobody has said what it was."""
    changed, later = SsprFinding.CHANGED, NOW + MINUTE
    said = replace(ADOPTION, by_word=True).ended(later)
    assert said.expects(changed, later)
    assert not said.expects(changed, later + MINUTE)
    assert not said.expects(changed, None)
    assert not said.expects(ALL_ON, later)
    for silent in (ADOPTION, ADOPTION.ended(later), replace(ADOPTION, by_word=True)):
        assert not silent.expects(changed, NOW)


def test_a_word_counts_after_a_while_and_not_against_a_newer_change() -> None:
    silent = MoveFacts(finding=GROUP, as_of=NOW - MINUTE)
    later = NOW + WORD_AFTER
    assert refused_word(LEAVING, silent, later - MINUTE) is not None
    assert refused_word(LEAVING, silent, later) is None
    denied = replace(silent, as_of=NOW + MINUTE)
    assert "on for the scope group, known as of" in (refused_word(LEAVING, denied, later) or "")
    said = replace(LEAVING, by_word=True)
    let_go = replace(said, let_go_at=NOW + 2 * MINUTE)
    assert not all_is_seen(let_go, denied), "told late, and of before the letting go"
    assert all_is_seen(said, silent)
    unread = replace(denied, finding=SsprFinding.CHANGED)
    assert refused_word(LEAVING, unread, later) is None
    assert all_is_seen(said, unread)
    assert not all_is_seen(said, denied)
    assert not all_is_seen(LEAVING, silent)


def test_a_move_that_has_ended_stays_so() -> None:
    for move in (ADOPTION, LEAVING):
        assert decide(move.ended(NOW), MoveFacts(), NOW).stage is MoveStage.DONE
