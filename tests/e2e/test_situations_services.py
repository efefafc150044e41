"""The runbook's situations of what the app lives by: Graph, a group, storage, settings, a key."""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx

from sandbox import supervisor
from tests.support.rig import EVENTS, Rig, flat, until
from tests.support.rollout_rig import RolloutRig, ring
from tests.support.typed_page import Operator

FORBIDDEN = {"error": {"code": "Authorization_RequestDenied", "message": "Insufficient privileges"}}
STRICT = ("--strict", "--expect", "enroll_people")
"""By which the sandbox's host refuses an app that has left out everything but what says why."""


@contextmanager
def graph_refuses(stage: RolloutRig, **fault: Any) -> Iterator[None]:
    """Graph's answer to whatever is asked of the scope group."""
    tenant = stage.rig.console.tenant
    match = {"path": f"^/groups/{stage.rig.layout.scope_group_id}"}
    body = {"match": match, "action": "status", "times": 10_000, **fault}
    tenant.post("/sandbox/faults", json=body).raise_for_status()
    try:
        yield
    finally:
        tenant.delete("/sandbox/faults").raise_for_status()


def test_graph_refuses_the_app_and_whoever_waited_is_in_once_it_does_not(
    stage: RolloutRig, on_call: Operator
) -> None:
    """Given a permission that is missing, then health names it, and nobody is lost."""
    with on_call.follows("Graph refuses the app") as page:
        with graph_refuses(stage, status=403, body=FORBIDDEN):
            person = stage.rig.is_asked_for(stage.cloud())
            assert "forbidden" in page.types().stdout
        stage.is_in(person)
        page.types()


def test_quotas_that_are_used_up_cost_time_and_nobody(stage: RolloutRig, on_call: Operator) -> None:
    """Given Graph takes no more, then whoever waits is requested, and moves on afterwards."""
    so_far = len(stage.rig.log("functions_host"))
    with on_call.follows("Quotas are used up") as page:
        with graph_refuses(stage, status=429, retryAfter=60):
            person = stage.rig.is_asked_for(stage.cloud())
            until(lambda: "work-postponed" in stage.rig.log("functions_host")[so_far:], "the alarm")
            assert "requested" in page.types().stdout
        stage.is_in(person)
        assert "requested" not in page.types().stdout


def test_a_scope_group_that_was_deleted_is_named_and_nothing_changes_once_it_is_back(
    stage: RolloutRig, on_call: Operator
) -> None:
    """Given all is stopped meanwhile, then everybody is in as before, and nothing is wanted."""
    person = stage.cloud()
    stage.start(ring("pilot", person))
    stage.soaks_in("pilot")
    with on_call.follows("A group was deleted") as page:
        with graph_refuses(stage, action="error", error="not-found"):
            assert "STOPPED" in page.types().stdout
            assert "missing" in page.types().stdout
        page.types()
        assert "STOPPED" not in page.types().stdout
        page.types()
        assert "0 to be put in, 0 to be taken out" in page.types().stdout
    stage.is_in(person)


def test_storage_that_is_away_is_named_and_nothing_is_lost(
    stage: RolloutRig, on_call: Operator
) -> None:
    """Given tables that do not answer, then an event of that time is dealt with afterwards."""
    rig, person = stage.rig, stage.cloud()
    with on_call.follows("Storage is away") as page:
        # Ended, not killed: on its disk Azurite has what it acknowledged only seconds later.
        supervisor.stop(rig.layout, ["azurite"])
        rig.place(EVENTS, {"userPrincipalName": person.user_principal_name})
        assert "unreachable" in page.types().stdout
        page.types()
        rig.start()
        stage.is_in(person)
        page.types()
        assert "no dead letters" in page.types().stdout


