"""A runspace pool of the JEA endpoint: PSRP fragments in, PSRP fragments out."""

from collections import defaultdict
from uuid import UUID

import psrpcore
from psrpcore.types import (
    ErrorCategoryInfo,
    ErrorRecord,
    NETException,
    PipelineState,
    PSInvocationState,
)

from sandbox.connect_host.cmdlets import CmdletError, Cmdlets, scripts_refused


class Runspace:
    """One client's pool. A pipeline runs to its end as soon as it has arrived completely."""

    def __init__(self, cmdlets: Cmdlets) -> None:
        self._cmdlets = cmdlets
        self._pool = psrpcore.ServerRunspacePool()
        self._waiting: dict[UUID | None, bytearray] = defaultdict(bytearray)
        self._ended: set[UUID] = set()

    def receive(self, fragments: bytes) -> None:
        """Take in fragments for the pool or for one of its pipelines, and act on them."""
        self._pool.receive_data(psrpcore.PSRPPayload(fragments, psrpcore.StreamType.default, None))
        while event := self._pool.next_event():
            if isinstance(event, psrpcore.CreatePipelineEvent):
                self._run(self._pool.pipeline_table[event.pipeline_id], event.pipeline.commands)
            elif isinstance(event, psrpcore.GetCommandMetadataEvent):
                self._refuse(self._pool.pipeline_table[event.pipeline_id])
        while payload := self._pool.data_to_send():
            self._waiting[payload.pipeline_id] += payload.data

    def create_pipeline(self, identifier: UUID, fragments: bytes) -> None:
        """Begin a pipeline with its first fragments."""
        psrpcore.ServerPipeline(self._pool, identifier)
        self.receive(fragments)

    def take(self, pipeline: UUID | None) -> bytes:
        """Return what waits to be sent for a pipeline, or for the pool itself."""
        return bytes(self._waiting.pop(pipeline, b""))

    def has_ended(self, pipeline: UUID | None) -> bool:
        """Whether a pipeline has run to its end."""
        return pipeline in self._ended

    def close_pipeline(self, pipeline: UUID) -> None:
        """Forget a pipeline; one that is not known is none of our business any more."""
        self._ended.discard(pipeline)
        self._waiting.pop(pipeline, None)
        if pipeline in self._pool.pipeline_table:
            self._pool.pipeline_table[pipeline].close()

    def _run(self, pipeline: psrpcore.ServerPipeline, commands: list[psrpcore.Command]) -> None:
        pipeline.start()
        if self._cmdlets.hang:
            return
        try:
            for command in commands:
                if command.is_script:
                    raise scripts_refused()
                for output in self._cmdlets.invoke(command.command_text, command.parameters):
                    pipeline.write_output(output)
        except CmdletError as error:
            self._report(pipeline, error)
        else:
            pipeline.complete()
        self._ended.add(pipeline.pipeline_id)

    def _refuse(self, pipeline: psrpcore.ServerPipeline) -> None:
        """Command discovery is not exposed."""
        pipeline.start()
        self._report(pipeline, scripts_refused())
        self._ended.add(pipeline.pipeline_id)

    @staticmethod
    def _report(pipeline: psrpcore.ServerPipeline, error: CmdletError) -> None:
        """A terminating error is the pipeline's last state, another one of its outputs."""
        exception = NETException(Message=error.message)
        exception.PSObject.type_names = [error.exception, "System.Exception", "System.Object"]
        category = ErrorCategoryInfo(
            Category=error.category,
            Reason=error.exception.rpartition(".")[2],
            TargetName=error.target,
        )
        if not error.terminating:
            pipeline.write_error(exception, category, fully_qualified_error_id=error.identifier)
            pipeline.complete()
            return
        record = ErrorRecord(
            Exception=exception,
            CategoryInfo=category,
            FullyQualifiedErrorId=error.identifier,
        )
        state = PSInvocationState.Failed
        pipeline.prepare_message(
            PipelineState(PipelineState=int(state), ExceptionAsErrorRecord=record)
        )
        pipeline.state = state
