"""The preflight: who writes passwords back."""

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from hybrid_worker.settings.file import PREFIX, FileSettings


class PreflightSettings(FileSettings):
    """How it is looked whether password resets would be written back."""

    model_config = SettingsConfigDict(
        env_prefix=f"{PREFIX}PREFLIGHT_", extra="ignore", env_ignore_empty=True
    )

    connector: str | None = Field(
        None,
        max_length=256,
        description="The name or SID of the account that writes passwords back; empty: the one "
        "account named MSOL_… or provAgentgMSA.",
    )
