"""Forms of bodies: each becomes the tree that JSON would have been, or is refused by its place."""

import json
from base64 import b64encode
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.contracts.documents.hr_sources.body import Body
from shared.domain.errors import BadMediaType, InvalidMessage
from shared.hr.formats.reading import read_body
from shared.hr.formats.unreadable import Unreadable


def told(**more: Any) -> Body:
    return Body.model_validate_json(json.dumps(more))


def read(body: str | bytes, **more: Any) -> Any:
    return read_body(body if isinstance(body, bytes) else body.encode(), told(**more))


@pytest.mark.parametrize(
    ("form", "tree"),
    [
        ("a=1&b=x%20y+z", {"a": "1", "b": "x y z"}),
        (
            "employees%5B0%5D%5Bid%5D=7&employees[1][id]=8&employees[0][action]=Created",
            {"employees": [{"id": "7", "action": "Created"}, {"id": "8"}]},
        ),
        ("a[]=1&a[]=2", {"a": ["1", "2"]}),
        ("a=1&a=2&a=3", {"a": ["1", "2", "3"]}),
        ("a[999999999]=x&a[5]=y", {"a": ["y", "x"]}),
        ("a[b][c]=1&a[b][d]=", {"a": {"b": {"c": "1", "d": ""}}}),
        ("payload=%7B%22id%22%3A7%7D", {"payload": '{"id":7}'}),
        ("a]b=1", {"a]b": "1"}),
    ],
)
def test_a_form_is_the_tree_that_its_names_write_down(form: str, tree: Any) -> None:
    assert read(form, format="form") == tree


@pytest.mark.parametrize(
    ("form", "reason"),
    [
        ("just text", "write name=value"),
        ("a=1&a[b]=2", "has parts, too"),
        ("a[b]=1&a=2", "has parts, too"),
        ("a[b][c]=1&a[b]=2", "has parts, too"),
        ("a" + "[b]" * 30 + "=1", "too deep"),
        ("&".join(f"a{n}=1" for n in range(20_001)), "too many fields"),
    ],
)
def test_what_is_no_form_is_refused(form: str, reason: str) -> None:
    with pytest.raises(InvalidMessage, match=reason):
        read(form, format="form")


@pytest.mark.parametrize(
    ("xml", "tree"),
    [
        ("<a>1</a>", {"a": "1"}),
        ("<a/>", {"a": ""}),
        ("<n:a xmlns:n='urn:x'><n:b>1</n:b><b>2</b></n:a>", {"a": {"b": ["1", "2"]}}),
        ("<a n:v='1' xmlns:n='u'> t </a>", {"a": {"@v": "1", "#text": "t"}}),
        ("<a><b>x</b></a>", {"a": {"b": "x"}}),
        ("<a><one>x</one></a>", {"a": {"one": ["x"]}}),
        ("<a xmlns:i='u'><b i:nil='true'/></a>", {"a": {"b": None}}),
        ("<?xml version='1.0' encoding='ISO-8859-1'?><a>\xfc</a>".encode("latin-1"), {"a": "ü"}),
        ("<a><![CDATA[<b>]]></a>", {"a": "<b>"}),
        ("<?xml version='1.0' encoding='UTF-16'?><a>ü</a>".encode("utf-16"), {"a": "ü"}),
    ],
)
def test_xml_is_the_tree_of_its_elements_by_their_names_alone(xml: str | bytes, tree: Any) -> None:
    assert read(xml, format="xml", lists=["one"]) == tree


BOMB = "<!DOCTYPE a [<!ENTITY b 'ha'><!ENTITY c '&b;&b;&b;'>]><a>&c;</a>"
FILE = "<!DOCTYPE a [<!ENTITY b SYSTEM 'file:///etc/passwd'>]><a>&b;</a>"


@pytest.mark.parametrize(
    ("xml", "reason"),
    [
        (BOMB, "document type"),
        (FILE, "document type"),
        ("<!DOCTYPE a SYSTEM 'http://evil.test/a.dtd'><a/>", "document type"),
        ("<a>&b;</a>", "undefined entity at line 1"),
        ("<a>" * 70 + "</a>" * 70, "too deep"),
        ("<a>" + "<b/>" * 100_001 + "</a>", "too many"),
        ("<a><b></a>", "mismatched tag at line 1 column"),
        ("<?xml version='1.0' encoding='EBCDIC'?><a/>", "not XML"),
        ("not at all", "not XML"),
        ('{"a": 1}', "not XML"),
    ],
)
def test_xml_with_a_document_type_too_deep_or_broken_is_refused(xml: str, reason: str) -> None:
    with pytest.raises(InvalidMessage, match=reason):
        read(xml, format="xml")


ROWS = [{"Employee ID": "7", "Hire Date": "1.2.27"}, {"Employee ID": "8", "Hire Date": ""}]


@pytest.mark.parametrize(
    ("text", "more"),
    [
        ("Employee ID,Hire Date\n7,1.2.27\n8,\n", {}),
        ("Employee ID;Hire Date\r\n7;1.2.27\r\n\r\n8;\r\n", {"delimiter": ";"}),
        ("sep=;\nEmployee ID;Hire Date\n7;1.2.27\n8;\n", {}),
        ("\ufeffEmployee ID\tHire Date\n7\t 1.2.27\n8\t", {"delimiter": "tab"}),
        ("Employee ID,Hire Date,\n7,1.2.27,\n8,,\n", {}),
        ('Employee ID,Hire Date\n"=""7""",1.2.27\n\u00a08\u00a0,\n', {}),
        ("Employee ID,Hire Date\r7,1.2.27\r8,\r", {}),
        ('"Employee ID","Hire Date"\n"7","1.2.27"\n"8",\n', {}),
    ],
)
def test_csv_is_a_list_by_the_senders_headings(text: str, more: Any) -> None:
    assert read(text, format="csv", **more) == ROWS


