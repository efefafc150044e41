"""The port `CloudScope`: the scope group, written through Graph."""

import asyncio
from collections.abc import Collection, Mapping, Sequence
from itertools import batched
from urllib.parse import quote

from shared.adapters.graph.batch import Item, Reply, send_all
from shared.adapters.graph.client import GraphClient
from shared.adapters.graph.verdicts import GraphVerdict, answer, verdict_on_add, verdict_on_remove
from shared.domain.person.writes import ScopeAction, WriteOutcome, WriteResult

MOST_AT_ONCE = 20
"""Members of one PATCH. Source: https://learn.microsoft.com/graph/api/group-post-members"""
_WAITS_FOR_REPLICATION = (1.0, 3.0)
"""Seconds; a new user may be unknown where a request is served for a moment."""
_ONE_BY_ONE = frozenset(
    {
        GraphVerdict.ALREADY,
        GraphVerdict.NOT_FOUND,
        GraphVerdict.NOT_REPLICATED,
        GraphVerdict.REFUSED,
    }
)
"""Verdicts on twenty people that do not tell which of them they are about."""


class GraphScope:
    """Adds 400 people to an HTTP request; both methods may raise `DirectoryUnavailable`.

    Both may be run again after that: who has been dealt with is answered `already`.
    """

    def __init__(self, client: GraphClient, group_id: str) -> None:
        self._client = client
        self._group = f"/groups/{quote(group_id, safe='')}"

    async def add(self, object_ids: Collection[str]) -> Mapping[str, WriteResult]:
        """Puts people in the scope group, 20 to a PATCH; returns an answer for each.

        One bad member fails a PATCH for all 20: they are then added one by one.
        """
        chunks = list(batched(dict.fromkeys(object_ids), MOST_AT_ONCE, strict=False))
        replies = await send_all(self._client, [self._patch(chunk) for chunk in chunks])
        answers: dict[str, WriteResult] = {}
        one_by_one: list[str] = []
        for chunk, reply in zip(chunks, replies, strict=True):
            verdict = verdict_on_add(reply)
            if verdict in _ONE_BY_ONE:
                one_by_one += chunk
            else:
                answers |= {each: answer(ScopeAction.ADD, each, verdict, reply) for each in chunk}
        answers |= await self._add_one_by_one(one_by_one)
        await self._check_group_exists(answers)
        return answers

    async def remove(self, object_ids: Collection[str]) -> Mapping[str, WriteResult]:
        """Takes people out of it, 20 to an HTTP request; returns an answer for each."""
        asked = list(dict.fromkeys(object_ids))
        replies = await send_all(self._client, [self._delete(each) for each in asked])
        answers = {
            each: answer(ScopeAction.REMOVE, each, verdict_on_remove(reply), reply)
            for each, reply in zip(asked, replies, strict=True)
        }
        await self._check_group_exists(answers)
        return answers

    async def _add_one_by_one(self, object_ids: Sequence[str]) -> dict[str, WriteResult]:
        replies = await self._post(object_ids)
        for wait in _WAITS_FOR_REPLICATION:
            again = [
                each
                for each, reply in replies.items()
                if verdict_on_add(reply) is GraphVerdict.NOT_REPLICATED
            ]
            if not again:
                break
            await asyncio.sleep(wait)
            replies |= await self._post(again)
        return {
            each: answer(ScopeAction.ADD, each, verdict_on_add(reply), reply)
            for each, reply in replies.items()
        }

    async def _check_group_exists(self, answers: Mapping[str, WriteResult]) -> None:
        """Asks for the group itself where the answers leave open whether it exists.

        Graph says "not found" of a missing person and of a missing group in the same words.
        """
        outcomes = {each.outcome for each in answers.values()}
        if WriteOutcome.DONE not in outcomes and outcomes & {
            WriteOutcome.NOT_FOUND,
            WriteOutcome.ALREADY,
        }:
            await self._client.get(f"{self._group}?$select=id")

    async def _post(self, object_ids: Sequence[str]) -> dict[str, Reply]:
        items = [
            Item("POST", f"{self._group}/members/$ref", {"@odata.id": self._reference(each)})
            for each in object_ids
        ]
        return dict(zip(object_ids, await send_all(self._client, items), strict=True))

    def _patch(self, object_ids: Sequence[str]) -> Item:
        references = [self._reference(each) for each in object_ids]
        return Item("PATCH", self._group, {"members@odata.bind": references})

    def _delete(self, object_id: str) -> Item:
        return Item("DELETE", f"{self._group}/members/{quote(object_id, safe='')}/$ref")

    def _reference(self, object_id: str) -> str:
        return f"{self._client.base_url}/directoryObjects/{object_id}"
