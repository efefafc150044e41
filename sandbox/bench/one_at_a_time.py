"""The baseline: what the scripts that are in use do, one person after the other.

It gets every advantage that does not change what it is: one token, one connection, one
PowerShell session for all, and no checks, no record and no following up.
"""

import ssl
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import httpx
import ldap3
from pypsrp.powershell import PowerShell, RunspacePool
from pypsrp.wsman import WSMan

from sandbox.bench.measured import Measured, Way
from sandbox.bench.meter import Meter, spent
from sandbox.company import SCOPE_GROUP, SYNCED_SCOPE_GROUP
from sandbox.console import Console
from sandbox.domain_controller import domain
from sandbox.layout import Layout
from sandbox.parts import JEA_ENDPOINT

_TOKEN_REQUEST = {"api-version": "2019-08-01", "resource": "https://graph.microsoft.com"}
_BUSY = "Sync is already running"
_WAIT_WHILE_BUSY = 0.25
_TIMEOUT = 60


def enrol_in_cloud(
    console: Console, meter: Meter, case: str, upns: Sequence[str], graph_url: str
) -> Measured:
    """For each: look the user up, then add them to the group.

    Raises:
        RuntimeError: not everybody is in the group afterwards.
    """
    layout = console.layout
    members = _members(console, SCOPE_GROUP)
    before = meter.read()
    token = httpx.get(
        layout.identity_environment["IDENTITY_ENDPOINT"],
        params=_TOKEN_REQUEST,
        headers={"X-IDENTITY-HEADER": layout.identity_environment["IDENTITY_HEADER"]},
    ).raise_for_status()
    authorization = {"Authorization": f"Bearer {token.json()['access_token']}"}
    began = time.monotonic()
    with httpx.Client(base_url=graph_url, headers=authorization, timeout=_TIMEOUT) as graph:
        for upn in upns:
            found = _ask(graph, "GET", f"/users/{upn}?$select=id").json()
            reference = {"@odata.id": f"{graph_url}/directoryObjects/{found['id']}"}
            _ask(graph, "POST", f"/groups/{layout.scope_group_id}/members/$ref", reference)
    applied = time.monotonic() - began
    _check(members + len(upns), _members(console, SCOPE_GROUP))
    after = spent(before, meter.read())
    return Measured(case, Way.SCRIPT, len(upns), {"applied": applied}, after)


def _ask(
    graph: httpx.Client, method: str, path: str, body: dict[str, str] | None = None
) -> httpx.Response:
    while True:
        answer = graph.request(method, path, json=body)
        if answer.status_code != httpx.codes.TOO_MANY_REQUESTS:
            return answer.raise_for_status()
        time.sleep(float(answer.headers["Retry-After"]))


def enrol_synced(console: Console, meter: Meter, case: str, upns: Sequence[str]) -> Measured:
    """For each: look the user up in AD, add them to the group, start a delta sync.

    A cycle that runs already may have missed this person, so the script waits and starts its own.

    Raises:
        RuntimeError: not everybody is in the group in Entra afterwards.
    """
    members = _members(console, SYNCED_SCOPE_GROUP)
    before = meter.read()
    with _directory(console.layout) as directory, _session(console.layout) as session:
        began = time.monotonic()
        applied = began
        for upn in upns:
            _add_to_group(directory, upn)
            applied = time.monotonic()
            _start_cycle(session)
        while _members(console, SYNCED_SCOPE_GROUP) < members + len(upns):
            if time.monotonic() > applied + _TIMEOUT:
                _check(members + len(upns), _members(console, SYNCED_SCOPE_GROUP))
            time.sleep(_WAIT_WHILE_BUSY)
        seconds = {"applied": applied - began, "visible": time.monotonic() - began}
    costs = {**spent(before, meter.read()), "ad.modifies": len(upns)}
    return Measured(case, Way.SCRIPT, len(upns), seconds, costs)


@contextmanager
def _directory(layout: Layout) -> Iterator[ldap3.Connection]:
    tls = ldap3.Tls(
        validate=ssl.CERT_REQUIRED,
        ca_certs_file=str(layout.authority),
        valid_names=[domain.HOST],
    )
    server = ldap3.Server(layout.dc_address, 636, use_ssl=True, tls=tls, get_info=ldap3.NONE)
    worker = domain.WORKER
    with ldap3.Connection(
        server, worker.principal, worker.password, raise_exceptions=True
    ) as connection:
        yield connection


def _add_to_group(directory: ldap3.Connection, upn: str) -> None:
    directory.search(domain.BASE, f"(userPrincipalName={upn})", attributes=["objectGUID"])
    (found,) = (e for e in directory.response if e["type"] == "searchResEntry")
    change = {"member": [(ldap3.MODIFY_ADD, [found["dn"]])]}
    directory.modify(domain.SCOPE_GROUP_DN, change)


@contextmanager
def _session(layout: Layout) -> Iterator[RunspacePool]:
    worker = domain.WORKER
    with (
        WSMan(
            "localhost",
            port=layout.ports.wsman_tls,
            username=worker.principal,
            password=worker.password,
            ssl=True,
            auth="basic",
            # pypsrp takes True or a file of authorities to trust.
            cert_validation=str(layout.authority),  # type: ignore[arg-type]
        ) as wsman,
        RunspacePool(wsman, configuration_name=JEA_ENDPOINT) as pool,
    ):
        yield pool


def _start_cycle(session: RunspacePool) -> None:
    while True:
        shell = PowerShell(session)
        shell.add_cmdlet("Start-ADSyncSyncCycle").add_parameter("PolicyType", "Delta")
        shell.invoke()
        errors = [str(record) for record in shell.streams.error]
        if not errors:
            return
        if not any(_BUSY in error for error in errors):
            raise RuntimeError(f"the baseline's delta sync was refused: {errors[0]}")
        time.sleep(_WAIT_WHILE_BUSY)


def _members(console: Console, group: str) -> int:
    groups: dict[str, int] = console.tenant.get("/sandbox/state").json()["groups"]
    return groups[group]


def _check(wanted: int, members: int) -> None:
    if members != wanted:
        raise RuntimeError(f"the baseline has not done its work: {members} members, not {wanted}")
