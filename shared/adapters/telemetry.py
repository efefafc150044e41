"""Telemetry: the product's own log lines, sent to Application Insights by this process.

Who exports what: with `telemetryMode` OpenTelemetry the Functions host exports invocations, its own
logs and metrics. The worker's logs it exports as well, unless the worker says that it does so
itself, which it does where `PYTHON_ENABLE_OPENTELEMETRY` is true; the worker then also hands each
invocation's trace on to the code, so that a line is found under its invocation. The other setting,
`PYTHON_APPLICATIONINSIGHTS_ENABLE_TELEMETRY`, makes the worker configure everything by itself
before the app is indexed, for all loggers and with spans for all HTTP requests, whose addresses
name people; it is to stay unset.
Source: azure-functions-runtime 1.3.0, `handle_event.worker_init_request` and `otel`.
"""

import logging
from collections.abc import Callable
from contextvars import Context, copy_context
from queue import SimpleQueue
from threading import Thread
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from azure.core.credentials import TokenCredential


def export_logs(
    of: str, connection_string: str, credential: "Callable[[], TokenCredential] | None"
) -> None:
    """Sends what is logged below a logger to Application Insights, while the process runs.

    Nothing is imported or contacted by the caller. The exporter takes as long to import as half of
    the rest of the app, so a thread imports it when the first line comes, and lines wait for it.

    Args:
        of: the logger's name.
        connection_string: of the Application Insights resource.
        credential: makes the credential for Entra authentication; None where the connection
            string is enough.
    """
    logger = logging.getLogger(of)
    if not any(isinstance(one, _Handover) for one in logger.handlers):
        logger.addHandler(_Handover(lambda: _exporting(connection_string, credential)))


class _Handover(logging.Handler):
    """Hands lines over to a handler that a thread makes, with the trace that each belongs to.

    What is left when the process ends is sent at its exit; of a process that is killed it is lost.
    """

    def __init__(self, make: Callable[[], logging.Handler]) -> None:
        super().__init__()
        self._make = make
        self._lines: SimpleQueue[tuple[Context, logging.LogRecord]] = SimpleQueue()
        self._thread: Thread | None = None

    def emit(self, record: logging.LogRecord) -> None:
        """Puts the line where the thread finds it, unless the thread has failed: nobody would."""
        # The logging module calls this with the handler's lock held.
        if self._thread is None:
            self._thread = Thread(target=self._hand_over, name="telemetry", daemon=True)
            self._thread.start()
        if self._thread.is_alive():
            self._lines.put((copy_context(), record))

    def _hand_over(self) -> None:
        try:
            target = self._make()
        except Exception:
            # The app does its work all the same; the host shows this line.
            logging.getLogger().exception("telemetry-unavailable")
            return
        while True:
            context, record = self._lines.get()
            try:
                context.run(target.handle, record)
            except Exception:  # noqa: BLE001  # as logging itself does: said, and the next line goes on
                target.handleError(record)


def _exporting(
    connection_string: str, credential: "Callable[[], TokenCredential] | None"
) -> logging.Handler:
    from azure.monitor.opentelemetry.exporter import AzureMonitorLogExporter
    from opentelemetry.instrumentation.logging.handler import LoggingHandler
    from opentelemetry.resource.detector.azure.functions import AzureFunctionsResourceDetector
    from opentelemetry.sdk._logs import LoggerProvider
    from opentelemetry.sdk._logs.export import BatchLogRecordProcessor
    from opentelemetry.sdk.resources import get_aggregated_resources

    exporter = AzureMonitorLogExporter(
        connection_string=connection_string,
        credential=credential() if credential else None,
        # What could not be sent would be kept in a file; the ledger has it all anyway.
        disable_offline_storage=True,
    )
    resource = get_aggregated_resources([AzureFunctionsResourceDetector()])
    provider = LoggerProvider(resource=resource)
    provider.add_log_record_processor(BatchLogRecordProcessor(exporter))
    return LoggingHandler(logger_provider=provider)
