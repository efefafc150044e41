"""The runbook's situations of the worker: silent in four ways, and heard of again by the page."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import ldap3

from sandbox.domain_controller import domain
from sandbox.observed import administrator
from tests.support.rig import RESULTS, Rig, until
from tests.support.rollout_rig import RolloutRig
from tests.support.typed_page import Operator, Part

LONG = timedelta(minutes=40)
"""Longer than what is taken for silence."""
A_MOMENT = timedelta(minutes=2)
_DISABLED = 0x2
_HEARD = re.compile(r"sandbox-worker +(\d{4}-\d\d-\d\d \d\d:\d\d(?::\d\d)?) ")


def silent_for(status: str, stage: RolloutRig) -> timedelta:
    """How long ago the worker was heard of, by the table that the page points at."""
    found = _HEARD.search(status)
    assert found, status
    return stage.now() - datetime.fromisoformat(found[1]).replace(tzinfo=UTC)


def is_heard_of_within(time: timedelta, stage: RolloutRig, page: Part) -> None:
    """Type the page's line until the worker has been heard of since that time."""
    page.types_until(lambda shown: silent_for(shown, stage) < time, "that it was heard of")


def test_a_worker_that_is_gone_is_started_and_answers_what_waited(
    stage: RolloutRig, on_call: Operator
) -> None:
    """Given a worker that died, then the page shows since when; then whoever waited is in."""
    rig = stage.rig
    rig.comes_to_rest()
    rig.kill("hybrid_worker")
    person = rig.is_asked_for(stage.synced())
    stage.passes(LONG)
    with on_call.follows("The worker is gone") as page:
        assert silent_for(page.types().stdout, stage) > LONG
        rig.start()
        stage.is_in(person)
        is_heard_of_within(A_MOMENT, stage, page)


def test_a_worker_without_a_way_to_service_bus_says_so_and_goes_on_once_it_has_one(
    stage: RolloutRig, on_call: Operator
) -> None:
    """Given a worker that reaches no queue, then its log and check say so; the app is well."""
    rig = stage.rig
    rig.comes_to_rest()
    rig.kill("hybrid_worker")
    began, nowhere = stage.now(), {"SSPR_WORKER_SERVICE_BUS_CUSTOM_ENDPOINT": "sb://localhost:9"}
    so_far = len(rig.log("hybrid_worker"))
    rig.start_wrongly("hybrid_worker", **nowhere)
    person = rig.is_asked_for(stage.synced())
    until(lambda: "queues-unavailable" in rig.log("hybrid_worker")[so_far:], "its log to say so")
    checked = rig.check_worker(**nowhere)
    failed = [line for line in checked.stdout.splitlines() if line.startswith("failed")]
    assert (checked.returncode, len(failed) > 0) == (1, True)
    assert all("service-bus" in line for line in failed)
    with on_call.follows("The worker has no way to Service Bus") as page:
        assert "directory-commands" in page.types().stdout
        rig.kill("hybrid_worker")
        rig.start()
        stage.is_in(person)
        is_heard_of_within(stage.now() - began, stage, page)


def test_a_worker_whom_ad_refuses_names_it_and_goes_on_once_it_has_a_new_keytab(
    stage: RolloutRig, on_call: Operator
) -> None:
    """Given its account is disabled, then the page shows the word; then whoever waited is in.

    A new keytab is taken without a restart; a restart alone would try no sooner.
    """
    rig = stage.rig
    rig.comes_to_rest()
    with on_call.follows("AD refuses the worker") as page:
        with _disabled(rig):
            rig.kill("hybrid_worker")
            rig.start()
            person = rig.is_asked_for(stage.synced())
            page.types_until(lambda shown: "account-revoked" in shown, "what AD answers")
        with _new_keytab(rig):
            stage.is_in(person)
        until(lambda: not _problem(rig), "the worker to say that all is well")
        assert "account-revoked" not in page.types().stdout


def test_a_worker_that_lives_and_is_not_heard_of_is_heard_of_once_its_answers_are_read(
    stage: RolloutRig, on_call: Operator
) -> None:
    """Given answers that nobody reads, then the page tells it from a worker that is gone."""
    rig = stage.rig
    of_tomorrow = {"schema": "sspr-rollout/directory-result/99"}
    rig.place(RESULTS, of_tomorrow)
    until(lambda: _refused_result(rig), "the newer worker's answer to be refused")
    with on_call.follows("The worker lives and is not heard of") as page:
        with rig.held(RESULTS, "deliver"):
            person = rig.is_asked_for(stage.synced())
            until(lambda: person.sam_account_name in rig.ad_members(), "the worker at work")
            stage.passes(LONG)
            assert "no dead letters" in page.types().stdout
            assert RESULTS in page.types().stdout
            assert silent_for(page.types().stdout, stage) > LONG
        stage.is_in(person)
        is_heard_of_within(A_MOMENT, stage, page)


@contextmanager
def _disabled(rig: Rig) -> Iterator[None]:
    """The worker's account, in AD."""
    account, flags_of = domain.WORKER.dn, "userAccountControl"
    with administrator(rig.layout) as connection:
        connection.search(account, "(objectClass=*)", ldap3.BASE, attributes=[flags_of])
        flags = int(connection.entries[0][flags_of].value)

        def set_to(value: int) -> None:
            change = {flags_of: [(ldap3.MODIFY_REPLACE, [value])]}
            assert connection.modify(account, change), connection.result

        set_to(flags | _DISABLED)
        try:
            yield
        finally:
            set_to(flags)


@contextmanager
def _new_keytab(rig: Rig) -> Iterator[None]:
    """Other bytes with the same keys: behind its two of the version each entry stands twice."""
    keytab = Path(rig.worker_environment()["SSPR_WORKER_DIRECTORY_KEYTAB"])
    before = keytab.read_bytes()
    keytab.write_bytes(before + before[2:])
    try:
        yield
    finally:
        keytab.write_bytes(before)


def _problem(rig: Rig) -> str | None:
    workers = rig.console.status()["workers"]
    return next((one["directoryProblem"] for one in workers if one["directoryProblem"]), None)


def _refused_result(rig: Rig) -> bool:
    return any(one["queue"] == RESULTS for one in rig.console.status()["refused"])
