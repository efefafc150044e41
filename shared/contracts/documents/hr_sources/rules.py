"""What the parts of an HR source have to do with one another.

As with the rollout document every rule looks at what was written and passes over what is not as it
should be. What a kind's sources can do and have is the kind's own word.
"""

import re
from collections.abc import Callable, Iterator
from functools import partial

from shared.contracts.documents.finding import Complaint, Path
from shared.contracts.documents.hr_sources.kind import SourceKind, SourceKinds
from shared.contracts.documents.hr_sources.vocabulary import Authentication
from shared.contracts.documents.node import Node

_PLACEHOLDER = re.compile(r"\{[A-Za-z_]+\}")
_PLACEHOLDERS = ("{body}", "{timestamp}")

type Complaints = Iterator[Complaint]


def names_differ(root: Node) -> Complaints:
    """The address ends with the name."""
    taken: set[str] = set()
    for path, source in _sources(root):
        name = _text(source, "name")
        if name in taken:
            yield Complaint((*path, "name"), f"an earlier source is called {name!r}")
        if name:
            taken.add(name)


def keys_belong(root: Node, kinds: SourceKinds) -> Complaints:
    """What says nothing about a source of its kind is a slip."""
    owners = {key: kind for kind in kinds.values() for key in kind.key_names}
    for path, source in _sources(root):
        kind = _kind(source, kinds)
        if kind is None:
            continue
        for key, owner in owners.items():
            if key in source.keys and owner is not kind:
                reason = f"only {owner.name} has it; take it out"
                yield Complaint((*path, key), reason, at_key=True)
        for key, reason in kind.required.items():
            if key not in source.keys:
                yield Complaint(path, reason)


def proofs_fit(root: Node, kinds: SourceKinds) -> Complaints:
    """A sender proves who they are in one way, and it has to be described."""
    for path, source in _sources(root):
        kind, proof = _kind(source, kinds), _text(source, "authentication")
        if proof not in set(Authentication):
            continue
        if kind and proof not in kind.proofs:
            reason = f"{kind.name} cannot do that; write {' or '.join(sorted(kind.proofs))}"
            yield Complaint((*path, "authentication"), reason)
        for key in (Authentication.HMAC, Authentication.ENTRA, Authentication.BEARER):
            if key in source.keys and proof != key:
                reason = f"`authentication` is {proof}; take this out, or write {key} there"
                yield Complaint((*path, key), reason, at_key=True)
            if key not in source.keys and proof == key:
                yield Complaint(path, f"say in `{key}` how it is checked")


def signatures_are_complete(root: Node, kinds: SourceKinds) -> Complaints:
    """A time that is not signed can be made up, and one that is signed has to be sent."""
    for path, source in _sources(root):
        hmac, at = source.child("hmac"), (*path, "hmac")
        if hmac is None or not isinstance(hmac.content, dict):
            continue
        kind = _kind(source, kinds)
        known = kind.signature if kind else None
        if not known and "header" not in hmac.keys:
            yield Complaint(at, "say in `header` which header carries the signature")
        signed = _text(hmac, "signed") or (known.signed if known else "{body}")
        yield from _what_is_signed(signed, at)
        has_time, sends_time = "{timestamp}" in signed, "timestampHeader" in hmac.keys
        if has_time and not sends_time and not known:
            yield Complaint((*at, "signed"), "say in `timestampHeader` where {timestamp} is sent")
        if sends_time and not has_time:
            reason = "this time is not signed, so anybody may change it; see `signed`"
            yield Complaint((*at, "timestampHeader"), reason, at_key=True)
        elif kind and known and not has_time:
            reason = f"{kind.name} signs it, and unsigned anybody may change it"
            yield Complaint((*at, "signed"), f"{{timestamp}} is missing: {reason}")


def _what_is_signed(signed: str, at: Path) -> Complaints:
    if "{body}" not in signed:
        yield Complaint((*at, "signed"), "{body} is missing: nothing of what is sent is signed")
    if signed.count("{body}") > 1:
        yield Complaint((*at, "signed"), "write {body} once")
    for name in _PLACEHOLDER.findall(signed):
        if name not in _PLACEHOLDERS:
            reason = f"{name} stands for nothing; there are {' and '.join(_PLACEHOLDERS)}"
            yield Complaint((*at, "signed"), reason)


def kinds_own_rules(root: Node, kinds: SourceKinds) -> Complaints:
    """What a kind has against a source that says it is one of its own, or that has its keys."""
    for path, source in _sources(root):
        for kind in kinds.values():
            for rule in kind.rules:
                yield from rule(path, source)


def rules_of(kinds: SourceKinds) -> tuple[Callable[[Node], Complaints], ...]:
    """The rules of a file whose sources are of these kinds."""
    return (
        names_differ,
        partial(keys_belong, kinds=kinds),
        partial(proofs_fit, kinds=kinds),
        partial(signatures_are_complete, kinds=kinds),
        partial(kinds_own_rules, kinds=kinds),
    )


def _sources(root: Node) -> Iterator[tuple[Path, Node]]:
    sources = root.child("sources")
    if sources and isinstance(sources.content, list):
        for index, source in enumerate(sources.content):
            yield ("sources", index), source


def _kind(source: Node, kinds: SourceKinds) -> SourceKind | None:
    return kinds.get(_text(source, "kind") or "")


def _text(node: Node, key: str) -> str | None:
    found = node.child(key)
    return found.content if found and isinstance(found.content, str) else None
