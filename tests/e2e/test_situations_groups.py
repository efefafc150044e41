"""The runbook's situation of an AD group that was deleted: it is missed, and made again."""

import re
from collections.abc import Callable

import ldap3
from ldap3.protocol.microsoft import security_descriptor_control

from sandbox.company import SCOPE_GROUP, SYNCED_SCOPE_GROUP
from sandbox.domain_controller import domain
from sandbox.observed import administrator
from tests.support.rig import Rig, until
from tests.support.rollout_rig import RolloutRig, ring
from tests.support.typed_page import Operator

_OF_PEOPLE = {"to_cloud", "to_on_premises"}
"""Columns of the alarm that tell of people, where it is the group."""
_PERMISSIONS = 0x4
"""Of a security descriptor, the DACL alone."""
_FEW = {"removals": {"share": 1.0, "people": 2}}


def test_an_ad_group_that_was_deleted_pauses_and_once_made_again_everybody_is_back(
    stage: RolloutRig, on_call: Operator
) -> None:
    """Given more people than are repaired unasked, then the page puts them into the new group."""
    rig = stage.rig
    people = [stage.synced() for _ in range(3)]
    stage.start(ring("pilot", *people, soak="P9D"), safety=_FEW)
    stage.soaks_in("pilot")
    stage.is_in(*people)
    rig.comes_to_rest()

    with rig.hears("rollout-paused"), rig.hears("scope-changed", lacks=_OF_PEOPLE):
        make_again = _delete_group(rig)
        until(lambda: "scope-group" in _problem(rig), "the worker to miss the group")
        rig.console.sync()
        paused = stage.rollouts.reaches("paused")["pause"]
    assert paused["reason"] == "group-missing"
    assert [rig.groups(person) for person in people] == [[], [], []]
    with on_call.follows("The AD group was deleted") as page:
        page.types()
        shown = page.types().stdout
        for word in ("STOPPED", "scope-group", "group-missing"):
            assert word in shown
        make_again()
        rig.console.sync()
        nesting = {"group": SYNCED_SCOPE_GROUP, "in": SCOPE_GROUP}
        rig.console.tenant.post("/sandbox/nesting", json=nesting).raise_for_status()
        rig.kill("hybrid_worker")
        rig.start()
        until(lambda: not _problem(rig), "the worker to find the group")
        assert "scope-group" not in page.types().stdout
        assert "STOPPED" not in page.types().stdout
        page.types()
        assert "removed-by-hand" in page.types().stdout
        for _ in range(2):
            page.types()
        assert not re.search(r"^paused ", page.types().stdout, re.MULTILINE)
    until(
        lambda: all(SCOPE_GROUP in rig.groups(person) for person in people),
        "everybody to be in the new group",
    )
    stage.is_in(*people)
    assert stage.rollouts.view()["phase"] == "soaking"


def _problem(rig: Rig) -> str:
    """What AD answers the worker, by the app's word; nothing where all is well."""
    (worker,) = rig.console.status()["workers"]
    return worker["directoryProblem"] or ""


def _delete_group(rig: Rig) -> Callable[[], None]:
    """As an administrator does; answers with how to make another of its name and permissions."""
    dn, dacl = domain.SCOPE_GROUP_DN, security_descriptor_control(sdflags=_PERMISSIONS)
    descriptor = "nTSecurityDescriptor"
    with administrator(rig.layout) as connection:
        connection.search(dn, "(objectClass=*)", ldap3.BASE, attributes=[descriptor], controls=dacl)
        permissions = connection.entries[0][descriptor].raw_values[0]
        assert connection.delete(dn), connection.result

    def make_again() -> None:
        with administrator(rig.layout) as connection:
            assert connection.add(dn, "group", {"sAMAccountName": SYNCED_SCOPE_GROUP})
            change = {descriptor: [(ldap3.MODIFY_REPLACE, [permissions])]}
            assert connection.modify(dn, change, controls=dacl), connection.result

    return make_again
