"""A ledger that is older than the world, or lost: found at the start, and nothing is written.

The tables are changed past the app, as whoever copies them does; the mark that tells it lies in a
blob beside them. What goes on from there is typed as the runbook has it.
"""

import asyncio
import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from azure.data.tables import UpdateMode

from sandbox import supervisor
from sandbox.company import Employee
from shared.adapters.blobs.audit_mark import BlobAuditMark
from shared.adapters.blobs.place import BlobPlace
from shared.adapters.identity import credential
from shared.adapters.tables.tables import NAMES, Tables
from tests.support.rig import EVENTS, Rig, flat, names_of, until
from tests.support.rollout_rig import RolloutRig, ring
from tests.support.typed_page import Operator, Part

COPIED = ("enrolments", "rollouts")
"""What the runbook has copied back; the other tables are not needed."""
OLDER = "the ledger does not know what it recorded until"
REPAIRED = {"removedByHand": "repair", "addedByHand": "repair"}
"""A document by which an older ledger would do harm: whom it has in is put back at once."""
NOBODY = "0 to be put in, 0 to be taken out"

type Rows = Mapping[str, Sequence[Mapping[str, Any]]]


@pytest.fixture
def on_duty(lost_stage: RolloutRig, tmp_path: Path) -> Operator:
    """Whoever is on call for that sandbox, in which all goes on again."""
    lost_stage.rig.start()
    if lost_stage.rig.stop_reason() == "ledger-older":
        lost_stage.rig.sspr("recover", "--yes", "--reason", "the next test begins")
    lost_stage.make_ready()
    return Operator(lost_stage.rig.layout, tmp_path)


def test_tables_of_before_put_in_nobody_who_left_since_and_take_out_nobody_who_came(
    lost_stage: RolloutRig, on_duty: Operator
) -> None:
    """Given a copy put back, then a leaver, an excluded one and a wave rolled back stay out.

    Whoever came since stays. Until an operator has seen what differs nothing is written at all;
    afterwards whoever is released comes in again, and so does what was asked for meanwhile.
    """
    stage, rig = lost_stage, lost_stage.rig
    stay, back = _two(stage), _two(stage)
    leaver, excluded = stage.cloud(), stage.synced()
    new, asked = _two(stage), stage.synced()
    document = stage.document(
        ring("pilot", *stay, leaver, excluded), ring("early", *back), drift=REPAIRED
    )
    stage.rollouts.start(document)
    stage.soaks_in("pilot")
    stage.rollouts.control("promote", "the pilot is happy", skipSoak=True)
    stage.soaks_in("early")
    stage.is_in(*stay, leaver, excluded, *back)
    with rig.console.timers_held():
        copy = _rows_of(rig)

    rig.offboard(leaver.user_principal_name)
    stage.rollouts.by_hand("exclude", excluded.object_id, "on leave")
    stage.rollouts.roll_back("early", "not these")
    rig.onboard(*names_of(*new))
    stage.is_out(leaver, excluded, *back)
    stage.is_in(*new)
    _restored(rig, copy, asked)

    everybody = (*stay, *back, leaver, excluded, *new, asked)
    are_in = rig.members_among(*stay, *new)
    with on_duty.follows("The ledger was lost") as page:
        _is_stopped(stage, page)
        _has_looked(stage)
        _writes(on_duty, document)
        shown = flat(page.types().stdout)
        assert "4 removed-by-hand" in shown
        assert "2 added-by-hand" in shown
        _is_only_shown(rig, asked, gone=4, unknown=2)
        assert rig.members_among(*everybody) == are_in
        _goes_on(page)
        assert NOBODY in page.types().stdout

    stage.is_in(asked)
    _resumes(stage)
    _reconciles_in_peace(stage)
    assert sorted(rig.members_among(*everybody)) == sorted([*are_in, asked.user_principal_name])
    view = stage.rollouts.view()
    assert (view["phase"], view["wave"]) == ("soaking", "early")
    stage.rollouts.by_hand("release", back[0].object_id, "it was the copy")
    stage.is_in(back[0])


def test_a_ledger_that_was_emptied_is_taken_up_and_the_waves_begin_again_with_the_same_people(
    lost_stage: RolloutRig, on_duty: Operator
) -> None:
    """Given tables without a row, then whoever is in stays, and who left is excluded once more."""
    stage, rig = lost_stage, lost_stage.rig
    stay, leaver, asked = _two(stage), stage.cloud(), stage.cloud()
    document = stage.document(ring("pilot", *stay, leaver), drift=REPAIRED)
    stage.rollouts.start(document)
    stage.soaks_in("pilot")
    stage.is_in(*stay, leaver)
    rig.offboard(leaver.user_principal_name)
    stage.is_out(leaver)
    _restored(rig, dict.fromkeys(NAMES, ()), asked)

    everybody = (*stay, leaver, asked)
    with on_duty.follows("The ledger was lost") as page:
        _is_stopped(stage, page)
        _writes(on_duty, document)
        page.types()
        assert leaver.object_id in (on_duty.folder / "would.csv").read_text()
        said = rig.sspr("exclude", leaver.user_principal_name, "--reason", "has left")
        assert said.returncode == 0, said.stderr
        _is_only_shown(rig, asked, gone=0, unknown=None)
        assert rig.members_among(*everybody) == names_of(*stay)
        _goes_on(page)
        assert NOBODY in page.types().stdout

    stage.is_in(asked)
    stage.rollouts.start(document)
    stage.soaks_in("pilot")
    _reconciles_in_peace(stage)
    assert rig.members_among(*everybody) == names_of(*stay, asked)


