"""Names in Entra: what people are called there now, for whoever reads a list of object ids."""

from collections.abc import Collection, Mapping

from shared.domain.errors import DirectoryUnavailable
from shared.ports.directory import Directory

_NOT_ASKED = "Entra could not be asked for the names of some people; ask again"


async def names_in_entra(
    object_ids: Collection[str], directory: Directory
) -> tuple[Mapping[str, str], str | None]:
    """Returns user principal names by object id, and why there are none; None where it was asked.

    Whoever is not in Entra is left out: a list without a name is better than no list.
    """
    if not object_ids:
        return {}, None
    try:
        return await directory.names(object_ids), None
    except DirectoryUnavailable:
        return {}, _NOT_ASKED
