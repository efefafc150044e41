"""`$filter` of OData, as far as Microsoft Graph's directory objects and reports take it."""

import operator as operators
import re
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sandbox.tenant.directory import index_key
from sandbox.tenant.errors import GraphError, malformed, unsupported_query

MAX_ALTERNATIVES = 15
"""Values of one `in`, or terms of one chain of `or`."""

_TOKEN = re.compile(r"\s*(?:(?P<string>'(?:[^']|'')*')|(?P<mark>[(),])|(?P<word>[^\s(),']+))")
_WORDS = {"true": True, "false": False, "null": None}
_DATE = re.compile(r"\d{4}-\d\d-\d\d(T|$)")
_COMPARISONS = ("eq", "ne", "ge", "gt", "le", "lt")
_FUNCTIONS = ("startswith", "endswith")
_ADVANCED = {"ne", "endswith", "not"}


@dataclass(frozen=True)
class Filter:
    """A parsed `$filter`."""

    matches: Callable[[Mapping[str, Any]], bool]
    needs_advanced: bool = False
    """Whether it takes `ConsistencyLevel: eventual` and `$count=true`."""
    equal: tuple[str, tuple[Any, ...]] | None = None
    """A field and the values one of which it must equal, when every match needs that."""
    fields: frozenset[str] = frozenset()
    """The fields that it asks about."""


def parse_filter(text: str, known: Collection[str]) -> Filter:
    """Parse a `$filter` over objects that have the fields `known`.

    Raises:
        GraphError: 400, when it is broken or uses what Graph does not offer.
    """
    parser = _Parser(_tokens(text), text, known)
    parsed = parser.disjunction()
    if parser.tokens:
        raise parser.broken()
    return parsed


def _tokens(text: str) -> list[str]:
    found, position = [], 0
    while position < len(text.rstrip()):
        match = _TOKEN.match(text, position)
        if match is None:
            raise malformed(f"Invalid filter clause: {text}")
        found.append(match.group().strip())
        position = match.end()
    return found


class _Parser:
    """Recursive descent; each method takes its tokens from the front of the list."""

    def __init__(self, tokens: list[str], text: str, known: Collection[str]) -> None:
        self.tokens = tokens
        self._text = text
        self._known = known

    def broken(self) -> GraphError:
        return malformed(f"Invalid filter clause: {self._text}")

    def disjunction(self) -> Filter:
        terms = [self._conjunction()]
        while self._accept("or"):
            terms.append(self._conjunction())
        _check_alternatives(len(terms))
        if len(terms) == 1:
            return terms[0]
        return Filter(
            lambda item: any(term.matches(item) for term in terms),
            any(term.needs_advanced for term in terms),
            fields=_asked(terms),
        )

    def _conjunction(self) -> Filter:
        terms = [self._negation()]
        while self._accept("and"):
            terms.append(self._negation())
        if len(terms) == 1:
            return terms[0]
        return Filter(
            lambda item: all(term.matches(item) for term in terms),
            any(term.needs_advanced for term in terms),
            next((term.equal for term in terms if term.equal), None),
            _asked(terms),
        )

    def _negation(self) -> Filter:
        if self._accept("not"):
            inner = self._primary()
            return Filter(
                lambda item: not inner.matches(item), needs_advanced=True, fields=inner.fields
            )
        return self._primary()

    def _primary(self) -> Filter:
        if self._accept("("):
            inner = self.disjunction()
            self._expect(")")
            return inner
        word = self._next()
        if word.lower() in _FUNCTIONS:
            return self._function(word.lower())
        field = self._field(word)
        operator = self._next().lower()
        if operator == "in":
            return self._membership(field)
        if operator in _COMPARISONS:
            return _comparison(field, operator, self._literal())
        raise self.broken()

    def _function(self, name: str) -> Filter:
        self._expect("(")
        field = self._field(self._next())
        self._expect(",")
        part = str(self._literal()).casefold()
        self._expect(")")
        ask = str.startswith if name == "startswith" else str.endswith
        return Filter(
            lambda item: ask(str(_value(item, field) or "").casefold(), part),
            name in _ADVANCED,
            fields=frozenset({field}),
        )

    def _membership(self, field: str) -> Filter:
        self._expect("(")
        values = [self._literal()]
        while self._accept(","):
            values.append(self._literal())
        self._expect(")")
        _check_alternatives(len(values))
        return _equality(field, tuple(values))

    def _field(self, path: str) -> str:
        if path.partition("/")[0] not in self._known:
            raise malformed(f"Invalid filter clause: there is no property named '{path}'.")
        return path

    def _literal(self) -> Any:
        token = self._next()
        if token.startswith("'"):
            return token[1:-1].replace("''", "'")
        if token in _WORDS:
            return _WORDS[token]
        if _DATE.match(token):
            return datetime.fromisoformat(token)
        if token.lstrip("-").isdigit():
            return int(token)
        raise self.broken()

    def _next(self) -> str:
        if not self.tokens:
            raise self.broken()
        return self.tokens.pop(0)

    def _accept(self, token: str) -> bool:
        if self.tokens and self.tokens[0].lower() == token:
            self.tokens.pop(0)
            return True
        return False

    def _expect(self, token: str) -> None:
        if not self._accept(token):
            raise self.broken()


def _asked(terms: Iterable[Filter]) -> frozenset[str]:
    return frozenset().union(*(term.fields for term in terms))


def _check_alternatives(count: int) -> None:
    if count > MAX_ALTERNATIVES:
        raise unsupported_query(
            "Too many child clauses specified in search filter expression containing 'OR' "
            f"operators: {count}. Max allowed: {MAX_ALTERNATIVES}."
        )


def _equality(field: str, values: tuple[Any, ...]) -> Filter:
    wanted = {_comparable(field, value) for value in values}
    return Filter(
        lambda item: _comparable(field, _value(item, field)) in wanted,
        equal=(field, values),
        fields=frozenset({field}),
    )


def _comparison(field: str, operator: str, literal: Any) -> Filter:
    if operator in {"eq", "ne"}:
        equal = _equality(field, (literal,))
        if operator == "eq":
            return equal
        return Filter(
            lambda item: not equal.matches(item), needs_advanced=True, fields=equal.fields
        )
    ordered: Callable[[Any, Any], bool] = getattr(operators, operator)

    def matches(item: Mapping[str, Any]) -> bool:
        value = _value(item, field)
        if isinstance(literal, datetime) and value is not None:
            value = datetime.fromisoformat(value)
        return value is not None and ordered(value, literal)

    return Filter(matches, fields=frozenset({field}))


def _comparable(field: str, value: Any) -> Any:
    return index_key(field, value) if isinstance(value, str) else value


def _value(item: Mapping[str, Any], path: str) -> Any:
    value: Any = item
    for name in path.split("/"):
        if not isinstance(value, Mapping):
            return None
        value = value.get(name)
    return value
