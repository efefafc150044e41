"""Writing the scope group in the simulated tenant: real process, real SDK, real HTTP."""

from typing import Any

import pytest

from shared.adapters.graph.client import GraphClient
from shared.adapters.graph.directory import GraphDirectory
from shared.adapters.graph.scope import GraphScope
from shared.domain.errors import DirectoryUnavailable
from shared.domain.person.reasons import Reason
from shared.domain.person.writes import ScopeAction, WriteOutcome, WriteResult
from tests.support.graph_tenant import (
    CLOUD_PEOPLE,
    GRACE,
    NOBODY,
    Tenant,
)


async def test_twenty_people_are_one_patch(tenant: Tenant, scope: GraphScope) -> None:
    answers = await scope.add(CLOUD_PEOPLE[:20])
    assert {each.outcome for each in answers.values()} == {WriteOutcome.DONE}
    assert tenant.requests()["operations"]["PATCH /groups/{group-id}"] == 1


async def test_four_hundred_people_are_five_requests_and_one_look_at_the_group(
    tenant: Tenant, scope: GraphScope, directory: GraphDirectory
) -> None:
    people = CLOUD_PEOPLE[:400]
    assert len(people) == 400
    answers = await scope.add(people)
    assert tenant.requests()["httpRequests"] == 6
    assert tenant.requests()["operations"]["GET /groups/{group-id}"] == 1
    assert answers.keys() == set(people)
    assert {each.outcome for each in answers.values()} == {WriteOutcome.DONE}
    assert await directory.scope_member_ids() == set(people)


async def test_a_member_and_a_stranger_do_not_keep_the_other_eighteen_out(
    tenant: Tenant, scope: GraphScope, directory: GraphDirectory
) -> None:
    present, *others = CLOUD_PEOPLE[:19]
    await scope.add([present])
    tenant.forget_requests()
    answers = await scope.add([*others[:9], present, NOBODY, *others[9:]])
    assert {each: answers[each].outcome for each in others} == dict.fromkeys(
        others, WriteOutcome.DONE
    )
    assert answers[present].outcome is WriteOutcome.ALREADY
    assert (answers[NOBODY].outcome, answers[NOBODY].reason) == (
        WriteOutcome.NOT_FOUND,
        Reason.NOT_IN_ENTRA,
    )
    assert {each.change for each in answers.values()} == {ScopeAction.ADD}
    assert await directory.scope_member_ids() == {present, *others}
    operations = tenant.requests()["operations"]
    assert operations["PATCH /groups/{group-id}"] == 1
    assert operations["POST /groups/{group-id}/members/$ref"] == 20


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"groupTypes": ["DynamicMembership"]}, Reason.GROUP_DYNAMIC),
        ({"onPremisesSyncEnabled": True}, Reason.GROUP_SYNCED),
        ({"groupTypes": ["Unified"], "mailEnabled": True}, Reason.GROUP_MICROSOFT_365),
        ({"mailEnabled": True}, Reason.GROUP_MAIL_ENABLED),
        ({"securityEnabled": False}, Reason.GROUP_MAIL_ENABLED),
        ({"isAssignableToRole": True}, Reason.GROUP_ROLE_ASSIGNABLE),
    ],
)
async def test_a_group_that_others_write_is_known_before_the_first_write_and_blames_nobody(
    tenant: Tenant, client: GraphClient, fields: dict[str, Any], reason: Reason
) -> None:
    group_id = tenant.do("groups", {"displayName": str(reason), **fields})["id"]
    scope = GraphScope(client, group_id)
    tenant.forget_requests()
    answers: list[WriteResult] = [*(await scope.add(CLOUD_PEOPLE[:40])).values()]
    answers += (await scope.remove([NOBODY])).values()
    assert len(answers) == 41
    assert {each.outcome for each in answers} == {WriteOutcome.REFUSED}
    assert {each.reason for each in answers} == {reason}
    assert all(each.detail for each in answers)
    assert tenant.requests()["operations"] == {"GET /groups/{group-id}": 2}


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        ("external-group", Reason.GROUP_EXTERNAL),
        ("mail-enabled-group", Reason.GROUP_MAIL_ENABLED),
        ("mastered-on-premises", Reason.GROUP_SYNCED),
    ],
)
async def test_a_group_of_which_only_a_refusal_tells_has_its_own_reason_too(
    tenant: Tenant, scope: GraphScope, error: str, reason: Reason
) -> None:
    tenant.fail("", "^/groups/[^/]+(/members.*)?$", "error", error=error, times=1)
    with pytest.raises(DirectoryUnavailable):
        await scope.add([GRACE])
    for method, change in (("PATCH", scope.add), ("DELETE", scope.remove)):
        tenant.fail(method, "^/groups/", "error", error=error, times=20)
        answers = await change(CLOUD_PEOPLE[:5])
        assert {each.reason for each in answers.values()} == {reason}
    tenant.http.delete("/sandbox/faults")
    assert (await scope.add([GRACE]))[GRACE].outcome is WriteOutcome.DONE


async def test_a_new_user_is_waited_for_until_replicated(tenant: Tenant, scope: GraphScope) -> None:
    tenant.do("settings", {"newUserLagSeconds": 0.5})
    new = tenant.do("users", {"userPrincipalName": "new@contoso.test"})["id"]
    answers = await scope.add([new, *CLOUD_PEOPLE[:5]])
    assert {each.outcome for each in answers.values()} == {WriteOutcome.DONE}


async def test_removals_go_one_by_one_and_say_who_was_not_there(
    tenant: Tenant, scope: GraphScope, directory: GraphDirectory
) -> None:
    await scope.add(CLOUD_PEOPLE[:40])
    tenant.forget_requests()
    answers = await scope.remove(CLOUD_PEOPLE[:40])
    assert {each.outcome for each in answers.values()} == {WriteOutcome.DONE}
    assert {each.change for each in answers.values()} == {ScopeAction.REMOVE}
    assert tenant.requests()["operations"] == {
        "DELETE /groups/{group-id}/members/{directoryObject-id}/$ref": 40
    }
    assert await directory.scope_member_ids() == frozenset()
    again = await scope.remove([GRACE, NOBODY])
    assert {(each.outcome, each.reason) for each in again.values()} == {
        (WriteOutcome.ALREADY, Reason.REMOVAL_UNCONFIRMED)
    }


async def test_nobody_to_write_is_nothing_to_ask(tenant: Tenant, scope: GraphScope) -> None:
    assert await scope.add([]) == await scope.remove([]) == {}
    assert tenant.requests()["httpRequests"] == 0
