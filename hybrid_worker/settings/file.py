"""The file `worker.env`: what it says as it is written, and what in it cannot be read."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from dotenv import dotenv_values
from dotenv.parser import parse_stream
from pydantic_settings import BaseSettings, DotEnvSettingsSource, PydanticBaseSettingsSource

from shared.domain.errors import ConfigurationError

PREFIX = "SSPR_WORKER_"
"""How every variable of the worker begins."""
_ENCODING = "utf-8-sig"
"""Notepad may put a byte order mark at the beginning."""


def file_values(file: Path) -> Mapping[str, str | None]:
    """Returns what the file says; nothing is put in for `${NAME}`, which may be a group's name."""
    return dotenv_values(file, interpolate=False, encoding=_ENCODING)


def unreadable_lines(file: Path) -> Sequence[str]:
    """Complains of each line that would be passed over and leave a default in force without a word.

    Raises:
        ConfigurationError: the file is no text in UTF-8.
    """
    if not file.is_file():
        return []
    try:
        with file.open(encoding=_ENCODING) as stream:
            broken = [found.original.line for found in parse_stream(stream) if found.error]
    except UnicodeDecodeError:
        raise ConfigurationError(f"{file} is not UTF-8. Save it in this encoding.") from None
    return [
        f"{file}, line {line}: cannot be read. Put the value in single quotes, "
        "with \\\\ for each \\ and \\' for each ' in it."
        for line in broken
    ]


class _AsWritten(DotEnvSettingsSource):
    def _read_env_file(self, file_path: Path) -> Mapping[str, str | None]:
        return {name.lower(): value for name, value in file_values(file_path).items() if value}


class FileSettings(BaseSettings):
    """Settings from the environment, then from the file as it is written."""

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003  # there are none
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Reads the file by `file_values` instead of by pydantic's own reader."""
        file = getattr(dotenv_settings, "env_file", None)
        return init_settings, env_settings, _AsWritten(settings_cls, env_file=file)
