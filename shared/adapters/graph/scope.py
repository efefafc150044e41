"""The port `CloudScope`: the scope group, written through Graph."""

import asyncio
from collections.abc import Collection, Mapping, Sequence
from itertools import batched
from typing import Any
from urllib.parse import quote

from shared.adapters.graph.batch import Item, Reply
from shared.adapters.graph.client import GraphClient
from shared.adapters.graph.queries import kind_of_group
from shared.adapters.graph.verdicts import (
    GraphVerdict,
    answer,
    verdict_on_add,
    verdict_on_remove,
)
from shared.adapters.graph.write_turns import WriteTurns
from shared.domain.person.people import UserRef
from shared.domain.person.reasons import OF_THE_GROUP, Reason
from shared.domain.person.scope_group import ScopeGroup, obstacle_to_writing
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
        GraphVerdict.UNKNOWN,
    }
)
"""Verdicts on twenty people that do not tell which of them they are about."""


class GraphScope:
    """Adds 80 people to an HTTP request; both changes may raise `DirectoryUnavailable`.

    Both may be run again after that: who has been dealt with is answered `already`.
    """

    def __init__(self, client: GraphClient, group_id: str) -> None:
        self._client = client
        self._group_id = group_id
        self._group = f"/groups/{quote(group_id, safe='')}"
        self._may_be_written = False

    async def obstacle(self) -> Reason | None:
        """Returns why Graph does not let the app write the group, by what kind of group it is."""
        return obstacle_to_writing(await look_at_group(self._client, self._group_id))

    async def add(self, object_ids: Collection[str]) -> Mapping[str, WriteResult]:
        """Puts people in the scope group, 20 to a PATCH; returns an answer for each.

        One bad member fails a PATCH for all 20: they are then added one by one.
        """
        asked = list(dict.fromkeys(object_ids))
        if refused := await self._refuse(ScopeAction.ADD, asked):
            return refused
        turns = WriteTurns(self._client)
        chunks = list(batched(asked, MOST_AT_ONCE, strict=False))
        replies = await turns.send([self._patch(chunk) for chunk in chunks])
        answers: dict[str, WriteResult] = {}
        one_by_one: list[str] = []
        for chunk, reply in zip(chunks, replies, strict=True):
            verdict = verdict_on_add(reply)
            if verdict in _ONE_BY_ONE:
                one_by_one += chunk
            else:
                answers |= {each: answer(ScopeAction.ADD, each, verdict, reply) for each in chunk}
        answers |= await self._add_one_by_one(one_by_one, turns)
        return await self._checked(answers)

    async def remove(self, object_ids: Collection[str]) -> Mapping[str, WriteResult]:
        """Takes people out of it, one by one; returns an answer for each."""
        asked = list(dict.fromkeys(object_ids))
        if refused := await self._refuse(ScopeAction.REMOVE, asked):
            return refused
        replies = await WriteTurns(self._client).send([self._delete(each) for each in asked])
        return await self._checked(
            {
                each: answer(ScopeAction.REMOVE, each, verdict_on_remove(reply), reply)
                for each, reply in zip(asked, replies, strict=True)
            }
        )

    async def _refuse(self, change: ScopeAction, asked: Sequence[str]) -> dict[str, WriteResult]:
        """Answers for everybody where the group is not for Graph to write; looks only once.

        A group of the right kind stays so until Graph says otherwise.
        """
        if not asked or self._may_be_written:
            return {}
        reason = await self.obstacle()
        self._may_be_written = reason is None
        return {each: _refusal(change, each, reason) for each in asked} if reason else {}

    async def _add_one_by_one(
        self, object_ids: Sequence[str], turns: WriteTurns
    ) -> dict[str, WriteResult]:
        replies = await self._post(object_ids, turns)
        for wait in _WAITS_FOR_REPLICATION:
            again = [
                each
                for each, reply in replies.items()
                if verdict_on_add(reply) is GraphVerdict.NOT_REPLICATED
            ]
            if not again:
                break
            await asyncio.sleep(wait)
            replies |= await self._post(again, turns)
        return {
            each: answer(ScopeAction.ADD, each, verdict_on_add(reply), reply)
            for each, reply in replies.items()
        }

    async def _checked(self, answers: dict[str, WriteResult]) -> Mapping[str, WriteResult]:
        """Asks for the group itself where the answers leave open whether it exists.

        Graph says "not found" of a missing person and of a missing group in the same words. Where
        it says that the group may not be written, its kind is looked at again the next time.
        """
        if any(each.reason in OF_THE_GROUP for each in answers.values()):
            self._may_be_written = False
        outcomes = {each.outcome for each in answers.values()}
        if WriteOutcome.DONE not in outcomes and outcomes & {
            WriteOutcome.NOT_FOUND,
            WriteOutcome.ALREADY,
        }:
            await self._client.get(f"{self._group}?$select=id")
        return answers

    async def _post(self, object_ids: Sequence[str], turns: WriteTurns) -> dict[str, Reply]:
        items = [
            Item("POST", f"{self._group}/members/$ref", {"@odata.id": self._reference(each)})
            for each in object_ids
        ]
        return dict(zip(object_ids, await turns.send(items), strict=True))

    def _patch(self, object_ids: Sequence[str]) -> Item:
        references = [self._reference(each) for each in object_ids]
        return Item("PATCH", self._group, {"members@odata.bind": references})

    def _delete(self, object_id: str) -> Item:
        return Item("DELETE", f"{self._group}/members/{quote(object_id, safe='')}/$ref")

    def _reference(self, object_id: str) -> str:
        return f"{self._client.base_url}/directoryObjects/{object_id}"


async def look_at_group(client: GraphClient, group_id: str) -> ScopeGroup:
    """Reads of what kind a group is, in one request.

    Raises:
        GraphFailure: there is no such group, or Graph did not answer.
    """
    return group_of(await client.get(kind_of_group(group_id)))


def group_of(row: Mapping[str, Any]) -> ScopeGroup:
    """Reads a group with the fields that `queries` selects."""
    kinds = row.get("groupTypes") or ()
    return ScopeGroup(
        synced=row.get("onPremisesSyncEnabled") is True,
        dynamic="DynamicMembership" in kinds,
        microsoft_365="Unified" in kinds,
        mail_enabled=row.get("mailEnabled") is True,
        security_enabled=row.get("securityEnabled") is not False,
        role_assignable=row.get("isAssignableToRole") is True,
    )


def _refusal(change: ScopeAction, object_id: str, reason: Reason) -> WriteResult:
    return WriteResult(
        change=change,
        outcome=WriteOutcome.REFUSED,
        reason=reason,
        detail=reason.text,
        user=UserRef(object_id=object_id),
    )
