"""Describe writing: whether everything that writes goes on, as every operator sees it."""

from collections.abc import Mapping
from datetime import datetime

from shared.contracts.api.writing_views import OtherStopView, WritingView
from shared.domain.person.enrolment import State
from shared.domain.rollout.allowance import Allowances, total
from shared.domain.rollout.writing import Writing
from shared.ports.world import World

_GOES_ON = "Everything goes on."


async def describe_writing(world: World, now: datetime) -> WritingView:
    """Tells whether anything is stopped, who is owed a write, and how many are allowed."""
    stored = await world.write_control.current()
    counted = await world.write_control.hour()
    totals = await world.ledger.totals()
    return writing_view(
        stored.writing if stored else None,
        totals.by_state,
        counted.hour.allowed(now) if counted else (),
    )


def writing_view(
    writing: Writing | None, by_state: Mapping[State, int], allowances: Allowances = ()
) -> WritingView:
    """Describes the word by facts that have been read already; None where there never was one."""
    stop = writing.stop if writing else None
    allowed = total(allowances)
    return WritingView(
        stopped=stop is not None,
        stop=stop,
        text=stop.text if stop else _GOES_ON,
        detail=writing.reason if writing else "",
        since=writing.since if writing else None,
        actor=writing.actor if writing else "",
        worker_told=writing is None or stop is None or writing.carried_out,
        to_put_in=by_state.get(State.REQUESTED, 0),
        to_take_out=by_state.get(State.WITHDRAWING, 0),
        allowed_to_put_in=allowed.additions,
        allowed_to_take_out=allowed.removals,
        allowed_until=max((one.ends for one in allowances), default=None),
        also=other_stop_view(writing),
    )


def other_stop_view(writing: Writing | None) -> OtherStopView | None:
    """Describes what else it is stopped for beside an older ledger; None where that is nothing."""
    also = writing.also if writing else None
    if also is None:
        return None
    return OtherStopView(stop=also.stop, text=also.stop.text, detail=also.reason, actor=also.actor)