def test_a_table_that_was_deleted_is_named_and_nothing_is_written_or_lost_meanwhile(
    lost_stage: RolloutRig, on_duty: Operator
) -> None:
    """Given a table goes under a running app, then an event of that time is dealt with at last."""
    stage, rig = lost_stage, lost_stage.rig
    stay, asked = _two(stage), stage.cloud()
    document = stage.document(ring("pilot", *stay), drift=REPAIRED)
    stage.rollouts.start(document)
    stage.soaks_in("pilot")
    stage.is_in(*stay)
    until(lambda: _is_marked(rig), "the mark to be where the ledger is")
    rig.table("enrolments").delete_table()
    with rig.hears("work-postponed"):
        rig.place(EVENTS, {"userPrincipalName": asked.user_principal_name})
        health, status = rig.sspr("health"), rig.sspr("status")
        assert (health.returncode, status.returncode) == (1, 4)
        assert re.search(r"enrolments\b.*\bmissing", health.stdout), health.stdout
        assert "table enrolments: it is not there" in flat(status.stderr), status.stderr
    assert rig.members_among(*stay, asked) == names_of(*stay)
    rig.kill("functions_host")
    rig.start()  # which makes the table, as deploying the templates does

    with on_duty.follows("The ledger was lost") as page:
        assert rig.sspr("health").returncode == 0
        _is_stopped(stage, page)
        _has_looked(stage)
        _writes(on_duty, document)
        page.types()
        _is_only_shown(rig, asked, gone=0, unknown=None)
        assert rig.members_among(*stay, asked) == names_of(*stay)
        _goes_on(page)
        assert NOBODY in page.types().stdout

    stage.is_in(asked)
    _resumes(stage)
    _reconciles_in_peace(stage)
    assert rig.members_among(*stay, asked) == names_of(*stay, asked)
    assert rig.messages(EVENTS, dead=True) == []


def _two(stage: RolloutRig) -> tuple[Employee, Employee]:
    """Somebody of either source of authority."""
    return stage.cloud(), stage.synced()


def _rows_of(rig: Rig) -> Rows:
    """The rows of the tables that are copied."""
    return {name: [dict(row) for row in rig.table(name).list_entities()] for name in COPIED}


def _restored(rig: Rig, copy: Rows, asked: Employee) -> None:
    """The tables have these rows and no others, when the app starts to which somebody has come."""
    until(lambda: _is_marked(rig), "the mark to be where the ledger is")
    rig.kill("functions_host")
    for name, rows in copy.items():
        with rig.table(name) as table:
            for found in table.list_entities(select=["PartitionKey", "RowKey"]):
                table.delete_entity(found)
            for row in rows:
                table.upsert_entity({**row}, mode=UpdateMode.REPLACE)
    rig.place(EVENTS, {"userPrincipalName": asked.user_principal_name})
    rig.start()


def _is_marked(rig: Rig) -> bool:
    """Whether what lies outside of the tables says how far they have come by now."""
    account = supervisor.announcement(rig.layout, "azurite")["connectionString"]
    place = BlobPlace.of_connection_string(account)
    assert place is not None

    async def look() -> bool:
        mark = await BlobAuditMark(place, credential).read()
        async with Tables.from_connection_string(account) as tables:
            return mark is not None and mark.is_at(await tables.audit.ends())

    return asyncio.run(look())


def _is_stopped(stage: RolloutRig, page: Part) -> None:
    """The product finds it by itself, and says so where people look."""
    with stage.rig.hears("writing-stopped"):
        until(lambda: stage.rig.stop_reason() == "ledger-older", "all to stop")
    shown = flat(page.types().stdout)
    assert "STOPPED" in shown
    assert OLDER in shown
    assert "sspr recover shows what differs" in shown


def _has_looked(stage: RolloutRig) -> None:
    """A reconciliation has compared everybody with it, and has done nothing."""

    def look() -> bool:
        report = stage.rollouts.view()["reconciliation"]
        return report is not None and OLDER in report["problem"]

    until(look, "a reconciliation that only looks")


def _is_only_shown(rig: Rig, asked: Employee, *, gone: int, unknown: int | None) -> None:
    """Without a yes it shows who differs and all stays stopped; None stands for all members."""
    rig.reaches(asked.user_principal_name, "requested")
    ran = rig.sspr("recover", "--reason", "to look")
    shown = flat(ran.stderr)
    assert (ran.returncode, "nothing was done" in shown) == (2, True), shown
    assert rig.stop_reason() == "ledger-older"
    members = _number(shown, "people in the scope group")
    assert _number(shown, "in scope by the ledger and in no group") == gone
    assert _number(shown, "in the group and not by the ledger") == (unknown or members)
    assert _number(shown, "asked for since the ledger was lost") == 1


def _number(shown: str, of_whom: str) -> int:
    (found,) = re.findall(rf"(\d+) {of_whom}", shown)
    return int(found)


def _goes_on(page: Part) -> None:
    """By the page's yes; afterwards nothing is stopped."""
    page.types()
    assert "STOPPED" not in page.types().stdout


def _writes(on_duty: Operator, document: Mapping[str, Any]) -> None:
    """The current document, as it is kept where the runbook's reader has it."""
    (on_duty.folder / "now.yaml").write_text(json.dumps(document))


def _resumes(stage: RolloutRig) -> None:
    """The rollout that came back waits for a word; nothing was said of it since the copy."""
    assert stage.rollouts.view()["pause"]["reason"] == "ledger-recovered"
    stage.rollouts.control("resume", "nothing was said since the copy")


def _reconciles_in_peace(stage: RolloutRig) -> None:
    """A reconciliation of the ledger as it is now finds nothing to be done by it."""

    def look() -> bool:
        report = stage.rollouts.view()["reconciliation"]
        return report is not None and not report["problem"]

    until(look, "a reconciliation that goes on")
    assert stage.rollouts.view()["pause"] is None
