"""What Entra Connect and Cloud Sync export to the tenant at the end of a cycle."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from sandbox.company import SCOPE_GROUP, SYNCED_SCOPE_GROUP, object_id
from sandbox.tenant.clock import timestamp
from sandbox.tenant.directory import Group, User
from sandbox.tenant.fields import USER_FIELDS
from sandbox.tenant.seed import add_employee, cloud_group
from sandbox.tenant.tenant import Tenant

_ANCHOR = "onPremisesImmutableId"
_SID = "onPremisesSecurityIdentifier"
_COUNTS = (
    "usersCreated",
    "usersUpdated",
    "usersDeleted",
    "groupsCreated",
    "groupsDeleted",
    "membersAdded",
    "membersRemoved",
)


@dataclass
class SyncResult:
    """What an export has changed."""

    counts: Counter[str] = field(default_factory=Counter)
    unresolved: list[str] = field(default_factory=list)
    """Source anchors of members that the tenant does not know."""

    def described(self) -> dict[str, Any]:
        """The result as it is answered."""
        counts = {name: self.counts[name] for name in _COUNTS}
        return {**counts, "unresolvedMembers": self.unresolved}


def take_export(tenant: Tenant, body: dict[str, Any]) -> SyncResult:
    """Carry out an export: users first, so that groups can refer to them.

    Raises:
        ValueError: a part of the body is not what it should be; nothing has been done then.
    """
    _check(body)
    result = SyncResult()
    for fields in body.get("users", []):
        _upsert_user(tenant, fields, result)
    for anchor in body.get("deletedUsers", []):
        _delete_users(tenant, anchor, result)
    for described in body.get("groups", []):
        _upsert_group(tenant, described, result)
    for sid in body.get("deletedGroups", []):
        _delete_groups(tenant, sid, result)
    tenant.directory.note_sync(tenant.clock.now())
    return result


def _check(body: dict[str, Any]) -> None:
    for position, user in enumerate(body.get("users", [])):
        for name in (_ANCHOR, "userPrincipalName"):
            if not user.get(name):
                raise ValueError(f"users[{position}].{name}: missing")
        for name in user:
            if name not in USER_FIELDS:
                raise ValueError(f"users[{position}].{name}: not a field of a user")
    for position, group in enumerate(body.get("groups", [])):
        if not group.get(_SID):
            raise ValueError(f"groups[{position}].{_SID}: missing")


def _upsert_user(tenant: Tenant, described: dict[str, Any], result: SyncResult) -> None:
    now = tenant.clock.now()
    synced = {"onPremisesSyncEnabled": True, "onPremisesLastSyncDateTime": timestamp(now)}
    fields = {**described, **synced}
    user = _matched(tenant, described)
    if user and is_converted(user):
        return
    if user is None:
        _create_user(tenant, fields, now)
        result.counts["usersCreated"] += 1
    elif any(user.fields.get(name) != value for name, value in described.items()):
        user.fields.update(fields)
        tenant.directory.put_user(user)
        result.counts["usersUpdated"] += 1


def is_converted(user: User) -> bool:
    """Whether the cloud has become the source of authority of somebody who was synced."""
    return bool(user.fields.get(_ANCHOR)) and not user.synced


def _matched(tenant: Tenant, described: dict[str, Any]) -> User | None:
    """By source anchor, or else softly: the same name, and never synced so far."""
    found = tenant.directory.users_with(_ANCHOR, [described[_ANCHOR]])
    if found:
        return found[0]
    namesake = tenant.directory.user_by_upn(described["userPrincipalName"])
    return namesake if namesake and not namesake.fields.get(_ANCHOR) else None


def _create_user(tenant: Tenant, fields: dict[str, Any], now: float) -> None:
    settings = tenant.settings
    visible_at = now + settings.new_user_lag_seconds
    licensed_at = now + settings.licence_delay_seconds
    fields = {"userType": "Member", "accountEnabled": True, **fields}
    person = tenant.company.by_upn.get(fields["userPrincipalName"].lower())
    # Somebody who was deleted and comes back is another object to Entra.
    if person and person.object_id not in tenant.directory.user_changes:
        add_employee(
            tenant.directory,
            person,
            fields,
            now,
            visible_at=visible_at,
            licensed_at=licensed_at,
        )
        return
    identifier = object_id("user", f"{fields[_ANCHOR]} {tenant.directory.sequence}")
    created = {"id": identifier, "createdDateTime": timestamp(now)}
    tenant.directory.put_user(User(identifier, {**created, **fields}, visible_at, licensed_at))


def _delete_users(tenant: Tenant, anchor: str, result: SyncResult) -> None:
    for user in tenant.directory.users_with(_ANCHOR, [anchor]):
        if is_converted(user):
            continue
        tenant.directory.delete_user(user.id, tenant.clock.now())
        result.counts["usersDeleted"] += 1


def _upsert_group(tenant: Tenant, described: dict[str, Any], result: SyncResult) -> None:
    group = group_with(tenant, described[_SID])
    if group is None:
        group = _create_group(tenant, described)
        result.counts["groupsCreated"] += 1
    if not group.synced:
        # Converted: the sync honours that, and leaves it alone.
        return
    to_add = _resolved(tenant, described.get("addMembers", []), result)
    to_remove = _resolved(tenant, described.get("removeMembers", []), result)
    if "members" in described:
        wanted = _resolved(tenant, described["members"], result)
        present = list(tenant.directory.membership.direct(group.id))
        to_add += wanted
        to_remove += [member for member in present if member not in set(wanted)]
    for member in to_add:
        result.counts["membersAdded"] += tenant.set_member(group.id, member, present=True)
    for member in to_remove:
        result.counts["membersRemoved"] += tenant.set_member(group.id, member, present=False)


def _create_group(tenant: Tenant, described: dict[str, Any]) -> Group:
    now, name = tenant.clock.now(), described.get("displayName") or described[_SID]
    group = cloud_group(
        name,
        now,
        onPremisesSyncEnabled=True,
        onPremisesSecurityIdentifier=described[_SID],
        onPremisesSamAccountName=name,
        onPremisesLastSyncDateTime=timestamp(now),
    )
    is_first = group.id not in tenant.directory.former_groups
    if not is_first:
        # A synced group is deleted for good: another comes in its place, which nobody has nested.
        count = len(tenant.directory.former_groups)
        group.id = group.fields["id"] = object_id("group", f"{name} {count}")
    tenant.directory.put_group(group)
    if name == SYNCED_SCOPE_GROUP and is_first:
        tenant.set_member(object_id("group", SCOPE_GROUP), group.id, present=True)
    return group


def _delete_groups(tenant: Tenant, sid: str, result: SyncResult) -> None:
    group = group_with(tenant, sid)
    if group and group.synced:
        tenant.directory.delete_group(group.id, tenant.clock.now())
        result.counts["groupsDeleted"] += 1


def group_with(tenant: Tenant, sid: str) -> Group | None:
    """The twin of an AD group; one that was converted has kept its SID."""
    groups = tenant.directory.groups.values()
    return next((group for group in groups if group.fields.get(_SID) == sid), None)


def _resolved(tenant: Tenant, anchors: list[str], result: SyncResult) -> list[str]:
    found = []
    for anchor in anchors:
        users = tenant.directory.users_with(_ANCHOR, [anchor])
        found += [user.id for user in users]
        if not users:
            result.unresolved.append(anchor)
    return found
