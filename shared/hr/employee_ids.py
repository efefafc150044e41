"""Employee ids as the directory has them: whole numbers, padded, with the prefix from there."""

import re

from shared.contracts.documents.hr_sources.meaning import LONGEST_EMPLOYEE_ID, EmployeeIds
from shared.domain.errors import InvalidMessage
from shared.hr.sent_part import SentPart

_WHOLE = re.compile(r"([0-9]+)\.0+")
_ROUNDED = re.compile(r"[0-9]+([.,][0-9]+)?[eE]\+[0-9]+")
_EXACT_BELOW = 2**53
"""Whole numbers that a float tells apart. Source: RFC 8259, section 6."""


def employee_id_of(said: SentPart, rules: EmployeeIds | None) -> str | None:
    """Returns the id that Entra has for what the sender has; None where nothing is said.

    Raises:
        InvalidMessage: no id can be told from it, or it is longer than Entra's.
    """
    text = _text(said)
    if text is None or not text.strip():
        return None
    found = _shaped(text.strip(), rules) if rules else text.strip()
    if len(found) > LONGEST_EMPLOYEE_ID:
        reason = f"has {len(found)} characters; Entra's employeeId holds {LONGEST_EMPLOYEE_ID}"
        raise InvalidMessage(said.field, reason)
    return found


def _text(said: SentPart) -> str | None:
    value = said.value
    if isinstance(value, float):
        if not value.is_integer() or abs(value) >= _EXACT_BELOW:
            raise InvalidMessage(said.field, "is no whole number; send it as text")
        return str(int(value))
    text = said.text
    if text is None:
        return None
    if _ROUNDED.fullmatch(text.strip()):
        reason = "is a number that a spreadsheet has rounded; send the column as text"
        raise InvalidMessage(said.field, reason)
    whole = _WHOLE.fullmatch(text.strip())
    return whole[1] if whole else text


def _shaped(text: str, rules: EmployeeIds) -> str:
    for prefix in rules.strip or ():
        # Not where nothing would be left: then it is the number itself.
        if text.casefold().startswith(prefix.casefold()) and len(text) > len(prefix):
            text = text[len(prefix) :]
            break
    added = rules.add or ""
    if added and text.casefold().startswith(added.casefold()) and len(text) > len(added):
        text = text[len(added) :]
    if rules.pad and text.isascii() and text.isdecimal():
        text = text.zfill(rules.pad)
    return added + text
