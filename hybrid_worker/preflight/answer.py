"""Answers questions about people: who is meant, what AD shows of them, what that comes to."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import batched
from typing import Protocol
from uuid import UUID

import structlog
from ldap3.protocol.microsoft import security_descriptor_control
from ldap3.utils.conv import escape_bytes

from hybrid_worker.active_directory.account import Account, AccountKind, Pointer, guid_of
from hybrid_worker.active_directory.connection import DirectoryConnection, Entry
from hybrid_worker.active_directory.filters import MOST_TERMS
from hybrid_worker.identify import Find, identify
from hybrid_worker.preflight import findings, rights
from hybrid_worker.preflight.connector import Connector, find_connector
from hybrid_worker.preflight.findings import Surroundings, Word, told_apart, words_about
from hybrid_worker.preflight.rights import Held
from hybrid_worker.preflight.security_descriptor import NotADescriptor, read_descriptor
from shared.contracts.messages.directory_answer import DirectoryAnswer, PersonFindings
from shared.contracts.messages.directory_command import CommandMember
from shared.contracts.messages.directory_question import DirectoryQuestion
from shared.domain.person.preflight import Finding, Unknown, in_order

_log = structlog.get_logger(__name__)

_DACL_ALONE = 4
"""DACL_SECURITY_INFORMATION: the SACL needs a privilege that no worker should have."""
_KNOWN_FOR = timedelta(minutes=5)
"""For so long what holds for everybody is taken to stay: one wave is many questions."""


class Directory(Protocol):
    """AD, as far as this asks it."""

    def find_people(self, pointers: Collection[Pointer]) -> Mapping[Pointer, tuple[Account, ...]]:
        """Finds everybody each pointer leads to; leaves out what it cannot tell."""

    @property
    def connection(self) -> DirectoryConnection:
        """The connection to the worker's own domain."""


class AnswerQuestions:
    """Looks at people's accounts; nothing is written, and nothing is remembered of them."""

    def __init__(
        self,
        directory: Directory,
        *,
        base: str,
        connector: str | None,
        worker: str,
        clock: Callable[[], datetime],
    ) -> None:
        """Takes where to look.

        Args:
            directory: AD.
            base: The domain's naming context.
            connector: The name or SID of whoever writes passwords back; None: as Microsoft names
                it.
            worker: Under which name to answer.
            clock: Tells the local time.
        """
        self._directory = directory
        self._base = base
        self._connector = connector
        self._worker = worker
        self._clock = clock
        self._around: Surroundings | None = None
        self._looked_at = clock()

    def __call__(self, question: DirectoryQuestion) -> DirectoryAnswer:
        """Answers one question.

        Raises:
            DirectoryUnavailable: AD did not answer; ask again.
        """
        around = self._surroundings()
        words = self._words(question.people, around)
        people = tuple(
            _person(member, some) for member, some in zip(question.people, words, strict=True)
        )
        _log.info("people-checked", question=question.question_key, people=len(people))
        return DirectoryAnswer(
            question_key=question.question_key,
            people=people,
            worker=self._worker,
            answered_at=self._clock(),
        )

    def _words(
        self, members: Sequence[CommandMember], around: Surroundings
    ) -> list[Iterable[Word]]:
        find = self._directory.find_people
        found = identify(members, find)
        alone = [one.accounts[0] for one in found if len(one.accounts) == 1]
        entries = self._entries({account.guid for account in alone})
        doubled = _doubled(members, alone, find)
        words: list[Iterable[Word]] = []
        for member, finding in zip(members, found, strict=True):
            match finding.accounts:
                case () if finding.unknown:
                    words.append([Unknown.OTHER_DOMAIN])
                case ():
                    words.append([Finding.NOT_FOUND])
                case (_,) if finding.contradicted:
                    words.append([Finding.SEVERAL_MATCHES])
                case (account,):
                    of_account = _of_account(account, entries.get(account.guid), around)
                    words.append([*of_account, *_of_anchor(member, account, doubled)])
                case _:
                    words.append([Finding.SEVERAL_MATCHES])
        return words

    def _entries(self, guids: Iterable[UUID]) -> dict[UUID, Entry]:
        """Returns what AD shows of the accounts in the worker's own domain."""
        controls = security_descriptor_control(sdflags=_DACL_ALONE)
        found = {}
        for some in batched(sorted(guids), MOST_TERMS, strict=False):
            terms = "".join(f"(objectGUID={escape_bytes(guid.bytes_le)})" for guid in some)
            for entry in self._directory.connection.search(
                f"(|{terms})", findings.ATTRIBUTES, controls=controls
            ):
                found[UUID(bytes_le=entry["objectGUID"][0])] = entry
        return found

    def _surroundings(self) -> Surroundings:
        now = self._clock()
        if self._around is None or not timedelta() <= now - self._looked_at <= _KNOWN_FOR:
            self._around = self._look_around(now)
            self._looked_at = now
        return replace(self._around, now=now)

    def _look_around(self, now: datetime) -> Surroundings:
        connection = self._directory.connection
        connector = find_connector(connection, self._connector)
        if connector is None:
            _log.warning("connector-unknown", setting=self._connector is not None)
        controls = security_descriptor_control(sdflags=_DACL_ALONE)
        root = (
            connection.read(self._base, ["minPwdAge", "nTSecurityDescriptor"], controls=controls)
            or {}
        )
        return Surroundings(
            now=now,
            token=connector.token if connector else None,
            may_unexpire=_may_unexpire(root, connector),
            minimum_age=findings.age_of(root, "minPwdAge"),
            fine_grained=self._fine_grained(),
        )

    def _fine_grained(self) -> dict[str, timedelta] | None:
        """Returns the minimum ages of fine-grained policies; None where they are hidden.

        Whoever may not read their container sees none of them, and no account that has one.
        """
        container = f"CN=Password Settings Container,CN=System,{self._base}"
        connection = self._directory.connection
        if not (connection.read(container, ["objectClass"]) or {}).get("objectClass"):
            return None
        policies = connection.search(
            "(objectClass=msDS-PasswordSettings)",
            ["distinguishedName", "msDS-MinimumPasswordAge"],
            container,
        )
        ages = {
            policy["distinguishedName"][0].decode().lower(): findings.age_of(
                policy, "msDS-MinimumPasswordAge"
            )
            for policy in policies
        }
        return {dn: age for dn, age in ages.items() if age is not None}


