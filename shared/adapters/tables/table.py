"""One table of the storage account: the only module that speaks to the SDK."""

import asyncio
from collections.abc import (
    AsyncIterator,
    Awaitable,
    Callable,
    Collection,
    Iterable,
    Iterator,
    Mapping,
    Sequence,
)
from contextlib import contextmanager
from dataclasses import dataclass
from enum import Enum
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from shared.domain.errors import LedgerConflict, ServiceUnavailable
from shared.domain.health import NotReached, Trouble

if TYPE_CHECKING:
    from azure.core.exceptions import HttpResponseError
    from azure.data.tables.aio import TableClient, TableServiceClient

type Row = Mapping[str, Any]
type Admitted = Callable[[], Awaitable[None]]

_CHANGED_MEANWHILE = frozenset({409, 412})
"""A row to be created is there already; a row to be replaced has another ETag."""
_OF_THE_REQUEST = frozenset({400, 404, 409, 412, 413})
"""What the service says of the rows that it was sent, and would say again."""
_TABLE_NOT_FOUND = frozenset({"TableNotFound", "TableErrorCode.TABLE_NOT_FOUND"})
_NO_TABLE = (
    "it is not there; deploy the templates again, which make it, or restart an app that may make "
    "tables; docs/operations.md, The ledger was lost, says how to go on"
)
_NO_ROWS = "PartitionKey eq ''"
_LARGEST_PAGE = 1000
"""Rows that the service gives at once, and may be asked for."""


def etag_of(row: Row) -> str:
    """Returns the ETag that came with a row that was read by itself."""
    metadata: Mapping[str, str] = row.metadata  # type: ignore[attr-defined]  # a TableEntity's
    return metadata["etag"]


class Verb(Enum):
    """What is done to a row: the SDK's operation and how it treats columns that are not given."""

    CREATE = ("create", None)
    REPLACE = ("update", "replace")
    MERGE = ("update", "merge")
    PUT = ("upsert", "replace")
    DELETE = ("delete", None)


@dataclass(frozen=True, slots=True)
class Write:
    """One operation of a transaction; with `etag` only on the row as it was read."""

    verb: Verb
    row: Row
    etag: str | None = None


