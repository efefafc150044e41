"""The operator API, everything that writes: whether it goes on, and an operator's word on it."""

from functions.routes import Request, Routes
from shared.contracts.api.operator_requests import Nothing, Start, Steer
from shared.contracts.api.writing_views import WritingView
from shared.use_cases.views.describe_writing import describe_writing
from shared.use_cases.writing import stop_and_start

routes = Routes("writing")
_EXAMPLE = {"reason": "HR has sent 500 people by mistake"}


@routes.get("writing", takes=Nothing, answers=WritingView)
async def get_writing(asked: Request[Nothing]) -> WritingView:
    """Whether anything is written, and how many people are owed a write."""
    return await describe_writing(asked.world, asked.now)


@routes.post("writing/stop", takes=Steer, answers=WritingView, refuses=(409,), example=_EXAMPLE)
async def stop_writing(asked: Request[Steer]) -> WritingView:
    """Stop waves, repairs, events, withdrawals and the worker; what comes in is kept."""
    await stop_and_start.stop(
        asked.world,
        asked.now,
        actor=asked.actor,
        reason=asked.sent.reason,
        clock=asked.app.now,
    )
    return await describe_writing(asked.world, asked.now)


@routes.post("writing/start", takes=Start, answers=WritingView, refuses=(409,), example=_EXAMPLE)
async def start_writing(asked: Request[Start]) -> WritingView:
    """Go on, with what has been kept; the first of it is written within a minute."""
    await stop_and_start.start(
        asked.world,
        asked.now,
        actor=asked.actor,
        reason=asked.sent.reason,
        group_id=asked.sent.group,
    )
    return await describe_writing(asked.world, asked.now)
