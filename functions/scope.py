"""Scope: the writers' side of the queues, one batch at a time."""

from typing import List  # noqa: UP035  # the production runtime refuses list[...] at indexing

import azure.functions as func

from functions.messages import messages_of
from shared.bootstrap import Serving
from shared.contracts.messages.queues import DIRECTORY_RESULTS, SCOPE_CHANGES
from shared.use_cases.in_portions import in_portions
from shared.use_cases.writing.apply_scope_changes import apply_scope_changes
from shared.use_cases.writing.record_results import record_results


def blueprint(app: Serving) -> func.Blueprint:
    """Make the functions of both queues, for the app that `app` answers with."""
    writers = func.Blueprint()

    @writers.function_name("apply_scope_changes")
    @writers.service_bus_queue_trigger(
        "changes",
        connection="ServiceBusConnection",
        queue_name=SCOPE_CHANGES,
        cardinality="many",
        data_type=func.DataType.BINARY,
    )
    async def apply_changes(changes: List[func.ServiceBusMessage]) -> None:  # noqa: UP006  # see above
        """Write memberships: cloud users through Graph, synced users by a command."""
        batch = messages_of(changes)
        await in_portions(apply_scope_changes, SCOPE_CHANGES, batch, app().world, app().now())

    @writers.function_name("record_results")
    @writers.service_bus_queue_trigger(
        "results",
        connection="ServiceBusConnection",
        queue_name=DIRECTORY_RESULTS,
        cardinality="many",
        data_type=func.DataType.BINARY,
    )
    async def record(results: List[func.ServiceBusMessage]) -> None:  # noqa: UP006  # see above
        """Record what the hybrid worker made of its commands."""
        batch = messages_of(results)
        await in_portions(record_results, DIRECTORY_RESULTS, batch, app().world, app().now())

    return writers
