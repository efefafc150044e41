"""The one door to ``azure-functions-runtime``: index an app, invoke its functions.

The library keeps its state in its own modules, so a process can hold one app only.
"""

import asyncio
import json
import logging
import secrets
import sys
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import azure_functions_runtime as worker

from sandbox.functions_host.protocol import PROTOS, Message, ParameterBinding, TypedData

_log = logging.getLogger(__name__)

_TRIGGERS = frozenset({"httpTrigger", "serviceBusTrigger", "timerTrigger"})


class IndexingError(Exception):
    """The app cannot be indexed; the message is the runtime's own, with its stack trace."""


@dataclass(frozen=True, slots=True)
class Function:
    """An indexed function.

    Attributes:
        name: Its name, unique within the app.
        id: The runtime's key for it.
        trigger: The trigger binding as ``function.json`` would hold it.
    """

    name: str
    id: str
    trigger: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What an invocation came to.

    Attributes:
        value: What the function gave to ``$return``.
        error: The stack trace, if it failed.
    """

    value: TypedData | None = None
    error: str | None = None

    @property
    def succeeded(self) -> bool:
        """Whether the function returned, and its result could be encoded."""
        return self.error is None


class Runtime:
    """A loaded app."""

    def __init__(self, functions: tuple[Function, ...]) -> None:
        self.functions = functions

    @classmethod
    async def load(cls, app: Path) -> Self:
        """Import ``function_app.py`` from a folder and index its functions.

        Raises:
            IndexingError: For what Azure would refuse too, or a binding this host does not have.
        """
        sys.path.insert(0, str(app))
        _raise_failure(await worker.worker_init_request(_init_request(app)))
        answer = await worker.functions_metadata_request(None)
        if not answer.function_metadata_results:
            raise IndexingError(f"{app / 'function_app.py'}: no functions found")
        worker.start_threadpool_executor()
        functions = []
        for metadata in answer.function_metadata_results:
            functions.append(_function(metadata))
            request = Message(function_load_request=Message(function_id=metadata.function_id))
            _raise_failure(await worker.function_load_request(Message(request=request)))
        return cls(tuple(functions))

    async def invoke(
        self, function: Function, data: TypedData, metadata: Mapping[str, TypedData]
    ) -> Outcome:
        """Run a function once; its exceptions end up in the outcome.

        Args:
            function: One of :attr:`functions`.
            data: The trigger's value.
            metadata: The trigger's metadata.
        """
        invocation_id = str(uuid.uuid4())
        started = time.monotonic()
        # The runtime sets this for functions in its thread pool only; in Azure a task's name does
        # it for coroutines. Set here, log lines of either kind carry the invocation.
        token = worker.invocation_id_cv.set(invocation_id)
        try:
            request = _invocation_request(function, invocation_id, data, metadata)
            outcome = await _call(request)
        finally:
            worker.invocation_id_cv.reset(token)
        _log.log(
            logging.INFO if outcome.succeeded else logging.ERROR,
            "executed function=%s invocation=%s result=%s duration_ms=%.0f%s",
            function.name,
            invocation_id,
            "succeeded" if outcome.succeeded else "failed",
            (time.monotonic() - started) * 1000,
            "" if outcome.succeeded else f"\n{outcome.error}",
        )
        return outcome


def _init_request(app: Path) -> Message:
    return Message(
        request=Message(
            worker_init_request=Message(capabilities={}, function_app_directory=str(app))
        ),
        properties={"host": "127.0.0.1", "protos": PROTOS},
    )


def _invocation_request(
    function: Function, invocation_id: str, data: TypedData, metadata: Mapping[str, TypedData]
) -> Message:
    trace = f"00-{secrets.token_hex(16)}-{secrets.token_hex(8)}-00"
    invocation = Message(
        function_id=function.id,
        invocation_id=invocation_id,
        input_data=[ParameterBinding(name=function.trigger["name"], data=data)],
        trigger_metadata=metadata,
        trace_context=Message(trace_parent=trace, trace_state="", attributes={}),
        retry_context=Message(retry_count=0, max_retry_count=0, exception=None),
    )
    return Message(request=Message(invocation_request=invocation))


def _function(metadata: Any) -> Function:
    bindings = [json.loads(raw) for raw in metadata.raw_bindings]
    foreign = [
        binding["type"]
        for binding in bindings
        if binding["type"] not in _TRIGGERS
        and (binding["type"], binding["name"]) != ("http", "$return")
    ]
    if foreign:
        raise IndexingError(
            f"function {metadata.name}: this host has no {', '.join(foreign)} binding"
        )
    trigger = next(binding for binding in bindings if binding["type"] in _TRIGGERS)
    return Function(metadata.name, metadata.function_id, trigger)


async def _call(request: Message) -> Outcome:
    try:
        response = await worker.invocation_request(request)
    except asyncio.CancelledError:
        # A function may let a cancellation of its own out; it must not end the listener.
        task = asyncio.current_task()
        if task is None or task.cancelling():
            raise
        return Outcome(error="CancelledError: left the function")
    if response.result.status == PROTOS.StatusResult.Success:
        return Outcome(value=response.return_value)
    return Outcome(error=response.result.exception.stack_trace.strip())


def _raise_failure(response: Any) -> None:
    if response.result.status != PROTOS.StatusResult.Success:
        failure = response.result.exception
        raise IndexingError(f"{failure.message}\n{failure.stack_trace}")
