"""The permissions that the product asks a tenant for, by its own list."""

import json
from collections.abc import Collection
from pathlib import Path

_LIST = Path(__file__).parents[2] / "infra/graph/permissions.json"
OF_COURSE = frozenset({"always", "unscoped"})
"""The cases that every app is in whose group is not in an administrative unit."""


def granted(when: Collection[str] = OF_COURSE) -> list[str]:
    """The names of those that `infra/graph/grant-permissions` grants in these cases."""
    permissions = json.loads(_LIST.read_text())["permissions"]
    return [one["name"] for one in permissions if one["when"] in when]
