"""Foretells resets by the worker's look, has everybody reset really, and compares.

`python -m tests.support.preflight_ordeal --people 1000` does at length what the integration test
does in short. The worker's own code looks, by LDAPS and as the worker's account. The simulated SSPR
and its Connect host reset, by LDAPS and as the connector account, and Samba decides.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import batched
from pathlib import Path
from typing import Any

from ldap3.protocol.formatters.formatters import format_sid

from hybrid_worker.active_directory.directory import ActiveDirectory
from hybrid_worker.active_directory.sign_in import SignInMemory
from hybrid_worker.preflight.answer import AnswerQuestions
from hybrid_worker.settings import DirectorySettings
from sandbox.domain_controller import domain
from sandbox.testing.connect_host_process import recording_tenant, running_connect_host
from sandbox.testing.domain_controller_process import Controller
from sandbox.testing.domain_controller_process import running as running_controller
from sandbox.testing.tenant_process import RunningTenant, synced_user
from sandbox.testing.tenant_process import running as running_tenant
from shared.contracts.messages.directory_command import CommandMember
from shared.contracts.messages.directory_question import MOST_ASKED, DirectoryQuestion
from shared.domain.person.preflight import REFUSING, Finding, Unknown
from tests.support.preflight_people import Someone, crowd, order

NEW_PASSWORD = "Brand-New-Passw0rd!"
_LEAST_FORETOLD = 0.99
_AT_ONCE = 50
_GONE = "S-1-5-21-1-2-3-1000"
"""The SID of whoever is no longer there."""


@dataclass(frozen=True)
class Foretold:
    """What the worker said of somebody."""

    findings: tuple[Finding, ...]
    unknown: tuple[Unknown, ...]

    @property
    def refused(self) -> bool:
        """Whether a reset would be refused."""
        return bool(REFUSING & set(self.findings))


@dataclass
class Outcome:
    """The forecast beside what came of it."""

    people: Sequence[Someone]
    foretold: Mapping[str, Foretold]
    came: Mapping[str, str]
    """`ok`, or why not, by name."""
    seconds: float
    """That the worker took."""
    missed: list[Someone] = field(default_factory=list)
    false_alarms: list[Someone] = field(default_factory=list)
    refused: int = 0

    def __post_init__(self) -> None:
        for one in self.people:
            refused, foretold = self.came[one.name] != "ok", self.foretold[one.name].refused
            self.refused += refused
            if refused and not foretold:
                self.missed.append(one)
            if foretold and not refused:
                self.false_alarms.append(one)

    @property
    def share_foretold(self) -> float:
        """Of the refusals, from 0 to 1."""
        return 1 - len(self.missed) / self.refused if self.refused else 1.0

    def lines(self) -> Iterator[str]:
        """The outcome for people to read."""
        total = len(self.people)
        yield f"{total:,} people looked at in {self.seconds:.1f} s"
        yield f"{self.refused:,} refused, {total - self.refused:,} reset"
        yield f"{self.share_foretold:.2%} of the refusals foretold"
        yield f"{len(self.false_alarms)} false alarms"
        unknown = Counter(word for one in self.foretold.values() for word in one.unknown)
        yield f"unknown: {dict(unknown)}"
        events = Counter((one.kind, self.came[one.name]) for one in self.people)
        yield from (f"  {kind}: {came}: {count}" for (kind, came), count in sorted(events.items()))
        for title, wrong in (("missed", self.missed), ("false alarm", self.false_alarms)):
            for one in wrong[:20]:
                said, came = self.foretold[one.name], self.came[one.name]
                yield f"{title}: {one.name} {one.kind} {one.way} {said} {came}"


@dataclass(frozen=True)
class Rig:
    """A domain and a tenant with people, and who looks and who resets."""

    controller: Controller
    tenant: RunningTenant
    look: AnswerQuestions
    state: Path

    def arrange(self, people: Sequence[Someone]) -> None:
        """Put the people into the domain and into the tenant, as a sync did when all was well."""
        with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
            json.dump(order(people), file)
            file.flush()
            conf = str(self.state / "smb.conf")
            subprocess.run(["/usr/bin/python3", "-E", _SCRIPT, conf, file.name], check=True)
        self._lock(people)
        users = [synced_user(one.name, one.source_anchor) for one in people]
        group = {
            "onPremisesSecurityIdentifier": "S-1-9",
            "displayName": "SSPR-Enabled-Users",
            "members": [one.source_anchor for one in people],
        }
        self.tenant.sandbox("POST", "sync", {"users": users, "groups": [group]})
        names = [one.upn for one in people]
        self.tenant.sandbox(
            "POST", "registrations", {"userPrincipalNames": names, "methods": ["email"]}
        )

    def _lock(self, people: Sequence[Someone]) -> None:
        for one in people:
            if one.kind == "locked":
                self.controller.bind(one.upn, "a wrong password")

    def foretell(self, people: Sequence[Someone]) -> Mapping[str, Foretold]:
        """Have the worker look at them."""
        foretold, sids = {}, self._sids()
        for number, some in enumerate(batched(people, MOST_ASKED, strict=False)):
            for found in self.look(_question(number, some, sids)).people:
                foretold[found.key] = Foretold(found.findings, found.unknown)
        return foretold

    def _sids(self) -> Mapping[str, str]:
        """Everybody's SID by name, as Entra has it of whoever was synced."""
        found = self.controller.administrator().extend.standard.paged_search(
            domain.BASE,
            "(&(objectClass=user)(sAMAccountName=pf*))",
            attributes=["sAMAccountName", "objectSid"],
            paged_size=500,
            generator=False,
        )
        raw = [one["raw_attributes"] for one in found if one["type"] == "searchResEntry"]
        return {
            one["sAMAccountName"][0].decode(): str(format_sid(one["objectSid"][0])) for one in raw
        }

    def reset(self, people: Sequence[Someone]) -> Mapping[str, str]:
        """Have each of them reset the password by SSPR; what came of it, by name."""
        names = {one.upn: one.name for one in people}
        came = {}
        for some in batched(names, _AT_ONCE, strict=False):
            body = {"userPrincipalNames": some, "newPassword": NEW_PASSWORD}
            for answer in self.tenant.sandbox("POST", "resets", body):
                came[names[answer["userPrincipalName"]]] = _came(answer)
        return came


