"""What an LDAP result code says of a change: done, one value's fault, everybody's, or passing.

Source: RFC 4511, appendix A; of AD's use of them MS-ADTS 3.1.1.5.3 and MS-ERREF.
"""

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from ldap3.core.results import (
    RESULT_ADMIN_LIMIT_EXCEEDED,
    RESULT_BUSY,
    RESULT_CONFIDENTIALITY_REQUIRED,
    RESULT_ENTRY_ALREADY_EXISTS,
    RESULT_INSUFFICIENT_ACCESS_RIGHTS,
    RESULT_OPERATIONS_ERROR,
    RESULT_OTHER,
    RESULT_REFERRAL,
    RESULT_STRONGER_AUTH_REQUIRED,
    RESULT_TIME_LIMIT_EXCEEDED,
    RESULT_UNAVAILABLE,
    RESULT_UNWILLING_TO_PERFORM,
)

AWAY = frozenset(
    {
        RESULT_OPERATIONS_ERROR,  # AD's answer on a connection whose bind it has forgotten
        RESULT_REFERRAL,  # a controller that does not hold the group, and nobody's fault
        RESULT_UNAVAILABLE,
    }
)
"""The server as a whole does not take changes now: another may, or this one in a while."""
PASSING = frozenset(
    {RESULT_ADMIN_LIMIT_EXCEEDED, RESULT_BUSY, RESULT_OTHER, RESULT_TIME_LIMIT_EXCEEDED}
)
"""A smaller change, or the same one later, may be taken."""
FOR_EVERYBODY = frozenset(
    {
        RESULT_STRONGER_AUTH_REQUIRED,
        RESULT_CONFIDENTIALITY_REQUIRED,
        RESULT_INSUFFICIENT_ACCESS_RIGHTS,
    }
)
"""Refusals of who asks and how, which belong to no value."""
OUT_OF_DATE = frozenset({RESULT_ENTRY_ALREADY_EXISTS, RESULT_UNWILLING_TO_PERFORM})
"""What Samba, and AD in some cases, answer where a value is there already or is gone."""
# AD puts eight digits first, and the sub-code of a failed bind behind the word "data".
_CODE = re.compile(r"(?<=data )[0-9a-f]+|^[0-9A-F]{8}")


class Answer(NamedTuple):
    """An LDAP result code and the server's words for it."""

    code: int
    words: str


def words_of(result: Mapping[str, Any]) -> str:
    """Returns the result's name and AD's code for it; the rest of its text may name people."""
    code = _CODE.search(result["message"] or "")
    return f"{result['description']} {code[0]}" if code else str(result["description"])
