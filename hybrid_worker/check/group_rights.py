"""What AD's constructed attributes say about the account's rights on groups: pure.

`allowedAttributesEffective` holds what the asking account may write on an object, and
`sDRightsEffective` which parts of its security descriptor (MS-ADTS 3.1.1.4.5.7 and .4). Both are
constructed, so no filter can ask for them: groups have to be read one by one.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from hybrid_worker.active_directory.connection import Entry

RIGHTS = ("allowedAttributesEffective", "sDRightsEffective")
MOST_GROUPS = 10_000
"""Groups to look at; AD computes each answer, and a larger domain would notice."""
_MOST_NAMED = 5
_MEMBER = "member"


@dataclass(frozen=True, slots=True)
class Rights:
    """What the account may do to one object."""

    attributes: frozenset[str]
    """In lower case."""
    descriptor: bool
    """Whether it may change owner, permissions or audit settings."""

    @classmethod
    def of(cls, entry: Entry) -> "Rights":
        """Returns the rights that a search entry shows."""
        names = entry.get("allowedAttributesEffective", ())
        descriptor = entry.get("sDRightsEffective") or [b"0"]
        return cls(frozenset(name.decode().lower() for name in names), descriptor[0] != b"0")

    @property
    def writes_members(self) -> bool:
        """Whether `member` may be written, or a right to do so be taken."""
        return _MEMBER in self.attributes or self.descriptor

    @property
    def beyond_members(self) -> list[str]:
        """Everything but `member`, in order."""
        more = sorted(self.attributes - {_MEMBER})
        return [*more, "its permissions"] if self.descriptor else more


@dataclass(slots=True)
class OtherGroups:
    """What was found among the groups that the worker is not to write."""

    looked_at: int = 0
    more: bool = False
    """There are more groups than were looked at."""
    silent: int = 0
    """Of how many AD did not say what may be done to them."""
    writable: list[str] = field(default_factory=list)


def look_at(groups: Iterable[Entry], scope_group: bytes, most: int = MOST_GROUPS) -> OtherGroups:
    """Goes through groups, except the one whose `objectGUID` is the scope group's."""
    found = OtherGroups()
    for entry in groups:
        if entry["objectGUID"][0] == scope_group:
            continue
        if found.looked_at >= most:
            found.more = True
            break
        found.looked_at += 1
        # AD says 0 where nothing may be changed; nothing at all may mean anything.
        found.silent += "sDRightsEffective" not in entry
        if Rights.of(entry).writes_members:
            name = entry.get("sAMAccountName") or entry["objectGUID"]
            found.writable.append(name[0].decode(errors="replace"))
    return found


def shown(names: list[str]) -> str:
    """Returns the names as text: a few, and how many more there are."""
    rest = len(names) - _MOST_NAMED
    few = ", ".join(names[:_MOST_NAMED])
    return f"{few} and {rest} more" if rest > 0 else few
