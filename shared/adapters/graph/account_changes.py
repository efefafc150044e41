"""The port `AccountChanges`: a delta query of the users, and the audit log's conversions.

Sources, Microsoft Learn, read on 30 Nov 2026: "Use delta query to track changes in Microsoft Graph
data" (`$deltatoken=latest` begins without a listing; a change of a property that is not selected
is not told; only what is in the main data store is tracked) and "user: delta"; "Configure User
Source of Authority", for the activities of the log. Whether `onPremisesSyncEnabled` is tracked when
somebody is converted is documented nowhere, so the log is asked as well.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from http import HTTPStatus
from itertools import chain
from typing import Any

from shared.adapters.graph.client import GraphClient
from shared.adapters.graph.failure import GraphFailure
from shared.adapters.graph.listing import read_lists
from shared.adapters.graph.queries import changes_from_now, conversion_audits
from shared.ports.account_changes import ChangedAccounts

MOST_PAGES = 20
"""Of one look; the next one goes on. How many users stand on a page is Graph's to say."""
_MINIMAL = {"Prefer": "return=minimal"}
"""Only the properties that have changed. Source: "user: delta"."""
_FORGOTTEN = frozenset({HTTPStatus.BAD_REQUEST, HTTPStatus.NOT_FOUND, HTTPStatus.GONE})
"""What an old place may be answered; 410 is the documented one."""
_USER = "user"


class GraphAccountChanges:
    """Reads what has changed, and no more; its methods may raise as the client does."""

    def __init__(self, client: GraphClient) -> None:
        self._client = client

    async def changed(self, place: str | None) -> ChangedAccounts:
        """Returns whose account has changed since that place, or where to begin."""
        if place is None:
            return await self._read(changes_from_now())
        try:
            return await self._read(place)
        except GraphFailure as failure:
            if failure.status not in _FORGOTTEN:
                raise
            begun = await self._read(changes_from_now())
            return ChangedAccounts(object_ids=begun.object_ids, place=begun.place, is_whole=False)

    async def converted(self, since: datetime) -> frozenset[str]:
        """Returns who was converted since then, either way, by the audit log."""
        lists = await read_lists(self._client, conversion_audits(since))
        return frozenset(_converted(chain.from_iterable(one or () for one in lists)))

    async def _read(self, path: str) -> ChangedAccounts:
        found: set[str] = set()
        for _ in range(MOST_PAGES):
            page = await self._client.read_page(path, _MINIMAL)
            found.update(_changed(page.get("value") or ()))
            following = self._client.next_path(page)
            if following is None:
                place = self._client.delta_path(page)
                if place is None:
                    raise GraphFailure("a list of changes that does not say where it goes on")
                return ChangedAccounts(object_ids=frozenset(found), place=place)
            path = following
        return ChangedAccounts(object_ids=frozenset(found), place=path, is_last=False)


def _changed(rows: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    return (str(row["id"]) for row in rows if row.get("id") and "@removed" not in row)


def _converted(records: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    for record in records:
        if str(record.get("result") or "success").casefold() != "success":
            continue
        for target in record.get("targetResources") or ():
            if str(target.get("type") or _USER).casefold() == _USER and target.get("id"):
                yield str(target["id"])
