"""Runs the Kusto queries of the rules on given lines: the few operators that they use, no others.

There is no Kusto to be had here: the emulator is an image for Docker. So this is small, refuses
what it does not know, and is held against Microsoft's language service, which says which columns a
query answers with (`tests/infra/test_kusto.py`).
What it takes from the reference of the language: `has`
looks for whole terms; a comparison with null is never true; `summarize` without `by` always
answers with one row; `coalesce` passes by null and the empty text.
"""

import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

type Row = dict[str, Any]
type Scalar = Callable[[Row], Any]

_TOKEN = re.compile(
    r"\s*(?://[^\n]*\n\s*)*("
    r"'[^']*'|\"[^\"]*\"|\d+(?:\.\d+)?[smhd]?\b|[A-Za-z_]\w*|!in\b|!startswith\b|=~|==|!=|>=|<=|[-|;=<>()\[\],.:+*/])"
)
_SPANS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


def _has(text: str, term: str) -> bool:
    term = re.escape(term)
    return re.search(rf"(?<![A-Za-z0-9]){term}(?![A-Za-z0-9])", text, re.IGNORECASE) is not None


_COMPARED: Mapping[str, Callable[[Any, Any], bool]] = {
    "==": lambda a, b: a == b,
    "=~": lambda a, b: a.lower() == b.lower(),
    "!=": lambda a, b: a != b,
    ">": lambda a, b: a > b,
    "<": lambda a, b: a < b,
    ">=": lambda a, b: a >= b,
    "<=": lambda a, b: a <= b,
    "startswith": lambda a, b: a.lower().startswith(b.lower()),
    "!startswith": lambda a, b: not a.lower().startswith(b.lower()),
    "has": _has,
    "contains": lambda a, b: b.lower() in a.lower(),
    "in": lambda a, b: a in b,
    "!in": lambda a, b: a not in b,
    "has_any": lambda a, b: any(_has(a, one) for one in b),
}
_OF_A_LIST = {"in", "!in", "has_any"}


@dataclass(frozen=True)
class Answer:
    """What a query answers with: its columns in their order, and the rows."""

    columns: tuple[str, ...]
    rows: Sequence[Row]


def run(query: str, tables: Mapping[str, Answer], now: datetime) -> Answer:
    """Runs the query over these tables, as if it were that time.

    Raises:
        ValueError: it uses something that is not known here.
    """
    reader = _Reader(_tokens(query), dict(tables), now)
    while True:
        if reader.takes("let"):
            name = reader.next()
            reader.expect("=")
            reader.bind(name)
            reader.expect(";")
        else:
            answer = reader.tabular()
            reader.expect_end()
            return answer


def _tokens(query: str) -> list[str]:
    found, at = [], 0
    text = query.rstrip() + "\n"
    while text[at:].strip():
        match = _TOKEN.match(text, at)
        if match is None:
            raise ValueError(f"not understood: {text[at : at + 40]!r}")
        found.append(match[1])
        at = match.end()
    return found


