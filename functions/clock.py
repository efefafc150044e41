"""The clock: what happens because time passes; the schedules are settings."""

import azure.functions as func

from shared.bootstrap import app
from shared.use_cases.advance_rollout import advance_rollout
from shared.use_cases.follow_up import follow_up, read_registrations
from shared.use_cases.reconcile import reconcile
from shared.use_cases.resume_waiting import resume_waiting

blueprint = func.Blueprint()


@blueprint.function_name("follow_up_timer")
@blueprint.timer_trigger("timer", schedule="%SSPR_FOLLOW_UP_SCHEDULE%")
async def follow_up_timer(timer: func.TimerRequest) -> None:  # noqa: ARG001  # the trigger's own
    """Look for everybody who was written, chase whoever does not move."""
    await follow_up(app().world, app().now())


@blueprint.function_name("registration_timer")
@blueprint.timer_trigger("timer", schedule="%SSPR_REGISTRATION_SCHEDULE%")
async def registration_timer(timer: func.TimerRequest) -> None:  # noqa: ARG001  # as above
    """Read the registration report."""
    await read_registrations(app().world, app().now())


@blueprint.function_name("waiting_timer")
@blueprint.timer_trigger("timer", schedule="%SSPR_WAITING_SCHEDULE%")
async def waiting_timer(timer: func.TimerRequest) -> None:  # noqa: ARG001  # as above
    """Ask again for those who wait."""
    await resume_waiting(app().world, app().now())


@blueprint.function_name("wave_timer")
@blueprint.timer_trigger("timer", schedule="%SSPR_WAVE_SCHEDULE%")
async def wave_timer(timer: func.TimerRequest) -> None:  # noqa: ARG001  # as above
    """Look at the gates; begin the next wave when it may."""
    await advance_rollout(app().world, app().now)


@blueprint.function_name("reconcile_timer")
@blueprint.timer_trigger("timer", schedule="%SSPR_RECONCILE_SCHEDULE%")
async def reconcile_timer(timer: func.TimerRequest) -> None:  # noqa: ARG001  # as above
    """Everybody wanted against everybody in."""
    await reconcile(app().world, app().now)
