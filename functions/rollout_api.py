"""The operator API, the rollout: where it stands, and an operator's word on it."""

from collections.abc import Awaitable
from datetime import datetime
from typing import Protocol

from functions.responses import there
from functions.routes import Request, Routes
from shared.contracts.api.operator_requests import (
    DocumentText,
    Newest,
    Nothing,
    Promote,
    Steer,
    Version,
)
from shared.contracts.api.rollout_views import EvaluationsView, RolloutView
from shared.ports.world import World
from shared.use_cases.rollout import control
from shared.use_cases.rollout.say_selected import say_selected
from shared.use_cases.views.describe_rollout import (
    describe_evaluations,
    describe_rollout,
    find_document,
)

routes = Routes("rollout")
_REFUSED = (409,)
_EXAMPLE = {"reason": "the help desk is short of people today"}


@routes.get("rollout", takes=Nothing, answers=RolloutView, refuses=(404,))
async def get_rollout(asked: Request[Nothing]) -> RolloutView:
    """The rollout as it stands, and what the clock will do next."""
    return await _standing(asked.world, asked.now)


@routes.get("rollout/document", takes=Version, answers=DocumentText, refuses=(404,))
async def get_document(asked: Request[Version]) -> DocumentText:
    """A version of the rollout document as it was applied."""
    text = await find_document(asked.sent.version, asked.world)
    return DocumentText(text=there(text, "there is no such version of the document"))


@routes.get("rollout/gates", takes=Newest, answers=EvaluationsView)
async def get_gates(asked: Request[Newest]) -> EvaluationsView:
    """The newest looks at the gates, and what was made of them."""
    return await describe_evaluations(asked.sent.limit, asked.world)


@routes.post("rollout/pause", takes=Steer, answers=RolloutView, refuses=_REFUSED, example=_EXAMPLE)
async def pause_rollout(asked: Request[Steer]) -> RolloutView:
    """Stop the rollout until somebody resumes it."""
    return await _steered(control.pause, asked)


@routes.post("rollout/resume", takes=Steer, answers=RolloutView, refuses=_REFUSED, example=_EXAMPLE)
async def resume_rollout(asked: Request[Steer]) -> RolloutView:
    """Go on where the rollout was paused; a wave that was rolled back is put in again."""
    return await _steered(control.resume, asked)


@routes.post("rollout/abort", takes=Steer, answers=RolloutView, refuses=_REFUSED, example=_EXAMPLE)
async def abort_rollout(asked: Request[Steer]) -> RolloutView:
    """End the rollout for good; whoever is in scope stays in."""
    return await _steered(control.abort, asked)


@routes.post(
    "rollout/restart", takes=Steer, answers=RolloutView, refuses=_REFUSED, example=_EXAMPLE
)
async def restart_rollout(asked: Request[Steer]) -> RolloutView:
    """Begin anew with the first wave and the same people in each."""
    return await _steered(control.restart, asked)


@routes.post(
    "rollout/promote",
    takes=Promote,
    answers=RolloutView,
    refuses=_REFUSED,
    example={"reason": "all of the pilot said yes", "skipSoak": True},
)
async def promote_rollout(asked: Request[Promote]) -> RolloutView:
    """Let the next wave begin on an operator's word instead of the gates'."""
    await control.promote(
        asked.world,
        asked.now,
        actor=asked.actor,
        reason=asked.sent.reason,
        skip_soak=asked.sent.skip_soak,
    )
    return await _standing(asked.world, asked.now)


class _Verb(Protocol):
    def __call__(
        self, world: World, now: datetime, *, actor: str, reason: str
    ) -> Awaitable[None]: ...


@routes.post(
    "rollout/selected", takes=Steer, answers=RolloutView, refuses=_REFUSED, example=_EXAMPLE
)
async def say_group_selected(asked: Request[Steer]) -> RolloutView:
    """Say that the adopted group is selected, where the audit log cannot be read."""
    return await _steered(say_selected, asked)


async def _steered(verb: _Verb, asked: Request[Steer]) -> RolloutView:
    await verb(asked.world, asked.now, actor=asked.actor, reason=asked.sent.reason)
    return await _standing(asked.world, asked.now)


async def _standing(world: World, now: datetime) -> RolloutView:
    return there(await describe_rollout(world, now), "there is no rollout; apply a plan first")
