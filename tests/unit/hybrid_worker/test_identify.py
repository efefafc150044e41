"""Who is meant: the surest way decides, and what points less surely is not even looked up."""

from base64 import b64encode
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from uuid import UUID

from hybrid_worker.active_directory.account import Account, AccountKind, Pointer
from hybrid_worker.identify import identify
from shared.contracts.messages.directory_command import CommandMember

ADA = Account(guid=UUID(int=1), sid="S-1-5-21-1", user_principal_name="ada@x", employee_id="1")
BOB = Account(guid=UUID(int=2), sid="S-1-5-21-2", user_principal_name="bob@x", employee_id="2")


@dataclass
class Domain:
    """Two people; what was looked up, search by search; and whom nobody can be asked about."""

    searches: list[set[str]] = field(default_factory=list)
    dark: frozenset[AccountKind] = frozenset()

    def find(self, pointers: Collection[Pointer]) -> Mapping[Pointer, tuple[Account, ...]]:
        self.searches.append({pointer.value for pointer in pointers})
        return {
            pointer: tuple(one for one in (ADA, BOB) if one.is_meant_by(pointer))
            for pointer in pointers
            if pointer.kind not in self.dark
        }


def member(**known: str) -> CommandMember:
    return CommandMember(key="k", **known)


def test_who_is_found_by_sid_is_not_looked_up_by_name() -> None:
    domain = Domain()
    (found,) = identify([member(sid="s-1-5-21-1", user_principal_name="bob@x")], domain.find)
    assert (found.accounts, found.by) == ((ADA,), AccountKind.SID)
    assert domain.searches == [{"S-1-5-21-1"}]


def test_many_are_looked_up_at_once_and_each_goes_on_only_until_found() -> None:
    domain = Domain()
    people = [
        member(sid="S-1-5-21-1", user_principal_name="ada@x"),
        member(user_principal_name="nobody@x", employee_id="2"),
        member(user_principal_name="bob@x", employee_id="1"),
    ]
    found = identify(people, domain.find)
    assert [one.accounts for one in found] == [(ADA,), (BOB,), (BOB,)]
    assert domain.searches == [{"S-1-5-21-1", "nobody@x", "bob@x"}, {"2"}]


def test_an_anchor_that_leads_to_somebody_else_contradicts_and_one_to_nobody_does_not() -> None:
    def anchor(guid: UUID) -> str:
        return b64encode(guid.bytes_le).decode()

    people = [
        member(sid=ADA.sid, source_anchor=anchor(guid))
        for guid in (ADA.guid, BOB.guid, UUID(int=3))
    ]
    found = identify(people, Domain().find)
    assert [(one.accounts, one.contradicted) for one in found] == [
        ((ADA,), False),
        ((ADA,), True),
        ((ADA,), False),
    ]


def test_where_nobody_could_look_nobody_is_said_to_be_missing_or_found_by_less() -> None:
    domain = Domain(dark=frozenset({AccountKind.SID}))
    (found,) = identify([member(sid="S-1-5-21-9", user_principal_name="bob@x")], domain.find)
    assert (found.accounts, found.unknown) == ((), True)
