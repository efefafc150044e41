"""Where the app is and what opens it, from the environment or the command line."""

import os
from typing import Self

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    HttpUrl,
    SecretStr,
    ValidationError,
    field_validator,
    model_validator,
)

from cli.exits import Failure, Status

_NO_CREDENTIAL = (
    "SSPR_KEY, SSPR_TOKEN: neither is set; set SSPR_KEY (or --key) to a function key or host key "
    "of the app, or SSPR_TOKEN (or --token) to an Entra access token for it"
)


class CliSettings(BaseModel):
    """What is needed to reach the operator API."""

    model_config = ConfigDict(hide_input_in_errors=True)

    url: HttpUrl = Field(
        description="the app's address with its /api, such as https://NAME.azurewebsites.net/api"
    )
    key: SecretStr | None = Field(None, description="a function key or host key of the app")
    token: SecretStr | None = Field(
        None, description="an Entra access token for the app, without the word Bearer"
    )

    @field_validator("key", "token", mode="before")
    @classmethod
    def _fits_a_header(cls, value: object) -> object:
        if value is None:
            return None
        secret = value.strip() if isinstance(value, str) else ""
        if not secret or not all("!" <= character <= "~" for character in secret):
            raise ValueError("it is empty or holds characters that none has")
        return secret

    @model_validator(mode="after")
    def _opens(self) -> Self:
        if self.key is None and self.token is None:
            raise ValueError(_NO_CREDENTIAL)
        return self

    @property
    def headers(self) -> dict[str, str]:
        """The credentials as the app reads them; both where both are set."""
        key = {"x-functions-key": self.key.get_secret_value()} if self.key else {}
        token = {"authorization": f"Bearer {self.token.get_secret_value()}"} if self.token else {}
        return key | token


def read_settings(url: str | None, key: str | None, token: str | None) -> CliSettings:
    """Reads the settings; what the command line gives goes before the environment.

    Raises:
        Failure: a setting is missing or wrong; the text names each and what to put there.
    """
    typed = {"url": url, "key": key, "token": token}
    given = {name: value for name, value in typed.items() if value is not None}
    try:
        return CliSettings.model_validate(_of_the_environment() | given)
    except ValidationError as error:
        problems = error.errors(include_input=False, include_url=False)
        lines = [_complaint(one["loc"], one["type"], one["msg"]) for one in problems]
        raise Failure(Status.USAGE, "\n".join(lines)) from None


def _of_the_environment() -> dict[str, str]:
    """Reads what is set in the environment; empty is not set, as everywhere in this product.

    pydantic-settings would take longer to import than the request to be answered.
    """
    named = {f"SSPR_{name.upper()}": name for name in CliSettings.model_fields}
    known = {name.upper(): value for name, value in os.environ.items()}
    return {field: known[name] for name, field in named.items() if known.get(name)}


def _complaint(place: tuple[int | str, ...], kind: str, message: str) -> str:
    problem = "not set" if kind == "missing" else message.removeprefix("Value error, ")
    if not place:
        return problem
    name = str(place[0])
    hint = CliSettings.model_fields[name].description
    return f"SSPR_{name.upper()}: {problem}; set it (or --{name}) to {hint}"
