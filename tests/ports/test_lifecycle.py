"""Lifecycle Workflows: a task that waits is told its outcome once, and nobody else is."""

import pytest

from tests.support.ports.entra import Entra

UPN = "grace@contoso.test"
NOWHERE = (
    "/identityGovernance/lifecycleWorkflows/workflows/1/tasks/2/taskProcessingResults/99/resume"
)


@pytest.mark.parametrize("completed", [True, False])
async def test_a_task_that_waits_is_told_once(entra: Entra, completed: bool) -> None:
    path = entra.call_out(UPN)
    assert await entra.lifecycle.resume(path, completed=completed)
    # Told again after a crash, when nobody knows that it was told before.
    assert not await entra.lifecycle.resume(path, completed=completed)


async def test_where_nobody_waits_nobody_is_told(entra: Entra) -> None:
    assert not await entra.lifecycle.resume(NOWHERE, completed=True)


@pytest.mark.parametrize("path", ["/users", f"{NOWHERE}/more", f"/..{NOWHERE}"])
async def test_nothing_is_called_that_is_no_task(entra: Entra, path: str) -> None:
    with pytest.raises(ValueError, match="goes to Lifecycle Workflows"):
        await entra.lifecycle.resume(path, completed=True)
