"""The worker as a process, and an Active Directory that refuses, refers, hangs and locks out."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import pytest

from sandbox.certificates import server_certificate
from sandbox.domain_controller import domain
from sandbox.testing.domain_controller_process import Controller
from sandbox.testing.ldap_proxy import Fault, Proxy, proxying
from sandbox.testing.ldap_wire import Request
from sandbox.testing.waiting import wait_until
from shared.contracts.messages.worker_report import WorkerReport
from shared.domain.person.reasons import Reason
from shared.domain.person.writes import WriteOutcome
from tests.support.repository import ROOT
from tests.support.worker_process import (
    NO_SYNC,
    OFTEN,
    Rig,
    by_name,
    command,
    directory_environment,
    running_rig,
    worker_environment,
)

INVALID_CREDENTIALS, BUSY, OTHER, UNWILLING, CONSTRAINT = 49, 51, 80, 53, 19
LOCKED = "80090308: LdapErr: DSID-0C09050F, comment: AcceptSecurityContext error, data 775, v4563"
READ_ONLY = {"supportedCapabilities": [b"1.2.840.113556.1.4.800", b"1.2.840.113556.1.4.1920"]}


@dataclass(frozen=True)
class Stage:
    """A worker's surroundings, with a proxy on the way to AD."""

    rig: Rig
    proxy: Proxy
    state: Path

    def environment(self, **differences: str) -> dict[str, str]:
        return worker_environment(self.rig, self.state) | differences

    @contextmanager
    def worker(self, **differences: str) -> Iterator[None]:
        with self.rig.worker(self.state, **differences):
            yield

    def reported(self, problem: str | None) -> WorkerReport:
        """Wait until the newest sign of life names this problem with AD."""

        def matches() -> bool:
            newest = self.rig.reports()[-1:]
            return [one.directory_problem for one in newest] == [problem]

        wait_until(matches)
        return self.rig.reports()[-1]

    def guid(self, name: str) -> UUID:
        administrator = self.rig.directory.administrator
        administrator.search(
            self.rig.directory.dn(name), "(objectClass=*)", attributes=["objectGUID"]
        )
        return UUID(bytes_le=administrator.entries[0]["objectGUID"].raw_values[0])

    def refuse(self, name: str, code: int) -> None:
        """Have AD refuse every change that names somebody."""
        text = f"<GUID={self.guid(name)}>".encode()
        self.proxy.faults.append(Fault(request=Request.MODIFY, containing=text, code=code))


@pytest.fixture(scope="module")
def shared_stage(
    controller: Controller, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Stage]:
    folder = tmp_path_factory.mktemp("stage")
    certificate = server_certificate(folder / "certificates", "proxy", [controller.ready["host"]])
    target = (controller.ready["address"], 636)
    with proxying(
        certificate, target, controller.ready["host"], Path(controller.ready["authority"])
    ) as proxy:
        environment = {
            **directory_environment(controller, "simple"),
            "SSPR_WORKER_DIRECTORY_ADDRESS": "127.0.0.1",
            "SSPR_WORKER_DIRECTORY_PORT": str(proxy.port),
            "SSPR_WORKER_DIRECTORY_CA_FILE": str(certificate.authority),
            "SSPR_WORKER_DIRECTORY_TIMEOUT": "6",
            **NO_SYNC,
            **OFTEN,
        }
        with running_rig(folder / "bus", controller, environment) as rig:
            yield Stage(rig, proxy, folder)


@pytest.fixture
def stage(shared_stage: Stage, tmp_path: Path) -> Stage:
    shared_stage.proxy.faults.clear()
    shared_stage.proxy.requests.clear()
    shared_stage.rig.bus.control.post("/reset").raise_for_status()
    shared_stage.rig.directory.empty()
    return Stage(shared_stage.rig, shared_stage.proxy, tmp_path / "state")