class _Reader:
    """Reads tokens from left to right; tables are computed at once, scalars for each row."""

    def __init__(self, tokens: list[str], tables: dict[str, Answer], now: datetime) -> None:
        self._tokens = tokens
        self._at = 0
        self._tables = tables
        self._values: dict[str, Any] = {}
        self._now = now

    def peek(self) -> str:
        return self._tokens[self._at] if self._at < len(self._tokens) else ""

    def next(self) -> str:
        self._at += 1
        return self._tokens[self._at - 1]

    def takes(self, token: str) -> bool:
        if self.peek() == token:
            self._at += 1
            return True
        return False

    def expect(self, token: str) -> None:
        if not self.takes(token):
            raise ValueError(f"{token!r} expected, not {self.peek()!r}")

    def expect_end(self) -> None:
        if self.peek():
            raise ValueError(f"not understood: {self.peek()!r}")

    def bind(self, name: str) -> None:
        """Lets a name stand for a table, or for the one value of another."""
        if self.takes("toscalar"):
            self.expect("(")
            answer = self.tabular()
            self.expect(")")
            self._values[name] = answer.rows[0][answer.columns[0]] if answer.rows else None
        else:
            self._tables[name] = self.tabular()

    def tabular(self) -> Answer:
        answer = self._source()
        while self.takes("|"):
            operator = self.next()
            step = getattr(self, f"_{operator}", None)
            if step is None:
                raise ValueError(f"no operator known here: {operator!r}")
            answer = step(answer)
        return answer

    def _source(self) -> Answer:
        name = self.next()
        if name == "union":
            return self._union()
        if name == "datatable":
            return self._datatable()
        if name not in self._tables:
            raise ValueError(f"no such table: {name!r}")
        return self._tables[name]

    def _union(self) -> Answer:
        tables = [self._source()]
        while self.takes(","):
            tables.append(self._source())
        columns = dict.fromkeys(name for table in tables for name in table.columns)
        return Answer(tuple(columns), [row for table in tables for row in table.rows])

    def _datatable(self) -> Answer:
        self.expect("(")
        columns = []
        while not self.takes(")"):
            columns.append(self.next())
            self.expect(":")
            self.next()
            self.takes(",")
        self.expect("[")
        values = []
        while not self.takes("]"):
            values.append(self._scalar()({}))
            self.takes(",")
        width = len(columns)
        rows = [
            dict(zip(columns, values[start : start + width], strict=True))
            for start in range(0, len(values), width)
        ]
        return Answer(tuple(columns), rows)

    def _where(self, given: Answer) -> Answer:
        test = self._scalar()
        return Answer(given.columns, [row for row in given.rows if test(row) is True])

    def _extend(self, given: Answer) -> Answer:
        named = self._named()
        rows = [dict(row) for row in given.rows]
        for row in rows:
            for name, value in named:
                row[name] = value(row)
        new = [name for name, _ in named if name not in given.columns]
        return Answer((*given.columns, *new), rows)

    def _project(self, given: Answer) -> Answer:
        named = self._named()
        rows = [{name: value(row) for name, value in named} for row in given.rows]
        return Answer(tuple(name for name, _ in named), rows)

    def _order(self, given: Answer) -> Answer:
        self.expect("by")
        key = self._scalar()
        self.expect("desc")
        return Answer(given.columns, sorted(given.rows, key=key, reverse=True))

    def _join(self, given: Answer) -> Answer:
        for token in ("kind", "=", "leftouter", "("):
            self.expect(token)
        other = self.tabular()
        self.expect(")")
        self.expect("on")
        key = self.next()
        matches: dict[Any, list[Row]] = {}
        for row in other.rows:
            matches.setdefault(row[key], []).append(row)
        nothing = [dict.fromkeys(other.columns)]
        new = [name for name in other.columns if name not in given.columns]
        rows = [
            {**row, **{name: match[name] for name in new}}
            for row in given.rows
            for match in matches.get(row[key], nothing)
        ]
        return Answer((*given.columns, *new, f"{key}1"), rows)

    def _summarize(self, given: Answer) -> Answer:
        aggregates = [self._aggregate()]
        while self.takes(","):
            aggregates.append(self._aggregate())
        keys = self._named() if self.takes("by") else []
        groups: dict[tuple[Any, ...], list[Row]] = {} if keys else {(): list(given.rows)}
        for row in given.rows if keys else ():
            groups.setdefault(tuple(value(row) for _, value in keys), []).append(row)
        rows = []
        for key, members in groups.items():
            row = dict(zip((name for name, _ in keys), key, strict=True))
            for aggregate in aggregates:
                row |= aggregate(members)
            rows.append(row)
        columns = [name for name, _ in keys]
        for aggregate in aggregates:
            columns += list(aggregate([]))
        return Answer(tuple(columns), rows)

    def _aggregate(self) -> Callable[[list[Row]], Row]:
        name = self.next()
        given = None
        if self.takes("="):
            given, name = name, self.next()
        self.expect("(")
        arguments, names = [], []
        while not self.takes(")"):
            names.append(self.peek())
            arguments.append(self._scalar())
            self.takes(",")
        if name == "arg_max":
            return lambda rows: _arg_max(rows, names)
        if name not in _AGGREGATES or (given is None and name not in {"min", "max"}):
            raise ValueError(f"no aggregate known here, or none with a name: {name!r}")
        label = given or f"{name}_{names[0]}"
        return lambda rows: {label: _AGGREGATES[name](rows, *arguments)}

    def _named(self) -> list[tuple[str, Scalar]]:
        """Reads `name = value, …`; a column stands for itself."""
        found = []
        while True:
            name = self.peek()
            if self._tokens[self._at + 1 : self._at + 2] == ["="]:
                self._at += 2
            found.append((name, self._scalar()))
            if not self.takes(","):
                return found

    def _scalar(self) -> Scalar:
        left = self._conjunction()
        while self.takes("or"):
            left = _either(left, self._conjunction())
        return left

    def _conjunction(self) -> Scalar:
        left = self._comparison()
        while self.takes("and"):
            left = _both(left, self._comparison())
        return left

    def _comparison(self) -> Scalar:
        left = self._sum()
        operator = self.peek()
        if operator not in _COMPARED:
            return left
        self.next()
        right = self._list() if operator in _OF_A_LIST else self._sum()
        return _compared(_COMPARED[operator], left, right)

    def _list(self) -> Scalar:
        self.expect("(")
        members = []
        while not self.takes(")"):
            members.append(self._scalar())
            self.takes(",")
        return lambda row: [one(row) for one in members]

    def _sum(self) -> Scalar:
        left = self._product()
        while self.peek() in {"+", "-"}:
            sign = 1 if self.next() == "+" else -1
            left = _added(left, self._product(), sign)
        return left

    def _product(self) -> Scalar:
        left = self._postfix()
        while self.takes("*"):
            left = _multiplied(left, self._postfix())
        return left

    def _postfix(self) -> Scalar:
        value = self._primary()
        while True:
            if self.takes("."):
                value = _part(value, self.next())
            elif self.takes("["):
                value = _part(value, self._scalar()({}))
                self.expect("]")
            else:
                return value

    def _primary(self) -> Scalar:
        token = self.next()
        if token == "(":
            inside = self._scalar()
            self.expect(")")
            return inside
        if token[0] in {"'", '"'}:
            return lambda _: token[1:-1]
        if token[0].isdigit():
            number = _number(token)
            return lambda _: number
        if self.peek() == "(":
            return self._call(token)
        if token in {"true", "false"}:
            return lambda _: token == "true"
        if token in self._values:
            bound = self._values[token]
            return lambda _: bound
        return lambda row: row[token]

    def _call(self, name: str) -> Scalar:
        if name not in _FUNCTIONS and name not in {"now", "ago"}:
            raise ValueError(f"no function known here: {name!r}")
        self.expect("(")
        arguments = []
        while not self.takes(")"):
            arguments.append(self._scalar())
            self.takes(",")
        now = self._now
        if name == "now":
            return lambda _: now
        if name == "ago":
            return lambda row: now - arguments[0](row)
        return lambda row: _FUNCTIONS[name](*(one(row) for one in arguments))


