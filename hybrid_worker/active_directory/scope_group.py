"""The one AD group that the worker writes: what it is, who is in it, and changes to it."""

import re
from collections.abc import Collection, Sequence
from enum import StrEnum
from itertools import batched
from uuid import UUID

import ldap3
from ldap3.core.results import RESULT_NO_SUCH_OBJECT, RESULT_SUCCESS
from ldap3.protocol.formatters.formatters import format_sid

from hybrid_worker.active_directory.answers import FOR_EVERYBODY, OUT_OF_DATE, PASSING, Answer
from hybrid_worker.active_directory.connection import DirectoryConnection, Entry
from hybrid_worker.active_directory.filters import group_filter
from hybrid_worker.active_directory.trouble import DirectoryTrouble
from hybrid_worker.active_directory.written import Budget, Written
from shared.domain.errors import ConfigurationError, DirectoryUnavailable

MOST_VALUES = 1000
"""Member values of one modify; AD takes about 5,000."""
_SECURITY_ENABLED = 0x80000000
_MEMBER_GUID = re.compile(rb"<GUID=([0-9A-Fa-f-]+)>")

type Change = tuple[str, UUID]
"""ldap3's word for add or delete, and whom."""


class GroupScope(StrEnum):
    """Whose people a group takes (MS-ADTS 2.2.12: the flags of `groupType`)."""

    GLOBAL = "global"
    """Of its own domain only."""
    DOMAIN_LOCAL = "domain local"
    UNIVERSAL = "universal"
    """Of every domain of the forest."""

    @classmethod
    def of(cls, group_type: int) -> "GroupScope":
        """Returns the scope that the flags tell of."""
        if group_type & 0x8:
            return cls.UNIVERSAL
        return cls.DOMAIN_LOCAL if group_type & 0x4 else cls.GLOBAL


