"""A ledger that is older than the world, or gone: nothing is written before somebody has looked.

The tables are copied back, one is deleted, and then all of them, as at night; the mark outside of
them tells.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import pytest
from azure.data.tables import TableServiceClient

from sandbox import supervisor
from tests.support.rig import Rig, flat, names_of, until
from tests.support.rollout_rig import RolloutRig, ring

TABLES = ("enrolments", "receipts", "rollouts", "plans", "operations")
REPAIRING = {"removedByHand": "repair"}
type Rows = Mapping[str, Sequence[Mapping[str, Any]]]


@pytest.fixture
def lost(lost_stage: RolloutRig) -> RolloutRig:
    lost_stage.rig.start()
    return lost_stage


def test_a_ledger_that_was_copied_back_is_recognised_and_the_leaver_stays_out(
    lost: RolloutRig,
) -> None:
    """Given a copy that knows neither a leaver nor a newcomer, then nobody is put in or taken out.

    Neither before nor by the recovery; afterwards it goes on rightly.
    """
    rig = lost.rig
    pilot, leaver = lost.synced(), lost.cloud()
    newcomer, later = lost.synced(), lost.cloud()
    lost.start(ring("pilot", pilot), drift=REPAIRING)
    lost.soaks_in("pilot")
    rig.onboard(leaver.user_principal_name)
    rig.reaches(leaver.user_principal_name, "effective")
    copied = _copy(rig)
    rig.offboard(leaver.user_principal_name)
    rig.onboard(newcomer.user_principal_name)
    rig.reaches(leaver.user_principal_name, "withdrawn")
    rig.reaches(newcomer.user_principal_name, "effective")
    _ticks(rig, "clock_timer")

    _without_the_app(rig, lambda: _restore(rig, copied))
    _is_recognised(rig)
    assert rig.members_among(pilot, leaver, newcomer) == names_of(pilot, newcomer)
    shown = rig.sspr("recover", "--reason", "restored from the copy of Sunday")
    assert shown.returncode != 0, "nobody said yes"
    for told in (leaver.object_id, newcomer.object_id, "1 in scope by the ledger and in no group"):
        assert told in flat(shown.stderr), shown.stderr
    assert rig.stop_reason() == "ledger-older"

    _recovers(rig)
    rig.reaches(leaver.user_principal_name, "withdrawn")
    rig.onboard(later.user_principal_name)
    rig.reaches(later.user_principal_name, "effective")
    _ticks(rig, "reconcile_timer")
    assert rig.members_among(pilot, leaver, newcomer, later) == names_of(pilot, newcomer, later)


def test_without_the_table_of_people_an_operator_says_again_who_is_to_stay_out(
    lost: RolloutRig,
) -> None:
    """Given a wave of which nobody is known any more, then its leaver is shown before the yes."""
    rig = lost.rig
    stays, leaver = lost.synced(), lost.cloud()
    lost.start(ring("pilot", stays, leaver), drift=REPAIRING)
    lost.soaks_in("pilot")
    rig.offboard(leaver.user_principal_name)
    rig.reaches(leaver.user_principal_name, "withdrawn")
    _ticks(rig, "clock_timer")

    _without_the_app(rig, lambda: _delete(rig, ["enrolments"]))
    _is_recognised(rig)
    shown = rig.sspr("recover", "--reason", "somebody deleted a table")
    assert "1 wanted by the document in force" in flat(shown.stderr), shown.stderr
    out = rig.sspr("exclude", leaver.object_id, "--reason", "has left")
    assert out.returncode == 0, out.stderr
    shown = rig.sspr("recover", "--reason", "somebody deleted a table")
    assert "0 wanted by the document in force" in flat(shown.stderr), shown.stderr

    _recovers(rig)
    _ticks(rig, "reconcile_timer")
    assert rig.members_among(stays, leaver) == names_of(stays)


def test_without_any_table_everybody_stays_where_they_are(lost: RolloutRig) -> None:
    """Given the groups alone, then their members count as there before, and a plan keeps them."""
    rig = lost.rig
    stays, leaver = lost.synced(), lost.cloud()
    document = lost.document(ring("pilot", stays), drift=REPAIRING)
    lost.rollouts.start(document)
    lost.soaks_in("pilot")
    rig.onboard(leaver.user_principal_name)
    rig.reaches(leaver.user_principal_name, "effective")
    rig.offboard(leaver.user_principal_name)
    rig.reaches(leaver.user_principal_name, "withdrawn")
    _ticks(rig, "clock_timer")

    _without_the_app(rig, lambda: _delete(rig, TABLES))
    _is_recognised(rig)
    recovered = _recovers(rig)
    assert "no rollout: plan and apply its document again" in recovered
    shown = lost.rollouts.start(document)
    assert (shown["removals"], shown["drift"]) == ([], [])
    lost.soaks_in("pilot")
    _ticks(rig, "reconcile_timer")
    assert rig.members_among(stays, leaver) == names_of(stays)
    assert rig.reaches(stays.object_id, "visible", "effective")["provenance"] == "preexisting"


def _is_recognised(rig: Rig) -> None:
    """By the app that has just begun, before anything is written; a start does not lift it."""
    until(lambda: rig.stop_reason() == "ledger-older", "the older ledger to be recognised")
    _ticks(rig, "reconcile_timer")
    told = rig.sspr("status")
    assert "the ledger does not know what it recorded" in flat(told.stdout), told.stdout
    started = rig.sspr("start", "--reason", "why not")
    assert (started.returncode, "sspr recover" in started.stderr) == (5, True), started.stderr


def _recovers(rig: Rig) -> str:
    done = rig.sspr("recover", "--yes", "--reason", "the copy is the newest that there is")
    assert done.returncode == 0, done.stderr
    until(lambda: rig.stop_reason() is None, "everything to go on")
    return flat(done.stdout)


def _ticks(rig: Rig, timer: str) -> None:
    """Wait for a run of that timer which begins from now on."""
    file = rig.layout.logs / "functions_host.log"
    so_far = len(file.read_text())
    ended = f'"timer": "{timer}"'
    # The first that ends may have begun before.
    until(lambda: file.read_text()[so_far:].count(ended) > 1, f"{timer} to run")


def _without_the_app(rig: Rig, work: Any) -> None:
    supervisor.stop(rig.layout, ["functions_host"])
    work()
    rig.start()


def _copy(rig: Rig) -> Rows:
    with _service(rig) as service:
        return {
            name: [dict(row) for row in service.get_table_client(name).list_entities()]
            for name in TABLES
        }


def _restore(rig: Rig, copied: Rows) -> None:
    """Makes every table what it was when it was copied."""
    with _service(rig) as service:
        for name, rows in copied.items():
            table = service.get_table_client(name)
            for known in list(table.list_entities(select=["PartitionKey", "RowKey"])):
                table.delete_entity(known)
            for row in rows:
                table.create_entity(row)


def _delete(rig: Rig, names: Collection[str]) -> None:
    with _service(rig) as service:
        for name in names:
            service.delete_table(name)


def _service(rig: Rig) -> TableServiceClient:
    account = supervisor.announcement(rig.layout, "azurite")["connectionString"]
    return TableServiceClient.from_connection_string(account)
