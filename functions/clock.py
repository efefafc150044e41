"""The clock: what happens because time passes; the schedules are settings.

What comes every minute is one function: on Flex Consumption each one that is not HTTP has instances
of its own (`docs/decisions/16-one-clock.md`). What comes less often and takes longer stays apart.
"""

import azure.functions as func

from shared.bootstrap import Serving
from shared.use_cases.rollout.reconcile import reconcile
from shared.use_cases.tick import tick
from shared.use_cases.timers import run_timer
from shared.use_cases.writing.read_registrations import read_registrations


def blueprint(app: Serving) -> func.Blueprint:
    """Make the timers of the app that `app` answers with."""
    timers = func.Blueprint()

    @timers.function_name("clock_timer")
    @timers.timer_trigger("timer", schedule="%SSPR_CLOCK_SCHEDULE%")
    async def clock_timer(timer: func.TimerRequest) -> None:  # noqa: ARG001  # the trigger's own
        """Follow up, ask again for those who wait, advance the rollout."""
        await run_timer("clock_timer", tick(app().world, app().now))

    @timers.function_name("registration_timer")
    @timers.timer_trigger("timer", schedule="%SSPR_REGISTRATION_SCHEDULE%")
    async def registration_timer(timer: func.TimerRequest) -> None:  # noqa: ARG001  # as above
        """Read the registration report, or go on with it."""
        await run_timer("registration_timer", read_registrations(app().world, app().now))

    @timers.function_name("reconcile_timer")
    @timers.timer_trigger("timer", schedule="%SSPR_RECONCILE_SCHEDULE%")
    async def reconcile_timer(timer: func.TimerRequest) -> None:  # noqa: ARG001  # as above
        """Everybody wanted against everybody in."""
        await run_timer("reconcile_timer", reconcile(app().world, app().now))

    return timers
