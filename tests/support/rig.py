"""A whole sandbox under test, seen with an operator's eyes and disturbed with an operator's hands.

Every wait is a look at something that a person could see too: the read model, the tenant, AD,
a queue. Nothing here knows how the product does what it does.
"""

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import ldap3
from azure.data.tables import TableClient
from azure.servicebus import ServiceBusClient, ServiceBusMessage
from azure.servicebus.amqp import AmqpAnnotatedMessage
from dotenv import dotenv_values

from sandbox import supervisor
from sandbox.company import INITIAL_PASSWORD, SCOPE_GROUP, UPN_SUFFIX, Company, Employee, Home
from sandbox.console import Console, wait_for
from sandbox.domain_controller import domain
from sandbox.layout import Layout
from sandbox.observed import administrator, members_in_ad
from sandbox.parts import STAGES, part
from shared.domain.person.people import Identifier, IdentifierKind
from tests.support.repository import ROOT
from tests.support.workspace import Workspace

PATIENCE = 180.0
"""Seconds that anything may take; it is past a lock of the queues and a pause of the worker."""
LOCK_SECONDS = 15
COMMANDS, RESULTS, EVENTS = "directory-commands", "directory-results", "onboarding-events"
TWINS = "100099"
_NAMES = {
    IdentifierKind.OBJECT_ID: "objectId",
    IdentifierKind.USER_PRINCIPAL_NAME: "userPrincipalName",
    IdentifierKind.EMPLOYEE_ID: "employeeId",
}
NORMAL = {
    "busy": False,
    "suspended": False,
    "staging": False,
    "connectorBusy": False,
    "exportNothing": False,
    "schedulerOff": False,
    "connectors": {},
    "hang": "",
    "answers": "whole",
    "foreignLanguage": False,
    "version": "2.5.190.0",
    "lastController": "dc1.corp.contoso.test",
    "cycleSeconds": 0.3,
}
"""A Connect host at its quickest and in good health."""


@dataclass
class People:
    """Deals everybody at most once, so that no test meets somebody whom another has touched."""

    company: Company
    _dealt: set[str] = field(default_factory=set)

    def synced(self) -> Employee:
        """In AD and in Entra, and nothing special about them."""
        return self.who(lambda one: one.home is Home.HYBRID and _ordinary(one))

    def cloud(self) -> Employee:
        """In Entra only, and nothing special about them."""
        return self.who(lambda one: one.home is Home.CLOUD and _ordinary(one))

    def in_hr_only(self) -> Employee:
        """Known to HR, without an account anywhere."""
        return self.who(lambda one: one.home is Home.HR_ONLY)

    def who(self, fits: Callable[[Employee], bool]) -> Employee:
        """Somebody who has not been dealt yet."""
        for person in self.company.people:
            if person.user_principal_name not in self._dealt and fits(person):
                self._dealt.add(person.user_principal_name)
                return person
        raise LookupError("the company has nobody left of that kind")


def _ordinary(person: Employee) -> bool:
    return not person.is_special and person.employee_id != TWINS


