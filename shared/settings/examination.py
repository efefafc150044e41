"""An examination of the settings: everything that is missing or wrong, at once."""

from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError
from pydantic.fields import FieldInfo

from shared.settings.app import AppSettings

INCOMPLETE = "The settings are not complete:"
_NO_GROUP = "00000000-0000-0000-0000-000000000000"


@dataclass(frozen=True, slots=True)
class Reading:
    """The settings as far as they are right, and everything that is not."""

    settings: AppSettings | None
    """With defaults in the place of what is wrong; None where not even that can be."""
    problems: tuple[str, ...] = ()


def examine_settings() -> Reading:
    """Reads the environment to its end: what is wrong here hides nothing that is wrong there."""
    try:
        settings: AppSettings | None = AppSettings()
        problems: list[str] = []
    except ValidationError as error:
        settings = _without_what_is_wrong(error)
        problems = complaints(error)
    if settings:
        problems += settings.contradictions()
    return Reading(settings, tuple(problems))


def _without_what_is_wrong(error: ValidationError) -> AppSettings | None:
    """Returns the rest of the settings, so that they can be looked at as well.

    What is wrong has its default instead, or a placeholder if it has none. It is None if not even
    these make settings.
    """
    given: dict[str, Any] = {}
    for one in error.errors(include_input=False):
        name = str(one["loc"][0])
        field = _field_of(name)
        given[name] = (
            _NO_GROUP if field.is_required() else field.get_default(call_default_factory=True)
        )
    try:
        return AppSettings(**given)
    except ValidationError:
        return None


def complaints(error: ValidationError) -> list[str]:
    """Returns a sentence for each setting that is missing or wrong."""
    return [_complaint(str(one["loc"][0]), one["msg"]) for one in error.errors(include_input=False)]


def _complaint(name: str, message: str) -> str:
    message = message.removeprefix("Value error, ")
    field = _field_of(name)
    hint = f"; put there {field.description}" if field.description else ""
    return f"{field.validation_alias or f'SSPR_{name.upper()}'}: {message}{hint}"


def _field_of(name: str) -> FieldInfo:
    """Finds a setting by the field's name, or by that of its variable."""
    known = AppSettings.model_fields
    return known.get(name) or next(one for one in known.values() if one.validation_alias == name)
