"""Which column of an export is which field: said once, and kept in a file beside the export."""

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from cli.hr_export.dates import DateOrder
from cli.hr_export.sheet import Sheet
from shared.contracts.messages.onboarding_event import PlainEvent

FIELDS = tuple(str(field.alias) for field in PlainEvent.model_fields.values())
_BY_NAME = {name.lower(): name for name in FIELDS}
_NAMES = ("userPrincipalName", "employeeId", "objectId")


class ColumnMapping(BaseModel):
    """What an operator has said of an export's columns, dates and words."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    columns: Mapping[str, Annotated[str, Field(pattern=f"^({'|'.join(FIELDS)})$")]] = {}
    """Fields of an event by the export's own headings."""
    ignore: tuple[str, ...] = ()
    """Headings of columns that mean nothing here."""
    dates: DateOrder | None = None
    """What dates mean that could be read in two ways."""
    actions: Mapping[str, Literal["onboard", "offboard"]] = {}
    """The export's own words, by any case."""

    @model_validator(mode="after")
    def _is_clear(self) -> Self:
        fields = list(self.columns.values())
        if len(fields) != len(set(fields)):
            raise ValueError("two columns are the same field")
        if both := self.columns.keys() & set(self.ignore):
            raise ValueError(f"{min(both)} is a field and is ignored")
        return self

    def field_of(self, heading: str) -> str | None:
        """Returns the field under a heading: as it was said, or where it is the field's own name.

        Case, blanks, underscores and hyphens make no other name of it.
        """
        if heading in self.ignore:
            return None
        return self.columns.get(heading) or _BY_NAME.get(re.sub(r"[\s_-]+", "", heading).lower())

    def unknown(self, sheet: Sheet) -> Sequence[str]:
        """Returns the headings of which nothing was said."""
        return [
            name
            for name in sheet.headings
            if name and name not in self.ignore and self.field_of(name) is None
        ]

    def problem(self, sheet: Sheet) -> str | None:
        """Says what is wrong with this mapping for that file; None where nothing is."""
        fields = [field for name in sheet.headings if (field := self.field_of(name))]
        twice = sorted({field for field in fields if fields.count(field) > 1})
        if twice:
            return f"two columns are {twice[0]}; ignore one of them"
        if not set(fields) & set(_NAMES):
            return f"no column names anybody: one has to be {', '.join(_NAMES)}"
        missing = sorted(self.columns.keys() - set(sheet.headings))
        return f"there is no column {missing[0]}, which the mapping names" if missing else None


def beside(file: str) -> Path:
    """Returns where an export's mapping is kept: `joiners.csv` has `joiners.mapping.json`."""
    return Path(file).with_suffix(".mapping.json")


def read_mapping(content: bytes) -> ColumnMapping:
    """Reads a mapping.

    Raises:
        ValueError: it is none; the text says where and why.
    """
    try:
        return ColumnMapping.model_validate_json(content)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(map(str, first["loc"])) or "(body)"
        raise ValueError(f"{place}: {first['msg'].removeprefix('Value error, ')}") from None


def written(mapping: ColumnMapping) -> str:
    """Writes a mapping as it is kept."""
    said = mapping.model_dump(mode="json", exclude_defaults=True)
    return json.dumps(said, indent=2, ensure_ascii=False) + "\n"
