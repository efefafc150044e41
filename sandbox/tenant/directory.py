"""The tenant's objects: users, groups, directory roles and who belongs to what. Pure state."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from typing import Any, NamedTuple
from uuid import uuid4

from sandbox.company import INITIAL_PASSWORD, object_id
from sandbox.tenant.membership import Membership

INDEXED_FIELDS = (
    "userPrincipalName",
    "employeeId",
    "mail",
    "onPremisesImmutableId",
    "onPremisesSamAccountName",
    "onPremisesSecurityIdentifier",
)
"""Fields whose equality a query answers without reading every user."""
READER_ROLES = frozenset(
    {
        "Directory Readers",
        "Global Reader",
        "Guest Inviter",
        "Message Center Reader",
        "Reports Reader",
        "Security Reader",
    }
)
"""Some of the roles that Microsoft's list of the two-gate policy leaves out.

Source: https://learn.microsoft.com/entra/identity/authentication/concept-sspr-policy, read on 29
November 2026."""


@dataclass
class User:
    """A user: the fields Graph shows, and what only the sandbox knows."""

    id: str
    fields: dict[str, Any]
    visible_at: float
    """Until then requests answer that there is no such user."""
    licensed_at: float | None = None
    password: str = INITIAL_PASSWORD
    """In the clear: it protects nothing but a sandbox. Unused for synced users."""
    methods: list[str] = field(default_factory=list)
    """What the user has registered for SSPR."""
    registered_at: float | None = None
    roles: list[str] = field(default_factory=list)
    """Directory roles held for the whole tenant, by display name."""
    unit_roles: list[str] = field(default_factory=list)
    """Those held in an administrative unit alone."""
    eligible_roles: list[str] = field(default_factory=list)
    """Those that the user may make theirs for an hour."""
    licence: str = "premium"
    """What the user has where they are licensed, by its name in `licences`."""
    snoozed_until: float | None = None
    """Until when no campaign asks again, because the user has skipped one."""

    @property
    def governed_as_administrator(self) -> bool:
        """Whether SSPR's policy for administrators governs the user.

        By assumption only by what is held now, and for the whole tenant.
        """
        return any(role not in READER_ROLES for role in self.roles)

    @property
    def upn(self) -> str:
        """The user principal name."""
        return str(self.fields["userPrincipalName"])

    @property
    def synced(self) -> bool:
        """Whether on-premises is where this user is mastered."""
        return bool(self.fields.get("onPremisesSyncEnabled"))

    def licensed(self, at: float) -> bool:
        """Whether the user has a P1 licence."""
        return self.licensed_at is not None and self.licensed_at <= at


@dataclass
class Group:
    """A group; its members are in `Directory.membership`."""

    id: str
    fields: dict[str, Any]

    @property
    def name(self) -> str:
        """The display name."""
        return str(self.fields["displayName"])

    @property
    def synced(self) -> bool:
        """Whether on-premises is where this group is mastered."""
        return bool(self.fields.get("onPremisesSyncEnabled"))


class ObjectChange(NamedTuple):
    """An object to store, or with no body to delete."""

    kind: str
    id: str
    body: dict[str, Any] | None


class MemberChange(NamedTuple):
    """A membership to store or delete."""

    group: str
    member: str
    present: bool


Change = ObjectChange | MemberChange


class Directory:
    """Everything a tenant holds, in memory, and the changes that have not been stored yet."""

    def __init__(self) -> None:
        self.users: dict[str, User] = {}
        self.groups: dict[str, Group] = {}
        self.former_groups: set[str] = set()
        """The object ids of those that were deleted: no group has them again."""
        self.membership = Membership()
        self.last_synced_at: float | None = None
        self.epoch = uuid4().hex
        """Tells this process's delta tokens from another's, whose sequence is not ours."""
        self.sequence = 0
        """Counts the changes of users, for delta queries."""
        self.user_changes: dict[str, int] = {}
        """The last change of every user that exists or has existed, oldest first."""
        self._index: dict[str, dict[str, dict[str, None]]] = {
            name: defaultdict(dict) for name in INDEXED_FIELDS
        }
        self._indexed_as: dict[str, dict[str, str]] = {}
        self._changes: list[Change] = []

    def take_changes(self) -> list[Change]:
        """What has to be stored since the last time this was called."""
        changes, self._changes = self._changes, []
        return changes

    def put_user(self, user: User, *, tracked: bool = True) -> None:
        """Add a user, or take note of what changed in one; delta queries tell what is tracked."""
        self.users[user.id] = user
        self._reindex(user.id, user.fields)
        if tracked:
            self._note_user_change(user.id)
        self._changes.append(ObjectChange("user", user.id, asdict(user)))

    def delete_user(self, user_id: str, at: float) -> None:
        """Delete a user with all memberships."""
        for group in self.membership.groups_of(user_id):
            self.set_member(group, user_id, at, present=False)
        del self.users[user_id]
        self._reindex(user_id, {})
        self._note_user_change(user_id)
        self._changes.append(ObjectChange("user", user_id, None))

    def put_group(self, group: Group) -> None:
        """Add a group, or take note of what changed in one."""
        self.groups[group.id] = group
        self._changes.append(ObjectChange("group", group.id, asdict(group)))

    def delete_group(self, group_id: str, at: float) -> None:
        """Delete a group, its members and its memberships."""
        for member in list(self.membership.direct(group_id)):
            self.set_member(group_id, member, at, present=False)
        for parent in self.membership.groups_of(group_id):
            self.set_member(parent, group_id, at, present=False)
        del self.groups[group_id]
        self.former_groups.add(group_id)
        self._changes.append(ObjectChange("group", group_id, None))
        self._changes.append(ObjectChange("former-group", group_id, {"id": group_id}))

    def set_member(self, group: str, member: str, at: float, *, present: bool) -> bool:
        """Add or remove a member; answers whether that changed anything."""
        changed = self.membership.change(group, member, at, present=present)
        if changed:
            self._changes.append(MemberChange(group, member, present))
        return changed

    def note_sync(self, at: float) -> None:
        """Remember when Entra Connect was last heard of."""
        self.last_synced_at = at
        self._changes.append(ObjectChange("sync", "last", {"at": at}))

    def user_by_upn(self, upn: str) -> User | None:
        """The user with this user principal name, in whatever case."""
        return next(iter(self.users_with("userPrincipalName", [upn])), None)

    def users_with(self, name: str, values: Iterable[str]) -> list[User]:
        """The users whose indexed field `name` is one of `values`."""
        index = self._index[name]
        found = {user: None for value in values for user in index.get(index_key(name, value), ())}
        return [self.users[user] for user in found]

    def group_named(self, name: str) -> Group | None:
        """The group with this display name."""
        return next((group for group in self.groups.values() if group.name == name), None)

    def _note_user_change(self, user_id: str) -> None:
        self.sequence += 1
        self.user_changes.pop(user_id, None)
        self.user_changes[user_id] = self.sequence

    def _reindex(self, user_id: str, fields: dict[str, Any]) -> None:
        for name, key in self._indexed_as.pop(user_id, {}).items():
            del self._index[name][key][user_id]
        keys = {name: index_key(name, fields[name]) for name in INDEXED_FIELDS if fields.get(name)}
        for name, key in keys.items():
            self._index[name][key][user_id] = None
        self._indexed_as[user_id] = keys


def index_key(name: str, value: str) -> str:
    """What two values must share to be equal: Base64 counts its case, names do not."""
    return value if name == "onPremisesImmutableId" else value.casefold()


def role_id(name: str) -> str:
    """The object id of a directory role."""
    return object_id("role", name)
