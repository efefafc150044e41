"""What a set-up comes to, by its snapshot in `infra/examples`: resources, roles, settings."""

import json
import re
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple, Self

from tests.support.infra.compiler import EXAMPLES

ASSIGNMENT = "Microsoft.Authorization/roleAssignments"
# As "Azure built-in roles", Microsoft Learn, has them.
BUILT_IN = {
    "4f6d3b9b-027b-4f4c-9142-0e5a2a2247e0": "Azure Service Bus Data Receiver",
    "69a216fc-b8fb-44d8-bc22-1f3c2cd27a39": "Azure Service Bus Data Sender",
    "0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3": "Storage Table Data Contributor",
    "b7e6dc6d-f1e8-4753-8033-0f276bb0955b": "Storage Blob Data Owner",
    "4633458b-17de-408a-b874-0445c86b69e6": "Key Vault Secrets User",
    "3913510d-42f4-4e42-8a64-420c390055eb": "Monitoring Metrics Publisher",
}
APP, WORKER = "the app", "the worker"
WORKERS_ID = "b0f6c1a0-4f5e-4a39-8f0c-3c1f2b7d9e11"
_RESOURCE = re.compile(r"/providers/([^/]+)/(.+)$")

Resource = dict[str, Any]


class Grant(NamedTuple):
    """A role that somebody has on something, which is named by its kind and its own name."""

    who: str
    role: str
    kind: str
    name: str


class Snapshot:
    """One set-up."""

    def __init__(self, name: str, content: dict[str, Any]) -> None:
        self.name = name
        self.diagnostics: list[Any] = content["diagnostics"]
        self.resources: list[Resource] = content["predictedResources"]

    @classmethod
    def read(cls, file: Path) -> Self:
        """Reads what the compiler has written."""
        return cls(file.name.removesuffix(".snapshot.json"), json.loads(file.read_text()))

    def made(self, kind: str) -> list[Resource]:
        """The resources of a type, as "Microsoft.Web/sites"."""
        return [one for one in self.resources if one["type"] == kind]

    def only(self, kind: str, name: str = "") -> dict[str, Any]:
        """The properties of the one resource of a type, or of that whose name ends so."""
        (found,) = [one for one in self.made(kind) if one["name"].endswith(name)]
        properties: dict[str, Any] = found["properties"]
        return properties

    @property
    def settings(self) -> dict[str, str]:
        """The app's; what only a deployment knows is an expression in brackets."""
        return self.only("Microsoft.Web/sites/config", "/appsettings")

    @cached_property
    def grants(self) -> list[Grant]:
        """Every role that is given."""
        return sorted(_grant(one) for one in self.made(ASSIGNMENT))


def _grant(assignment: Resource) -> Grant:
    properties = assignment["properties"]
    scope = assignment["id"].rpartition("/providers/Microsoft.Authorization/")[0]
    namespace, path = _last(_RESOURCE.finditer(scope))
    kinds, names = path.split("/")[::2], path.split("/")[1::2]
    role = BUILT_IN[properties["roleDefinitionId"].rpartition("/")[2]]
    return Grant(_who(properties["principalId"]), role, "/".join([namespace, *kinds]), names[-1])


def _last(found: Iterator[re.Match[str]]) -> tuple[str, str]:
    *_, last = found
    return last[1], last[2]


def _who(principal: str) -> str:
    if re.fullmatch(
        r"\[reference\('\S+/userAssignedIdentities/id-sspr-\w+', .+\.principalId\]", principal
    ):
        return APP
    assert principal == WORKERS_ID, principal
    return WORKER


SNAPSHOTS = {one.name: one for one in map(Snapshot.read, sorted(EXAMPLES.glob("*.snapshot.json")))}
