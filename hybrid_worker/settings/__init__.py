"""What the worker is told: `SSPR_WORKER_…` in the environment, or in a file `worker.env`.

The environment wins over the file. Everything is checked at the start, all complaints at once.
"""

from hybrid_worker.settings.directory import DirectorySettings, Place
from hybrid_worker.settings.file import PREFIX
from hybrid_worker.settings.preflight import PreflightSettings
from hybrid_worker.settings.process import ProcessSettings, supervisor_address
from hybrid_worker.settings.service_bus import ServiceBusSettings
from hybrid_worker.settings.sync import SyncSettings
from hybrid_worker.settings.worker import WorkerSettings, load_settings

__all__ = [
    "PREFIX",
    "DirectorySettings",
    "Place",
    "PreflightSettings",
    "ProcessSettings",
    "ServiceBusSettings",
    "SyncSettings",
    "WorkerSettings",
    "load_settings",
    "supervisor_address",
]
