"""The names of the app's settings: of the code, of the sample, and of the timers' schedules."""

import json
from collections.abc import Iterator
from typing import Any

from shared.settings import AppSettings
from tests.support.repository import ROOT


def names_of_settings() -> Iterator[str]:
    for name, field in AppSettings.model_fields.items():
        yield str(field.validation_alias or f"SSPR_{name.upper()}")


def sample() -> dict[str, str]:
    settings: dict[str, Any] = json.loads((ROOT / "local.settings.json.sample").read_text())
    values: dict[str, str] = settings["Values"]
    return values


def schedules() -> set[str]:
    sources = [path.read_text() for path in (ROOT / "functions").glob("*.py")]
    return {part for source in sources for part in source.split("%")[1::2] if part.isupper()}
