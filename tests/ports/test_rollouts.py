"""The rollout and what belongs to it, kept, replaced and leased."""

import asyncio
import json
from dataclasses import replace
from datetime import timedelta

import pytest

from shared.domain.errors import InvalidMessage, LedgerConflict
from shared.domain.person.reasons import Reason
from shared.domain.rollout.gate import Evaluation, Outcome, Result
from shared.domain.rollout.scope_groups import ScopeDoubt, ScopeFault
from shared.domain.rollout.scope_move import MoveKind, MoveLook, ScopeMove
from shared.domain.rollout.sspr_policy import SsprScope
from shared.domain.rollout.state import Lease, PauseReason, Phase
from shared.domain.rollout.watch import Condition, Watch
from shared.ports.rollouts import Reconciliation, Rollouts, StoredRollout
from tests.support.ports.kept import Kept, Opening
from tests.support.ports.people import NOW
from tests.support.ports.rollouts import GATE, PAUSED, PLANNED, ring_of

LEASE = Lease("timer-1", NOW + timedelta(minutes=5))


@pytest.fixture
def rollouts(tables: Kept) -> Rollouts:
    return tables.rollouts


@pytest.fixture
async def stored(rollouts: Rollouts) -> StoredRollout:
    return await rollouts.replace(None, PLANNED, action="apply", now=NOW)


async def test_before_the_first_document_there_is_nothing(rollouts: Rollouts) -> None:
    assert await rollouts.current() is None
    assert await rollouts.document_text(1) is None
    assert await rollouts.evaluations(5) == []
    assert await rollouts.reconciliation() is None
    assert await rollouts.watch() is None


async def test_a_rollout_is_read_again_in_every_detail(
    rollouts: Rollouts, stored: StoredRollout
) -> None:
    assert await rollouts.current() == stored == StoredRollout(PLANNED, stored.etag)
    paused = await rollouts.replace(stored, PAUSED, action="pause", now=NOW)
    assert paused.etag != stored.etag
    assert await rollouts.current() == paused == StoredRollout(PAUSED, paused.etag)


async def test_a_ring_of_5000_people_is_kept_and_a_larger_one_is_refused_with_its_size(
    rollouts: Rollouts,
) -> None:
    large = ring_of(5000)
    stored = await rollouts.replace(None, large, action="apply", now=NOW)
    assert await rollouts.current() == StoredRollout(large, stored.etag)
    with pytest.raises(InvalidMessage, match=r"takes 1,\d\d\d,\d\d\d bytes"):
        await rollouts.replace(stored, ring_of(14_000), action="apply", now=NOW)
    assert await rollouts.current() == stored


@pytest.mark.usefixtures("stored")
async def test_the_first_rollout_is_not_put_over_another(rollouts: Rollouts) -> None:
    with pytest.raises(LedgerConflict):
        await rollouts.replace(None, PAUSED, action="apply", now=NOW)


async def test_of_two_who_replace_what_both_have_read_one_is_told_so(
    opening: Opening, stored: StoredRollout
) -> None:
    async with (
        opening() as one,
        opening() as other,
    ):
        outcomes = await asyncio.gather(
            one.rollouts.replace(stored, PAUSED, action="pause", now=NOW),
            other.rollouts.replace(
                stored, replace(PLANNED, phase=Phase.ABORTED), action="abort", now=NOW
            ),
            return_exceptions=True,
        )
        [lost] = [one for one in outcomes if isinstance(one, BaseException)]
        [won] = [one for one in outcomes if isinstance(one, StoredRollout)]
        assert isinstance(lost, LedgerConflict)
        assert await one.rollouts.current() == won


async def test_a_lease_is_taken_kept_and_given_back_and_changes_nothing_else(
    rollouts: Rollouts, stored: StoredRollout
) -> None:
    for lease in (LEASE, replace(LEASE, until=NOW + timedelta(hours=1)), None):
        stored = await rollouts.renew(stored, lease)
        assert await rollouts.current() == stored
        assert stored.rollout == replace(PLANNED, lease=lease)


async def test_nobody_renews_or_replaces_what_another_has_leased_since(
    rollouts: Rollouts, stored: StoredRollout
) -> None:
    leased = await rollouts.renew(stored, LEASE)
    with pytest.raises(LedgerConflict):
        await rollouts.renew(stored, Lease("timer-2", NOW))
    with pytest.raises(LedgerConflict):
        await rollouts.replace(stored, PAUSED, action="pause", now=NOW)
    assert await rollouts.current() == leased


async def test_who_renews_loses_to_an_abort_meanwhile(
    rollouts: Rollouts, stored: StoredRollout
) -> None:
    aborted = replace(PLANNED, phase=Phase.ABORTED)
    after = await rollouts.replace(stored, aborted, action="abort", now=NOW)
    with pytest.raises(LedgerConflict):
        await rollouts.renew(stored, LEASE)
    assert await rollouts.current() == after


async def test_every_change_but_a_renewal_is_in_the_audit(
    tables: Kept, stored: StoredRollout
) -> None:
    leased = await tables.rollouts.renew(stored, LEASE)
    later = NOW + timedelta(hours=1)
    await tables.rollouts.replace(leased, PAUSED, action="pause", now=later)
    first, second = [
        json.loads(record.content) for record in await tables.audit.records("rollout", 0, 10)
    ]
    assert (first["number"], first["action"], first["from"], first["to"], first["actor"]) == (
        1,
        "apply",
        None,
        "planned",
        "ada",
    )
    assert second == {
        "partition": "rollout",
        "number": 2,
        "at": later.isoformat(),
        "actor": "grace",
        "action": "pause",
        "reason": "too many complaints",
        "version": 2,
        "document": "d1ge57",
        "from": "planned",
        "to": "paused",
        "started": 2,
        "wave": "helpers",
        "rolledBack": ["first hundred", "helpers"],
        "pause": "gate-failed",
    }