_SCRIPT = str(Path(domain.__file__).with_name("arrange.py"))


def _came(answer: Mapping[str, Any]) -> str:
    if answer["code"] == "ok":
        return "ok"
    return f"{answer['code']} {answer.get('eventId', '')}".strip()


def _question(number: int, people: Sequence[Someone], sids: Mapping[str, str]) -> DirectoryQuestion:
    now = datetime.now(UTC)
    return DirectoryQuestion(
        question_key=f"q.{number}",
        people=tuple(
            CommandMember(
                key=one.name,
                source_anchor=one.source_anchor,
                sid=sids.get(one.name, _GONE),
            )
            for one in people
        ),
        asked_at=now,
        expires_at=now + timedelta(minutes=15),
    )


@contextmanager
def running(folder: Path) -> Iterator[Rig]:
    """The rig, for as long as a test takes."""
    (folder / "tenant").mkdir()
    with (
        running_controller(folder / "dc") as controller,
        recording_tenant() as exports,
        running_connect_host(folder / "connect", controller, exports) as host,
        running_tenant(folder / "tenant") as tenant,
    ):
        tenant.http.timeout = 300
        tenant.sandbox("POST", "quotas", {"enabled": False})
        tenant.sandbox("POST", "settings", {"connectHost": str(host.control.base_url)})
        settings = directory_settings(controller)
        directory = ActiveDirectory(settings, _sign_in(settings, folder))
        look = AnswerQuestions(
            directory,
            base=settings.base,
            connector=domain.CONNECTOR.name,
            worker="worker-1",
            clock=lambda: datetime.now(UTC),
        )
        try:
            yield Rig(controller, tenant, look, folder / "dc")
        finally:
            directory.close()


def directory_settings(controller: Controller) -> DirectorySettings:
    """As the worker's account, by a simple bind."""
    return DirectorySettings(
        server=controller.ready["host"],
        address=controller.ready["address"],
        domain="corp.contoso.test",
        scope_group="SSPR-Enabled-Users",
        ca_file=Path(controller.ready["authority"]),
        bind="simple",
        user=domain.WORKER.principal,
        password=domain.WORKER.password,
    )


def _sign_in(settings: DirectorySettings, folder: Path) -> SignInMemory:
    return SignInMemory(folder / "sign-in", settings.sign_in, lambda: datetime.now(UTC))


def run(count: int, seed: int) -> Outcome:
    """So many people, foretold and reset."""
    with tempfile.TemporaryDirectory(prefix="pf") as folder, running(Path(folder)) as rig:
        people = crowd(count, seed)
        rig.arrange(people)
        began = time.monotonic()
        foretold = rig.foretell(people)
        seconds = time.monotonic() - began
        return Outcome(people, foretold, rig.reset(people), seconds)


def main() -> int:
    """Run it, say what came of it, and fail where the forecast was not good enough."""
    parser = argparse.ArgumentParser(prog="tests.support.preflight_ordeal", description=__doc__)
    parser.add_argument("--people", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    outcome = run(arguments.people, arguments.seed)
    sys.stdout.writelines(f"{line}\n" for line in outcome.lines())
    good = outcome.share_foretold >= _LEAST_FORETOLD and not outcome.false_alarms
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
