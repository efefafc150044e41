"""Which attributes are answered: `attributes` and `excludedAttributes`; RFC 7644, section 3.9."""

from collections.abc import Iterable, Mapping
from typing import Any

from shared.contracts.api.scim_answers import CORE, Json

_ALWAYS = frozenset({"schemas", "id"})
"""In lower case."""


def projected(resource: Json, only: Iterable[str], without: Iterable[str]) -> Json:
    """Returns the resource with these attributes only, or without those; some always stay."""
    only, without = _named(only), _named(without)
    if only:
        return dict(_parts(resource, "", only, keeping=True))
    return dict(_parts(resource, "", without, keeping=False)) if without else resource


def _named(names: Iterable[str]) -> frozenset[str]:
    found = (name.strip().lower() for name in names)
    return frozenset(name.removeprefix(f"{CORE}:".lower()) for name in found if name)


def _parts(
    value: Mapping[str, Any], before: str, names: frozenset[str], *, keeping: bool
) -> Iterable[tuple[str, Any]]:
    for name, one in value.items():
        at = f"{before}{name.lower()}"
        if not before and name.lower() in _ALWAYS:
            yield name, one
        elif at in names:
            if keeping:
                yield name, one
        else:
            inner = _inner(one, at, names, keeping=keeping)
            if inner or not keeping:
                yield name, inner


def _inner(value: Any, at: str, names: frozenset[str], *, keeping: bool) -> Any:
    """Returns what is left of a value that is not named itself, but of which parts may be."""
    between = ":" if at.startswith("urn:") else "."
    if isinstance(value, list):
        parts = [_inner(one, at, names, keeping=keeping) for one in value]
        return [one for one in parts if one or not keeping]
    if isinstance(value, Mapping):
        return dict(_parts(value, f"{at}{between}", names, keeping=keeping))
    return None if keeping else value
