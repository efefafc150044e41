"""Scope: the writers' side of the queues, one group of messages at a time."""

from collections.abc import Sequence
from functools import partial

import azure.functions as func

from functions.messages import message_of
from shared.bootstrap import Serving
from shared.contracts.messages.queues import DIRECTORY_RESULTS, SCOPE_CHANGES
from shared.use_cases.gathering import Gathering
from shared.use_cases.in_portions import in_portions
from shared.use_cases.message import Message
from shared.use_cases.writing.apply_scope_changes import apply_scope_changes
from shared.use_cases.writing.record_results import record_results


def blueprint(app: Serving) -> func.Blueprint:
    """Make the functions of both queues, for the app that `app` answers with."""
    writers = func.Blueprint()

    async def write(batch: Sequence[Message]) -> None:
        apply = partial(apply_scope_changes, clock=app().now)
        await in_portions(apply, SCOPE_CHANGES, batch, app().world, app().now())

    async def record_all(batch: Sequence[Message]) -> None:
        await in_portions(record_results, DIRECTORY_RESULTS, batch, app().world, app().now())

    changes, results = Gathering(write), Gathering(record_all)

    @writers.function_name("apply_scope_changes")
    @writers.service_bus_queue_trigger(
        "change",
        connection="ServiceBusConnection",
        queue_name=SCOPE_CHANGES,
        cardinality="one",
        data_type=func.DataType.BINARY,
    )
    async def apply_changes(change: func.ServiceBusMessage) -> None:
        """Write memberships: cloud users through Graph, synced users by a command."""
        await changes.add(message_of(change))

    @writers.function_name("record_results")
    @writers.service_bus_queue_trigger(
        "result",
        connection="ServiceBusConnection",
        queue_name=DIRECTORY_RESULTS,
        cardinality="one",
        data_type=func.DataType.BINARY,
    )
    async def record(result: func.ServiceBusMessage) -> None:
        """Record what the hybrid worker made of its commands."""
        await results.add(message_of(result))

    return writers
