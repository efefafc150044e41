"""One Graph request from its arrival to its answer, alone or as an item of a `$batch`."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Collection
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import parse_qsl, unquote

from sandbox.tenant.batch import BATCH_PATH, BatchItem, batch_items
from sandbox.tenant.errors import GraphError, concurrency_violation, denied, malformed, no_such_path
from sandbox.tenant.operations import Operation, find_operation
from sandbox.tenant.tenant import TENANT_ID, Tenant
from sandbox.tenant.wire import GraphRequest, GraphResponse
from sandbox.tenant.write_turns import group_written

_FAILED = 400


class Graph:
    """Answers requests on behalf of a tenant."""

    def __init__(self, tenant: Tenant) -> None:
        self._tenant = tenant

    async def answer(self, request: GraphRequest, *, in_batch: bool = False) -> GraphResponse:
        """Carry a request out, or refuse it, or do what a fault says.

        Raises:
            Dropped: a fault says that there shall be no answer.
        """
        faults = self._tenant.faults
        instead = await faults.interfere(request, "before")
        if instead is None and (request.method, request.path) == ("POST", BATCH_PATH):
            response = await self._carry_out_batch(request)
            return await faults.interfere(request, "after", response) or response
        if instead is None and not in_batch:
            async with self._at_once([group_written(request.method, request.path)]) as refused:
                if refused:
                    instead = self._refusal(concurrency_violation())
                return await self._answer_one(request, instead, in_batch=in_batch)
        return await self._answer_one(request, instead, in_batch=in_batch)

    async def _answer_one(
        self, request: GraphRequest, instead: GraphResponse | None, *, in_batch: bool
    ) -> GraphResponse:
        faults = self._tenant.faults
        found = find_operation(request.method, request.path)
        response = instead or await self._carry_out(found, request)
        name = found[0].name if found else f"{request.method} {request.path}"
        self._tenant.recorder.operation(name, response.status, in_batch=in_batch)
        return await faults.interfere(request, "after", response) or response

    @asynccontextmanager
    async def _at_once(self, groups: list[str | None]) -> AsyncIterator[Collection[int]]:
        """Go through writes that are at once, which take their time; answers the refused ones."""
        settings = self._tenant.settings
        with self._tenant.write_turns.taken(groups, settings.most_writes_at_once) as refused:
            yield refused
            if any(groups) and settings.write_seconds:
                await asyncio.sleep(settings.write_seconds)

    async def _carry_out(
        self, found: tuple[Operation, tuple[str, ...]] | None, request: GraphRequest
    ) -> GraphResponse:
        try:
            if found is None:
                raise no_such_path(request.path)
            operation, parameters = found
            return await self._perform(operation, request.routed(parameters))
        except GraphError as error:
            response = self._refusal(error)
            if found:
                self._check_response(found[0].template, request, response)
            return response

    async def _perform(self, operation: Operation, request: GraphRequest) -> GraphResponse:
        tenant = self._tenant
        cost = operation.cost(request)
        scope = f"Tenant_Application/ReadWrite/{request.app_id}/{TENANT_ID}"
        headers = tenant.quotas.charge(request.app_id, scope, cost)
        tenant.recorder.charged(cost)
        self._check_request(operation.template, request)
        if request.roles is not None and not request.roles & operation.permissions:
            raise denied()
        answer = operation.handler(tenant, request)
        response = await answer if isinstance(answer, Awaitable) else answer
        response = response.with_headers(headers)
        tenant.save()
        self._check_response(operation.template, request, response)
        return response

    async def _carry_out_batch(self, request: GraphRequest) -> GraphResponse:
        try:
            self._check_request(BATCH_PATH, request)
            items = batch_items(request.body)
        except GraphError as error:
            return self._refusal(error)
        at_once = [
            None if each.depends_on else group_written(each.method, _path(each)) for each in items
        ]
        async with self._at_once(at_once) as refused:
            answers = await self._answer_items(items, request, refused)
        response = GraphResponse(200, {"responses": answers})
        self._check_response(BATCH_PATH, request, response)
        return response

    async def _answer_items(
        self, items: list[BatchItem], request: GraphRequest, refused: Collection[int]
    ) -> list[dict[str, Any]]:
        statuses: dict[str, int] = {}
        answers = []
        for place, item in enumerate(items):
            if place in refused:
                response = self._refusal(concurrency_violation())
                self._tenant.recorder.operation(
                    "(too many at once)", response.status, in_batch=True
                )
            elif any(statuses[each] >= _FAILED for each in item.depends_on):
                response = self._refusal(GraphError(424, "FailedDependency", "Failed Dependency"))
            else:
                response = await self.answer(_as_request(item, request), in_batch=True)
            statuses[item.id] = response.status
            answers.append(_as_item(item, response))
        return answers

    def _refusal(self, error: GraphError) -> GraphResponse:
        return GraphResponse(error.status, error.body(self._tenant.clock.now()), error.headers)

    def _check_request(self, template: str, request: GraphRequest) -> None:
        contract = self._tenant.contract
        if contract and (found := contract.check_request(template, request)):
            raise malformed("; ".join(each["message"] for each in found))

    def _check_response(
        self, template: str, request: GraphRequest, response: GraphResponse
    ) -> None:
        if self._tenant.contract:
            self._tenant.contract.check_response(template, request, response)


def _path(item: BatchItem) -> str:
    return unquote(item.url.partition("?")[0])


def _as_request(item: BatchItem, batch: GraphRequest) -> GraphRequest:
    query = item.url.partition("?")[2]
    return GraphRequest(
        method=item.method,
        path=_path(item),
        query=dict(parse_qsl(query, keep_blank_values=True)),
        headers=item.headers,
        body=item.body,
        base_url=batch.base_url,
        app_id=batch.app_id,
        roles=batch.roles,
    )


def _as_item(item: BatchItem, response: GraphResponse) -> dict[str, Any]:
    answer: dict[str, Any] = {"id": item.id, "status": response.status, "headers": response.headers}
    if response.body is not None:
        media = "text/plain" if isinstance(response.body, str) else "application/json"
        answer["headers"] = {**response.headers, "Content-Type": media}
        answer["body"] = response.body
    return answer
