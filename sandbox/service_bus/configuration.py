"""The `--queues` file: which queues there are and how each behaves."""

import json
from pathlib import Path
from typing import Any, Final

from sandbox.service_bus.queue import Queue, QueueSettings

_KINDS: Final[dict[str, tuple[type, ...]]] = {
    "maxDeliveryCount": (int,),
    "lockDurationSeconds": (int, float),
    "duplicateDetectionWindowSeconds": (int, float),
    "defaultTimeToLiveSeconds": (int, float, type(None)),
    "deadLetterOnExpiration": (bool,),
}


class InvalidQueuesError(ValueError):
    """The file is not what it should be; names queue, field and reason."""


def read_queues(path: Path) -> list[Queue]:
    """Reads the file: an object of queue name to settings, each of which may be left out.

    Raises:
        InvalidQueuesError: with the queue, the field and the reason.
    """
    try:
        document = json.loads(path.read_text())
    except (OSError, ValueError) as error:
        raise InvalidQueuesError(f"{path}: {error}") from error
    if not isinstance(document, dict):
        raise InvalidQueuesError(f"{path}: expected an object of queue name to settings")
    return [Queue(name, _settings(name, fields)) for name, fields in document.items()]


def _settings(name: str, fields: Any) -> QueueSettings:
    if not isinstance(fields, dict):
        raise InvalidQueuesError(f"queue '{name}': expected an object of settings")
    for field, value in fields.items():
        if field not in _KINDS:
            raise InvalidQueuesError(f"queue '{name}': there is no setting '{field}'")
        if type(value) not in _KINDS[field] or (not isinstance(value, bool) and (value or 0) < 0):
            raise InvalidQueuesError(f"queue '{name}': {field} cannot be {value!r}")
    defaults = QueueSettings()
    lifetime = fields.get("defaultTimeToLiveSeconds")
    lock = fields.get("lockDurationSeconds", defaults.lock_duration / 1000)
    return QueueSettings(
        max_delivery_count=fields.get("maxDeliveryCount", defaults.max_delivery_count),
        lock_duration=round(lock * 1000),
        duplicate_window=round(fields.get("duplicateDetectionWindowSeconds", 0) * 1000),
        default_time_to_live=None if lifetime is None else round(lifetime * 1000),
        dead_letter_on_expiration=fields.get("deadLetterOnExpiration", False),
    )
