"""What the tenant should hold, and the difference that an export sends.

Level-triggered, as Entra Connect and Cloud Sync are: what could not be exported (staging, an
error, an export that does nothing) stays a difference, and goes out with the next export.
"""

from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from typing import Any, Self

from sandbox.directory_sync.connector_space import ConnectorSpace


@dataclass
class SyncedGroup:
    """A group as the tenant holds it, its members by source anchor."""

    name: str
    members: set[str] = field(default_factory=set)


@dataclass
class Exported:
    """What the tenant holds from this sync: people by anchor, groups by SID."""

    people: dict[str, dict[str, Any]] = field(default_factory=dict)
    groups: dict[str, SyncedGroup] = field(default_factory=dict)

    @classmethod
    def wanted(cls, space: ConnectorSpace, held_back: AbstractSet[str]) -> Self:
        """What the tenant should hold, without the people (by objectGUID) that are held back."""
        people = [one for guid, one in space.people.items() if guid not in held_back]
        groups = {}
        if space.group:
            members = {one.immutable_id for one in people if one.guid in space.group.members}
            groups[space.group.sid] = SyncedGroup(space.group.name, members)
        return cls({one.immutable_id: one.graph_fields() for one in people}, groups)

    def difference(self, wanted: Self) -> dict[str, Any]:
        """The body that turns this into `wanted`; its lists are empty when there is nothing."""
        return {
            "users": [
                fields
                for anchor, fields in wanted.people.items()
                if self.people.get(anchor) != fields
            ],
            "deletedUsers": sorted(self.people.keys() - wanted.people.keys()),
            "groups": self._group_changes(wanted),
            "deletedGroups": sorted(self.groups.keys() - wanted.groups.keys()),
        }

    def _group_changes(self, wanted: Self) -> list[dict[str, Any]]:
        changes = []
        for sid, group in wanted.groups.items():
            if self.groups.get(sid) == group:
                continue
            present = self.groups[sid].members if sid in self.groups else set()
            # Whoever is deleted leaves the group with that.
            gone = self.people.keys() - wanted.people.keys()
            changes.append(
                {
                    "onPremisesSecurityIdentifier": sid,
                    "displayName": group.name,
                    "addMembers": sorted(group.members - present),
                    "removeMembers": sorted(present - group.members - gone),
                }
            )
        return changes

    def to_json(self) -> dict[str, Any]:
        """What is kept on disk."""
        groups = {sid: [group.name, sorted(group.members)] for sid, group in self.groups.items()}
        return {"people": self.people, "groups": groups}

    @classmethod
    def from_json(cls, kept: dict[str, Any]) -> Self:
        """Read back what `to_json` gave."""
        groups = {sid: SyncedGroup(name, set(who)) for sid, (name, who) in kept["groups"].items()}
        return cls(kept["people"], groups)
