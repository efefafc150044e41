"""The worker's process: its name, its folder, and how patient it is."""

import os
import socket
from pathlib import Path

from pydantic import Field, field_validator
from pydantic_settings import SettingsConfigDict

from hybrid_worker.settings.file import PREFIX, FileSettings


class ProcessSettings(FileSettings):
    """The process itself."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, extra="ignore", env_ignore_empty=True)

    name: str = Field(
        default_factory=socket.gethostname,
        max_length=200,
        description="Under which name the worker answers.",
    )
    state_directory: Path = Field(
        description="Give a folder that only the worker may read; its journal is kept there."
    )
    batch: int = Field(50, ge=1, le=100, description="How many commands to take at once.")
    report_every: float = Field(
        60, ge=1, le=600, description="Seconds between two heartbeats, which are never off."
    )
    stop_within: float = Field(
        10, ge=0, le=120, description="Seconds to wait for a running sync when asked to stop."
    )
    stuck_after: float = Field(
        900, ge=60, le=86_400, description="Seconds without a turn after which the process ends."
    )

    @field_validator("state_directory")
    @classmethod
    def _is_usable(cls, folder: Path) -> Path:
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise ValueError(f"the folder cannot be made: {error.strerror}") from None
        if not os.access(folder, os.W_OK):
            raise ValueError("the folder cannot be written")
        return folder


def supervisor_address() -> str | None:
    """Returns the socket that systemd has given to a unit with a watchdog, if it has."""
    return os.environ.get("NOTIFY_SOCKET")
