"""What a sync knows of AD: one connector space, kept up by DirSync changes."""

from base64 import b64decode, b64encode
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Self
from uuid import UUID

from ldap3.protocol.formatters.formatters import format_sid

from sandbox.company import AD_DOMAIN
from sandbox.directory_sync.active_directory import Change
from sandbox.domain_controller import domain

_DISABLED = 2
_ANCHOR = "mS-DS-ConsistencyGuid"
_SID = "objectSid"
_GRAPH_NAMES = {
    "userPrincipalName": "userPrincipalName",
    "displayName": "displayName",
    "givenName": "givenName",
    "surname": "sn",
    "mail": "mail",
    "department": "department",
    "employeeId": "employeeID",
    "officeLocation": "physicalDeliveryOfficeName",
    "usageLocation": "c",
    "onPremisesSamAccountName": "sAMAccountName",
    "onPremisesUserPrincipalName": "userPrincipalName",
}


@dataclass
class Person:
    """A user object of AD, as far as it is synced."""

    guid: str
    dn: str
    attributes: dict[str, str] = field(default_factory=dict)

    @property
    def immutable_id(self) -> str:
        """The source anchor: mS-DS-ConsistencyGuid, else objectGUID, in base64."""
        return self.attributes.get(_ANCHOR) or b64encode(UUID(self.guid).bytes_le).decode()

    @property
    def new_hire(self) -> bool:
        """Whether the company says that no sync has run since this person's creation."""
        return self.attributes.get("description") == domain.NEW_HIRE_DESCRIPTION

    def graph_fields(self) -> dict[str, Any]:
        """The person as the tenant gets it."""
        fields = {name: self.attributes.get(source) for name, source in _GRAPH_NAMES.items()}
        # Who has no UPN in AD has an implicit one there, and gets that in Entra.
        implicit_name = f"{self.attributes['sAMAccountName']}@{AD_DOMAIN}"
        return {
            **fields,
            "userPrincipalName": fields["userPrincipalName"] or implicit_name,
            "accountEnabled": not int(self.attributes["userAccountControl"]) & _DISABLED,
            "onPremisesImmutableId": self.immutable_id,
            "onPremisesSecurityIdentifier": self.attributes[_SID],
            "onPremisesDistinguishedName": self.dn,
            "onPremisesDomainName": AD_DOMAIN,
        }


@dataclass
class Group:
    """The synced group, its members by objectGUID."""

    guid: str
    sid: str
    name: str
    members: set[str] = field(default_factory=set)
    dn: str = ""


@dataclass
class ConnectorSpace:
    """Everybody below the people's OU and the one group in scope, as of the last import."""

    scope_group: str
    cookie: bytes = b""
    people: dict[str, Person] = field(default_factory=dict)
    group: Group | None = None

    def apply(self, changes: Iterable[Change], cookie: bytes) -> None:
        """Take in what DirSync has brought, and remember from where to go on."""
        for change in changes:
            known_group = self.group is not None and change.guid == self.group.guid
            if known_group or "group" in change.classes:
                self._apply_to_group(change)
            elif change.guid in self.people or "user" in change.classes:
                self._apply_to_person(change)
        self.cookie = cookie

    def _apply_to_person(self, change: Change) -> None:
        if change.deleted or not change.dn.endswith(domain.PEOPLE):
            self.people.pop(change.guid, None)
            return
        person = self.people.setdefault(change.guid, Person(change.guid, change.dn))
        person.dn = change.dn
        for name, value in change.attributes.items():
            if value is None:
                person.attributes.pop(name, None)
            else:
                person.attributes[name] = _text(name, value)

    def _apply_to_group(self, change: Change) -> None:
        if self.group is None or change.guid != self.group.guid:
            name = change.attributes.get("sAMAccountName")
            sid = change.attributes.get(_SID)
            if name != self.scope_group.encode() or sid is None or change.deleted:
                return
            self.group = Group(change.guid, format_sid(sid), self.scope_group)
        if change.deleted:
            self.group = None
            return
        self.group.dn = change.dn
        self.group.members |= change.members_added
        self.group.members -= change.members_removed

    def to_json(self) -> dict[str, Any]:
        """The space as it is kept on disk."""
        group = self.group
        return {
            "scopeGroup": self.scope_group,
            "cookie": b64encode(self.cookie).decode(),
            "people": [[one.guid, one.dn, one.attributes] for one in self.people.values()],
            "group": group and [group.guid, group.sid, group.name, sorted(group.members), group.dn],
        }

    @classmethod
    def from_json(cls, kept: dict[str, Any]) -> Self:
        """Read back what `to_json` gave."""
        people = [Person(*one) for one in kept["people"]]
        group = Group(*kept["group"]) if kept["group"] else None
        if group:
            group.members = set(group.members)
        return cls(
            kept["scopeGroup"],
            b64decode(kept["cookie"]),
            {person.guid: person for person in people},
            group,
        )


def _text(name: str, value: bytes) -> str:
    if name == _SID:
        return str(format_sid(value))
    if name == _ANCHOR:
        return b64encode(value).decode()
    return value.decode()
