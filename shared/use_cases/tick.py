"""Tick: what every minute asks for, one after the other, whatever becomes of the one before."""

from collections.abc import Callable
from datetime import datetime

from shared.ports.world import World
from shared.use_cases.in_turn import all_in_turn
from shared.use_cases.onboarding.resume_waiting import resume_waiting
from shared.use_cases.onboarding.return_unread import return_unread
from shared.use_cases.rollout.advance_rollout import advance_rollout
from shared.use_cases.rollout.carry_on_move import carry_on_move
from shared.use_cases.rollout.watch_accounts import watch_accounts
from shared.use_cases.rollout.watch_conditions import watch_conditions
from shared.use_cases.rollout.watch_dead_letters import watch_dead_letters
from shared.use_cases.rollout.watch_endings import watch_endings
from shared.use_cases.rollout.watch_held_events import watch_held_events
from shared.use_cases.rollout.watch_scope import watch_scope
from shared.use_cases.rollout.watch_sources import watch_sources
from shared.use_cases.rollout.watch_sspr import watch_sspr
from shared.use_cases.writing.follow_up import follow_up
from shared.use_cases.writing.stop_and_start import carry_out_word, watch_ledger

type Clock = Callable[[], datetime]


async def tick(world: World, clock: Clock) -> None:
    """Follows up, asks again for those who wait, returns unread events, advances the rollout.

    First comes the ledger itself, which may be older than the world, then what a stop or a start of
    everything that writes leads to. The rollout is last,
    since a wave takes its time, and after the look at its group: no wave begins that nobody would
    be in.

    Raises:
        DirectoryUnavailable, LedgerConflict, ServiceUnavailable, UnsafePlan: the next tick tries
            again.
        ExceptionGroup: more than one of them has failed.
    """
    await all_in_turn(
        [
            lambda: watch_ledger(world, clock),
            lambda: carry_out_word(world, clock),
            lambda: follow_up(world, clock()),
            lambda: resume_waiting(world, clock()),
            lambda: return_unread(world, clock()),
            lambda: watch_scope(world, clock()),
            lambda: watch_accounts(world, clock()),
            lambda: watch_sspr(world, clock()),
            lambda: carry_on_move(world, clock()),
            lambda: watch_conditions(world, clock()),
            lambda: watch_dead_letters(world, clock()),
            lambda: watch_endings(world, clock()),
            lambda: watch_sources(world, clock()),
            lambda: watch_held_events(world, clock()),
            lambda: advance_rollout(world, clock),
        ]
    )