def _number(token: str) -> Any:
    if token[-1] in _SPANS:
        return timedelta(**{_SPANS[token[-1]]: float(token[:-1])})
    return float(token) if "." in token else int(token)


def _either(left: Scalar, right: Scalar) -> Scalar:
    return lambda row: left(row) is True or right(row) is True


def _both(left: Scalar, right: Scalar) -> Scalar:
    return lambda row: left(row) is True and right(row) is True


def _compared(compare: Callable[[Any, Any], bool], left: Scalar, right: Scalar) -> Scalar:
    def value(row: Row) -> bool | None:
        a, b = left(row), right(row)
        return None if a is None or b is None else compare(a, b)

    return value


def _added(left: Scalar, right: Scalar, sign: int) -> Scalar:
    def value(row: Row) -> Any:
        a, b = left(row), right(row)
        return None if a is None or b is None else a + sign * b

    return value


def _multiplied(left: Scalar, right: Scalar) -> Scalar:
    return lambda row: left(row) * right(row)


def _part(value: Scalar, name: str | int) -> Scalar:
    def part(row: Row) -> Any:
        whole = value(row)
        if isinstance(whole, dict):
            return whole.get(name)
        if isinstance(whole, list) and isinstance(name, int) and name < len(whole):
            return whole[name]
        return None

    return part


def _text(value: Any) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value)


def _as_number(kind: Callable[[Any], Any]) -> Callable[[Any], Any]:
    def number(value: Any) -> Any:
        try:
            return kind(value)
        except (TypeError, ValueError):
            return None

    return number


def _known(rows: Iterable[Row], value: Scalar) -> list[Any]:
    return [found for row in rows if (found := value(row)) is not None]


def _arg_max(rows: list[Row], names: list[str]) -> Row:
    newest = max(rows, key=lambda row: row[names[0]], default=dict.fromkeys(names))
    return {name: newest[name] for name in names}


_FUNCTIONS: Mapping[str, Callable[..., Any]] = {
    "parse_json": json.loads,
    "tostring": _text,
    "toint": _as_number(int),
    "tolong": _as_number(int),
    "todouble": _as_number(float),
    "tobool": lambda value: value if isinstance(value, bool) else None,
    "isnotempty": lambda value: value not in {None, ""},
    "isnotnull": lambda value: value is not None,
    "not": lambda value: None if value is None else not value,
    "coalesce": lambda *values: next((one for one in values if one not in {None, ""}), None),
    "split": lambda text, separator: text.split(separator),
}
_AGGREGATES: Mapping[str, Callable[..., Any]] = {
    "count": len,
    "countif": lambda rows, test: sum(test(row) is True for row in rows),
    "sum": lambda rows, value: sum(_known(rows, value)),
    "min": lambda rows, value: min(_known(rows, value), default=None),
    "max": lambda rows, value: max(_known(rows, value), default=None),
    "maxif": lambda rows, value, test: max(
        (row_value for row in rows if test(row) is True and (row_value := value(row)) is not None),
        default=None,
    ),
    "dcount": lambda rows, value: len(set(_known(rows, value))),
}
