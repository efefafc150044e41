"""The one AD group that the worker writes: who is in it, and many changes in one modify."""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from itertools import batched
from uuid import UUID

import ldap3
import structlog
from ldap3.core.results import (
    RESULT_ENTRY_ALREADY_EXISTS,
    RESULT_NO_SUCH_OBJECT,
    RESULT_SUCCESS,
    RESULT_UNWILLING_TO_PERFORM,
)
from ldap3.protocol.formatters.formatters import format_sid

from hybrid_worker.active_directory.connection import DirectoryConnection, Entry, Result
from hybrid_worker.active_directory.filters import group_filter
from shared.domain.errors import ConfigurationError, DirectoryUnavailable

_log = structlog.get_logger(__name__)

MOST_VALUES = 1000
"""Member values of one modify; AD takes about 5,000."""
_SECURITY_ENABLED = 0x80000000
_MEMBER_GUID = re.compile(rb"<GUID=([0-9A-Fa-f-]+)>")
_OUT_OF_DATE = {RESULT_ENTRY_ALREADY_EXISTS, RESULT_UNWILLING_TO_PERFORM}

type Change = tuple[str, UUID]
"""ldap3's word for add or delete, and whom."""


@dataclass(slots=True)
class Written:
    """What became of a difference that was written."""

    already: set[UUID] = field(default_factory=set)
    """Somebody else was faster."""
    vanished: set[UUID] = field(default_factory=set)
    """The accounts that are no longer there."""
    refused: dict[UUID, str] = field(default_factory=dict)
    """Refused by AD, with its words."""


class ScopeGroup:
    """A security group, held by its GUID: a rename or a move changes nothing."""

    def __init__(self, connection: DirectoryConnection, guid: UUID, sid: str | None = None) -> None:
        self._connection = connection
        self.guid = guid
        self.sid = sid
        """By which the group's twin in Entra is found; None where AD did not show it."""
        self._dn = f"<GUID={guid}>"

    @classmethod
    def resolve(cls, connection: DirectoryConnection, name: str) -> "ScopeGroup":
        """Finds the group by DN, sAMAccountName or name.

        Raises:
            ConfigurationError: there is no such group, more than one, or it is not a security
                group.
            DirectoryUnavailable: AD did not answer.
        """
        groups = _find(connection, name)
        if len(groups) != 1:
            count = len(groups) or "no"
            raise ConfigurationError(
                f"SSPR_WORKER_DIRECTORY_SCOPE_GROUP: {count} group(s) of that name in AD. "
                "Give the DN of the one that is synced."
            )
        if not int(groups[0]["groupType"][0]) & _SECURITY_ENABLED:
            raise ConfigurationError(
                "SSPR_WORKER_DIRECTORY_SCOPE_GROUP: a distribution group, which SSPR cannot use. "
                "Name a security group."
            )
        (sid,) = groups[0].get("objectSid") or (None,)
        return cls(
            connection,
            UUID(bytes_le=groups[0]["objectGUID"][0]),
            str(format_sid(sid)) if sid else None,
        )

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
                raise DirectoryUnavailable("the scope group is no longer there")
            values, start = _slice(entry)
            members.update(UUID(_guid(value)) for value in values)
        return members

    def write(self, adds: Collection[UUID], removes: Collection[UUID]) -> Written:
        """Puts people in and takes people out.

        Raises:
            DirectoryUnavailable: AD did not answer; what was written so far is not known.
        """
        written = Written()
        changes = [(ldap3.MODIFY_ADD, guid) for guid in adds]
        changes += [(ldap3.MODIFY_DELETE, guid) for guid in removes]
        for batch in batched(changes, MOST_VALUES, strict=False):
            self._write(batch, written)
        return written

    def _write(self, changes: Sequence[Change], written: Written) -> None:
        code, words = self._modify(changes)
        if code in _OUT_OF_DATE:
            changes = self._still_due(changes, written)
            code, words = self._modify(changes) if changes else (RESULT_SUCCESS, "")
        if code == RESULT_SUCCESS:
            return
        if code != RESULT_NO_SUCH_OBJECT:
            _log.error("write-refused", result=words, members=len(changes))
            written.refused.update({guid: words for _, guid in changes})
        elif len(changes) > 1:
            # One account that is gone rejects the whole modify: halve it until it stands alone.
            middle = len(changes) // 2
            self._write(changes[:middle], written)
            self._write(changes[middle:], written)
        else:
            self._note_vanished(changes[0][1], written)

    def _modify(self, changes: Sequence[Change]) -> Result:
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

    def _note_vanished(self, guid: UUID, written: Written) -> None:
        if self._connection.read(self._dn, ["objectGUID"]) is None:
            raise DirectoryUnavailable("the scope group is no longer there")
        _log.warning("account-vanished", guid=str(guid))
        written.vanished.add(guid)


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
