"""The worker as a process, in a forest of several domains and before several controllers."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import ldap3
import pytest

from sandbox.certificates import server_certificate
from sandbox.domain_controller import domain
from sandbox.testing.domain_controller_process import Controller
from sandbox.testing.ldap_proxy import Fault, Proxy, proxying
from sandbox.testing.ldap_wire import Request
from sandbox.testing.waiting import wait_until
from shared.contracts.messages.directory_command import CommandMember
from shared.domain.person.reasons import Reason
from shared.domain.person.writes import WriteOutcome
from tests.support.repository import ROOT
from tests.support.worker_process import (
    NO_SYNC,
    OFTEN,
    Directory,
    Rig,
    by_name,
    command,
    directory_environment,
    running_controller,
    running_rig,
    worker_environment,
)

GLOBAL, UNIVERSAL = -2147483646, -2147483640
UNAVAILABLE = 52
FIRST, SECOND = domain.HOST, f"dc2.{domain.HOST.partition('.')[2]}"
"""Two names of what stands before the one domain controller."""


@dataclass(frozen=True)
class Forest:
    """The group's domain behind two controllers, and another domain behind the catalogue."""

    rig: Rig
    first: Proxy
    second: Proxy
    other_domain: Directory
    state: Path

    @contextmanager
    def worker(self, **differences: str) -> Iterator[None]:
        with self.rig.worker(self.state, **differences):
            yield

    def stranger(self, name: str) -> tuple[CommandMember, UUID]:
        """Somebody of the other domain, whom the group's own controllers would not know.

        That a universal group takes them is answered in AD's place: Samba has one domain only.
        """
        dn = self.other_domain.create(name)
        administrator = self.other_domain.administrator
        administrator.search(dn, "(objectClass=*)", attributes=["objectGUID"])
        guid = UUID(bytes_le=administrator.entries[0]["objectGUID"].raw_values[0])
        text = f"<GUID={guid}>".encode()
        for proxy in (self.first, self.second):
            proxy.faults.append(Fault(request=Request.MODIFY, containing=text))
        return self.other_domain.member(name), guid

    def written(self, guid: UUID) -> bool:
        """Whether the group was asked to take that account."""
        text = f"<GUID={guid}>".encode()
        return bool(self.first.asked(Request.MODIFY, text))


@pytest.fixture(scope="module")
def shared_forest(
    controller: Controller, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Forest]:
    folder = tmp_path_factory.mktemp("forest")
    authority = Path(controller.ready["authority"])
    home = authority.parent.parent
    certificate = server_certificate(authority.parent, "proxies", [FIRST, SECOND])
    target = (controller.ready["address"], 636)
    with ExitStack() as stack:
        other = stack.enter_context(running_controller(home / "other"))
        first = stack.enter_context(proxying(certificate, target, domain.HOST, authority))
        second = stack.enter_context(
            proxying(certificate, target, domain.HOST, authority, ("127.0.0.2", first.port))
        )
        environment = {
            **directory_environment(controller, "simple"),
            "SSPR_WORKER_DIRECTORY_SERVER": f"{FIRST}, {SECOND}",
            "SSPR_WORKER_DIRECTORY_ADDRESS": "127.0.0.1, 127.0.0.2",
            "SSPR_WORKER_DIRECTORY_PORT": str(first.port),
            "SSPR_WORKER_DIRECTORY_CATALOGUE": domain.HOST,
            "SSPR_WORKER_DIRECTORY_CATALOGUE_ADDRESS": other.ready["address"],
            "SSPR_WORKER_DIRECTORY_TIMEOUT": "6",
            **NO_SYNC,
            **OFTEN,
        }
        rig = stack.enter_context(running_rig(folder / "bus", controller, environment))
        yield Forest(rig, first, second, Directory(other.administrator()), folder)


def set_scope(directory: Directory, kind: int) -> None:
    change = {"groupType": [(ldap3.MODIFY_REPLACE, [str(kind)])]}
    directory.administrator.modify(domain.SCOPE_GROUP_DN, change)
    assert directory.administrator.result["description"] == "success"


