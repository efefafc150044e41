"""A Graph that answers as the real one does: busy, lagging, and in words of its own."""

import asyncio
import time

import pytest

from shared.adapters.graph.directory import GraphDirectory
from shared.adapters.graph.scope import GraphScope
from shared.adapters.graph.write_turns import MOST_AT_ONCE
from shared.domain.errors import DirectoryUnavailable
from shared.domain.person.reasons import Reason
from shared.domain.person.writes import WriteOutcome
from tests.support.graph_tenant import CLOUD_PEOPLE, GRACE, NOBODY, UNA, Tenant

PASSING = (
    "concurrency-violation",
    "request-timeout",
    "precondition-failed",
    "locked",
    "failed-dependency",
)


@pytest.mark.parametrize("most", [MOST_AT_ONCE, 2, 1])
async def test_a_group_that_bears_few_writes_at_once_still_gets_everybody(
    tenant: Tenant, scope: GraphScope, directory: GraphDirectory, most: int
) -> None:
    tenant.do("settings", {"mostWritesAtOnce": most, "writeSeconds": 0.01})
    people = CLOUD_PEOPLE[:460]
    answers = await scope.add([*people[:200], NOBODY, *people[200:]])
    outcomes = {each: answers[each].outcome for each in people}
    assert outcomes == dict.fromkeys(people, WriteOutcome.DONE)
    assert await directory.scope_member_ids() == set(people)
    refused = tenant.requests()["statuses"].get("409", 0)
    assert refused == 0 if most == MOST_AT_ONCE else refused > 0
    answers = await scope.remove(people[:40])
    assert {each.outcome for each in answers.values()} == {WriteOutcome.DONE}


async def test_two_who_write_the_group_take_turns(tenant: Tenant, scope: GraphScope) -> None:
    tenant.do("settings", {"mostWritesAtOnce": MOST_AT_ONCE, "writeSeconds": 0.05})
    await asyncio.gather(scope.add(CLOUD_PEOPLE[:160]), scope.add(CLOUD_PEOPLE[160:320]))
    assert "409" not in tenant.requests()["statuses"]


@pytest.mark.parametrize("error", PASSING)
async def test_a_refusal_that_passes_is_waited_for_and_the_order_kept(
    tenant: Tenant, scope: GraphScope, error: str
) -> None:
    tenant.fail("PATCH", "^/groups/", "error", error=error, times=2)
    answers = await scope.add(CLOUD_PEOPLE[:200])
    assert {each.outcome for each in answers.values()} == {WriteOutcome.DONE}
    tenant.fail("DELETE", "^/groups/", "error", error=error, times=2)
    answers = await scope.remove(CLOUD_PEOPLE[:10])
    assert {each.outcome for each in answers.values()} == {WriteOutcome.DONE}


@pytest.mark.parametrize("error", PASSING)
async def test_a_read_that_is_refused_for_the_moment_is_made_again(
    tenant: Tenant, directory: GraphDirectory, error: str
) -> None:
    tenant.fail("GET", "transitiveMembers", "error", error=error)
    tenant.fail("GET", "transitiveMemberOf", "error", error=error)
    assert await directory.scope_member_ids() == frozenset()
    assert GRACE in await directory.memberships([GRACE])


async def test_what_does_not_pass_in_time_costs_nobody_else_their_answer(
    tenant: Tenant, scope: GraphScope, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shared.adapters.graph.write_turns.PATIENCE", 2.0)
    await scope.add([GRACE, UNA])
    tenant.fail("DELETE", f"members/{UNA}", "error", error="locked", times=100)
    started = time.monotonic()
    answers = await scope.remove([GRACE, UNA])
    assert time.monotonic() - started < 10
    assert answers[GRACE].outcome is WriteOutcome.DONE
    assert (answers[UNA].outcome, answers[UNA].reason) == (WriteOutcome.REFUSED, Reason.NOT_NOW)
    assert (await scope.remove([UNA]))[UNA].reason is Reason.NOT_NOW
    tenant.http.delete("/sandbox/faults")
    tenant.fail("DELETE", "members", "status", status=503, times=100)
    with pytest.raises(DirectoryUnavailable, match="503"):
        await scope.remove([UNA])


async def test_what_nobody_knows_is_not_a_verdict_on_the_person(
    tenant: Tenant, scope: GraphScope
) -> None:
    tenant.fail("PATCH", "^/groups/", "error", error="unknown")
    tenant.fail("POST", "members", "error", error="unknown")
    answers = await scope.add([GRACE, UNA])
    assert (answers[GRACE].outcome, answers[GRACE].reason) == (
        WriteOutcome.REFUSED,
        Reason.UNKNOWN_REFUSAL,
    )
    assert answers[GRACE].detail.startswith("422 Request_Unprocessable")
    assert answers[UNA].outcome is WriteOutcome.DONE


@pytest.mark.parametrize("error", ["not-replicated", "not-replicated-in-other-words"])
async def test_a_replica_that_lags_is_waited_for_in_whatever_words(
    tenant: Tenant, scope: GraphScope, error: str
) -> None:
    tenant.fail("PATCH", "^/groups/", "error", error=error)
    tenant.fail("POST", "members", "error", error=error)
    assert (await scope.add([GRACE]))[GRACE].outcome is WriteOutcome.DONE


@pytest.mark.parametrize("error", ["not-found", "removed-references-missing", "not-replicated"])
async def test_a_removal_of_which_a_replica_knows_nothing_is_not_believed(
    tenant: Tenant, scope: GraphScope, directory: GraphDirectory, error: str
) -> None:
    await scope.add([GRACE])
    tenant.fail("DELETE", "members", "error", error=error)
    answer = (await scope.remove([GRACE]))[GRACE]
    assert (answer.outcome, answer.reason) == (WriteOutcome.ALREADY, Reason.REMOVAL_UNCONFIRMED)
    assert await directory.scope_member_ids() == {GRACE}


async def test_a_date_in_retry_after_is_waited_for_inside_a_batch_and_out(
    tenant: Tenant, scope: GraphScope, directory: GraphDirectory
) -> None:
    date = {"status": 429, "retryAfter": 2, "retryAfterDate": True}
    tenant.fail("PATCH", "^/groups/", "status", **date)
    started = time.monotonic()
    assert (await scope.add([GRACE]))[GRACE].outcome is WriteOutcome.DONE
    assert time.monotonic() - started >= 1
    tenant.fail("GET", "transitiveMembers", "status", **date)
    assert await directory.scope_member_ids() == {GRACE}
