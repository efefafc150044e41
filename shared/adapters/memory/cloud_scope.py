"""The port `CloudScope`, in memory."""

from collections.abc import Collection, Mapping
from itertools import batched

from shared.adapters.memory.tenant import Group, Tenant
from shared.adapters.memory.turns import Pause, straight_on
from shared.domain.errors import DirectoryUnavailable
from shared.domain.person.people import UserRef
from shared.domain.person.reasons import Reason
from shared.domain.person.scope_group import obstacle_to_writing
from shared.domain.person.writes import ScopeAction, WriteOutcome, WriteResult

_MOST_AT_ONCE = 20


class MemoryCloudScope:
    """Writes a tenant's scope group, 20 people at a time.

    Before each twenty stands the point `cloud_scope.add chunk` or `cloud_scope.remove chunk`.
    """

    def __init__(self, tenant: Tenant, pause: Pause = straight_on) -> None:
        self._tenant = tenant
        self._pause = pause

    async def obstacle(self) -> Reason | None:
        """Returns why the group is of a kind that may not be written; None where it may be.

        Raises:
            DirectoryUnavailable: there is no scope group.
        """
        await self._pause("cloud_scope.obstacle")
        return obstacle_to_writing(self._scope_group().kind)

    async def add(self, object_ids: Collection[str]) -> Mapping[str, WriteResult]:
        """Puts people in the scope group, 20 at a time; returns an answer for each.

        Raises:
            DirectoryUnavailable: there is no scope group.
        """
        return await self._write(ScopeAction.ADD, object_ids)

    async def remove(self, object_ids: Collection[str]) -> Mapping[str, WriteResult]:
        """Takes people out of the scope group; returns an answer for each.

        Raises:
            DirectoryUnavailable: there is no scope group.
        """
        return await self._write(ScopeAction.REMOVE, object_ids)

    async def _write(
        self, change: ScopeAction, object_ids: Collection[str]
    ) -> Mapping[str, WriteResult]:
        await self._pause(f"cloud_scope.{change}")
        answers: dict[str, WriteResult] = {}
        for chunk in batched(dict.fromkeys(object_ids), _MOST_AT_ONCE, strict=False):
            await self._pause(f"cloud_scope.{change} chunk")
            group = self._scope_group()
            answers |= {each: self._write_one(change, each, group) for each in chunk}
        await self._pause(f"cloud_scope.{change} done")
        return answers

    def _scope_group(self) -> Group:
        group = self._tenant.groups.get(self._tenant.scope_group_id)
        if group is None:
            raise DirectoryUnavailable("Graph answered 404: there is no scope group")
        return group

    def _write_one(self, change: ScopeAction, object_id: str, group: Group) -> WriteResult:
        outcome, reason, detail = _judge(
            change,
            exists=object_id in self._tenant.people or object_id in self._tenant.groups,
            is_member=object_id in group.members,
            obstacle=obstacle_to_writing(group.kind),
        )
        if outcome is WriteOutcome.DONE:
            scope = self._tenant.scope_group_id
            self._tenant.write(scope, object_id, add=change is ScopeAction.ADD)
        return WriteResult(
            change=change,
            outcome=outcome,
            reason=reason,
            detail=detail,
            user=UserRef(object_id=object_id),
        )


def _judge(
    change: ScopeAction, *, exists: bool, is_member: bool, obstacle: Reason | None
) -> tuple[WriteOutcome, Reason | None, str]:
    if obstacle:
        return WriteOutcome.REFUSED, obstacle, obstacle.text
    if change is ScopeAction.REMOVE and not is_member:
        return WriteOutcome.ALREADY, Reason.REMOVAL_UNCONFIRMED, ""
    if is_member is (change is ScopeAction.ADD):
        return WriteOutcome.ALREADY, None, ""
    if not exists:
        return WriteOutcome.NOT_FOUND, Reason.NOT_IN_ENTRA, "404 Request_ResourceNotFound: nobody"
    return WriteOutcome.DONE, None, ""