def test_a_setting_that_is_wrong_is_named_and_the_app_does_nothing_until_it_is_right(
    stage: RolloutRig, on_call: Operator
) -> None:
    """Given an app that started with it, then health says which, and what came waits."""
    rig, person = stage.rig, stage.cloud()
    settings = rig.layout.app_settings
    before = settings.read_text()
    with on_call.follows("A setting is wrong") as page:
        rig.kill("functions_host")
        settings.write_text(json.dumps(json.loads(before) | {"SSPR_TOPOLOGY": "sideways"}))
        try:
            rig.start_wrongly("functions_host", without=STRICT)
            rig.place(EVENTS, {"userPrincipalName": person.user_principal_name})
            named = page.types().stdout
            assert "misconfigured" in named
            assert "SSPR_TOPOLOGY" in named
        finally:
            rig.kill("functions_host")
            settings.write_text(before)
            rig.start()
        stage.is_in(person)
        page.types()


def test_a_setting_that_decides_who_is_written_is_changed_while_all_is_stopped(
    stage: RolloutRig, on_call: Operator
) -> None:
    """Given somebody in a group that is no longer to be excluded, then a plan says so first.

    They are put in after the start, and out again once the setting is as it was.
    """
    rig = stage.rig
    barred = stage.people.who(lambda one: one.excluded)
    made = rig.console.tenant.post("/sandbox/groups", json={"displayName": "Another-Exclusion"})
    another = made.raise_for_status().json()["id"]
    stage.start(ring("pilot", stage.cloud(), barred))
    stage.soaks_in("pilot")
    with on_call.follows("An app setting has to change") as page:
        assert "STOPPED" in page.types().stdout
        with rig.app_settings(SSPR_EXCLUDED_GROUP_IDS=another):
            page.types()
            page.types()
            assert "1 to be put in, 0 to be taken out" in page.types().stdout
            assert rig.members_among(barred) == []
            page.types()
            stage.is_in(barred)
    until(lambda: rig.members_among(barred) == [], "them to be out as before")


def test_what_hangs_is_named_and_whoever_waited_for_it_is_in_afterwards(
    stage: RolloutRig, on_call: Operator
) -> None:
    """Given Graph and then the Connect host take what is asked and do not answer, then both end.

    The worker gives the host ten times less time here than it would.
    """
    rig = stage.rig
    rig.comes_to_rest()
    rig.kill("hybrid_worker")
    rig.start_wrongly("hybrid_worker", SSPR_WORKER_SYNC_TIMEOUT="6")
    with on_call.follows("Something hangs") as page:
        with rig.held_graph("GET", "^/users", "before"):
            assert "silent" in page.types().stdout
        rig.set_conditions(hang="cmdlet")
        try:
            person = stage.synced()
            rig.onboard(person.user_principal_name)
            until(lambda: _hinders(stage).startswith("hangs"), "the worker to give the host up")
            assert re.search(r"since [\d: -]+ hangs\b", flat(page.types().stdout))
            assert person.sam_account_name in rig.ad_members()
            assert rig.groups(person) == []
        finally:
            rig.set_conditions(hang="")
        stage.is_in(person)
        until(lambda: not _hinders(stage), "the worker to say that all is well")
        assert "hangs" not in page.types().stdout
    rig.kill("hybrid_worker")
    rig.start()


def test_a_key_that_has_leaked_opens_nothing_once_it_is_another(
    stage: RolloutRig, on_call: Operator
) -> None:
    """Given a function's own key, when it is another, then the old one is refused with 401."""
    rig = stage.rig
    file = rig.layout.state / "functions" / "host-keys.json"
    keys = json.loads(file.read_text())
    leaked = keys["keysOfFunctions"]["get_status"]["default"]
    assert _opens(rig, leaked) == httpx.codes.OK
    keys["keysOfFunctions"]["get_status"]["default"] = "another-" + leaked
    rig.kill("functions_host")
    file.write_text(json.dumps(keys))
    rig.start()
    assert _opens(rig, leaked) == httpx.codes.UNAUTHORIZED
    with on_call.follows("A secret has leaked") as page:
        page.types()
        page.types()
        page.types()
    assert (on_call.folder / "audit.csv").read_text().count("\n") > 1


def _hinders(stage: RolloutRig) -> str:
    """What the worker says that a sync cannot be had for."""
    workers = stage.rig.console.status()["workers"]
    return next((one["hindrance"] for one in workers), "")


def _opens(rig: Rig, key: str) -> int:
    url = f"{rig.layout.functions_url}/api/status"
    return httpx.get(url, headers={"x-functions-key": key}, timeout=60).status_code
