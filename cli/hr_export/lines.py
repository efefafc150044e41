"""From an export's rows to events: each by itself, and with its reason where it is none."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from cli.hr_export.dates import DateOrder, day_of, order_in
from cli.hr_export.mapping import ColumnMapping
from cli.hr_export.sheet import Row, Sheet
from shared.domain.errors import InvalidMessage

_SCIENTIFIC = re.compile(r"\d+(?:[.,]\d+)?[eE][+-]?\d+")
_FLOAT = re.compile(r"(\d+)\.0+")
_ACTIONS = {"onboard": "onboard", "offboard": "offboard"}

type Line = tuple[int, Mapping[str, Any] | InvalidMessage]


def lines_of(sheet: Sheet, mapping: ColumnMapping) -> Iterator[Line]:
    """Yields each row's line with its event as plain JSON, or with what is wrong in it."""
    fields = [mapping.field_of(name) if name else None for name in sheet.headings]
    order = mapping.dates
    if order is None and "effectiveDate" in fields:
        order = order_in(sheet.column(sheet.headings[fields.index("effectiveDate")]))
    for row in sheet.rows:
        try:
            yield row.line, _event(row, sheet, fields, order, mapping)
        except InvalidMessage as refused:
            yield row.line, refused
    if sheet.broken:
        line, problem = sheet.broken
        yield line, InvalidMessage("(row)", f"not CSV: {problem}; nothing below it was read")


def _event(
    row: Row,
    sheet: Sheet,
    fields: list[str | None],
    order: DateOrder | None,
    mapping: ColumnMapping,
) -> Mapping[str, Any]:
    extra = [cell for cell in row.cells[len(fields) :] if cell]
    if extra:
        reason = f"{len(row.cells)} cells under {len(fields)} columns"
        raise InvalidMessage("(row)", reason)
    event: dict[str, Any] = {}
    for heading, field, cell in zip(sheet.headings, fields, row.cells, strict=False):
        if cell and not heading:
            raise InvalidMessage("(row)", "a cell stands under no heading")
        if cell and field and (value := _value(field, cell, order, mapping)) is not None:
            event[field] = value
    return event


def _value(field: str, cell: str, order: DateOrder | None, mapping: ColumnMapping) -> str | None:
    match field:
        case "effectiveDate":
            return _day(cell, order)
        case "employeeId":
            return _employee_id(cell)
        case "action":
            return _action(cell, mapping)
        case _:
            return cell


def _day(cell: str, order: DateOrder | None) -> str | None:
    try:
        day = day_of(cell, order)
    except (ValueError, OverflowError) as problem:
        raise InvalidMessage("effectiveDate", str(problem)) from None
    return day.isoformat() if day else None


def _employee_id(cell: str) -> str:
    if _SCIENTIFIC.fullmatch(cell):
        reason = "a number that Excel has rounded; export the column as text"
        raise InvalidMessage("employeeId", reason)
    match = _FLOAT.fullmatch(cell)
    return match[1] if match else cell


def _action(cell: str, mapping: ColumnMapping) -> str:
    known = _ACTIONS | {word.casefold(): action for word, action in mapping.actions.items()}
    action = known.get(cell.casefold())
    if action is None:
        reason = "neither onboard nor offboard; say what it is in the mapping's `actions`"
        raise InvalidMessage("action", reason)
    return action
