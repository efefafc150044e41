"""The YAML of a rollout document: version 1.2, plain data, one document, and never a surprise."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.contracts.documents.yaml_text import LARGEST_DOCUMENT, parse

TYPED = "ab:-[]{},&*!|>'\"%@`#? \t\n\\~<"
WHOLE = ("---\n", "...\n", "%YAML 1.2\n", "%TAG ! x\n", "!!str ", "!<", "&a ", "*a", "<<: ", "a: ")
BLOCKS = ("- ", "? ", "\n  ")
ESCAPES = ("\\U", "\\x", "\\uD800", "\\UFFFFFFFF")
RARE = ("é", "\u2028", "\ufeff", "\r", "\x85", "\x00", "\ud800")
YAML_PIECES = st.sampled_from([*TYPED, *WHOLE, *BLOCKS, *ESCAPES, *RARE])
YAMLISH = st.lists(YAML_PIECES, max_size=40).map("".join)


def value_of(text: str | bytes) -> object:
    node, found = parse(text)
    assert found == []
    assert node is not None
    return node.plain()


def refusal_of(text: str | bytes) -> tuple[int, int, str]:
    node, found = parse(text)
    assert node is None
    assert len(found) == 1
    return found[0].line, found[0].column, found[0].reason


def test_norway_dates_and_times_of_day_are_text() -> None:
    text = "[no, NO, yes, on, off, 2026-11-01, 09:00, 1:30, 2026-11-01T09:00:00Z, 1_000, =]"
    assert value_of(text) == [part.strip() for part in text[1:-1].split(",")]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("[5, -5, +5, 007, 0o17, 0x1F]", [5, -5, 5, 7, 15, 31]),
        ("[1.5, .5, 5., 1e3, -1.5E-3]", [1.5, 0.5, 5.0, 1000.0, -0.0015]),
        ("[true, True, FALSE, ~, null, NULL]", [True, True, False, None, None, None]),
        ("[.inf, .nan, 1e999]", [".inf", ".nan", "1e999"]),
        ("['5', \"true\", '', \"\\x41\"]", ["5", "true", "", "A"]),
        ("a:\nb: |\n  x\n", {"a": None, "b": "x\n"}),
        ("no: 1\n5: 2\ntrue: 3", {"no": 1, "5": 2, "true": 3}),
    ],
)
def test_the_core_schema_of_yaml_1_2_tells_scalars_apart(text: str, value: object) -> None:
    assert value_of(text) == value


def test_an_anchor_may_be_named_many_times() -> None:
    assert value_of("a: &x [1, &y z]\nb: *x\nc: *y") == {"a": [1, "z"], "b": [1, "z"], "c": "z"}


def test_a_byte_order_mark_is_passed_over() -> None:
    assert value_of("\ufeffa: ü".encode()) == {"a": "ü"}


def test_a_node_knows_where_it_and_its_keys_stand() -> None:
    node, _ = parse("# first\na:\n  - b: 1\n    c: [2,\n        3]\n")
    assert node is not None
    third = node.at("a", 0, "c", 1)
    assert third is not None
    assert (third.place.line, third.place.column) == (5, 9)
    key = node.key_place(("a", 0, "c"))
    assert (key.line, key.column) == (4, 5)


@pytest.mark.parametrize(
    ("text", "line", "column", "reason"),
    [
        ("", 1, 1, "nothing in it"),
        ("# only a comment\n", 1, 1, "nothing in it"),
        ("a: 1\nb: [1\nc: 2", 3, 2, "expected ',' or ']'"),
        ("a: b: c", 1, 5, "mapping values are not allowed here"),
        ('a: "x', 1, 6, "while scanning a quoted scalar on line 1"),
        ("a:\n\tb: 1", 2, 1, "indent with spaces"),
        ("a: 1\n---\nb: 2", 2, 1, "a second document"),
        ("%YAML 1.1\n---\na: no", 2, 1, "only YAML 1.2"),
        ("? [a]\n: b", 1, 3, "a key is one word"),
        ("a: *b", 1, 4, "no &b stands before *b"),
        ("a: &b [1, *b]", 1, 11, "*b stands within &b itself"),
        ('a: "\\UFFFFFFFF"', 1, 1, "names no character"),
        ('a: "\\uD800"', 1, 4, "half of a surrogate pair"),
        ("a: 1\nbc: \x07", 2, 5, "U+0007 is not allowed"),
        (b"a: 1\nb: \xc3\xa4\xff", 2, 5, "save the file as UTF-8"),
        ("[" * 100, 1, 25, "more than 24 values"),
    ],
)
def test_what_is_not_one_document_of_plain_data_is_refused_where_it_stands(
    text: str | bytes, line: int, column: int, reason: str
) -> None:
    found = refusal_of(text)
    assert found[:2] == (line, column)
    assert reason in found[2]


def test_a_key_twice_is_told_with_both_lines_and_the_first_one_counts() -> None:
    node, found = parse("a: 1\nb: 2\na: 3\n")
    assert node is not None
    assert node.plain() == {"a": 1, "b": 2}
    assert [str(one) for one in found] == [
        "line 3: a: this key stands on line 1 already; take one of the two out"
    ]


def test_tags_are_told_and_passed_over() -> None:
    node, found = parse("a: !!int 'x'\nb: !python/object []\n")
    assert node is not None
    assert node.plain() == {"a": "x", "b": []}
    assert [(one.line, one.field) for one in found] == [(1, "a"), (2, "b")]


def test_aliases_that_would_unfold_to_billions_are_refused_at_once() -> None:
    lines = ["a0: &a0 [lol, lol, lol, lol, lol, lol, lol, lol, lol]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 15)]
    assert "with its aliases written out" in refusal_of("\n".join(lines))[2]


def test_text_beyond_the_limit_is_refused_unread() -> None:
    assert "at most 1,048,576" in refusal_of(b"#" * (LARGEST_DOCUMENT + 1))[2]
    assert "at most 1,048,576" in refusal_of("ü" * (LARGEST_DOCUMENT // 2 + 1))[2]
    assert "nothing in it" in refusal_of(b"#" * LARGEST_DOCUMENT)[2]


@given(YAMLISH)
def test_no_text_is_too_strange_to_be_read_or_refused(text: str) -> None:
    node, found = parse(text)
    assert (node is not None) or found


@given(st.binary(max_size=60))
def test_no_bytes_are_too_strange_to_be_read_or_refused(body: bytes) -> None:
    node, found = parse(body)
    assert (node is not None) or found
