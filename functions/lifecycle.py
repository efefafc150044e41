"""Lifecycle Workflows: those that wait to hear what became of somebody."""

import azure.functions as func

from functions.messages import message_of
from shared.bootstrap import Serving
from shared.contracts.messages.queues import LIFECYCLE_CALLBACKS
from shared.use_cases.in_portions import in_portions
from shared.use_cases.onboarding.tell_lifecycle import tell_lifecycle


def blueprint(app: Serving) -> func.Blueprint:
    """Make the function that calls workflows back, for the app that `app` answers with."""
    callbacks = func.Blueprint()

    @callbacks.function_name("tell_lifecycle")
    @callbacks.service_bus_queue_trigger(
        "callback",
        connection="ServiceBusConnection",
        queue_name=LIFECYCLE_CALLBACKS,
        cardinality="one",
        data_type=func.DataType.BINARY,
    )
    async def tell(callback: func.ServiceBusMessage) -> None:
        """One at a time: what Graph does not take is set aside by itself, not with a batch."""
        waiting = [message_of(callback)]
        await in_portions(tell_lifecycle, LIFECYCLE_CALLBACKS, waiting, app().world, app().now())

    return callbacks
