"""Starts the real simulated tenant, for its contract tests."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from sandbox.tenant.identity import SYSTEM_ASSIGNED
from sandbox.tenant.operations import ALL_PERMISSIONS
from sandbox.testing.waiting import PATIENCE

SIGNING_KEY = b"a key that signs the sandbox's tokens, and nothing else\n"
IDENTITY_HEADER = "known to the app only"


@dataclass(frozen=True)
class RunningTenant:
    """A tenant that answers; `http` carries the token of an app that may do everything."""

    process: subprocess.Popen[str]
    http: httpx.Client

    @property
    def graph_url(self) -> str:
        return f"{self.http.base_url}/v1.0"

    def graph(self, method: str, path: str, **options: Any) -> httpx.Response:
        return self.http.request(method, f"/v1.0{path}", **options)

    def get(self, path: str, **query: Any) -> Any:
        """A Graph GET that has to succeed; `query` names options without their dollar."""
        params = {f"${name}": value for name, value in query.items()}
        response = self.graph("GET", path, params=params)
        assert response.status_code == 200, response.text
        return response.json()

    def advanced(self, path: str, **query: Any) -> Any:
        """The same as an advanced query."""
        params = {f"${name}": value for name, value in {**query, "count": "true"}.items()}
        headers = {"ConsistencyLevel": "eventual"}
        response = self.graph("GET", path, params=params, headers=headers)
        assert response.status_code == 200, response.text
        return response.json()

    def pages(self, path: str, **query: Any) -> list[list[dict[str, Any]]]:
        page = self.get(path, **query)
        pages = [page["value"]]
        while link := page.get("@odata.nextLink"):
            page = self.http.get(link).json()
            pages.append(page["value"])
        return pages

    def sandbox(self, method: str, path: str, body: Any = None) -> Any:
        """A request below `/sandbox` that has to succeed."""
        response = self.http.request(method, f"/sandbox/{path}", json=body)
        assert response.is_success, response.text
        return response.json() if response.content else None

    def user_id(self, upn: str) -> str:
        return str(self.get(f"/users/{upn}", select="id")["id"])

    def group_id(self, name: str) -> str:
        (group,) = self.get("/groups", filter=f"displayName eq '{name}'")["value"]
        return str(group["id"])

    def reference(self, identifier: str) -> str:
        return f"{self.graph_url}/directoryObjects/{identifier}"

    def add(self, group: str, *members: str) -> httpx.Response:
        """PATCH members into a group."""
        references = [self.reference(each) for each in members]
        return self.graph("PATCH", f"/groups/{group}", json={"members@odata.bind": references})

    def token(self, client_id: str | None = None, resource: str | None = None) -> httpx.Response:
        params = {
            "api-version": "2019-08-01",
            "resource": resource or "https://graph.microsoft.com",
            **({"client_id": client_id} if client_id else {}),
        }
        header = {"X-IDENTITY-HEADER": IDENTITY_HEADER}
        return self.http.get("/identity/token", params=params, headers=header)


@contextmanager
def running(folder: Path, *options: str | Path) -> Iterator[RunningTenant]:
    """A tenant whose state is in `folder`, stopped at the end."""
    key = folder / "signing-key"
    key.write_bytes(SIGNING_KEY)
    command: list[str | Path] = [
        *(sys.executable, "-m", "sandbox.tenant", "--port", "0"),
        *("--state", folder / "tenant", "--signing-key", key),
        *("--identity-header", IDENTITY_HEADER),
        *options,
    ]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            port = json.loads(process.stdout.readline())["http"]
            with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=PATIENCE) as http:
                tenant = RunningTenant(process, http)
                # These tests ask more of the tenant than the product does.
                everything = {"clientId": SYSTEM_ASSIGNED, "roles": list(ALL_PERMISSIONS)}
                tenant.sandbox("POST", "identities", everything)
                token = tenant.token().json()["access_token"]
                http.headers["Authorization"] = f"Bearer {token}"
                yield tenant
        finally:
            process.terminate()
            status = process.wait(PATIENCE)
        assert status == 0


def synced_user(name: str, anchor: str, **fields: Any) -> dict[str, Any]:
    """A user as Entra Connect exports it."""
    return {
        "onPremisesImmutableId": anchor,
        "onPremisesSecurityIdentifier": f"S-1-5-21-1-2-3-{anchor}",
        "onPremisesSamAccountName": name,
        "userPrincipalName": f"{name}@contoso.test",
        "displayName": name.title(),
        **fields,
    }