@dataclass(frozen=True)
class Rig:
    """One running sandbox."""

    layout: Layout
    console: Console

    # What an operator or an HR system does.

    def onboard(self, *identities: str, **more: Any) -> list[str]:
        """Plain onboarding events by the webhook; answers with their keys."""
        return self.console.inject([plain(identity, **more) for identity in identities])

    def is_asked_for(self, person: Employee) -> Employee:
        """Have HR ask for somebody, and wait until they are requested; answers with them."""
        self.onboard(person.user_principal_name)
        self.reaches(person.user_principal_name, "requested")
        return person

    def offboard(self, *identities: str) -> list[str]:
        """The same for leavers."""
        return self.onboard(*identities, action="offboard")

    def place(self, queue: str, *bodies: bytes | str | Any) -> None:
        """Messages put on a queue by hand, as the portal does; all in one batch."""
        self.put(
            queue, *(one if isinstance(one, bytes | str) else json.dumps(one) for one in bodies)
        )

    def put(self, queue: str, *bodies: bytes | str | AmqpAnnotatedMessage) -> None:
        """The same of texts, bytes and whatever else AMQP can say."""
        with (
            ServiceBusClient.from_connection_string(self.layout.bus_connection_string) as client,
            client.get_queue_sender(queue) as sender,
        ):
            messages = [
                one if isinstance(one, AmqpAnnotatedMessage) else ServiceBusMessage(one)
                for one in bodies
            ]
            sender.send_messages(messages)  # type: ignore[arg-type]  # a mixture is no other

    def hire(self, name: str) -> Employee:
        """Somebody's brand-new account in AD, which no sync has seen."""
        upn, number = f"{name}@{UPN_SUFFIX}", f"N{name}"[:16]
        values = {
            "sAMAccountName": name,
            "userPrincipalName": upn,
            "employeeID": number,
            "givenName": name.capitalize(),
            "sn": "Newcomer",
            "displayName": f"{name.capitalize()} Newcomer",
            "userAccountControl": 512,
            "unicodePwd": f'"{INITIAL_PASSWORD}"'.encode("utf-16-le"),
        }
        with administrator(self.layout) as connection:
            connection.add(f"CN={name},{domain.PEOPLE}", "user", values)
            assert connection.result["description"] == "success", connection.result
        return Employee(
            employee_id=number,
            given_name=name.capitalize(),
            surname="Newcomer",
            user_principal_name=upn,
            sam_account_name=name,
            mail=upn,
            department="Sales",
            site="London",
            hire_date=date(2026, 1, 5),
            home=Home.AD_ONLY,
        )

    def says(self, word: str, reason: str) -> httpx.Response:
        """Stop or start everything that writes, in an operator's name."""
        return self.console.app.post(f"/writing/{word}", json={"reason": reason})

    def sspr(self, *words: str) -> subprocess.CompletedProcess[str]:
        """The command line, as it is typed at a wide terminal; nobody is there to be asked."""
        environment = {
            **os.environ,
            "SSPR_URL": f"{self.layout.functions_url}/api",
            "SSPR_KEY": self.console.key,
            "COLUMNS": "200",
        }
        return subprocess.run(
            [sys.executable, "-m", "cli", *words],
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )

    @contextmanager
    def app_settings(self, **settings: str) -> Iterator[None]:
        """An app that was started again with these settings; afterwards with those of before."""
        file = self.layout.app_settings
        before = file.read_text() if file.exists() else "{}"
        self._deploy(json.dumps({**json.loads(before), **settings}))
        try:
            yield
        finally:
            self._deploy(before)

    def _deploy(self, settings: str) -> None:
        supervisor.stop(self.layout, ["functions_host"])
        self.layout.app_settings.write_text(settings)
        self.start()

    # What an operator sees.

    def stop_reason(self) -> str | None:
        """Why nothing is written; None while everything goes on."""
        reason: str | None = self.console.status()["writing"]["stop"]
        return reason

    def reaches(self, identity: str, *states: str) -> dict[str, Any]:
        """Wait until a person is in one of these states, and answer with their way."""

        def look() -> dict[str, Any] | None:
            person = self.console.user(identity)
            return person if person and person["state"] in states else None

        try:
            return wait_for(look, PATIENCE, f"{identity} to be {' or '.join(states)}")
        except TimeoutError as error:
            error.add_note(json.dumps(self.console.user(identity), indent=1))
            raise

    def state(self, identity: str) -> str | None:
        """Where a person is now."""
        person = self.console.user(identity)
        return person["state"] if person else None

    def groups(self, person: Employee) -> list[str]:
        """The names of the groups that Entra has a person in, directly or not."""
        names: list[str] = self.in_entra(person)["transitiveMemberOf"]
        return names

    def in_entra(self, person: Employee) -> dict[str, Any]:
        """A person as Entra has them."""
        found = self.console.tenant.get(f"/sandbox/users/{quote(person.user_principal_name)}")
        user: dict[str, Any] = found.raise_for_status().json()
        return user

    def ad_members(self) -> list[str]:
        """The account names of the AD group's direct members."""
        return members_in_ad(self.layout)

    def members_among(self, *people: Employee) -> list[str]:
        """Those of them who are in AD's group, or whom Entra shows in scope, by their names."""
        in_ad = set(self.ad_members())
        return [
            one.user_principal_name
            for one in people
            if one.sam_account_name in in_ad or SCOPE_GROUP in self.groups(one)
        ]

    def dealt_with(self, key: str) -> dict[str, Any]:
        """What became of an event, once it has been dealt with: that is kept after its people."""
        return wait_for(lambda: self.console.event(key), PATIENCE, f"event {key} to be dealt with")

    def refused(self, body: str) -> dict[str, Any]:
        """The receipt of a message that was refused, once it shows."""

        def look() -> dict[str, Any] | None:
            receipts = self.console.status()["refused"]
            return next((one for one in receipts if one["body"] == body), None)

        return wait_for(look, PATIENCE, f"the refusal of {body!r}")

    def log(self, name: str) -> str:
        """What a part has said in its log."""
        return (self.layout.logs / f"{name}.log").read_text()

    def table(self, name: str) -> TableClient:
        """A table of the ledger, past the app."""
        account = supervisor.announcement(self.layout, "azurite")["connectionString"]
        return TableClient.from_connection_string(account, name)

    def messages(self, queue: str, *, dead: bool = False) -> list[dict[str, Any]]:
        """The messages on a queue, or those set aside from it."""
        answer = self.console.bus.get(
            f"/queues/{queue}/messages", params={"deadletter": str(dead).lower()}
        )
        found: list[dict[str, Any]] = answer.raise_for_status().json()
        return found

    def comes_to_rest(self) -> None:
        """Wait until the worker owes nothing, so that what it does next is for the next command."""
        queues = (COMMANDS, RESULTS)
        until(lambda: not any(self.messages(queue) for queue in queues), "the queues to be empty")

    @contextmanager
    def hears(self, alarm: str, *, lacks: AbstractSet[str] = frozenset()) -> Iterator[None]:
        """Has what is done inside ring that alarm, by what the app logs from now on.

        The deployed rule's own query finds it there, with something in every column but these.
        """
        log = self.layout.logs / "functions_host.log"
        before = log.stat().st_size
        yield
        until(
            lambda: Workspace.of_log(_text_behind(log, before)).rings(alarm, lacks=lacks),
            f"what rings the alarm {alarm} to be logged",
        )

    # What goes wrong.

    @contextmanager
    def connect_host(self, **conditions: bool) -> Iterator[None]:
        """A Connect host under these conditions, and in good health afterwards."""
        self.set_conditions(**conditions)
        try:
            yield
        finally:
            self.set_conditions(**NORMAL)

    @contextmanager
    def held(self, queue: str, operation: str, containing: str = "") -> Iterator[Callable[[], int]]:
        """Hold an operation back; gives a look at how many living clients wait for it."""
        body = {"operation": operation, "containing": containing}

        def waiting() -> int:
            answer = self.console.bus.get(f"/queues/{queue}/holds").raise_for_status()
            return int(answer.json()[operation])

        self.console.bus.post(f"/queues/{queue}/hold", json=body).raise_for_status()
        try:
            yield waiting
        finally:
            self.console.bus.post(f"/queues/{queue}/release", json=body).raise_for_status()

    @contextmanager
    def held_graph(self, method: str, path: str, when: str) -> Iterator[Callable[[], int]]:
        """The same for requests to Graph; `path` is a regular expression."""
        fault = {
            "match": {"method": method, "path": path},
            "action": "hold",
            "when": when,
            "times": 100,
        }

        def waiting() -> int:
            return int(self.console.tenant.get("/sandbox/faults").json()["held"])

        self.console.tenant.post("/sandbox/faults", json=fault).raise_for_status()
        try:
            yield waiting
        finally:
            self.console.tenant.delete("/sandbox/faults").raise_for_status()

    def kill(self, part: str) -> None:
        """End a part as a power cut would."""
        supervisor.kill(self.layout, part)

    def cut_off(self, part: str, function: str) -> None:
        """Ask the Functions host to end while a function waits for what is held.

        As Azure's, it goes on for its time of grace and then kills the app at whatever line it is.
        """
        supervisor.terminate(self.layout, part)
        log = (self.layout.logs / f"{part}.log").read_text()
        stopped = log.rpartition(" stopping\n")[2]
        assert re.search(rf"cut off after .*\b{function}\b", stopped), stopped

    def start(self) -> None:
        """Start whatever does not run."""
        supervisor.start(self.layout)

    def start_wrongly(self, name: str, *, without: Sequence[str] = (), **environment: str) -> None:
        """Start a part that does not run with another environment, and without some arguments."""
        said = {one: supervisor.announcement(self.layout, one) for one in STAGES[0]}
        usual = part(name, self.layout, said)
        arguments = tuple(word for word in usual.arguments if word not in without)
        wrong = replace(
            usual, arguments=arguments, environment={**usual.environment, **environment}
        )
        supervisor.launch(wrong, self.layout)
        self.start()  # which waits for it

    def worker_environment(self) -> dict[str, str]:
        """What the sandbox's worker is started with, which lies in a file."""
        told = dotenv_values(self.layout.state / "worker.env")
        return {name: value or "" for name, value in told.items()}

    def check_worker(self, **differences: str) -> subprocess.CompletedProcess[str]:
        """The worker's own check, as the sandbox's worker."""
        return subprocess.run(
            [sys.executable, "-m", "hybrid_worker", "check"],
            cwd=ROOT,
            env=os.environ | self.worker_environment() | differences,
            capture_output=True,
            text=True,
            check=False,
        )

    def set_conditions(self, **conditions: Any) -> None:
        """Put conditions on the Connect host; those not named stay."""
        self.console.connect.post("/conditions", json=conditions).raise_for_status()

    def run_function(self, name: str) -> None:
        """Run one of the app's functions by hand, as the portal does."""
        keys = json.loads((self.layout.state / "functions" / "host-keys.json").read_text())
        url = f"{self.layout.functions_url}/admin/functions/{name}"
        headers = {"x-functions-key": keys["masterKey"]}
        self.console.tenant.post(url, json={"input": ""}, headers=headers).raise_for_status()

    def change_ad_group(self, person: Employee, *, present: bool) -> None:
        """An administrator puts somebody into the AD group, or takes them out."""
        action = ldap3.MODIFY_ADD if present else ldap3.MODIFY_DELETE
        with administrator(self.layout) as connection:
            connection.search(
                domain.PEOPLE, f"(sAMAccountName={person.sam_account_name})", attributes=[]
            )
            (found,) = connection.entries
            change = {"member": [(action, [found.entry_dn])]}
            assert connection.modify(domain.SCOPE_GROUP_DN, change), connection.result


def _text_behind(file: Path, place: int) -> str:
    with file.open("rb") as opened:
        opened.seek(place)
        return opened.read().decode(errors="replace")


def plain(identity: str, **more: Any) -> dict[str, Any]:
    """A plain event for an object id, a UPN or an employee id."""
    return {_NAMES[Identifier.parse(identity).kind]: identity, **more}


def names_of(*people: Employee) -> list[str]:
    """The names of these people, in their order."""
    return [one.user_principal_name for one in people]


def flat(text: str) -> str:
    """What is said at a terminal, without the lines and columns that it is laid out in."""
    return " ".join(text.split())


def until(look: Callable[[], Any], what: str, seconds: float = PATIENCE) -> None:
    """Wait until something is so."""
    wait_for(lambda: look() or None, seconds, what)


def reasons(person: dict[str, Any]) -> list[str]:
    """Why a person took each step."""
    return [step["reason"] for step in person["steps"]]
