"""Lists, page by page to their end, whatever is wrong with the way there.

A page's token may expire, or lead back to a page before: the list is then read again from its
start, so that a reader may be shown somebody twice and has to bear it. A filter may be refused
unless it is asked as an advanced query: then it is. A row without an id is nobody, and left out.
"""

import logging
from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence
from http import HTTPStatus
from typing import Any

from shared.adapters.graph.batch import Item, Reply, send_all
from shared.adapters.graph.client import GraphClient
from shared.adapters.graph.failure import GraphFailure

MOST_RESTARTS = 2
"""How often one list is begun again; nobody reads it without end."""
_EXPIRED_PAGE_TOKEN = "Directory_ExpiredPageToken"  # noqa: S105  # Graph's word
_LOST = frozenset({HTTPStatus.BAD_REQUEST, HTTPStatus.NOT_FOUND, HTTPStatus.GONE})
"""What a page may be answered that was kept: how reports refuse an old token nobody documents."""
_UNSUPPORTED = "Request_UnsupportedQuery"
_ADVANCED = {"ConsistencyLevel": "eventual"}
"""Source: https://learn.microsoft.com/graph/aad-advanced-queries"""
_LOG = logging.getLogger(__name__)

Row = dict[str, Any]


class Listing:
    """A list on its way to its end: where it goes on, and where it has been."""

    def __init__(self, client: GraphClient, path: str, kept: str | None = None) -> None:
        """Begins a list, or goes on with one at a page that was kept from another time.

        Args:
            client: Who is asked.
            path: Of the list's first page.
            kept: Of a page further on; its token may have expired since.
        """
        self._client = client
        self._start = path
        self._kept = kept
        self._been = {kept or path}
        self._restarts = 0
        self._headers: Mapping[str, str] = {}
        self.following: str | None = kept or path

    @property
    def item(self) -> Item:
        """The request for the next page."""
        return Item("GET", self.following or self._start, headers=self._headers)

    def take(self, page: Mapping[str, Any]) -> list[Row]:
        """Returns the rows of a page, and goes on to the next.

        Raises:
            GraphFailure: the next page is elsewhere, or the list leads back again and again.
        """
        following = self._client.next_path(page)
        if following in self._been:
            self._begin_again(GraphFailure("a list of Graph's that leads back to an earlier page"))
        else:
            self.following = following
            self._been.add(following or self._start)
        return _rows(page)

    def recover(self, failure: GraphFailure) -> None:
        """Finds another way to the list's end where there may be one.

        Raises:
            GraphFailure: the one that was given; there is none.
        """
        is_lost = self.following == self._kept and failure.status in _LOST
        if is_lost or (failure.code == _EXPIRED_PAGE_TOKEN and self.following != self._start):
            self._kept = None
            self._begin_again(failure)
        elif failure.code == _UNSUPPORTED and not self._headers and "$filter=" in self._start:
            self._headers = _ADVANCED
            self._start = self.following = f"{self._start}&$count=true"
            self._been = {self._start}
        else:
            raise failure

    def _begin_again(self, failure: GraphFailure) -> None:
        if self._restarts == MOST_RESTARTS:
            raise failure
        self._restarts += 1
        self.following = self._start
        self._been = {self._start}


async def pages(client: GraphClient, path: str) -> AsyncIterator[list[Row]]:
    """Reads a list page by page, to its end.

    Raises:
        GraphFailure: it could not be read to its end.
    """
    async for rows, _ in pages_from(client, path):
        yield rows


async def pages_from(
    client: GraphClient, path: str, kept: str | None = None
) -> AsyncGenerator[tuple[list[Row], str | None]]:
    """Reads a list page by page, from a page that was kept; with each, the path of the next.

    Raises:
        GraphFailure: it could not be read to its end.
    """
    listing = Listing(client, path, kept)
    while listing.following:
        try:
            page = await client.read_page(listing.following, listing.item.headers)
        except GraphFailure as failure:
            listing.recover(failure)
            continue
        yield listing.take(page), listing.following


async def read_lists(client: GraphClient, paths: Sequence[str]) -> list[list[Row] | None]:
    """Reads every list to its end, in the paths' order; None stands for what does not exist.

    Raises:
        GraphFailure: one of them could not be read.
    """
    listings = [Listing(client, path) for path in paths]
    lists: list[list[Row] | None] = [[] for _ in paths]
    while going_on := [index for index, each in enumerate(listings) if each.following]:
        replies = await send_all(client, [listings[index].item for index in going_on])
        for index, reply in zip(going_on, replies, strict=True):
            lists[index] = _gone_on(listings[index], lists[index] or [], reply)
    return lists


def _gone_on(listing: Listing, rows: list[Row], reply: Reply) -> list[Row] | None:
    if reply.status == HTTPStatus.NOT_FOUND:
        listing.following = None
        return None
    if reply.ok:
        return rows + listing.take(reply.body)
    listing.recover(reply.failure())
    return []


def _rows(page: Mapping[str, Any]) -> list[Row]:
    given = page.get("value") or []
    rows = [row for row in given if isinstance(row, dict) and row.get("id")]
    if len(rows) < len(given):
        _LOG.warning("rows-without-id: %d left out of a page of Graph's", len(given) - len(rows))
    return rows
