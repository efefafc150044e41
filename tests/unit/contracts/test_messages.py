"""Scope changes, directory commands and results: the same on both sides of the wire."""

import json
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.contracts.api.operator_requests import Steer
from shared.contracts.messages import queues
from shared.contracts.messages.contract import Contract
from shared.contracts.messages.directory_command import (
    LONGEST_LIFE,
    MOST_MEMBERS,
    CommandMember,
    DirectoryCommand,
)
from shared.contracts.messages.directory_result import (
    DirectoryResult,
    MemberResult,
    SyncReport,
    SyncState,
)
from shared.contracts.messages.scope_change import MOST_KEYS, ScopeChange
from shared.domain.errors import InvalidMessage
from shared.domain.person.people import UserRef
from shared.domain.person.reasons import Reason
from shared.domain.person.writes import ScopeAction, WriteOutcome, WriteResult

KEYS = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,63}", fullmatch=True)
NAMES = st.text(min_size=1, max_size=20)
TEXTS = st.text(max_size=20)
MAYBE = st.none() | TEXTS
MOMENTS = st.datetimes(
    datetime(2000, 1, 1),  # noqa: DTZ001  # given one
    datetime(2200, 12, 31),  # noqa: DTZ001  # likewise
    timezones=st.just(UTC),
)


def built[C: Contract](contract: type[C], **parts: st.SearchStrategy[Any]) -> st.SearchStrategy[C]:
    return st.fixed_dictionaries(parts).map(lambda chosen: contract(**chosen))


MEMBERS = built(
    CommandMember,
    key=NAMES,
    source_anchor=MAYBE,
    sid=MAYBE,
    user_principal_name=MAYBE,
    employee_id=NAMES,
)
COMMANDS = built(
    DirectoryCommand,
    command_key=KEYS,
    action=st.sampled_from(ScopeAction),
    members=st.lists(MEMBERS, min_size=1, max_size=3).map(tuple),
    cause=TEXTS,
    actor=TEXTS,
    issued_at=MOMENTS,
    expires_at=MOMENTS,
)
RESULTS = built(
    DirectoryResult,
    command_key=KEYS,
    action=st.sampled_from(ScopeAction),
    members=st.lists(
        built(
            MemberResult,
            key=NAMES,
            outcome=st.sampled_from(WriteOutcome),
            reason=st.none() | st.sampled_from([Reason.PROTECTED, Reason.OUTDATED]),
            detail=TEXTS,
            source_anchor=MAYBE,
            sid=MAYBE,
            user_principal_name=MAYBE,
            employee_id=MAYBE,
        ),
        min_size=1,
        max_size=3,
    ).map(tuple),
    sync=built(
        SyncReport,
        state=st.sampled_from(SyncState),
        problem=MAYBE,
        detail=MAYBE,
        started_at=st.none() | MOMENTS,
        ended_at=st.none() | MOMENTS,
    ),
    worker=NAMES,
    answered_at=MOMENTS,
)
CHANGES = built(
    ScopeChange, change_key=KEYS, person_keys=st.lists(NAMES, min_size=1, max_size=5).map(tuple)
)
AT = "2026-03-02T08:00:00Z"
MEMBER = {"key": "p1", "employeeId": "4711"}
COMMAND = {
    "schema": "sspr-rollout/directory-command/1",
    "commandKey": "c1",
    "action": "add",
    "members": [MEMBER],
    "cause": "event 1",
    "actor": "hr",
    "issuedAt": AT,
    "expiresAt": AT,
}
RESULT = {
    "schema": "sspr-rollout/directory-result/1",
    "commandKey": "c1",
    "action": "remove",
    "members": [{"key": "p1", "outcome": "done"}],
    "sync": {"state": "pending"},
    "worker": "connect-1",
    "answeredAt": AT,
}
CHANGE = {"schema": "sspr-rollout/scope-change/1", "changeKey": "s1", "personKeys": ["p1"]}
EXAMPLES: dict[type[Contract], dict[str, Any]] = {
    DirectoryCommand: COMMAND,
    DirectoryResult: RESULT,
    ScopeChange: CHANGE,
}


@given(COMMANDS | RESULTS | CHANGES)
def test_a_message_comes_back_from_the_wire_as_it_went(message: Contract) -> None:
    assert type(message).read(message.text()) == message


@given(COMMANDS | RESULTS | CHANGES)
def test_a_message_goes_over_the_wire_with_its_version_in_camel_case_without_nulls(
    message: Contract,
) -> None:
    written = json.loads(message.text())
    assert written["schema"].startswith("sspr-rollout/")
    assert all(value is not None for value in written.values())
    assert not [name for name in written if "_" in name]


@pytest.mark.parametrize("contract", EXAMPLES)
def test_a_message_written_by_hand_is_read_and_written_as_it_is(contract: type[Contract]) -> None:
    example = EXAMPLES[contract]
    written = json.loads(contract.read_object(example).text())
    defaults = {"members": written["members"]} if contract is DirectoryResult else {}
    assert written == example | defaults


