"""The app's settings, as ``local.settings.json`` holds them."""

import json
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

_EXPRESSION = re.compile(r"%([^%]+)%")


class SettingsError(ValueError):
    """A settings file or a setting is missing or wrong; the message says which and why."""


class AppSettings:
    """The app's settings, by the rules of .NET's configuration.

    Names are case-insensitive, and a double underscore is a colon: what is before it is a section.
    """

    def __init__(self, values: Mapping[str, str]) -> None:
        self._values = {_key(name): value for name, value in values.items()}

    def get(self, name: str) -> str | None:
        """Look a setting up; an empty one counts as missing."""
        return self._values.get(_key(name)) or None

    def is_on(self, name: str) -> bool:
        """Whether a setting says so."""
        return (self.get(name) or "").lower() in {"1", "true"}

    def section_of_connection(self, name: str) -> str | None:
        """Find where a connection is described: four places, in this order.

        Source: ``GetWebJobsConnectionSection`` in azure-webjobs-sdk's IConfigurationExtensions.cs.
        """
        for candidate in (f"AzureWebJobs{name}", name):
            for section in (f"ConnectionStrings:{candidate}", candidate):
                if self.get(section) or self._has_children(section):
                    return section
        return None

    def _has_children(self, section: str) -> bool:
        prefix = f"{_key(section)}:"
        return any(name.startswith(prefix) for name in self._values)

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


def _key(name: str) -> str:
    return name.replace("__", ":").casefold()


def load_values(path: Path) -> dict[str, str]:
    """Read ``Values`` of a ``local.settings.json``.

    Raises:
        SettingsError: For a missing, broken or encrypted file, or a value that is not a string.
    """
    document = read_json(path)
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


def read_json(path: Path) -> dict[str, Any]:
    """Read a file that holds a JSON object.

    Raises:
        SettingsError: For a missing or broken file.
    """
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise SettingsError(f"{path}: no such file") from None
    except ValueError as error:
        raise SettingsError(f"{path}: not valid JSON: {error}") from None
    if not isinstance(document, dict):
        raise SettingsError(f"{path}: expected a JSON object")
    return document