async def test_every_version_of_the_document_is_kept_as_it_was_written(
    rollouts: Rollouts,
) -> None:
    texts = {1: "", 2: "# für alle\nwaves: []\n", 11: "- id # Zoë \N{GRINNING FACE}\n" * 15_000}
    for version, text in texts.items():
        await rollouts.keep_document(version, text, actor="ada", now=NOW)
    assert {version: await rollouts.document_text(version) for version in texts} == texts
    with pytest.raises(InvalidMessage, match="document: takes 1,200,000 bytes"):
        await rollouts.keep_document(12, "x" * 600_000, actor="ada", now=NOW)


def evaluation(minutes: int, decision: str = "") -> Evaluation:
    failed = Result(gate=GATE, outcome=Outcome.FAILED, value=0.5, sample=40, text="20 of 40")
    unknown = Result(gate=GATE, outcome=Outcome.INCONCLUSIVE, value=None, sample=0, text="none")
    return Evaluation(NOW + timedelta(minutes=minutes), "pilot", (failed, unknown), decision)


async def test_evaluations_are_listed_newest_first_up_to_the_limit(
    rollouts: Rollouts,
) -> None:
    decided = [evaluation(minutes, "paused") for minutes in (3, 1, 2)]
    for one in decided:
        await rollouts.keep_evaluation(one)
    newest_first = [decided[0], decided[2], decided[1]]
    assert await rollouts.evaluations(10) == newest_first
    assert await rollouts.evaluations(2) == newest_first[:2]


async def test_an_evaluation_without_a_decision_gives_way_to_the_next_one(
    rollouts: Rollouts,
) -> None:
    decided = evaluation(2, "promoted")
    await rollouts.keep_evaluation(evaluation(0))
    await rollouts.keep_evaluation(evaluation(1))
    await rollouts.keep_evaluation(decided)
    assert await rollouts.evaluations(10) == [decided, evaluation(1)]
    await rollouts.keep_evaluation(evaluation(3))
    assert await rollouts.evaluations(10) == [evaluation(3), decided]


async def test_the_newest_reconciliation_is_the_one_that_is_kept(
    rollouts: Rollouts,
) -> None:
    first = Reconciliation(
        at=NOW,
        listed=2000,
        eligible=1900,
        kept=300,
        added=4,
        removed=3,
        removed_by_hand=["a", "b"],
        added_by_hand=[],
        repaired=2,
        skips={Reason.GUEST: 60, Reason.DISABLED: 40},
        problem="",
    )
    second = replace(first, at=NOW + timedelta(hours=1), problem="the directory was empty")
    for one in (first, second):
        await rollouts.keep_reconciliation(one)
        assert await rollouts.reconciliation() == one


async def test_the_newest_look_at_the_conditions_is_the_one_that_is_kept(
    rollouts: Rollouts,
) -> None:
    condition = Condition(
        gate="sync",
        outcome=Outcome.FAILED,
        value=None,
        threshold=0.0,
        sample=1,
        text="the newest delta sync failed",
        failing_since=NOW,
        failures=3,
        limit=3,
    )
    for one in (Watch(began=NOW, at=NOW), Watch(began=NOW, at=NOW, conditions=(condition,))):
        await rollouts.keep_watch(one)
        assert await rollouts.watch() == one


async def test_the_newest_look_at_a_move_replaces_the_one_before(rollouts: Rollouts) -> None:
    assert await rollouts.move_look() is None
    for outside in (7, 0):
        look = MoveLook(at=NOW, outside=outside, unwritten=0, named=("ada",) * outside)
        await rollouts.keep_move_look(look)
        assert await rollouts.move_look() == look


async def test_the_newest_doubt_of_the_scope_groups_replaces_the_one_before(
    rollouts: Rollouts,
) -> None:
    assert await rollouts.scope_doubt() is None
    fault = ScopeFault(PauseReason.GROUP_MISSING, "The AD group S-1 is not in Entra")
    first = ScopeDoubt(fault=fault, since=NOW)
    for doubt in (first, replace(first, is_sure=True), ScopeDoubt(fault=None, since=NOW)):
        await rollouts.keep_scope_doubt(doubt)
        assert await rollouts.scope_doubt() == doubt


async def test_what_is_still_to_be_remembered_is_kept_with_the_rollout(
    rollouts: Rollouts, stored: StoredRollout
) -> None:
    begun = replace(PLANNED, members_remembered=False)
    again = await rollouts.replace(stored, begun, action="apply", now=NOW)
    assert (await rollouts.current()) == again == StoredRollout(begun, again.etag)


async def test_a_move_is_kept_with_its_rollout_and_told_in_the_audit_once(
    rollouts: Rollouts, stored: StoredRollout, tables: Kept
) -> None:
    move = ScopeMove(kind=MoveKind.ADOPT, began=NOW, actor="ada", came_from=SsprScope.ALL)
    moved = replace(PLANNED, move=move)
    again = await rollouts.replace(stored, moved, action="adopt", now=NOW)
    assert (await rollouts.current()) == again == StoredRollout(moved, again.etag)
    await rollouts.replace(again, replace(moved, reason="later"), action="pause", now=NOW)
    said = [json.loads(one.content) for one in await tables.audit.records("rollout", 0, 10)]
    assert ["move" in one for one in said] == [False, True, False]
    assert said[1]["move"]["from"] == "all"
