"""What the parts of an HR source have to do with one another.

As with the rollout document every rule looks at what was written and passes over what is not as it
should be.
"""

import re
from collections.abc import Callable, Iterator

from shared.contracts.documents.finding import Complaint, Path
from shared.contracts.documents.hr_sources.vocabulary import Authentication, Kind
from shared.contracts.documents.node import Node

_ONLY_OF = {
    "mapping": Kind.MAPPED,
    "match": Kind.SCIM,
    "action": Kind.LIFECYCLE_WORKFLOWS,
    "callbackWithin": Kind.LIFECYCLE_WORKFLOWS,
}
_PROOFS = {
    Kind.SCIM: {Authentication.KEY, Authentication.HMAC, Authentication.ENTRA},
    Kind.LIFECYCLE_WORKFLOWS: {Authentication.KEY, Authentication.ENTRA},
    Kind.BAMBOOHR: {Authentication.KEY, Authentication.HMAC},
    Kind.EVENT_GRID: {Authentication.KEY, Authentication.ENTRA},
    Kind.MAPPED: {Authentication.KEY, Authentication.HMAC, Authentication.ENTRA},
}
"""What each sender can do; Event Grid and Lifecycle Workflows sign nothing."""
_PLACEHOLDER = re.compile(r"\{[A-Za-z_]+\}")
_PLACEHOLDERS = ("{body}", "{timestamp}")
_PEOPLE = ("userPrincipalName", "employeeId", "objectId")

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


def keys_belong(root: Node) -> Complaints:
    """What says nothing about a source of its kind is a slip."""
    for path, source in _sources(root):
        kind = _text(source, "kind")
        if kind not in set(Kind):
            continue
        for key, owner in _ONLY_OF.items():
            if key in source.keys and kind != owner:
                yield Complaint((*path, key), f"only {owner} has it; take it out", at_key=True)
        if kind == Kind.MAPPED and "mapping" not in source.keys:
            yield Complaint(path, "say in `mapping` where in its messages stands what")


def proofs_fit(root: Node) -> Complaints:
    """A sender proves who they are in one way, and it has to be described."""
    for path, source in _sources(root):
        kind, proof = _text(source, "kind"), _text(source, "authentication")
        if proof not in set(Authentication):
            continue
        known = _PROOFS[Kind(kind)] if kind in set(Kind) else set(Authentication)
        if proof not in known:
            reason = f"{kind} cannot do that; write {' or '.join(sorted(known))}"
            yield Complaint((*path, "authentication"), reason)
        for key in (Authentication.HMAC, Authentication.ENTRA):
            if key in source.keys and proof != key:
                reason = f"`authentication` is {proof}; take this out, or write {key} there"
                yield Complaint((*path, key), reason, at_key=True)
            if key not in source.keys and proof == key:
                yield Complaint(path, f"say in `{key}` how it is checked")


def signatures_are_complete(root: Node) -> Complaints:
    """A time that is not signed can be made up, and one that is signed has to be sent."""
    for path, source in _sources(root):
        hmac, at = source.child("hmac"), (*path, "hmac")
        if hmac is None or not isinstance(hmac.content, dict):
            continue
        known = _text(source, "kind") == Kind.BAMBOOHR
        if not known and "header" not in hmac.keys:
            yield Complaint(at, "say in `header` which header carries the signature")
        signed = _text(hmac, "signed") or ("{body}{timestamp}" if known else "{body}")
        yield from _what_is_signed(signed, at)
        has_time, sends_time = "{timestamp}" in signed, "timestampHeader" in hmac.keys
        if has_time and not sends_time and not known:
            yield Complaint((*at, "signed"), "say in `timestampHeader` where {timestamp} is sent")
        if sends_time and not has_time:
            reason = "this time is not signed, so anybody may change it; see `signed`"
            yield Complaint((*at, "timestampHeader"), reason, at_key=True)
        elif known and not has_time:
            reason = "{timestamp} is missing: bamboohr signs it, and unsigned anybody may change it"
            yield Complaint((*at, "signed"), reason)


def _what_is_signed(signed: str, at: Path) -> Complaints:
    if "{body}" not in signed:
        yield Complaint((*at, "signed"), "{body} is missing: nothing of what is sent is signed")
    if signed.count("{body}") > 1:
        yield Complaint((*at, "signed"), "write {body} once")
    for name in _PLACEHOLDER.findall(signed):
        if name not in _PLACEHOLDERS:
            reason = f"{name} stands for nothing; there are {' and '.join(_PLACEHOLDERS)}"
            yield Complaint((*at, "signed"), reason)


def mappings_point_at_somebody(root: Node) -> Complaints:
    """An event about nobody is of no use."""
    for path, source in _sources(root):
        mapping = source.child("mapping")
        if mapping is None or not isinstance(mapping.content, dict):
            continue
        if not any(key in mapping.keys for key in _PEOPLE):
            yield Complaint((*path, "mapping"), f"say who it is about: {', '.join(_PEOPLE)}")


RULES: tuple[Callable[[Node], Complaints], ...] = (
    names_differ,
    keys_belong,
    proofs_fit,
    signatures_are_complete,
    mappings_point_at_somebody,
)


def _sources(root: Node) -> Iterator[tuple[Path, Node]]:
    sources = root.child("sources")
    if sources and isinstance(sources.content, list):
        for index, source in enumerate(sources.content):
            yield ("sources", index), source


def _text(node: Node, key: str) -> str | None:
    found = node.child(key)
    return found.content if found and isinstance(found.content, str) else None
