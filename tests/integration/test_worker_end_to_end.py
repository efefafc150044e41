"""The worker as a process: commands in, the AD group written, a delta sync run, results out."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from sandbox.testing.connect_host_process import ConnectHost
from sandbox.testing.domain_controller_process import Controller
from sandbox.testing.waiting import wait_until
from shared.contracts.messages.directory_command import CommandMember
from shared.contracts.messages.directory_question import DirectoryQuestion
from shared.contracts.messages.directory_result import DirectoryResult
from shared.domain.person.preflight import Finding, Unknown
from shared.domain.person.reasons import Reason
from shared.domain.person.writes import ScopeAction, WriteOutcome
from tests.support.worker_process import (
    Rig,
    by_name,
    command,
    directory_environment,
    running_rig,
    sync_environment,
)

pytestmark = pytest.mark.usefixtures("started")


@pytest.fixture(scope="module")
def shared_rig(
    controller: Controller, shared_host: ConnectHost, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Rig]:
    environment = directory_environment(controller, "kerberos") | sync_environment(shared_host)
    with running_rig(tmp_path_factory.mktemp("bus"), controller, environment) as rig:
        yield rig


@pytest.fixture
def rig(shared_rig: Rig) -> Rig:
    shared_rig.bus.control.post("/reset").raise_for_status()
    shared_rig.directory.empty()
    return shared_rig


@pytest.fixture(scope="module")
def started(shared_rig: Rig, tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """One worker for all tests here: Kerberos to AD, PSRP to the Connect host."""
    with shared_rig.worker(tmp_path_factory.mktemp("worker")):
        yield


def outcomes(result: DirectoryResult) -> dict[str, WriteOutcome]:
    return {member.key: member.outcome for member in result.members}


def test_adds_and_removes_by_kerberos_and_follows_each_change_through_a_delta_sync(
    rig: Rig, host: ConnectHost
) -> None:
    before = len(host.tenant.exports)
    add = command([rig.directory.member("ada"), *by_name("alan")])
    rig.send(add)
    final = rig.answer(add, "succeeded")
    assert rig.directory.members() == ["ada", "alan"]
    assert outcomes(final) == {"ada": WriteOutcome.DONE, "alan": WriteOutcome.DONE}
    assert [r.sync.state for r in rig.results(add.command_key)] == ["pending", "succeeded"]
    assert final.worker == "worker-1"
    assert len(host.tenant.exports) > before

    remove = command([rig.directory.member("ada")], ScopeAction.REMOVE)
    rig.send(remove)
    assert outcomes(rig.answer(remove, "succeeded")) == {"ada": WriteOutcome.DONE}
    assert rig.directory.members() == ["alan"]
    rig.wait_until_done()


def test_the_answer_says_who_somebody_known_by_name_only_turned_out_to_be(
    rig: Rig, host: ConnectHost
) -> None:
    del host
    add = command(by_name("alan"))
    rig.send(add)
    (found,) = rig.answer(add, "pending").members
    known = rig.directory.member("alan")
    assert (found.source_anchor, found.sid) == (known.source_anchor, known.sid)
    assert (found.user_principal_name, found.employee_id) == ("alan@contoso.test", "100003")
    # Its cycle is over before the next test counts its own.
    rig.answer(add, "succeeded")


def test_who_is_in_already_needs_no_sync(rig: Rig) -> None:
    rig.directory.put_in("dora")
    add = command([rig.directory.member("dora")])
    rig.send(add)
    assert outcomes(rig.answer(add, "not-needed")) == {"dora": WriteOutcome.ALREADY}
    rig.wait_until_done()


def test_a_burst_of_commands_is_one_cycle(rig: Rig, host: ConnectHost) -> None:
    # A machine that stands still between two of them would else begin a cycle in between.
    host.set(busy=True)
    host.control.delete("/cycles")
    people = ["rolf", "xenia", "tweedledum", "tweedledee"]
    burst = [command(by_name(name)) for name in people]
    rig.send(*burst)
    for each in burst:
        rig.answer(each, "pending")
    host.set(busy=False)
    for each in burst:
        rig.answer(each, "succeeded")
    assert rig.directory.members() == sorted(people)
    assert [cycle["trigger"] for cycle in host.control.get("/cycles").json()] == ["cmdlet"]


def test_an_expired_command_is_refused_and_leaves_the_group_alone(rig: Rig) -> None:
    late = command(by_name("alan"), issued=timedelta(hours=-2))
    rig.send(late)
    (refused,) = rig.answer(late, "not-needed").members
    assert (refused.outcome, refused.reason) == (WriteOutcome.REFUSED, Reason.COMMAND_EXPIRED)
    assert rig.directory.members() == []


def test_what_cannot_be_read_is_dead_lettered_with_the_field_and_the_rest_goes_on(
    rig: Rig,
) -> None:
    good = command(by_name("alan"))
    without_members = good.text().replace(b'"members":', b'"people":')
    rig.send(b"{broken", without_members, good)
    rig.answer(good, "succeeded")
    dead = rig.bus.messages("directory-commands", dead_letters=True)
    assert {letter["deadLetterReason"] for letter in dead} == {"InvalidMessage"}
    descriptions = sorted(letter["deadLetterErrorDescription"] for letter in dead)
    assert descriptions[0].startswith("(body): not JSON")
    assert descriptions[1].startswith("members: Field required")


def test_a_cycle_that_was_running_before_the_write_does_not_count(
    rig: Rig, host: ConnectHost
) -> None:
    host.control.delete("/cycles")
    exports = len(host.tenant.exports)
    first, second = command(by_name("rolf")), command(by_name("xenia"))
    with host.tenant.keeping_waiting():
        rig.send(first)
        wait_until(lambda: len(host.tenant.exports) > exports)
        rig.send(second)
        rig.answer(second, "pending")
    rig.answer(second, "succeeded")
    assert len(host.control.get("/cycles").json()) == 2


@pytest.mark.parametrize("condition", ["busy", "connectorBusy", "suspended"])
def test_a_host_that_will_not_sync_now_is_waited_for(
    rig: Rig, host: ConnectHost, condition: str
) -> None:
    host.set(**{condition: True})
    add = command(by_name("rolf"))
    rig.send(add)
    rig.answer(add, "pending")
    host.set(**{condition: False})
    rig.answer(add, "succeeded")


def test_a_question_is_answered_beside_commands_and_no_account_is_guessed(rig: Rig) -> None:
    """By Kerberos, over the queues; nobody has said who writes passwords back."""
    now = datetime.now(UTC)
    people = [rig.directory.member("ada"), rig.directory.member("petra")]
    nobody = CommandMember(key="nobody", sid="S-1-5-21-1-2-3-9999")
    question = DirectoryQuestion(
        question_key="whole.0",
        people=(*people, nobody),
        asked_at=now,
        expires_at=now + timedelta(minutes=5),
    )
    add = command([rig.directory.member("alan")])
    rig.send(question.text(), add)
    assert outcomes(rig.answer(add, "succeeded")) == {"alan": WriteOutcome.DONE}
    wait_until(lambda: bool(rig.answers("whole.0")))
    (answer,) = rig.answers("whole.0")
    ada, petra, missing = answer.people
    assert (ada.findings, Unknown.CONNECTOR in ada.unknown) == ((), True)
    assert petra.findings == (Finding.INHERITANCE_BLOCKED, Finding.ADMIN_PROTECTED)
    assert (missing.findings, missing.unknown) == ((Finding.NOT_FOUND,), ())
    rig.wait_until_done()
