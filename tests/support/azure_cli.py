"""A stand-in for the Azure CLI: `az rest` against a directory that is kept in a file.

Run as a program; AZURE_CLI_STATE names the file, AZURE_CLI_RUN whatever asks several times. Answers
only what it knows: any other request is one that Graph would not take. Of a unit that the same run
has made, the directory does not know yet when it is asked. Beside the file it notes which cloud's
Graph was meant.
"""

import argparse
import json
import os
import re
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from uuid import uuid4

import jmespath

_GRAPH = re.compile(r"https://([\w.-]+)/v1\.0/")
TOKEN = "a-token-of-the-azure-cli"
CLOUDS = "clouds"
_CONDITION = re.compile(r"(\w+) eq '((?:[^']|'')*)'")


class Refused(Exception):
    """What the directory does not take."""


def main() -> int:
    """Answer one command."""
    file = Path(os.environ["AZURE_CLI_STATE"])
    state = json.loads(file.read_text())
    if sys.argv[1:3] == ["account", "show"]:
        return 0 if state["signedIn"] else 1
    if sys.argv[1:3] == ["account", "get-access-token"]:
        _note(file, sys.argv[sys.argv.index("--resource") + 1])
        sys.stdout.write(f"{TOKEN}\n" if state["signedIn"] else "")
        return 0 if state["signedIn"] else 1
    asked = _arguments()
    if not (address := _GRAPH.match(asked.url)):
        return 3
    _note(file, address[1])
    try:
        answer = _answered(asked, asked.url[address.end() :].split("/"), state)
    except Refused as refused:
        sys.stderr.write(f"ERROR: {refused}\n")
        return 3
    file.write_text(json.dumps(state))
    if asked.output == "tsv":
        sys.stdout.write(_tabbed(jmespath.search(asked.query, answer)))
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("command", choices=["rest"])
    for name in ("--method", "--url", "--body", "--headers", "--query", "--output"):
        parser.add_argument(name)
    parser.add_argument("--url-parameters", nargs="*", default=[])
    return parser.parse_args()


def _note(file: Path, cloud: str) -> None:
    with file.with_name(CLOUDS).open("a") as noted:
        noted.write(f"{cloud.removeprefix('https://')}\n")


def _answered(asked: argparse.Namespace, path: list[str], state: dict[str, Any]) -> Any:
    parameters = dict(one.split("=", 1) for one in asked.url_parameters)
    if asked.method == "get":
        return read(path, parameters, state)
    state["changes"].append(f"{asked.method} {'/'.join(path)}")
    body = json.loads(asked.body) if asked.body else {}
    return change(asked.method, path, body, state)


def read(path: list[str], parameters: Mapping[str, str], state: dict[str, Any]) -> Any:
    match path:
        case ["servicePrincipals"]:
            return _filtered(state["servicePrincipals"], parameters)
        case ["servicePrincipals", key]:
            return _one(state["servicePrincipals"], key)
        case ["servicePrincipals", key, "appRoleAssignments"]:
            held = [one for one in state["appRoleAssignments"] if one["principalId"] == key]
            return {"value": held}
        case ["groups", key]:
            return _one(state["groups"], key)
        case ["directory", "administrativeUnits"]:
            return _filtered(_known_units(state), parameters)
        case ["directory", "administrativeUnits", key]:
            return _one(_known_units(state), key)
        case ["directory", "administrativeUnits", key, "members"]:
            unit = _one(_known_units(state), key)
            return {"value": [{"id": one} for one in unit["members"]]}
        case ["roleManagement", "directory", "roleAssignments"]:
            return _filtered(state["roleAssignments"], parameters)
    return _read_application(path, parameters, state)


def _read_application(path: list[str], parameters: Mapping[str, str], state: dict[str, Any]) -> Any:
    match path:
        case ["applications"]:
            return _filtered(state.get("applications", []), parameters)
        case ["servicePrincipals", key, "appRoleAssignedTo"]:
            given = [one for one in state["appRoleAssignments"] if one["resourceId"] == key]
            return {"value": given}
    raise Refused(f"BadRequest: {path}")


