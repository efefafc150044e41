"""Known memberships: of everybody, or of nobody, since silence does not mean "in none"."""

from collections.abc import Collection, Mapping

from shared.domain.errors import GroupsUnsaid
from shared.domain.person.people import Memberships
from shared.ports.directory import Directory


async def known_memberships(
    object_ids: Collection[str], directory: Directory
) -> Mapping[str, Memberships]:
    """Returns the groups and roles of each of these people.

    Raises:
        GroupsUnsaid: Entra does not say them of somebody.
        DirectoryUnavailable: Entra did not answer at all.
    """
    if not object_ids:
        return {}
    known = await directory.memberships(object_ids)
    if unsaid := set(object_ids) - known.keys():
        raise GroupsUnsaid(len(unsaid))
    return known
