"""Expressions on a message: what JMESPath says, of the whole body once, and never without end."""

import json
from typing import Any

import jmespath
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.contracts.documents.hr_sources.model import source_model
from shared.domain.errors import InvalidMessage, TooLarge
from shared.hr.adapters import translate
from shared.hr.evaluation import BODY, Evaluations
from shared.hr.registry import HR_KINDS
from tests.support.enrolments import NOW

SOURCE = source_model(HR_KINDS)
BODY_VALUE = {"kind": "new", "list": [{"k": 1, "v": "a"}, {"k": 2, "v": "b"}], "n": 3}
RECORDS: list[dict[str, Any]] = [
    {"id": "1", "k": 1, "x": {"y": ["a", "b"]}},
    {"id": "2"},
    {"id": None, "k": "z"},
]
EXPRESSIONS = [
    "id",
    "_body.kind",
    "_body.list[].v",
    "_body.list[?k > `1`].v | [0]",
    "_body.list[*].{a: k, b: v}",
    "_body.list[-1].v",
    "_body.list[::-1] | [0].v",
    "_body.*",
    "length(_body.list) > k",
    "join('/', [_body.kind, id || 'none'])",
    "{a: _body.kind, b: id}",
    "[_body.n, k]",
    "k && _body.kind",
    "!_body.missing && id",
    "_body.kind == 'new' || join('', _body.n)",
    "contains(_body.list[].k, k)",
    "max_by(_body.list, &k).v",
    "sort_by(_body.list, &v)[0].k",
    "map(&v, _body.list)",
    "x.y[?@ == 'a'] | [0]",
    "x.y[]",
    "@",
    "@.id",
    "not_null(x.missing, _body.kind, id)",
    "to_string(_body.list)",
    "_body",
    "'literal'",
    "_body.list[?v == 'a'].k | [0] || id",
]


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_each_expression_gives_what_jmespath_gives(expression: str) -> None:
    evaluations = Evaluations(BODY_VALUE)
    for record in RECORDS:
        value = {**record, BODY: BODY_VALUE}
        try:
            expected = jmespath.search(expression, value)
        except (jmespath.exceptions.JMESPathError, TypeError):
            with pytest.raises(InvalidMessage):
                evaluations.of(expression, value)
        else:
            assert evaluations.of(expression, value) == expected


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.text("ab", max_size=3),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["id", "k", "v", "list", "x", "y"]), inner, max_size=3)
    ),
    max_leaves=10,
)


@given(JSON, st.dictionaries(st.sampled_from(["id", "k", "x"]), JSON), st.sampled_from(EXPRESSIONS))
def test_whatever_is_sent_each_expression_gives_what_jmespath_gives(
    body: Any, record: dict[str, Any], expression: str
) -> None:
    value = {**record, BODY: body}
    try:
        expected, fails = jmespath.search(expression, value), False
    except (jmespath.exceptions.JMESPathError, TypeError, ValueError, ArithmeticError):
        expected, fails = None, True
    try:
        found, failed = Evaluations(body).of(expression, value), False
    except InvalidMessage:
        found, failed = None, True
    assert (found, failed) == (expected, fails)


@pytest.mark.parametrize(
    "expression",
    [
        "length(_body.rest[?v == 'a']) == `0`",
        "_body.rest[?v == 'q'] || id",
        "join('/', [to_string(length(_body.rest[?v == 'a'])), id]) != id",
    ],
)
def test_what_is_about_the_whole_body_is_evaluated_once(expression: str) -> None:
    """Otherwise 150 million steps, and a minute in which nobody else is answered."""
    assert len(translate(source(expression), large(), NOW).events) == 1_000


@pytest.mark.parametrize(
    "expression",
    [
        "_parent.people[?id == 'q'] || id",
        "_parent.rest[?v == 'q'] || id",
        "contains(to_string(_parent.rest), id) || id",
        "length(sort(_parent.rest[].v)) > `0`",
    ],
)
def test_what_would_hold_up_all_others_is_refused_as_too_much(expression: str) -> None:
    with pytest.raises(TooLarge, match="too much work"):
        translate(source(expression), large(), NOW)


def source(expression: str) -> Any:
    fields = {
        "name": "hr",
        "kind": "mapped",
        "authentication": "key",
        "mapping": {"events": "people", "employeeId": "id", "when": expression},
    }
    return SOURCE.model_validate_json(json.dumps(fields))


def large() -> Any:
    people = [{"id": str(number)} for number in range(1_000)]
    return {"people": people, "rest": [{"v": "z" * 10} for _ in range(20_000)]}
