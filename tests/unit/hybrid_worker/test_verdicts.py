"""What the answer tells of where in AD somebody is: of new hires alone, and of those who are in."""

from uuid import UUID

import pytest

from hybrid_worker.active_directory.account import Account
from hybrid_worker.verdicts import located, result
from shared.contracts.messages.directory_command import CommandMember
from shared.contracts.messages.directory_result import LONGEST_DISTINGUISHED_NAME, MemberResult
from shared.domain.person.writes import ScopeAction, WriteOutcome

DN = "CN=Ada,OU=People,DC=corp,DC=contoso,DC=test"
ADA = Account(guid=UUID(int=1), sid="S-1-5-21-1", distinguished_name=DN)
HIRE = CommandMember(key="employee:1", employee_id="1")
KNOWN = [
    CommandMember(key="k", employee_id="1", sid="S-1-5-21-1"),
    CommandMember(key="k", employee_id="1", source_anchor="q83vASNFZ4mrze8BI0VniQ=="),
]


def told(
    member: CommandMember = HIRE,
    outcome: WriteOutcome = WriteOutcome.DONE,
    action: ScopeAction = ScopeAction.ADD,
    account: Account = ADA,
) -> str | None:
    answer = result(member, outcome, account)
    return located(answer, action, member, account).distinguished_name


@pytest.mark.parametrize("outcome", [WriteOutcome.DONE, WriteOutcome.ALREADY])
def test_of_a_new_hire_who_is_in_the_group_it_is_told_and_crosses_the_queue(
    outcome: WriteOutcome,
) -> None:
    assert told(outcome=outcome) == DN
    answer = located(result(HIRE, outcome, ADA), ScopeAction.ADD, HIRE, ADA)
    assert MemberResult.read(answer.text()) == answer


@pytest.mark.parametrize("member", KNOWN)
def test_of_somebody_whom_the_cloud_knows_it_is_not(member: CommandMember) -> None:
    assert told(member) is None


@pytest.mark.parametrize("outcome", [WriteOutcome.REFUSED, WriteOutcome.NOT_FOUND])
def test_of_somebody_who_was_not_put_in_it_is_not(outcome: WriteOutcome) -> None:
    assert told(outcome=outcome) is None
    assert told(action=ScopeAction.REMOVE) is None


def test_a_name_that_no_message_holds_is_left_out_and_an_answer_without_one_reads() -> None:
    longest = Account(
        guid=UUID(int=1), sid="s", distinguished_name="x" * LONGEST_DISTINGUISHED_NAME
    )
    longer = Account(guid=UUID(int=1), sid="s", distinguished_name=f"{longest.distinguished_name}x")
    assert told(account=longest) == longest.distinguished_name
    assert told(account=longer) is None
    assert told(account=Account(guid=UUID(int=1), sid="s")) is None
    before = b'{"key": "employee:1", "outcome": "done"}'
    assert MemberResult.read(before).distinguished_name is None