def _person(member: CommandMember, words: Iterable[Word]) -> PersonFindings:
    found, unknown = told_apart(words)
    return PersonFindings(
        key=member.key, findings=in_order(found, Finding), unknown=in_order(unknown, Unknown)
    )


def _of_account(account: Account, entry: Entry | None, around: Surroundings) -> Iterator[Word]:
    if entry is None:
        yield Unknown.OTHER_DOMAIN
        return
    try:
        yield from words_about(entry, around)
    except Exception as error:  # noqa: BLE001  # one account costs no other its answer
        _log.error("account-not-checked", guid=str(account.guid), error=type(error).__name__)
        yield Unknown.NOT_CHECKED


def _of_anchor(
    member: CommandMember, account: Account, doubled: Collection[UUID]
) -> Iterator[Word]:
    anchor = guid_of(member.source_anchor or account.source_anchor)
    if anchor is None or not account.has_anchor(anchor):
        # The tenant's anchor is in an attribute that this worker does not know of.
        yield Unknown.DUPLICATES
    elif anchor in doubled:
        yield Finding.DUPLICATE_ANCHOR


def _doubled(
    members: Sequence[CommandMember], accounts: Iterable[Account], find: Find
) -> set[UUID]:
    """Returns the source anchors that more than one account has, by either attribute.

    Those that the question names, and those that AD shows where it names none.
    """
    named = [one.source_anchor for one in members if one.source_anchor]
    shown = [account.source_anchor for account in accounts]
    found = find(
        {Pointer(AccountKind.ANCHOR, anchor) for anchor in (*named, *shown) if guid_of(anchor)}
    )
    several = (pointer.guid for pointer, some in found.items() if len(some) > 1)
    return {guid for guid in several if guid is not None}


def _may_unexpire(root: Entry, connector: Connector | None) -> Held:
    values = root.get("nTSecurityDescriptor")
    if connector is None or not values:
        return Held.UNKNOWN
    try:
        return rights.held(rights.UNEXPIRE_PASSWORD, read_descriptor(values[0]), connector.token)
    except NotADescriptor:
        return Held.UNKNOWN
