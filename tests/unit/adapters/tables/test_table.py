"""A table and the rights on it, against a small server that speaks as the table service does."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from azure.core.exceptions import HttpResponseError
from azure.data.tables.aio import TableServiceClient

from shared.adapters.tables.table import Table
from shared.domain.errors import ServiceUnavailable


class Service:
    """Says no to whoever would make a table, with this status, and has one row."""

    def __init__(self) -> None:
        self.refusal = (403, "AuthorizationPermissionMismatch")
        self.trouble: tuple[int, str] | None = None
        self.asked: list[str] = []

    async def answer(self, request: web.Request) -> web.Response:
        self.asked.append(f"{request.method} {request.path}")
        if request.method == "POST":
            status, code = self.refusal
            body = {"odata.error": {"code": code, "message": {"lang": "en-US", "value": code}}}
            return web.json_response(body, status=status)
        if self.trouble:
            status, code = self.trouble
            return web.json_response({"odata.error": {"code": code}}, status=status)
        return web.json_response(
            {"odata.etag": 'W/"1"', "PartitionKey": "one", "RowKey": "row", "State": "applied"}
        )


@pytest.fixture
def service() -> Service:
    return Service()


@pytest.fixture
async def table(service: Service) -> AsyncIterator[Table]:
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", service.answer)
    async with TestServer(app) as server:
        address = f"TableEndpoint={server.make_url('/ledger')};AccountName=ledger;AccountKey=a2V5"
        async with TableServiceClient.from_connection_string(
            f"DefaultEndpointsProtocol=http;{address}", retry_total=0
        ) as client:
            yield Table(client, "enrolments", asyncio.Semaphore(1))


async def test_a_role_on_the_rows_alone_is_enough(table: Table, service: Service) -> None:
    """The table is there already; making it is refused, and not tried again."""
    for _ in range(2):
        row = await table.get("one", "row")
        assert row is not None
        assert row["State"] == "applied"
    assert [one.split(" ")[0] for one in service.asked] == ["POST", "GET", "GET"]


async def test_any_other_refusal_to_make_the_table_is_not_taken_for_that(
    table: Table, service: Service
) -> None:
    service.refusal = (401, "InvalidAuthenticationInfo")
    with pytest.raises(ServiceUnavailable):
        await table.get("one", "row")


@pytest.mark.parametrize("status", [401, 403, 408, 429, 500, 503])
async def test_a_service_that_is_away_or_denies_passes(
    table: Table, service: Service, status: int
) -> None:
    service.trouble = (status, "Trouble")
    with pytest.raises(ServiceUnavailable, match=str(status)):
        await table.get("one", "row")
    with pytest.raises(ServiceUnavailable, match=str(status)):
        await table.scan("one", ("a", "z"))


async def test_a_service_that_is_not_there_passes() -> None:
    address = "TableEndpoint=http://127.0.0.1:1/ledger;AccountName=ledger;AccountKey=a2V5"
    async with TableServiceClient.from_connection_string(
        f"DefaultEndpointsProtocol=http;{address}", retry_total=0
    ) as client:
        with pytest.raises(ServiceUnavailable):
            await Table(client, "enrolments", asyncio.Semaphore(1)).get("one", "row")


async def test_a_table_that_was_deleted_is_told_from_a_row_that_is_not_there(
    table: Table, service: Service
) -> None:
    service.trouble = (404, "TableNotFound")
    for asked in (table.get("one", "row"), table.scan("one", ("a", "z"))):
        with pytest.raises(ServiceUnavailable, match="deploy the templates again"):
            await asked
    service.trouble = (404, "ResourceNotFound")
    assert await table.get("one", "row") is None


async def test_what_it_says_of_the_rows_themselves_does_not_pass(
    table: Table, service: Service
) -> None:
    service.trouble = (400, "PropertyValueTooLarge")
    with pytest.raises(HttpResponseError):
        await table.get("one", "row")