class Table:
    """A table, created when first used; `gate` bounds the requests under way.

    Every method but `reach` raises `ServiceUnavailable` if the storage account is away, or denies.
    """

    def __init__(
        self,
        service: "TableServiceClient",
        name: str,
        gate: asyncio.Semaphore,
        admitted: Admitted | None = None,
    ) -> None:
        """Takes where the table is; `admitted` raises where its rows may not be touched."""
        self._service = service
        self._name = name
        self._gate = gate
        self._admitted = admitted
        self._creation = asyncio.Lock()
        self._client: TableClient | None = None

    async def get(
        self, partition: str, row: str, *, select: Sequence[str] | None = None
    ) -> Row | None:
        """Returns the row, or these columns of it, or None."""
        from azure.core.exceptions import ResourceNotFoundError

        client = await self._created()
        async with self._gate:
            with _service(self._name):
                try:
                    return await client.get_entity(partition, row, select=_listed(select))
                except ResourceNotFoundError as error:
                    if _is_without_table(error):
                        raise
                    return None

    async def get_many(self, partition: str, rows: Collection[str]) -> list[Row]:
        """Returns those of the rows that are there, each by a request of its own.

        A filter with several row keys joined by `or` would be one request, but the service scans
        the whole partition for it. Source: "Design for querying", Microsoft.
        """
        found = await asyncio.gather(*(self.get(partition, row) for row in rows))
        return [row for row in found if row is not None]

    async def pages(
        self,
        partition: str,
        between: tuple[str, str],
        *,
        condition: str = "",
        select: Sequence[str] | None = None,
        page: int | None = None,
        **parameters: Any,
    ) -> AsyncIterator[list[Row]]:
        """Yields the rows of a range in order, by the page; `condition` names its parameters."""
        start, end = between
        text = f"PartitionKey eq '{partition}' and RowKey ge '{start}' and RowKey lt '{end}'"
        query = f"{text} and {condition}" if condition else text
        async for rows in self._queried(query, select=select, page=page, parameters=parameters):
            yield rows

    async def everything(self, partition: str | None) -> AsyncIterator[list[Row]]:
        """Yields every row of the partition, or of the table, by the page."""
        query = "PartitionKey ge ''" if partition is None else f"PartitionKey eq '{partition}'"
        async for rows in self._queried(query):
            yield rows

    async def _queried(
        self,
        query: str,
        *,
        select: Sequence[str] | None = None,
        page: int | None = None,
        parameters: Mapping[str, Any] | None = None,
    ) -> AsyncIterator[list[Row]]:
        client = await self._created()
        pages = client.query_entities(
            query,
            select=_listed(select),
            results_per_page=page,
            parameters=dict(parameters or {}),
        ).by_page()
        while True:
            async with self._gate:
                with _service(self._name):
                    rows = await anext(pages, None)
                    if rows is None:
                        return
                    read: list[Row] = [row async for row in rows]
            yield read

    async def scan(
        self,
        partition: str,
        between: tuple[str, str],
        *,
        limit: int | None = None,
        **options: Any,
    ) -> list[Row]:
        """Returns the rows of a range, up to `limit`; the other options are those of `pages`."""
        rows: list[Row] = []
        most = limit and min(limit, _LARGEST_PAGE)
        async for page in self.pages(partition, between, page=most, **options):
            rows += page
            if limit is not None and len(rows) >= limit:
                return rows[:limit]
        return rows

    async def reach(self) -> None:
        """Asks for rows that are not there, ahead of everybody who waits for the gate.

        Raises:
            NotReached: the table could not be asked, or is none.
        """
        from azure.core import exceptions

        try:
            client = await self._made()
            async for _ in client.query_entities(_NO_ROWS, results_per_page=1).by_page():
                return
        except exceptions.HttpResponseError as error:
            raise NotReached(_trouble(error.status_code), _said(error)) from None
        except exceptions.ServiceRequestError as error:
            raise NotReached(Trouble.UNREACHABLE, type(error).__name__) from None
        except exceptions.ServiceResponseError as error:
            raise NotReached(Trouble.SILENT, type(error).__name__) from None

    async def submit(self, writes: Iterable[Write]) -> list[str]:
        """Carries out all writes or none, in one partition; returns the new ETags.

        Raises:
            LedgerConflict: somebody else changed one of the guarded rows.
            ServiceUnavailable: the storage account is away, or denies.
        """
        from azure.data.tables import TableTransactionError

        client = await self._created()
        operations = [_operation(write) for write in writes]
        async with self._gate:
            with _service(self._name):
                try:
                    answers = await client.submit_transaction(operations)
                except TableTransactionError as error:
                    if error.status_code in _CHANGED_MEANWHILE:
                        partition = operations[0][1]["PartitionKey"]
                        text = f"{self._name}/{partition}: changed meanwhile"
                        raise LedgerConflict(text) from error
                    raise
        return [answer.get("etag") or "" for answer in answers]

    async def _created(self) -> "TableClient":
        if self._admitted:
            await self._admitted()
        with _service(self._name):
            return await self._made()

    async def _made(self) -> "TableClient":
        async with self._creation:
            if self._client is None:
                self._client = await self._create()
            return self._client

    async def _create(self) -> "TableClient":
        """Makes the table where there is none, unless that is for others to do.

        A role on the table itself is enough for its rows and not for making it; whoever assigned
        the role has made the table (`infra/modules/storage.bicep`).
        """
        from azure.core.exceptions import HttpResponseError

        try:
            return await self._service.create_table_if_not_exists(self._name)
        except HttpResponseError as error:
            if error.status_code != HTTPStatus.FORBIDDEN:
                raise
            return self._service.get_table_client(self._name)


@contextmanager
def _service(name: str) -> Iterator[None]:
    """Tells a service that is away, or denies, from one that finds fault with what it was sent."""
    from azure.core.exceptions import AzureError, HttpResponseError

    try:
        yield
    except HttpResponseError as error:
        if _is_without_table(error):
            raise ServiceUnavailable(f"table {name}: {_NO_TABLE}") from error
        if error.status_code in _OF_THE_REQUEST:
            raise
        raise ServiceUnavailable(f"table {name}: {_said(error)}") from error
    except AzureError as error:
        raise ServiceUnavailable(f"table {name}: {type(error).__name__}") from error


def _is_without_table(error: "HttpResponseError") -> bool:
    """Tells whether the table itself is not there, and not only a row of it."""
    return str(getattr(error, "error_code", "")) in _TABLE_NOT_FOUND


def _trouble(status: int | None) -> Trouble:
    match status:
        case HTTPStatus.UNAUTHORIZED | HTTPStatus.FORBIDDEN:
            return Trouble.FORBIDDEN
        case HTTPStatus.NOT_FOUND:
            return Trouble.MISSING
        case None:
            # The service was not asked: what the SDK raises is of its way to a token.
            return Trouble.NO_TOKEN
        case _:
            return Trouble.FAILED


def _said(error: "HttpResponseError") -> str:
    if error.status_code is None:
        return type(error).__name__
    return f"Table Storage answered {error.status_code}"


def _operation(write: Write) -> tuple[str, Row, dict[str, Any]]:
    from azure.core import MatchConditions

    operation, mode = write.verb.value
    options: dict[str, Any] = {"mode": mode} if mode else {}
    if write.etag is not None:
        options |= {"etag": write.etag, "match_condition": MatchConditions.IfNotModified}
    return operation, write.row, options


def _listed(columns: Sequence[str] | None) -> list[str] | None:
    return list(columns) if columns else None
