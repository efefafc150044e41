"""Operations: what operators asked for and what takes its time, one at a time."""

import asyncio

import azure.functions as func

from functions.messages import message_of
from shared.bootstrap import Serving
from shared.contracts.messages.queues import ROLLOUT_OPERATIONS
from shared.use_cases.in_portions import in_portions
from shared.use_cases.rollout.operate import run_operations

_AT_ONCE = 16
"""Operations that run together; a plan of everybody takes its memory."""


def blueprint(app: Serving) -> func.Blueprint:
    """Make the function that runs operations of the app that `app` answers with."""
    operations = func.Blueprint()
    places = asyncio.Semaphore(_AT_ONCE)

    @operations.function_name("run_operation")
    @operations.service_bus_queue_trigger(
        "request",
        connection="ServiceBusConnection",
        queue_name=ROLLOUT_OPERATIONS,
        cardinality="one",
        data_type=func.DataType.BINARY,
    )
    async def run_operation(request: func.ServiceBusMessage) -> None:
        """Plan, apply or roll back; the lock is renewed for as long as it takes."""
        asked, world, now = [message_of(request)], app().world, app().now()
        async with places:
            await in_portions(
                run_operations, ROLLOUT_OPERATIONS, asked, world, now, is_renewed=True
            )

    return operations
