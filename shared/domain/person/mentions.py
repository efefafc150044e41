"""Mentions: whether something that is kept names a person, by any of what they are known by."""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from json import JSONDecodeError
from typing import Any, Self

from shared.domain.person.people import IdentifierKind, UserRef

_ESCAPE = "\\u"
_SURE = 6
"""Characters from which a name is looked for within longer text: a 7 is in every text."""

_BEFORE = r"(?<![\w.-])(?<!\w['+!#^~])"
"""No name ends within another: of a UPN, what may stand before its end belongs to it."""
_AFTER = r"(?![\w-]|\.\w)"
"""No name goes on as another, as `contoso.com` does in `contoso.com.au`."""


@dataclass(frozen=True)
class Names:
    """What a person is known by; letters count alike in upper and lower case."""

    values: frozenset[str]

    @classmethod
    def of(cls, people: Iterable[UserRef], *more: str) -> Self:
        """Returns all names of these, with the kind before them and without, and more."""
        named = {
            value
            for user in people
            for kind, one in (
                (IdentifierKind.OBJECT_ID, user.object_id),
                (IdentifierKind.USER_PRINCIPAL_NAME, user.user_principal_name),
                (IdentifierKind.EMPLOYEE_ID, user.employee_id),
                ("anchor", user.source_anchor),
                ("sid", user.sid),
            )
            if one
            for value in (one, f"{kind}:{one}")
        }
        return cls(frozenset(one.casefold() for one in named.union(more) if one))

    def are_in(self, value: Any) -> bool:
        """Tells whether a JSON value names the person, also within JSON that is kept as text."""
        if isinstance(value, str):
            return self._is_text_of(value)
        if isinstance(value, Mapping):
            return any(self.are_in(each) for pair in value.items() for each in pair)
        return isinstance(value, Sequence) and any(map(self.are_in, value))

    def _is_text_of(self, text: str) -> bool:
        folded = text.casefold()
        # Most texts name nobody, and are told so at once; an escaped letter may be of any case.
        if not (_ESCAPE in text or any(one in folded for one in self.values)):
            return False
        if folded in self.values or (self._within and self._within.search(folded)):
            return True
        inner = opened(text)
        return inner is not text and self.are_in(inner)

    @cached_property
    def _within(self) -> re.Pattern[str] | None:
        sure = sorted((re.escape(one) for one in self.values if len(one) >= _SURE), key=len)
        return re.compile(rf"{_BEFORE}(?:{'|'.join(reversed(sure))}){_AFTER}") if sure else None


def opened(text: str) -> Any:
    """Returns the JSON list or object that the text is, or else the text itself."""
    if not text.startswith(("{", "[")):
        return text
    try:
        return json.loads(text)
    except (JSONDecodeError, RecursionError):
        return text
