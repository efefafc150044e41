"""All of the worker's settings, read at once; every complaint in one answer."""

import os
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError
from pydantic_settings import BaseSettings

from hybrid_worker.settings.directory import DirectorySettings
from hybrid_worker.settings.file import PREFIX, file_values, unreadable_lines
from hybrid_worker.settings.preflight import PreflightSettings
from hybrid_worker.settings.process import ProcessSettings
from hybrid_worker.settings.service_bus import ServiceBusSettings
from hybrid_worker.settings.sync import SyncSettings
from shared.domain.errors import ConfigurationError


@dataclass(frozen=True, slots=True)
class WorkerSettings:
    """Everything the worker is told."""

    process: ProcessSettings
    service_bus: ServiceBusSettings
    directory: DirectorySettings
    sync: SyncSettings
    preflight: PreflightSettings

    def shown(self) -> dict[str, str | float | None]:
        """Returns every setting by the name of its environment variable; secrets are covered."""
        groups = (self.process, self.service_bus, self.directory, self.sync, self.preflight)
        return {
            _variable(type(group), name): value if isinstance(value, int | float) else str(value)
            for group in groups
            for name, value in group
            if value is not None
        }


_GROUPS = (
    ProcessSettings,
    ServiceBusSettings,
    DirectorySettings,
    SyncSettings,
    PreflightSettings,
)


def load_settings(file: Path = Path("worker.env")) -> WorkerSettings:
    """Reads the environment and the file, which may be missing.

    Raises:
        ConfigurationError: one line for every setting that is missing, wrong or unknown.
    """
    complaints = [*unreadable_lines(file), *_unknown(file)]
    groups: dict[type[BaseSettings], BaseSettings] = {}
    for group in _GROUPS:
        try:
            groups[group] = group(_env_file=file)
        except ValidationError as error:
            complaints += _complaints(group, error)
    if complaints:
        raise ConfigurationError("\n".join(complaints))
    return WorkerSettings(*(groups[group] for group in _GROUPS))  # type: ignore[arg-type]  # in their order


def _variable(group: type[BaseSettings], name: str) -> str:
    return f"{group.model_config['env_prefix']}{name}".upper()


def _complaints(group: type[BaseSettings], error: ValidationError) -> list[str]:
    return [
        _complaint(group, str(entry["loc"][0]) if entry["loc"] else "", entry["msg"])
        for entry in error.errors(include_url=False, include_input=False)
    ]


def _complaint(group: type[BaseSettings], name: str, message: str) -> str:
    reason = message.removeprefix("Value error, ")
    if not name:
        return reason
    field = group.model_fields[name]
    reason = "is missing" if reason == "Field required" else reason
    return f"{_variable(group, name)}: {reason}. {field.description}"


def _unknown(file: Path) -> list[str]:
    """Complains of unknown names: a misspelt one would leave a default in force without a word."""
    known = {_variable(group, name) for group in _GROUPS for name in group.model_fields}
    given = {name.upper() for name in (*os.environ, *file_values(file))}
    ours = sorted(name for name in given - known if name.startswith(PREFIX))
    return [f"{name}: there is no such setting. Correct its name or take it out." for name in ours]
