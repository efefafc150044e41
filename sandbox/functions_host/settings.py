"""What the app's folder says: ``local.settings.json`` and ``host.json``."""

import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

_EXPRESSION = re.compile(r"%([^%]+)%")


class SettingsError(ValueError):
    """A settings file or a setting is missing or wrong; the message says which and why."""


class AppSettings:
    """The app's settings; names are case-insensitive, as in the .NET configuration of the host."""

    def __init__(self, values: Mapping[str, str]) -> None:
        self._values = {name.casefold(): value for name, value in values.items()}

    def get(self, name: str) -> str | None:
        """Look a setting up; an empty one counts as missing."""
        return self._values.get(name.casefold()) or None

    def resolve(self, text: str) -> str:
        """Replace binding expressions (``%Name%``) by settings.

        Raises:
            SettingsError: For a setting that does not exist.
        """

        def value(match: re.Match[str]) -> str:
            found = self.get(match[1])
            if found is None:
                raise SettingsError(f"binding expression {match[0]}: no such setting")
            return found

        return _EXPRESSION.sub(value, text)


def load_values(path: Path) -> dict[str, str]:
    """Read ``Values`` of a ``local.settings.json``.

    Raises:
        SettingsError: For a missing, broken or encrypted file, or a value that is not a string.
    """
    document = _read_json(path)
    if document.get("IsEncrypted"):
        raise SettingsError(f"{path}: IsEncrypted: encrypted settings cannot be read here")
    values = document.get("Values", {})
    for name, value in values.items():
        if not isinstance(value, str):
            raise SettingsError(f"{path}: Values.{name}: expected a string, got {value!r}")
    return dict(values)


def export(values: Mapping[str, str]) -> None:
    """Give the settings to the app as environment variables, as Azure does."""
    os.environ.update(values)


@dataclass(frozen=True, slots=True)
class HostOptions:
    """What this host honours of ``host.json``, with Azure's defaults.

    Attributes:
        route_prefix: What HTTP routes start with; may be empty.
        max_message_batch_size: Most messages handed to one Service Bus batch invocation.
        max_concurrent_calls: Most single-message Service Bus invocations at once, per function.
        max_auto_lock_renewal_seconds: How long the lock of a single message is kept alive.
    """

    route_prefix: str
    max_message_batch_size: int
    max_concurrent_calls: int
    max_auto_lock_renewal_seconds: float

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read a ``host.json``.

        Raises:
            SettingsError: For a missing or broken file, another version than 2.0, or an option that
                would be silently different here.
        """
        document = _read_json(path)
        if document.get("version") != "2.0":
            raise SettingsError(f'{path}: version: expected "2.0", got {document.get("version")!r}')
        extensions = document.get("extensions", {})
        service_bus = extensions.get("serviceBus", {})
        if service_bus.get("autoCompleteMessages", True) is not True:
            raise SettingsError(
                f"{path}: extensions.serviceBus.autoCompleteMessages: must be true; without"
                " SDK-type bindings a Python function has no way to settle a message"
            )
        return cls(
            route_prefix=extensions.get("http", {}).get("routePrefix", "api").strip("/"),
            max_message_batch_size=_count(service_bus, "maxMessageBatchSize", 1000),
            max_concurrent_calls=_count(
                service_bus, "maxConcurrentCalls", 16 * (os.cpu_count() or 1)
            ),
            max_auto_lock_renewal_seconds=_seconds(
                service_bus, "maxAutoLockRenewalDuration", "00:05:00"
            ),
        )


def _count(section: Mapping[str, Any], name: str, default: int) -> int:
    value = section.get(name, default)
    if type(value) is not int or value < 1:
        raise SettingsError(f"host.json: {name}: expected a number from 1 up, got {value!r}")
    return value


def _seconds(section: Mapping[str, Any], name: str, default: str) -> float:
    value = section.get(name, default)
    try:
        hours, minutes, seconds = value.split(":")
        return int(hours) * 3600 + int(minutes) * 60 + float(seconds)
    except (AttributeError, ValueError):
        raise SettingsError(f"host.json: {name}: expected hh:mm:ss, got {value!r}") from None


def _read_json(path: Path) -> dict[str, Any]:
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise SettingsError(f"{path}: no such file") from None
    except ValueError as error:
        raise SettingsError(f"{path}: not valid JSON: {error}") from None
    if not isinstance(document, dict):
        raise SettingsError(f"{path}: expected a JSON object")
    return document
