"""Starts the real simulated tenant, for the contract tests of the Graph adapters."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from sandbox.company import EXCLUDED_GROUP, SCOPE_GROUP, build_company, object_id
from sandbox.testing.waiting import PATIENCE

_SIZE = 2000
_IDENTITY_HEADER = "secret"
COMPANY = build_company(_SIZE)
CLOUD_PEOPLE = [person.object_id for person in COMPANY.people_mastered_in_cloud]
DISABLED = frozenset(one.object_id for one in COMPANY.people_mastered_in_cloud if one.disabled)
GRACE, GUSTAV, UNA = (
    COMPANY.by_upn[upn].object_id
    for upn in ("grace@contoso.test", "gustav_fabrikam.test#ext#@contoso.test", "una@contoso.test")
)
NOBODY = "00000000-0000-4000-8000-000000000000"
SCOPE = object_id("group", SCOPE_GROUP)
EXCLUDED = object_id("group", EXCLUDED_GROUP)


@dataclass(frozen=True)
class Tenant:
    """The running tenant and its control interface."""

    http: httpx.Client

    @property
    def base_url(self) -> str:
        return f"{str(self.http.base_url).rstrip('/')}/v1.0"

    def start_afresh(self, environment: pytest.MonkeyPatch) -> None:
        """Forget what earlier tests did, and make this tenant's identity the process's own."""
        self.do("reset", {})
        self.do("settings", {"membershipLagSeconds": 0, "reportLagSeconds": 0})
        self.do("quotas", {"enabled": True})
        self.http.delete("/sandbox/faults")
        self.forget_requests()
        environment.setenv("IDENTITY_ENDPOINT", f"{self.http.base_url}/identity/token")
        environment.setenv("IDENTITY_HEADER", _IDENTITY_HEADER)

    def do(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        response = self.http.post(f"/sandbox/{path}", json=body)
        response.raise_for_status()
        return response.json() if response.content else {}

    def fail(self, method: str, path: str, action: str, **how: Any) -> None:
        self.do("faults", {"match": {"method": method, "path": path}, "action": action, **how})

    def requests(self) -> dict[str, Any]:
        recorded: dict[str, Any] = self.http.get("/sandbox/requests").json()
        return recorded

    def forget_requests(self) -> None:
        self.http.delete("/sandbox/requests")

    def groups_of(self, upn: str) -> list[str]:
        groups: list[str] = self.http.get(f"/sandbox/users/{upn}").json()["transitiveMemberOf"]
        return groups


@contextmanager
def running(folder: Path, *options: str | Path) -> Iterator[Tenant]:
    """A tenant with its state in `folder`, stopped at the end."""
    (folder / "signing.key").write_bytes(b"0123456789abcdef0123456789abcdef")
    command: list[str | Path] = [
        *(sys.executable, "-m", "sandbox.tenant", "--company-size", str(_SIZE)),
        *("--state", folder, "--signing-key", folder / "signing.key"),
        *("--identity-header", _IDENTITY_HEADER),
        *options,
    ]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            port = json.loads(process.stdout.readline())["http"]
            with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=PATIENCE) as http:
                yield Tenant(http)
        finally:
            process.terminate()
            assert process.wait(PATIENCE) == 0