def change(method: str, path: list[str], body: dict[str, Any], state: dict[str, Any]) -> Any:
    if state.get("refusesChanges"):
        raise Refused("Authorization_RequestDenied: Insufficient privileges")
    match [method, *path]:
        case ["post", "servicePrincipals", key, "appRoleAssignments"]:
            assert body.keys() == {"principalId", "resourceId", "appRoleId"}
            assert body["principalId"] == key
            if any(one.items() >= body.items() for one in state["appRoleAssignments"]):
                raise Refused("Permission being assigned already exists on the object")
            state["appRoleAssignments"].append({"id": uuid4().hex, **body})
        case ["delete", "servicePrincipals", key, "appRoleAssignments", assignment]:
            held = _one(state["appRoleAssignments"], assignment)
            assert held["principalId"] == key
            state["appRoleAssignments"].remove(held)
        case ["post", "directory", "administrativeUnits"]:
            unit = {
                "id": str(uuid4()),
                "members": [],
                "madeIn": os.environ["AZURE_CLI_RUN"],
                **body,
            }
            state["administrativeUnits"].append(unit)
            return unit
        case ["post", "directory", "administrativeUnits", key, "members", "$ref"]:
            unit = _one(state["administrativeUnits"], key)
            unit["members"].append(body["@odata.id"].partition("/v1.0/groups/")[2])
        case ["post", "roleManagement", "directory", "roleAssignments"]:
            assert body.keys() == {"roleDefinitionId", "principalId", "directoryScopeId"}
            state["roleAssignments"].append({"id": uuid4().hex, **body})
        case _:
            return _change_application(method, path, body, state)
    return None


def _change_application(
    method: str, path: list[str], body: dict[str, Any], state: dict[str, Any]
) -> Any:
    match [method, *path]:
        case ["post", "applications"]:
            made = {"id": str(uuid4()), "appId": str(uuid4()), "identifierUris": [], **body}
            made["api"] = {"preAuthorizedApplications": []} | made["api"]
            state["applications"].append(made)
            return made
        case ["patch", "applications", key]:
            _mend(_one(state["applications"], key), body)
        case ["post", "servicePrincipals"]:
            assert any(one["appId"] == body["appId"] for one in state["applications"])
            state["servicePrincipals"].append({"id": str(uuid4()), **body})
            return state["servicePrincipals"][-1]
        case ["patch", "servicePrincipals", key]:
            _one(state["servicePrincipals"], key).update(body)
        case ["post", "servicePrincipals", key, "appRoleAssignedTo"]:
            assert body.keys() == {"principalId", "resourceId", "appRoleId"}
            assert body["resourceId"] == key
            _one(state["groups"], body["principalId"])
            state["appRoleAssignments"].append({"id": uuid4().hex, **body})
        case _:
            raise Refused(f"BadRequest: {method} {path}")
    return None


def _mend(application: dict[str, Any], body: dict[str, Any]) -> None:
    """Takes it as Graph does: clients may use scopes that are there, addresses are ours."""
    offered = {one["id"] for one in application["api"]["oauth2PermissionScopes"]}
    for client in body["api"]["preAuthorizedApplications"]:
        if not set(client["delegatedPermissionIds"]) <= offered:
            raise Refused("InvalidPermission: no such permission")
    if body["identifierUris"] != [f"api://{application['appId']}"]:
        raise Refused("HostNameNotOnVerifiedDomain")
    application.update(body)


def _known_units(state: dict[str, Any]) -> list[dict[str, Any]]:
    run = os.environ["AZURE_CLI_RUN"]
    return [one for one in state["administrativeUnits"] if one.get("madeIn") != run]


def _one(objects: list[dict[str, Any]], key: str) -> dict[str, Any]:
    for one in objects:
        if one["id"] == key:
            return one
    raise Refused(f"Request_ResourceNotFound: {key}")


def _filtered(objects: list[dict[str, Any]], parameters: Mapping[str, str]) -> Any:
    text = parameters.get("$filter", "")
    conditions = [(name, value.replace("''", "'")) for name, value in _CONDITION.findall(text)]
    assert text.count(" eq ") == len(conditions)
    matching = [one for one in objects if all(one.get(name) == value for name, value in conditions)]
    return {"value": matching}


def _tabbed(found: Any) -> str:
    """As the Azure CLI writes tab-separated values: a line for each item of a list."""
    rows = found if isinstance(found, list) else [found] if found is not None else []
    return "".join(
        "\t".join(map(_cell, row if isinstance(row, list) else [row])) + "\n" for row in rows
    )


def _cell(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


if __name__ == "__main__":
    sys.exit(main())
