"""Looks whether the app's identity has the permissions of Microsoft Graph that it needs.

    python3.13 infra/graph/check_permissions.py IDENTITY [true|false [CLOUD]]

azd runs it before it deploys. For an identity's token is kept for about a day, and cannot be made
anew: an app that asks Graph once before it may is refused until the day is over. Source: issues
85676 and 101801 of MicrosoftDocs/azure-docs. It changes nothing, and needs the Azure CLI.
"""  # noqa: INP001  # a script beside what it belongs to

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

HERE = Path(__file__).parent
_GRAPHS = {
    "public": "https://graph.microsoft.com/v1.0",
    "usgov": "https://graph.microsoft.us/v1.0",
    "usgov-dod": "https://dod-graph.microsoft.us/v1.0",
    "china": "https://microsoftgraph.chinacloudapi.cn/v1.0",
}
"""By the names of SSPR_CLOUD."""
_REMEDY = """
Nothing is deployed yet, and that is well: an app that asks Graph too early is refused for a day.
As a Privileged Role Administrator, in bash or in PowerShell:

    infra/graph/grant-permissions {identity} {narrow} --apply
    infra\\graph\\Grant-GraphPermissions.ps1 {identity} {narrow_in_powershell} -Apply

Then: azd deploy. Where the permissions were granted by another way and cannot be read from here,
say so: azd env set AZURE_PERMISSIONS_CHECKED true
"""


class Unreadable(Exception):
    """Graph does not say what the identity has."""


def main(arguments: list[str]) -> int:
    """Say what is missing; exit status 1 where something is, or where nobody can tell."""
    identity, checked, cloud = (*arguments, "", "", "")[:3]
    if checked == "true":
        sys.stdout.write("Permissions of Graph: taken as checked (AZURE_PERMISSIONS_CHECKED).\n")
        return 0
    if not identity:
        sys.stderr.write(
            "There is no identity yet (AZURE_APP_PRINCIPAL_ID): azd provision first.\n"
        )
        return 1
    graph = _GRAPHS.get(cloud or "public")
    if graph is None:
        sys.stderr.write(f"SSPR_CLOUD: {cloud} is none of {', '.join(_GRAPHS)}\n")
        return 1
    try:
        missing = missing_from(granted_to(identity, graph))
    except Unreadable as reason:
        return _stop(f"Permissions of Graph: cannot be read: {reason}", identity)
    if missing:
        return _stop(f"Permissions of Graph: {', '.join(missing)} not granted yet.", identity)
    sys.stdout.write("Permissions of Graph: there.\n")
    return 0


def missing_from(granted: Iterable[str]) -> list[str]:
    """The permissions that the list has and the identity has not: it takes one of the two ways."""
    listed = json.loads((HERE / "permissions.json").read_text())["permissions"]
    ids = set(granted)
    ways = [
        [one["name"] for one in listed if one["when"] in {"always", way} and one["id"] not in ids]
        for way in ("scoped", "unscoped")
    ]
    return min(ways, key=len)


def narrow_way() -> tuple[str, str]:
    """How the app gets no more than it needs, in bash and in PowerShell, by what azd is set to."""
    if os.environ.get("SSPR_TOPOLOGY") == "synced":
        return "--synced", "-Synced"
    group = os.environ.get("SSPR_SCOPE_GROUP_ID") or "SCOPE_GROUP_ID"
    return f"--scoped sspr-rollout --group {group}", f"-Scoped sspr-rollout -Group {group}"


def granted_to(identity: str, graph: str) -> list[str]:
    """The ids of the permissions that the identity has, of whichever API.

    Raises:
        Unreadable: nobody is signed in, or may not read it.
    """
    program = shutil.which("az")
    if program is None:
        raise Unreadable("there is no Azure CLI (az)")
    ran = subprocess.run(
        [
            *(program, "rest", "--method", "get"),
            *("--url", f"{graph}/servicePrincipals/{identity}/appRoleAssignments"),
            *("--query", "value[].appRoleId", "--output", "tsv"),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    if ran.returncode:
        raise Unreadable(ran.stderr.strip().partition("\n")[0] or f"az ended with {ran.returncode}")
    return ran.stdout.split()


def _stop(sentence: str, identity: str) -> int:
    narrow, in_powershell = narrow_way()
    remedy = _REMEDY.format(identity=identity, narrow=narrow, narrow_in_powershell=in_powershell)
    sys.stderr.write(f"{sentence}\n{remedy}")
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