def ended(stage: Stage, *words: str, **differences: str) -> subprocess.CompletedProcess[str]:
    """A worker that is expected to end by itself."""
    return subprocess.run(
        [sys.executable, "-m", "hybrid_worker", *words],
        env=stage.environment(**differences),
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize("code", [UNWILLING, CONSTRAINT])
def test_one_member_that_ad_refuses_costs_nobody_else(stage: Stage, code: int) -> None:
    """Given a value that AD never takes, when others come with it, then they are in."""
    stage.refuse("rolf", code)
    add = command(by_name("ada", "alan", "rolf", "xenia", "tweedledee"))
    with stage.worker():
        stage.rig.send(add)
        answer = stage.rig.answer(add, "pending")
        stage.rig.wait_until_done()
    assert stage.rig.directory.members() == ["ada", "alan", "tweedledee", "xenia"]
    refused = {one.key: one.reason for one in answer.members if one.reason}
    assert refused == {"rolf": Reason.WRITE_REFUSED}


@pytest.mark.parametrize("code", [BUSY, OTHER])
def test_a_controller_that_is_busy_for_a_moment_is_asked_again_at_once(
    stage: Stage, code: int
) -> None:
    stage.proxy.faults.append(Fault(request=Request.MODIFY, code=code, times=1))
    add = command(by_name("ada", "rolf"))
    with stage.worker():
        stage.rig.send(add)
        answer = stage.rig.answer(add, "pending")
    assert {one.outcome for one in answer.members} == {WriteOutcome.DONE}
    assert stage.rig.directory.members() == ["ada", "rolf"]


def test_who_is_not_taken_now_is_answered_as_passing_and_the_others_are_in(stage: Stage) -> None:
    """Given a controller that stays busy for one value, then that one is to be asked for again."""
    stage.refuse("rolf", BUSY)
    add = command(by_name("ada", "rolf", "alan"))
    with stage.worker():
        stage.rig.send(add)
        answer = stage.rig.answer(add, "pending")
    assert {one.key: one.reason for one in answer.members if one.reason} == {
        "rolf": Reason.DIRECTORY_BUSY
    }
    assert stage.rig.directory.members() == ["ada", "alan"]


def test_a_lock_out_at_run_time_is_told_by_its_name_and_not_made_worse(stage: Stage) -> None:
    """Given a worker at work whose account is locked out, then it lives, says so and tries rarely.

    A new password is tried at once.
    """
    secret = stage.state.parent / "password"
    secret.write_text(domain.WORKER.password)
    in_a_file = {
        "SSPR_WORKER_DIRECTORY_PASSWORD": "",
        "SSPR_WORKER_DIRECTORY_PASSWORD_FILE": str(secret),
    }
    with stage.worker(**in_a_file):
        stage.reported(None)
        before = stage.proxy.asked(Request.BIND)
        stage.proxy.faults += [
            Fault(request=Request.BIND, code=INVALID_CREDENTIALS, words=LOCKED),
            Fault(request=Request.SEARCH, resets=True, times=1),
        ]
        report = stage.reported("account-locked")
        assert not report.directory_answers
        assert "data 775" in (report.directory_detail or "")
        for _ in range(3):
            seen = len(stage.rig.reports())
            wait_until(lambda seen=seen: len(stage.rig.reports()) > seen)  # type: ignore[misc]
        assert stage.proxy.asked(Request.BIND) == before + 1
        stage.proxy.faults.clear()
        # Set anew, to the same; a file that was written again is another secret only if it differs.
        secret.write_text("not the new one")
        stage.reported("wrong-secret")
        secret.write_text(domain.WORKER.password)
        assert stage.reported(None).directory_answers


def test_a_wrong_password_ends_the_first_start_only_and_is_not_tried_at_every_start(
    stage: Stage,
) -> None:
    """Given a service that is started over and over, then AD counts one wrong password of it."""
    wrong = {"SSPR_WORKER_DIRECTORY_PASSWORD": "not the password"}
    for _ in range(3):
        first = ended(stage, **wrong)
        assert (first.returncode, "data 52e" in first.stderr) == (2, True), first.stderr
    assert stage.proxy.asked(Request.BIND) == 1
    with stage.worker():
        stage.reported(None)
    with stage.worker(**wrong):
        assert "data 52e" in (stage.reported("wrong-secret").directory_detail or "")
    assert stage.proxy.asked(Request.BIND) == 3


def test_a_read_only_controller_is_refused_at_the_start(stage: Stage) -> None:
    stage.proxy.faults.append(
        Fault(request=Request.SEARCH, containing=b"supportedCapabilities", entry=READ_ONLY)
    )
    first = ended(stage)
    assert (first.returncode, "read-only domain controller" in first.stderr) == (2, True)
    assert stage.proxy.asked(Request.MODIFY) == 0


@pytest.mark.parametrize("fault", ["hangs", "resets"])
def test_a_controller_that_falls_silent_is_away_until_it_is_back(stage: Stage, fault: str) -> None:
    """Given commands that come meanwhile, when it is back, then they are carried out."""
    with stage.worker():
        stage.reported(None)
        stage.proxy.faults.append(Fault(request=Request.SEARCH, **{fault: True}))  # type: ignore[arg-type]
        add = command(by_name("ada"))
        stage.rig.send(add)
        assert not stage.reported("unreachable").directory_answers
        stage.proxy.faults.clear()
        assert stage.rig.answer(add, "pending").members[0].outcome is WriteOutcome.DONE
    assert stage.rig.directory.members() == ["ada"]
