"""Who is a member of which group, now and a moment ago."""

from collections import defaultdict
from collections.abc import Iterable

_Changes = list[tuple[float, bool]]


class Membership:
    """Direct memberships with a short memory, for readers that lag behind the writers.

    Every reading method takes `as_of`, in seconds since the epoch; changes made after it are
    not seen. `None` means now.
    """

    def __init__(self) -> None:
        self._members: dict[str, dict[str, None]] = defaultdict(dict)
        self._groups: dict[str, dict[str, None]] = defaultdict(dict)
        # By group, then member; the member that changed last stands last.
        self._recent: dict[str, dict[str, _Changes]] = defaultdict(dict)

    def change(self, group: str, member: str, at: float, *, present: bool) -> bool:
        """Add or remove a member; answers whether that changed anything."""
        if (member in self._members[group]) == present:
            return False
        if present:
            self._members[group][member] = None
            self._groups[member][group] = None
        else:
            del self._members[group][member]
            del self._groups[member][group]
        changes = self._recent[group].pop(member, [])
        self._recent[group][member] = [*changes, (at, present)]
        return True

    def forget_changes(self, group: str, before: float) -> None:
        """Let go of the changes of a group that no reader can miss any more."""
        recent = self._recent[group]
        while recent and recent[oldest := next(iter(recent))][-1][0] < before:
            del recent[oldest]

    def direct(self, group: str, as_of: float | None = None) -> Iterable[str]:
        """The direct members of a group."""
        members = self._members.get(group, {})
        recent = self._recent.get(group)
        if as_of is None or not recent:
            return members
        seen = dict(members)
        for member, changes in recent.items():
            if _was_present(changes, as_of):
                seen[member] = None
            else:
                seen.pop(member, None)
        return seen

    def transitive(self, group: str, as_of: float | None = None) -> set[str]:
        """Everything in a group, or in a group in it, and so on."""
        found: set[str] = set()
        to_visit = [group]
        while to_visit:
            new = set(self.direct(to_visit.pop(), as_of)) - found
            found |= new
            to_visit += [member for member in new if member in self._members]
        return found

    def groups_of(self, member: str, as_of: float | None = None) -> set[str]:
        """The groups that have this direct member."""
        groups = set(self._groups.get(member, {}))
        if as_of is None:
            return groups
        for group, recent in self._recent.items():
            if member in recent:
                (groups.add if _was_present(recent[member], as_of) else groups.discard)(group)
        return groups

    def transitive_groups_of(self, member: str, as_of: float | None = None) -> set[str]:
        """The groups a member is in, directly or through other groups."""
        found: set[str] = set()
        to_visit = [member]
        while to_visit:
            new = self.groups_of(to_visit.pop(), as_of) - found
            found |= new
            to_visit += new
        return found


def _was_present(changes: _Changes, as_of: float) -> bool:
    """The state that the last change up to `as_of` left, or that the first one after it ended."""
    earlier = [present for at, present in changes if at <= as_of]
    return earlier[-1] if earlier else not changes[0][1]
