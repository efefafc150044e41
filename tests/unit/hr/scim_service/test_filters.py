"""Filters: what connectors look for is found, and everything else is refused by name."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.contracts.api.scim_answers import ScimRefusal
from shared.hr.scim_service.filters import Term, matches, read_filter
from tests.support.scim_attributes import CORE, ENTERPRISE, KIM


@pytest.mark.parametrize(
    ("text", "terms"),
    [
        ('userName eq "Kim@contoso.test"', [Term("userName", "Kim@contoso.test")]),
        ('USERNAME EQ "k"', [Term("userName", "k")]),
        (f'{CORE}:userName eq "k"', [Term("userName", "k")]),
        ('externalId eq "a\\"b\\\\c"', [Term("externalId", 'a"b\\c')]),
        (f'{ENTERPRISE}:employeeNumber eq "7"', [Term("employeeNumber", "7")]),
        ('employeeNumber eq "7"', [Term("employeeNumber", "7")]),
        ('emails[type eq "work"].value eq "k"', [Term("emails", "k", "work")]),
        ('emails.value eq "k"', [Term("emails", "k")]),
        (
            '  userName eq "and" AND active eq true and id eq "1"  ',
            [Term("userName", "and"), Term("active", value=True), Term("id", "1")],
        ),
        (
            'userName eq "k" and active eq "False"',
            [Term("userName", "k"), Term("active", value=False)],
        ),
    ],
)
def test_what_connectors_write_is_understood(text: str, terms: list[Term]) -> None:
    assert list(read_filter(text)) == terms


@pytest.mark.parametrize(
    "text",
    [
        "",
        "userName",
        "userName eq",
        "userName pr",
        'userName sw "k"',
        'userName eq "k" or userName eq "l"',
        'not (userName eq "k")',
        '(userName eq "k")',
        'userName eq "k" and',
        'userName eq "k" userName eq "l"',
        'userName eq "k',
        "userName eq 7",
        'title eq "k"',
        "active eq true",
        'userName eq "k" and active eq "perhaps"',
        " and ".join(['userName eq "k"'] * 6),
        f'userName eq "{"k" * 3_000}"',
        'members[value eq "k"]',
        'userName eq "\ud800"',
    ],
)
def test_everything_else_is_an_invalid_filter(text: str) -> None:
    with pytest.raises(ScimRefusal) as raised:
        read_filter(text)
    assert raised.value.problem.value == (400, "invalidFilter")


@pytest.mark.parametrize(
    ("term", "holds"),
    [
        (Term("userName", "KIM@contoso.test"), True),
        (Term("userName", "kim"), False),
        (Term("employeeNumber", "7"), True),
        (Term("externalId", "7"), False),
        (Term("active", value=True), True),
        (Term("active", value=False), False),
        (Term("emails", "KIM@contoso.test", "Work"), True),
        (Term("emails", "kim@contoso.test", "home"), False),
        (Term("id", "1"), True),
        (Term("id", "2"), False),
    ],
)
def test_a_term_holds_or_not(term: Term, *, holds: bool) -> None:
    assert matches(KIM, "1", term) is holds


@given(
    st.text()
    | st.lists(st.sampled_from(['userName eq "', '"', "\\", " and ", "[", "]", "a"])).map("".join)
)
def test_whatever_is_asked_is_understood_or_refused(text: str) -> None:
    with suppress(ScimRefusal):
        assert read_filter(text)
