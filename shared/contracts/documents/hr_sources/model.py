"""The model of the file of HR sources: its own words, and those of the kinds that there are."""

from copy import copy
from enum import StrEnum
from typing import Any

from pydantic import BaseModel, create_model
from pydantic.fields import FieldInfo

from shared.contracts.documents.hr_sources.kind import SourceKind, SourceKinds
from shared.contracts.documents.hr_sources.vocabulary import Hmac, HrSources, Source

_KNOWN = ("header", "signed", "timestamp_header")
"""What need not be said of a kind whose signature is known."""


def sources_model(kinds: SourceKinds) -> type[HrSources]:
    """Make the vocabulary of the whole file.

    Raises:
        ValueError: two kinds have a key in common.
    """
    source = source_model(kinds)
    sources = (list[source], copy(HrSources.model_fields["sources"]))  # type: ignore[valid-type]
    return create_model("HrSources", __base__=HrSources, __doc__=HrSources.__doc__, sources=sources)


def source_model(kinds: SourceKinds) -> type[Source]:
    """Make the vocabulary of one source, which has the keys of all kinds.

    Raises:
        ValueError: two kinds have a key in common.
    """
    fields: dict[str, Any] = {
        "kind": (_names(kinds), _filled(Source, "kind", kinds)),
        "hmac": (_hmac(kinds) | None, copy(Source.model_fields["hmac"])),
    }
    for name, info in _own_keys(kinds):
        if name in fields.keys() | Source.model_fields:
            raise ValueError(f"two kinds of sources have the key {name}")
        fields[name] = (info.annotation, copy(info))
    return create_model("Source", __base__=Source, __doc__=Source.__doc__, **fields)


def _own_keys(kinds: SourceKinds) -> list[tuple[str, FieldInfo]]:
    """The keys of one kind each; what has to be written stands before what has a default."""
    found = [(kind, *key) for kind in kinds.values() for key in kind.keys.model_fields.items()]
    found.sort(key=lambda one: (one[2].alias or one[1]) not in one[0].required)
    return [(name, info) for _, name, info in found]


def _names(kinds: SourceKinds) -> Any:
    members = {name.upper().replace("-", "_"): name for name in kinds}
    names: Any = StrEnum("Kind", members)  # type: ignore[misc]  # of what there is
    names.__doc__ = "What a sender's messages look like."
    return names


def _hmac(kinds: SourceKinds) -> type[Hmac]:
    known = {name: Hmac.model_fields[name].annotation for name in _KNOWN}
    fields: dict[str, Any] = {
        name: (annotation, _filled(Hmac, name, kinds)) for name, annotation in known.items()
    }
    return create_model("Hmac", __base__=Hmac, __doc__=Hmac.__doc__, **fields)


def _filled(part: type[BaseModel], name: str, kinds: SourceKinds) -> Any:
    """The part's field, with the kinds in its description."""
    field = copy(part.model_fields[name])
    signing = [kind.name for kind in kinds.values() if kind.signature]
    text = (field.description or "").replace("{kinds}", _listed(list(kinds.values())))
    field.description = text.replace("{signing}", " and ".join(signing) or "none")
    return field


def _listed(kinds: list[SourceKind]) -> str:
    *others, last = (kind.words or kind.name for kind in kinds)
    return f"{', '.join(others)}, or {last}" if others else last
