"""The one door to ``azure-functions-runtime``: index an app, invoke its functions.

The library keeps its state in its own modules, so a process can hold one app only. It is the app's
process that does, never the host's: see `worker`.
"""

import asyncio
import json
import secrets
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

import azure_functions_runtime as worker

from sandbox.functions_host.function import Function, Outcome
from sandbox.functions_host.protocol import PROTOS, Message, ParameterBinding, TypedData


class IndexingError(Exception):
    """The app cannot be indexed; the message is the runtime's own, with its stack trace."""


class Runtime:
    """A loaded app."""

    def __init__(self, functions: Mapping[str, Function]) -> None:
        """Hold the functions by the runtime's own keys for them."""
        self._ids = {function.name: key for key, function in functions.items()}
        self.functions = tuple(functions.values())

    @classmethod
    async def load(cls, app: Path) -> Self:
        """Import ``function_app.py`` from a folder and index its functions.

        Raises:
            IndexingError: For what Azure would refuse too.
        """
        sys.path.insert(0, str(app))
        _raise_failure(await worker.worker_init_request(_init_request(app)))
        answer = await worker.functions_metadata_request(None)
        if not answer.function_metadata_results:
            raise IndexingError(f"{app / 'function_app.py'}: no functions found")
        worker.start_threadpool_executor()
        functions = {}
        for metadata in answer.function_metadata_results:
            bindings = tuple(json.loads(raw) for raw in metadata.raw_bindings)
            functions[metadata.function_id] = Function(metadata.name, bindings)
            request = Message(function_load_request=Message(function_id=metadata.function_id))
            _raise_failure(await worker.function_load_request(Message(request=request)))
        return cls(functions)

    async def invoke(
        self,
        invocation_id: str,
        function: Function,
        data: TypedData,
        metadata: Mapping[str, TypedData],
    ) -> Outcome:
        """Run a function once; its exceptions end up in the outcome.

        Args:
            invocation_id: What the function's context and log lines carry.
            function: One of :attr:`functions`.
            data: The trigger's value.
            metadata: The trigger's metadata.
        """
        # The runtime sets this for functions in its thread pool only; in Azure a task's name does
        # it for coroutines. Set here, log lines of either kind carry the invocation.
        token = worker.invocation_id_cv.set(invocation_id)
        try:
            binding = ParameterBinding(name=function.trigger["name"], data=data)
            request = _invocation_request(
                self._ids[function.name], invocation_id, binding, metadata
            )
            return await _call(request)
        finally:
            worker.invocation_id_cv.reset(token)


def current_invocation() -> str | None:
    """The invocation that the caller runs in."""
    invocation: str | None = worker.invocation_id_cv.get()
    return invocation


def _init_request(app: Path) -> Message:
    return Message(
        request=Message(
            worker_init_request=Message(capabilities={}, function_app_directory=str(app))
        ),
        properties={"host": "127.0.0.1", "protos": PROTOS},
    )


def _invocation_request(
    function_id: str,
    invocation_id: str,
    binding: ParameterBinding,
    metadata: Mapping[str, TypedData],
) -> Message:
    trace = f"00-{secrets.token_hex(16)}-{secrets.token_hex(8)}-00"
    invocation = Message(
        function_id=function_id,
        invocation_id=invocation_id,
        input_data=[binding],
        trigger_metadata=metadata,
        trace_context=Message(trace_parent=trace, trace_state="", attributes={}),
        retry_context=Message(retry_count=0, max_retry_count=0, exception=None),
    )
    return Message(request=Message(invocation_request=invocation))


async def _call(request: Message) -> Outcome:
    try:
        response = await worker.invocation_request(request)
    except asyncio.CancelledError:
        # A function may let a cancellation of its own out; it must not end the process.
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