@pytest.mark.parametrize("contract", EXAMPLES)
def test_a_message_of_another_version_is_refused_by_its_schema(contract: type[Contract]) -> None:
    newer = EXAMPLES[contract] | {"schema": "sspr-rollout/something/2"}
    assert refused(contract, newer).field == "schema"


@pytest.mark.parametrize("contract", EXAMPLES)
@pytest.mark.parametrize("body", ["", "{", "[]", "[" * 100_000, "null"])
def test_what_is_no_json_object_is_refused_as_a_whole(contract: type[Contract], body: str) -> None:
    with pytest.raises(InvalidMessage) as raised:
        contract.read(body)
    assert raised.value.field == "(body)"


@pytest.mark.parametrize(
    ("contract", "name"),
    [
        (contract, name)
        for contract, example in EXAMPLES.items()
        for name in example
        if name != "schema"
    ],
)
def test_a_message_that_lacks_a_part_names_it(contract: type[Contract], name: str) -> None:
    example = EXAMPLES[contract]
    error = refused(contract, {k: v for k, v in example.items() if k != name})
    assert (error.field, error.reason) == (name, "Field required")


@pytest.mark.parametrize(
    ("contract", "changes", "field", "reason"),
    [
        (DirectoryCommand, {"action": "replace"}, "action", "'add' or 'remove'"),
        (DirectoryCommand, {"members": []}, "members", "at least 1 item"),
        (DirectoryCommand, {"members": [MEMBER] * (MOST_MEMBERS + 1)}, "members", "at most 500"),
        (
            DirectoryCommand,
            {"members": [MEMBER, {"key": "p2"}]},
            "members.1",
            "give sid, sourceAnchor",
        ),
        (DirectoryCommand, {"members": [{"key": "", "sid": "S-1"}]}, "members.0.key", "at least 1"),
        (DirectoryCommand, {"group": "Domain Admins"}, "group", "no such field is known"),
        (DirectoryCommand, {"expiresAt": "2026-03-02T08:00:00"}, "expiresAt", "timezone"),
        (DirectoryCommand, {"commandKey": "x" * 65}, "commandKey", "at most 64"),
        (DirectoryCommand, {"commandKey": "a/b"}, "commandKey", "should match pattern"),
        (DirectoryCommand, {"issuedAt": "9999-01-01T00:00:00Z"}, "issuedAt", "2000 and 2200"),
        (DirectoryCommand, {"issuedAt": "1999-12-31T23:59:59Z"}, "issuedAt", "2000 and 2200"),
        (DirectoryCommand, {"issuedAt": "0001-01-01T00:00:00+14:00"}, "issuedAt", "2000 and 2200"),
        (DirectoryCommand, {"issuedAt": 1_700_000_000}, "issuedAt", "as text"),
        (DirectoryCommand, {"issuedAt": "1700000000"}, "issuedAt", "as text"),
        (DirectoryCommand, {"cause": "x" * 501}, "cause", "at most 500"),
        (DirectoryResult, {"members": [{"key": "p", "outcome": "done"}] * 501}, "members", "at m"),
        (
            DirectoryResult,
            {"members": [{"key": "p", "outcome": "refused", "reason": "offboarded"}]},
            "members.0.reason",
            "no reason of a worker's",
        ),
        (DirectoryResult, {"sync": {"state": "fine"}}, "sync.state", "'not-needed'"),
        (DirectoryResult, {"members": [{"key": "p", "outcome": "ok"}]}, "members.0.outcome", "do"),
        (
            DirectoryResult,
            {"members": [{"key": "p", "outcome": "refused", "reason": "mood"}]},
            "members.0.reason",
            "Input should be",
        ),
        (ScopeChange, {"personKeys": []}, "personKeys", "at least 1 item"),
        (ScopeChange, {"personKeys": ["p"] * (MOST_KEYS + 1)}, "personKeys", "at most 500"),
        (ScopeChange, {"personKeys": [""]}, "personKeys.0", "at least 1 character"),
        (ScopeChange, {"action": "add"}, "action", "no such field is known"),
    ],
)
def test_a_message_that_cannot_be_taken_names_the_field_and_the_reason(
    contract: type[Contract], changes: dict[str, Any], field: str, reason: str
) -> None:
    error = refused(contract, EXAMPLES[contract] | changes)
    assert error.field == field
    assert reason in error.reason


def refused(contract: type[Contract], value: dict[str, Any]) -> InvalidMessage:
    with pytest.raises(InvalidMessage) as raised:
        contract.read(json.dumps(value))
    return raised.value


