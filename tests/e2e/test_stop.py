"""A stop of everything that writes, over the real parts: what is on its way is not carried out."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sandbox.company import SCOPE_GROUP
from tests.support.rig import COMMANDS, People, Rig, reasons, until
from tests.support.typed_page import Operator, Part


def test_a_stop_reaches_the_worker_before_the_commands_that_lay_there_first(
    rig: Rig, people: People, tmp_path: Path
) -> None:
    """Given a command on the queue, when all is stopped, then nobody is written before the start.

    Neither whom the command is about, once the worker is back, nor those who come in meanwhile,
    through both ways of writing; and a restart of the app changes nothing of it. It is stopped and
    goes on by what the runbook types; whom an operator takes back meanwhile is out afterwards.
    """
    commanded, later, cloud = people.synced(), people.synced(), people.cloud()
    wrong = people.cloud()
    rig.onboard(wrong.user_principal_name)
    rig.reaches(wrong.user_principal_name, "visible", "effective")
    rig.comes_to_rest()
    rig.kill("hybrid_worker")
    rig.onboard(commanded.user_principal_name)
    until(lambda: rig.messages(COMMANDS), "a command to lie on the queue")

    on_call = Operator(rig.layout, tmp_path, {"PERSON": wrong.user_principal_name})
    with on_call.follows("Stop everything now") as page, _stopped(page):
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
        writing = rig.console.status()["writing"]
        assert (writing["toPutIn"], writing["toTakeOut"]) == (3, 1)
        assert SCOPE_GROUP in rig.groups(wrong)

    for person in (commanded, later, cloud):
        rig.reaches(person.user_principal_name, "effective")
    assert {commanded.sam_account_name, later.sam_account_name} <= set(rig.ad_members())
    assert SCOPE_GROUP in rig.groups(cloud)
    rig.reaches(wrong.user_principal_name, "withdrawn")
    assert rig.groups(wrong) == []


@contextmanager
def _stopped(page: Part) -> Iterator[None]:
    """From the page's stop to its start, between which it looks, and takes somebody back."""
    assert "STOPPED" in page.types().stdout
    for _ in range(2):
        page.types()
    try:
        yield
    finally:
        page.types()
    assert "STOPPED" not in page.types().stdout


def _reasons(rig: Rig, identity: str) -> list[str]:
    person = rig.console.user(identity)
    return reasons(person) if person else []