@pytest.fixture
def forest(shared_forest: Forest, tmp_path: Path) -> Iterator[Forest]:
    for proxy in (shared_forest.first, shared_forest.second):
        proxy.faults.clear()
        proxy.requests.clear()
    shared = shared_forest
    shared.rig.bus.control.post("/reset").raise_for_status()
    shared.rig.directory.empty()
    set_scope(shared.rig.directory, UNIVERSAL)
    yield Forest(shared.rig, shared.first, shared.second, shared.other_domain, tmp_path / "state")
    set_scope(shared.rig.directory, GLOBAL)


def test_people_of_another_domain_are_found_in_the_catalogue_and_put_in_beside_the_others(
    forest: Forest,
) -> None:
    by_sid, erik = forest.stranger("erik")
    _, eva = forest.stranger("eva")
    add = command([by_sid, *by_name("eva", "ada")])
    with forest.worker():
        forest.rig.send(add)
        answer = forest.rig.answer(add, "pending")
        assert forest.rig.reported().domains
    assert {one.key: one.outcome for one in answer.members} == dict.fromkeys(
        ["erik", "eva", "ada"], WriteOutcome.DONE
    )
    assert forest.written(erik)
    assert forest.written(eva)


def test_a_catalogue_that_is_away_costs_those_of_the_groups_own_domain_nothing(
    forest: Forest,
) -> None:
    """Given people who cannot be looked up now, then they are to be asked for again."""
    ivar, _ = forest.stranger("ivar")
    add = command([ivar, *by_name("ada")])
    with forest.worker(SSPR_WORKER_DIRECTORY_CATALOGUE_PORT="9"):
        forest.rig.send(add)
        answer = forest.rig.answer(add, "pending")
    assert {one.key: one.reason for one in answer.members} == {
        "ivar": Reason.DIRECTORY_BUSY,
        "ada": None,
    }
    assert forest.rig.directory.members() == ["ada"]


def test_a_group_that_takes_its_own_domain_only_is_refused_beside_a_catalogue(
    forest: Forest,
) -> None:
    set_scope(forest.rig.directory, GLOBAL)
    ended = subprocess.run(
        [sys.executable, "-m", "hybrid_worker"],
        env=worker_environment(forest.rig, forest.state),
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (ended.returncode, "a global group" in ended.stderr) == (2, True), ended.stderr


def test_without_a_catalogue_a_worker_serves_its_own_domain_and_says_so(forest: Forest) -> None:
    set_scope(forest.rig.directory, GLOBAL)
    olaf, _ = forest.stranger("olaf")
    alone = dict.fromkeys(
        ["SSPR_WORKER_DIRECTORY_CATALOGUE", "SSPR_WORKER_DIRECTORY_CATALOGUE_ADDRESS"], ""
    )
    with forest.worker(**alone):
        wait_until(lambda: bool(forest.rig.reports() and forest.rig.reports()[-1].domains))
        assert forest.rig.reports()[-1].domains == ("corp.contoso.test",)
        add = command([olaf])
        forest.rig.send(add)
        (lost,) = forest.rig.answer(add, "not-needed").members
    assert (lost.outcome, lost.reason) == (WriteOutcome.NOT_FOUND, Reason.NOT_IN_ACTIVE_DIRECTORY)


@pytest.mark.parametrize("fault", ["resets", "hangs", "unavailable"])
def test_another_controller_takes_over_from_one_that_fails(forest: Forest, fault: str) -> None:
    """Given the preferred controller at work, when it fails, then the next one carries on."""
    with forest.worker():
        forest.rig.reported()
        assert forest.second.asked(Request.BIND) == 0
        for kind in (Request.BIND, Request.SEARCH, Request.MODIFY):
            code = UNAVAILABLE if fault == "unavailable" else 0
            forest.first.faults.append(
                Fault(request=kind, code=code, resets=fault == "resets", hangs=fault == "hangs")
            )
        add = command(by_name("ada"))
        forest.rig.send(add)
        assert forest.rig.answer(add, "pending").members[0].outcome is WriteOutcome.DONE
    assert forest.rig.directory.members() == ["ada"]
    assert forest.second.asked(Request.MODIFY) == 1