class ScopeGroup:
    """A security group, held by its GUID: a rename or a move changes nothing."""

    def __init__(
        self,
        connection: DirectoryConnection,
        guid: UUID,
        scope: GroupScope = GroupScope.GLOBAL,
        sid: str | None = None,
    ) -> None:
        self._connection = connection
        self.guid = guid
        self.scope = scope
        self.sid = sid
        """By which the group's twin in Entra is found; None where AD did not show it."""
        self._dn = f"<GUID={guid}>"

    @classmethod
    def resolve(
        cls, connection: DirectoryConnection, name: str, *, of_forest: bool = False
    ) -> "ScopeGroup":
        """Finds the group by DN, sAMAccountName or name.

        Args:
            connection: To its domain.
            name: As the settings have it.
            of_forest: Whether people of several domains are to be put into it.

        Raises:
            ConfigurationError: there is no such group, more than one, or it is not a security
                group, or takes people of its own domain only where others are to be put in.
            DirectoryUnavailable: AD did not answer.
        """
        groups = _find(connection, name)
        if len(groups) != 1:
            count = len(groups) or "no"
            raise ConfigurationError(
                f"SSPR_WORKER_DIRECTORY_SCOPE_GROUP: {count} group(s) of that name in AD. "
                "Give the DN of the one that is synced."
            )
        kind = int(groups[0]["groupType"][0])
        if not kind & _SECURITY_ENABLED:
            raise ConfigurationError(
                "SSPR_WORKER_DIRECTORY_SCOPE_GROUP: a distribution group, which SSPR cannot use. "
                "Name a security group."
            )
        scope = GroupScope.of(kind)
        if of_forest and scope is not GroupScope.UNIVERSAL:
            raise ConfigurationError(
                f"SSPR_WORKER_DIRECTORY_SCOPE_GROUP: a {scope} group, but "
                "SSPR_WORKER_DIRECTORY_CATALOGUE is for people of several domains, whom only a "
                "universal group takes. Convert the group, or leave the catalogue out."
            )
        (sid,) = groups[0].get("objectSid") or (None,)
        guid = UUID(bytes_le=groups[0]["objectGUID"][0])
        return cls(connection, guid, scope, str(format_sid(sid)) if sid else None)

    def expect_there(self) -> None:
        """Makes sure that the group is still there, so that nothing is taken while it is not.

        Raises:
            DirectoryTrouble: it was deleted, or the account no longer sees it.
            DirectoryUnavailable: AD did not answer.
        """
        if self._connection.read(self._dn, ["objectGUID"]) is None:
            raise _gone()

    def members(self) -> set[UUID]:
        """Returns the GUIDs of all direct members.

        It takes as many reads as the server wants; AD gives 1,500 at a time.
        """
        members: set[UUID] = set()
        start: int | None = 0
        while start is not None:
            entry = self._connection.read(
                self._dn, [f"member;range={start}-*"], guids_of_members=True
            )
            if entry is None:
                raise _gone()
            values, start = _slice(entry)
            members.update(UUID(_guid(value)) for value in values)
        return members

    def write(
        self, adds: Collection[UUID], removes: Collection[UUID], budget: Budget | None = None
    ) -> Written:
        """Puts people in and takes people out.

        What one value is refused for costs no other: the change is halved until it stands alone.

        Raises:
            DirectoryUnavailable: AD did not answer; what was written so far is not known.
        """
        written = Written(budget or Budget())
        changes = [(ldap3.MODIFY_ADD, guid) for guid in adds]
        changes += [(ldap3.MODIFY_DELETE, guid) for guid in removes]
        for batch in batched(changes, MOST_VALUES, strict=False):
            self._write(batch, written)
        return written

    def _write(self, changes: Sequence[Change], written: Written) -> None:
        guids = [guid for _, guid in changes]
        if written.budget.is_spent:
            written.postpone(guids, "after too many refusals")
            return
        answer = self._modify(changes)
        if answer.code in OUT_OF_DATE:
            changes = self._still_due(changes, written)
            answer = self._modify(changes) if changes else Answer(RESULT_SUCCESS, "")
        if answer.code == RESULT_SUCCESS:
            return
        if answer.code in FOR_EVERYBODY:
            written.refuse([guid for _, guid in changes], answer.words)
            return
        if answer.code in PASSING:
            written.budget.pause()
        if len(changes) > 1:
            middle = len(changes) // 2
            self._write(changes[:middle], written)
            self._write(changes[middle:], written)
        else:
            self._give_up(changes[0][1], answer, written)

    def _give_up(self, guid: UUID, answer: Answer, written: Written) -> None:
        """Notes what became of the one value that AD does not take."""
        if answer.code == RESULT_NO_SUCH_OBJECT:
            if self._connection.read(self._dn, ["objectGUID"]) is None:
                raise _gone()
            written.vanish(guid)
        elif answer.code in PASSING:
            written.postpone([guid], answer.words)
        else:
            written.refuse([guid], answer.words)

    def _modify(self, changes: Sequence[Change]) -> Answer:
        verbs = dict.fromkeys(verb for verb, _ in changes)
        values = [(verb, [f"<GUID={guid}>" for v, guid in changes if v == verb]) for verb in verbs]
        return self._connection.modify(self._dn, {"member": values})

    def _still_due(self, changes: Sequence[Change], written: Written) -> list[Change]:
        """Returns the changes that are still to be made, without those that are as wished already.

        Samba ignores the permissive control, so that these have to be taken out.
        """
        members = self.members()
        due = [(verb, guid) for verb, guid in changes if (guid in members) != _adds(verb)]
        written.already.update({guid for _, guid in changes} - {guid for _, guid in due})
        return due


def _gone() -> DirectoryTrouble:
    text = "the scope group was deleted, or the worker's account no longer sees it"
    return DirectoryTrouble("scope-group", text, passes=False)


def _adds(verb: str) -> bool:
    return bool(verb == ldap3.MODIFY_ADD)


def _find(connection: DirectoryConnection, name: str) -> list[Entry]:
    attributes = ["objectGUID", "groupType", "objectSid"]
    if "=" not in name:
        return list(connection.search(group_filter(name), attributes))
    entry = connection.read(name, attributes)
    return [entry] if entry and "groupType" in entry else []


def _slice(entry: Entry) -> tuple[Sequence[bytes], int | None]:
    """Returns the values that came, and where the next read starts.

    AD names the last slice `…-*`; after it the start is None.
    """
    for name, values in entry.items():
        attribute, _, option = name.partition(";range=")
        if attribute.lower() == "member" and values:
            end = option.partition("-")[2]
            return values, int(end) + 1 if end.isdigit() else None
    return [], None


def _guid(value: bytes) -> str:
    found = _MEMBER_GUID.match(value)
    if found is None:
        raise DirectoryUnavailable("a member came without its GUID")
    return found[1].decode()
