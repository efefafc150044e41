"""Describe writing: whether everything that writes goes on, as every operator sees it."""

from collections.abc import Mapping

from shared.contracts.api.writing_views import WritingView
from shared.domain.person.enrolment import State
from shared.domain.rollout.writing import Writing
from shared.ports.world import World

_GOES_ON = "Everything goes on."


async def describe_writing(world: World) -> WritingView:
    """Tells whether anything is stopped, and how many people are owed a write."""
    stored = await world.write_control.current()
    totals = await world.ledger.totals()
    return writing_view(stored.writing if stored else None, totals.by_state)


def writing_view(writing: Writing | None, by_state: Mapping[State, int]) -> WritingView:
    """Describes the word by facts that have been read already; None where there never was one."""
    stop = writing.stop if writing else None
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
    )