@pytest.mark.parametrize("charset", ["utf-16", "windows-1252", "iso-8859-1", "utf-8"])
def test_csv_is_read_in_the_charset_that_is_said(charset: str) -> None:
    body = "Name\nJürgen\n".encode(charset)
    assert read(body, format="csv", charset=charset) == [{"Name": "Jürgen"}]


def test_a_byte_order_mark_says_the_charset_as_well() -> None:
    assert read("Name\nJürgen\n".encode("utf-16"), format="csv") == [{"Name": "Jürgen"}]


@pytest.mark.parametrize(
    ("body", "form", "charset"),
    [
        ("Name\nJürgen\n".encode("cp1252"), "csv", "windows-1252"),
        ("Name\nJürgen\n".encode("utf-16-le"), "csv", "UTF-16LE"),
        (b"Name=J%C3%BCrgen", "form", "utf-8"),
        ("<Name>Jürgen</Name>".encode("latin-1"), "xml", "ISO-8859-1"),
        (
            "<?xml version='1.0' encoding='utf-8'?><Name>Jürgen</Name>".encode("cp1252"),
            "xml",
            "cp1252",
        ),
        (b'{"Name": "J\\u00fcrgen"}', "json", "us-ascii"),
    ],
)
def test_the_charset_that_its_sender_says_is_heeded(body: bytes, form: str, charset: str) -> None:
    found = read_body(body, told(format=form), charset)
    assert (found[0] if form == "csv" else found) == {"Name": "Jürgen"}


@pytest.mark.parametrize(
    ("form", "charset"),
    [
        ("json", "utf-16"),
        ("json", "latin-1"),
        ("csv", "utf-7"),
        ("xml", "utf-7"),
        ("form", "no-such"),
        ("csv", "base64"),
        ("csv", "\0"),
        ("csv", "é" * 100),
    ],
)
def test_another_charset_is_refused_by_name(form: str, charset: str) -> None:
    with pytest.raises(BadMediaType):
        read_body(b"a=1", told(format=form), charset)


def test_a_line_with_other_than_its_headings_is_one_record_that_cannot_be_read() -> None:
    first, total = read('id,day\n7,2027-02-01\n"Total: 1"\n', format="csv")
    assert first == {"id": "7", "day": "2027-02-01"}
    assert total == Unreadable("Total: 1", "has 1 values for 2 headings")


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"id,id\n1,2\n", "called the same"),
        (b",,\n1,2\n", "has to be the headings"),
        ("Jürgen\n".encode("latin-1"), "charset"),
    ],
)
def test_csv_without_headings_to_go_by_is_refused(body: bytes, reason: str) -> None:
    with pytest.raises(InvalidMessage, match=reason):
        read(body, format="csv")


def test_what_is_wrapped_is_unwrapped_in_its_place() -> None:
    inner = {"employeeId": "7"}
    text = json.dumps(inner)
    coded = b64encode(text.encode()).decode()
    assert read(json.dumps({"id": 1, "Message": text}), unwrap=[{"at": "Message"}]) == {
        "id": 1,
        "Message": inner,
    }
    assert read(json.dumps(text), unwrap=[{"at": "@"}]) == inner
    assert read(coded, format="base64-json") == inner
    found = read(
        json.dumps({"Records": [{"kinesis": {"data": coded}}, {"other": 1}]}),
        unwrap=[{"at": "Records[].kinesis.data", "encoding": "base64-json"}],
    )
    assert found == {"Records": [{"kinesis": {"data": inner}}, {"other": 1}]}
    twice = read(
        json.dumps({"a": json.dumps({"b": "<c>1</c>"})}),
        unwrap=[{"at": "a"}, {"at": "a.b", "encoding": "xml"}],
    )
    assert twice == {"a": {"b": {"c": "1"}}}
    assert read("payload=%7B%22id%22%3A7%7D", format="form", unwrap=[{"at": "payload"}]) == {
        "payload": {"id": 7}
    }


@pytest.mark.parametrize("value", [7, "not json", {"a": 1}])
def test_what_should_be_wrapped_and_is_not_is_refused_by_its_place(value: Any) -> None:
    with pytest.raises(InvalidMessage) as raised:
        read(json.dumps({"Message": value}), unwrap=[{"at": "Message"}])
    assert raised.value.field == "Message"


FORMS = st.sampled_from(["json", "base64-json", "form", "xml", "csv"])
WRAPPED = st.lists(
    st.fixed_dictionaries(
        {
            "at": st.sampled_from(["@", "a", "a[].b"]),
            "encoding": st.sampled_from(["json", "base64-json", "xml", "base64-xml", "form"]),
        }
    ),
    max_size=2,
)


@given(st.binary(max_size=400) | st.text(max_size=400).map(str.encode), FORMS, WRAPPED)
def test_any_bytes_in_any_form_are_a_tree_or_refused_by_field(
    body: bytes, form: str, unwrap: Any
) -> None:
    try:
        read_body(body, told(format=form, unwrap=unwrap))
        explained = True
    except InvalidMessage as error:
        explained = bool(error.field and error.reason)
    assert explained
