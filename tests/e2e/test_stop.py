"""A stop of everything that writes, over the real parts: what is on its way is not carried out."""

from collections.abc import Iterator
from contextlib import contextmanager

from sandbox.company import SCOPE_GROUP
from tests.support.rig import COMMANDS, People, Rig, reasons, until


def test_a_stop_reaches_the_worker_before_the_commands_that_lay_there_first(
    rig: Rig, people: People
) -> None:
    """Given a command on the queue, when all is stopped, then nobody is written before the start.

    Neither whom the command is about, once the worker is back, nor those who come in meanwhile,
    through both ways of writing; and a restart of the app changes nothing of it.
    """
    commanded, later, cloud = people.synced(), people.synced(), people.cloud()
    rig.comes_to_rest()
    rig.kill("hybrid_worker")
    rig.onboard(commanded.user_principal_name)
    until(lambda: rig.messages(COMMANDS), "a command to lie on the queue")

    with _stopped(rig):
        with rig.hears("writing-stopped"):
            pass
        rig.onboard(later.user_principal_name, cloud.user_principal_name)
        rig.reaches(cloud.user_principal_name, "requested")
        rig.kill("functions_host")
        rig.start()
        until(
            lambda: "writing-stopped" in _reasons(rig, commanded.user_principal_name),
            "the worker to answer that the command is void",
        )
        until(lambda: not rig.messages(COMMANDS), "the stop to be taken off the queue")
        rig.reaches(later.user_principal_name, "requested")
        assert not {commanded.sam_account_name, later.sam_account_name} & set(rig.ad_members())
        assert rig.groups(cloud) == []
        assert rig.console.status()["writing"]["toPutIn"] == 3

    for person in (commanded, later, cloud):
        rig.reaches(person.user_principal_name, "effective")
    assert {commanded.sam_account_name, later.sam_account_name} <= set(rig.ad_members())
    assert SCOPE_GROUP in rig.groups(cloud)


@contextmanager
def _stopped(rig: Rig) -> Iterator[None]:
    rig.says("stop", "the test says so").raise_for_status()
    try:
        yield
    finally:
        started = rig.says("start", "the test says so").raise_for_status().json()
        assert started["stopped"] is False


def _reasons(rig: Rig, identity: str) -> list[str]:
    person = rig.console.user(identity)
    return reasons(person) if person else []
