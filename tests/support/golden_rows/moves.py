"""A move of SSPR's scope, and what was seen while it lasted."""

from collections.abc import Mapping
from dataclasses import replace

from shared.adapters.tables.tables import Tables
from shared.domain.rollout.scope_move import MoveKind, MoveLook, ScopeMove
from shared.domain.rollout.sspr_policy import SsprScope
from tests.support.golden_rows.audit import expect_audit
from tests.support.golden_rows.golden import ADA, BOB, LATER, NOW, Golden
from tests.support.golden_rows.rollouts import QUIET_ROLLOUT

MOVED_ROLLOUT = replace(
    QUIET_ROLLOUT,
    move=ScopeMove(
        kind=MoveKind.LEAVE,
        began=NOW,
        actor="ada",
        came_from=SsprScope.GROUP,
        old_group=BOB,
        selected_before=True,
        accepted="0b5e3a",
        let_go_at=LATER,
        empties=True,
        by_word=True,
        ended_at=LATER,
    ),
)
"""The other rollouts are as they were stored before SSPR's scope could be moved."""
MOVE_LOOK_BEFORE = MoveLook(
    at=NOW, outside=3, unwritten=2, named=(ADA,), ours=4, trouble="no group"
)
"""As it was kept before it told of which move it was."""
MOVE_LOOK_OF_MOVE = replace(MOVE_LOOK_BEFORE, of=LATER)
"""As it was kept before it told of what may have been done since."""
MOVE_LOOK = replace(MOVE_LOOK_OF_MOVE, aim="5c0be3", departed=6)


async def _write_moved(tables: Tables) -> None:
    await tables.rollouts.replace(None, MOVED_ROLLOUT, action="leave", now=NOW)
    await tables.rollouts.keep_move_look(MOVE_LOOK_BEFORE)


async def _expect_moved(tables: Tables) -> None:
    stored = await tables.rollouts.current()
    assert stored
    assert stored.rollout == MOVED_ROLLOUT
    assert await tables.rollouts.move_look() == MOVE_LOOK_BEFORE
    await expect_audit(tables, changes=1)


async def _write_look_of_move(tables: Tables) -> None:
    await tables.rollouts.keep_move_look(MOVE_LOOK_OF_MOVE)


async def _expect_look_of_move(tables: Tables) -> None:
    assert await tables.rollouts.move_look() == MOVE_LOOK_OF_MOVE


async def _write_move_look(tables: Tables) -> None:
    await tables.rollouts.keep_move_look(MOVE_LOOK)


async def _expect_move_look(tables: Tables) -> None:
    assert await tables.rollouts.move_look() == MOVE_LOOK


GOLDEN: Mapping[str, Golden] = {
    "moved": Golden(_write_moved, _expect_moved),
    "move-look": Golden(_write_look_of_move, _expect_look_of_move),
    "move-look-aim": Golden(_write_move_look, _expect_move_look),
}