def test_the_workers_word_on_a_member_becomes_an_answer_with_all_it_tells() -> None:
    member = MemberResult(
        key="p1",
        outcome=WriteOutcome.REFUSED,
        reason=Reason.PROTECTED,
        detail="adminCount=1",
        source_anchor="anchor==",
        sid="S-1-5-21-1",
        user_principal_name="anna@contoso.test",
        employee_id="4711",
    )
    assert member.answer("c1", ScopeAction.ADD) == WriteResult(
        change=ScopeAction.ADD,
        outcome=WriteOutcome.REFUSED,
        reason=Reason.PROTECTED,
        detail="adminCount=1",
        command_key="c1",
        user=UserRef(
            source_anchor="anchor==",
            sid="S-1-5-21-1",
            user_principal_name="anna@contoso.test",
            employee_id="4711",
        ),
    )


def test_no_two_queues_have_one_name() -> None:
    names = [value for value in vars(queues).values() if re.fullmatch("[a-z]+-[a-z]+", str(value))]
    assert len(names) == 6
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("contract", EXAMPLES)
@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ("9" * 41, "more than 40 digits"),
        ("9" * 5000, "more than 40 digits"),
        ("NaN", "not JSON"),
        ("-Infinity", "not JSON"),
        ("1e999", "larger than any"),
        ("[" * 65 + "]" * 65, "deeper than 64"),
        ("[" * 10_000 + "]" * 10_000, "deeper than 64"),
        ('{"a":' * 10_000 + "1" + "}" * 10_000, "deeper than 64"),
        (f'"{"x" * 1024 * 1024}"', "larger than"),
    ],
)
def test_what_no_sender_of_ours_writes_is_refused_before_it_is_looked_at(
    contract: type[Contract], value: str, reason: str
) -> None:
    with pytest.raises(InvalidMessage) as raised:
        contract.read(f'{{"more": {value}, {json.dumps(EXAMPLES[contract])[1:]}')
    assert reason in raised.value.reason


@pytest.mark.parametrize("contract", EXAMPLES)
def test_a_name_that_is_said_twice_is_refused_by_it(contract: type[Contract]) -> None:
    text = json.dumps(EXAMPLES[contract])
    with pytest.raises(InvalidMessage) as raised:
        contract.read(f"{text[:-1]}, {text[1:]}")
    assert (raised.value.field, raised.value.reason) == ("schema", "is said twice")


def test_a_moment_is_in_utc_once_it_is_read() -> None:
    read = DirectoryCommand.read_object(COMMAND | {"issuedAt": "2026-03-02T10:00:00+02:00"})
    assert read.issued_at.isoformat() == "2026-03-02T08:00:00+00:00"


@given(
    st.sampled_from(sorted(EXAMPLES, key=str)),
    st.binary(max_size=200) | st.text(max_size=200).map(lambda text: text.encode("utf-16")),
)
def test_any_bytes_are_a_message_or_refused(contract: type[Contract], body: bytes) -> None:
    with pytest.raises(InvalidMessage):
        contract.read(body)


@given(COMMANDS, MOMENTS)
def test_a_commands_times_are_possible_for_when_its_queue_took_it(
    command: DirectoryCommand, taken_at: datetime
) -> None:
    here = command.by_the_queue(taken_at)
    assert here.issued_at <= taken_at + timedelta(minutes=1)
    assert here.expires_at <= here.issued_at + LONGEST_LIFE
    assert here.issued_at <= command.issued_at
    assert here.by_the_queue(taken_at) == here


@given(st.lists(st.tuples(MOMENTS, MOMENTS), min_size=2, max_size=6))
def test_what_was_sent_and_taken_later_stays_later_however_far_a_clock_is_ahead(
    times: list[tuple[datetime, datetime]],
) -> None:
    claimed, taken = (sorted(each) for each in zip(*times, strict=True))
    commands = [DirectoryCommand.read_object(COMMAND | {"issuedAt": at}) for at in claimed]
    sent = [one.by_the_queue(at).issued_at for one, at in zip(commands, taken, strict=True)]
    assert sent == sorted(sent)


def test_a_clock_that_is_a_little_ahead_keeps_the_order_of_its_commands() -> None:
    taken_at = datetime(2026, 3, 2, 8, tzinfo=UTC)
    issued = [taken_at + timedelta(seconds=seconds) for seconds in (20, 40)]
    commands = [DirectoryCommand.read_object(COMMAND | {"issuedAt": at}) for at in issued]
    assert [one.by_the_queue(taken_at).issued_at for one in commands] == issued


@pytest.mark.parametrize(
    ("reason", "wanted"),
    [
        ("x", "write at least 3 characters"),
        ("  x ", "write at least 3 characters"),
        ("x" * 501, "write at most 500 characters"),
    ],
)
def test_a_reason_of_the_wrong_length_is_refused_by_field_with_what_is_wanted(
    reason: str, wanted: str
) -> None:
    with pytest.raises(InvalidMessage) as refused:
        Steer.read_object({"reason": reason})
    assert (refused.value.field, refused.value.reason) == ("reason", wanted)
