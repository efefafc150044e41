"""Where the app is and the key that opens it, from the environment or the command line."""

from typing import Any

from pydantic import Field, HttpUrl, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from cli.exits import Failure, Status


class Settings(BaseSettings):
    """The two things needed to reach the operator API."""

    model_config = SettingsConfigDict(
        env_prefix="SSPR_", env_ignore_empty=True, extra="ignore", hide_input_in_errors=True
    )

    url: HttpUrl = Field(
        description="the app's address with its /api, such as https://NAME.azurewebsites.net/api"
    )
    key: SecretStr = Field(description="a function key or host key of the app")

    @field_validator("key", mode="before")
    @classmethod
    def _fits_a_header(cls, value: Any) -> Any:
        key = value.strip() if isinstance(value, str) else ""
        if not key or not all("!" <= character <= "~" for character in key):
            raise ValueError("it is empty or holds characters that no key has")
        return key


def read_settings(url: str | None, key: str | None) -> Settings:
    """The settings; what the command line gives goes before the environment.

    Raises:
        Failure: a setting is missing or wrong; the text names each and what to put there.
    """
    given = {name: value for name, value in {"url": url, "key": key}.items() if value is not None}
    try:
        return Settings(**given)  # type: ignore[arg-type]  # pydantic parses the text
    except ValidationError as error:
        problems = error.errors(include_input=False, include_url=False)
        lines = [_complaint(str(one["loc"][0]), one["type"], one["msg"]) for one in problems]
        raise Failure(Status.USAGE, "\n".join(lines)) from None


def _complaint(name: str, kind: str, message: str) -> str:
    problem = "not set" if kind == "missing" else message.removeprefix("Value error, ")
    hint = Settings.model_fields[name].description
    return f"SSPR_{name.upper()}: {problem}; set it (or --{name}) to {hint}"
