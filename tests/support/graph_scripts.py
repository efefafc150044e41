"""A directory for the scripts of `infra/graph`, and the shells that they are run in against it."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

from tests.support.azure_cli import CLOUDS
from tests.support.graph_rest import serving
from tests.support.infra.powershell import pwsh
from tests.support.repository import ROOT

FOLDER = ROOT / "infra/graph"
LIST = json.loads((FOLDER / "permissions.json").read_text())
IDENTITY, GRAPH = (f"{number}0000000-0000-4000-8000-000000000000" for number in "12")
SCOPE, READERS, OPERATORS = (f"{number}000000a-0000-4000-8000-000000000000" for number in "456")
BASH, POWERSHELL = "bash", "powershell"
PLAIN: Mapping[str, Any] = {
    "groupTypes": [],
    "onPremisesSyncEnabled": None,
    "isAssignableToRole": None,
}
"""A security group of the cloud, as Graph describes it."""
SCRIPTS_IN_BASH = {
    "Grant-GraphPermissions.ps1": "grant-permissions",
    "Register-OperatorsApp.ps1": "register-operators",
}


@dataclass(frozen=True)
class Tenant:
    """A directory, and the shell that scripts are run in against it."""

    folder: Path
    shell: str
    address: str

    @property
    def state(self) -> dict[str, Any]:
        state: dict[str, Any] = json.loads((self.folder / "state.json").read_text())
        return state

    @property
    def clouds(self) -> set[str]:
        """Whose Graph was meant since this was asked last."""
        noted = self.folder / CLOUDS
        meant = set(noted.read_text().split()) if noted.exists() else set[str]()
        noted.unlink(missing_ok=True)
        return meant

    def put(self, **changes: Any) -> None:
        (self.folder / "state.json").write_text(json.dumps({**self.state, **changes}))

    def run(self, script: str, **options: str | bool) -> subprocess.CompletedProcess[str]:
        """Run a script; options are named as in PowerShell."""
        environment = {
            **os.environ,
            "PATH": f"{self.folder}:{os.environ['PATH']}",
            "AZURE_CLI_STATE": str(self.folder / "state.json"),
            "AZURE_CLI_RUN": uuid4().hex,
        }
        # The directory that is served by REST is this process.
        os.environ["AZURE_CLI_RUN"] = environment["AZURE_CLI_RUN"]
        words = self._words(script, options)
        return subprocess.run(words, env=environment, capture_output=True, text=True, check=False)

    def done(self, script: str, **options: str | bool) -> dict[str, str]:
        """Run it with success; answers with what it says of each thing."""
        ran = self.run(script, **options)
        assert ran.returncode == 0, ran.stdout + ran.stderr
        lines = [line[2:] for line in ran.stdout.splitlines() if line.startswith("  ")]
        return {line[:32].strip(): line[32:].strip() for line in lines}

    def _words(self, script: str, options: dict[str, str | bool]) -> list[str | Path]:
        if self.shell == POWERSHELL:
            start: list[str | Path] = [pwsh(), "-NoLogo", "-NoProfile", "-NonInteractive", "-File"]
            words: list[str | Path] = [*start, FOLDER / script, "-GraphUrl", self.address]
            for name, value in options.items():
                words += [f"-{name}", *([str(value)] if value is not True else [])]
            return words
        words = [FOLDER / SCRIPTS_IN_BASH[script]]
        for name, value in options.items():
            option = [] if name == "Identity" else [f"--{kebab(name)}"]
            words += [*option, *([str(value)] if value is not True else [])]
        return words

    def held(self) -> set[str]:
        """The permissions that the identity holds, by name."""
        names = {one["id"]: one["name"] for one in LIST["permissions"]}
        given = self.state["appRoleAssignments"]
        return {names[one["appRoleId"]] for one in given if one["resourceId"] == GRAPH}


def kebab(name: str) -> str:
    return "".join(f"-{one.lower()}" if one.isupper() else one for one in name).lstrip("-")


@contextmanager
def a_tenant(folder: Path, shell: str) -> Iterator[Tenant]:
    """A directory with the app's identity, Graph and three groups; the folder has its state."""
    az = folder / "az"
    az.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{ROOT}/tests/support/azure_cli.py" "$@"\n')
    az.chmod(0o755)
    roles = [
        {"value": one["name"], "id": one["id"], "allowedMemberTypes": ["Application"]}
        for one in LIST["permissions"]
    ]
    others = [
        {"id": str(uuid4()), "displayName": f"other {number}", "appId": str(uuid4())}
        for number in range(3)
    ]
    identity = {"id": IDENTITY, "displayName": "the app", "servicePrincipalType": "ManagedIdentity"}
    graph = {"id": GRAPH, "appId": LIST["resourceAppId"], "displayName": "Graph", "appRoles": roles}
    state = {
        "signedIn": True,
        "changes": [],
        "applications": [],
        "servicePrincipals": [*others, identity, graph],
        "appRoleAssignments": [],
        "groups": [{"id": one, **PLAIN} for one in (SCOPE, READERS, OPERATORS)],
        "administrativeUnits": [],
        "roleAssignments": [],
    }
    (folder / "state.json").write_text(json.dumps(state))
    with serving(folder / "state.json") as address:
        yield Tenant(folder, shell, address)
