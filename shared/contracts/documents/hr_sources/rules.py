"""What the parts of an HR source have to do with one another.

As with the rollout document every rule looks at what was written and passes over what is not as it
should be. What a kind's sources can do and have is the kind's own word.
"""

from collections.abc import Callable, Iterator
from functools import partial

from shared.contracts.documents.finding import Complaint
from shared.contracts.documents.hr_sources.kind import SourceKinds
from shared.contracts.documents.hr_sources.nodes import kind_of, sources_in, text_at
from shared.contracts.documents.hr_sources.proof_rules import (
    proofs_fit,
    signatures_are_complete,
    static_secrets_are_complete,
)
from shared.contracts.documents.node import Node

_OF_FORMS = {
    "charset": ("form", "csv"),
    "delimiter": ("csv",),
    "lists": ("xml",),
}
_OF_DAYS = ("joins", "timeZone", "timeZones")
_OF_ENROLLING = ("most", "mostLeaving")
_HANDSHAKES = ("header", "query", "body", "show", "ping")
_OF_HANDSHAKES = {"answer": ("header", "query", "body"), "when": ("body", "show")}

type Complaints = Iterator[Complaint]


def names_differ(root: Node) -> Complaints:
    """The address ends with the name."""
    taken: set[str] = set()
    for path, source in sources_in(root):
        name = text_at(source, "name")
        if name in taken:
            yield Complaint((*path, "name"), f"an earlier source is called {name!r}")
        if name:
            taken.add(name)


def keys_belong(root: Node, kinds: SourceKinds) -> Complaints:
    """What says nothing about a source of its kind is a slip."""
    owners = {key: kind for kind in kinds.values() for key in kind.key_names}
    for path, source in sources_in(root):
        kind = kind_of(source, kinds)
        if kind is None:
            continue
        for key, owner in owners.items():
            if key in source.keys and owner is not kind:
                reason = f"only {owner.name} has it; take it out"
                yield Complaint((*path, key), reason, at_key=True)
        for key, reason in kind.required.items():
            if key not in source.keys:
                yield Complaint(path, reason)


def told_by_document(root: Node, kinds: SourceKinds) -> Complaints:
    """A kind with a protocol of its own is written, asked and answered as that has it."""
    for path, source in sources_in(root):
        kind = kind_of(source, kinds)
        for key in ("body", "handshakes", "answer"):
            if kind and not kind.told_by_document and key in source.keys:
                reason = f"{kind.name} has a protocol of its own, which says it; take it out"
                yield Complaint((*path, key), reason, at_key=True)


def meanings_belong(root: Node, kinds: SourceKinds) -> Complaints:
    """What is said of days or numbers that a kind's messages do not have is a slip."""
    for path, source in sources_in(root):
        kind = kind_of(source, kinds)
        lacking = (
            []
            if kind is None
            else [
                *([] if kind.tells_days else [(key, "days") for key in _OF_DAYS]),
                *([] if kind.tells_numbers else [("employeeIds", "employee ids")]),
                *([] if kind.enrols else [(key, "joining or leaving") for key in _OF_ENROLLING]),
            ]
        )
        for key, what in lacking:
            if kind and key in source.keys:
                reason = f"{kind.name} tells nothing of {what}; take it out"
                yield Complaint((*path, key), reason, at_key=True)


def joining_is_told(root: Node) -> Complaints:
    """Nothing said in `joins` would be no rule, and words that differ in case alone are one."""
    for path, source in sources_in(root):
        joins, zones = source.child("joins"), source.child("timeZones")
        if joins and joins.content == {}:
            yield Complaint((*path, "joins"), "say hiredSince, startsWithin or both")
        first: dict[str, str] = {}
        for word in zones.keys if zones else ():
            earlier = first.setdefault(str(word).strip().casefold(), str(word))
            if earlier != str(word):
                reason = f"is the same word as {earlier!r}; case makes no difference"
                yield Complaint((*path, "timeZones", word), reason, at_key=True)


def bodies_are_described(root: Node) -> Complaints:
    """What is said of a form that the bodies do not have is a slip."""
    for path, source in sources_in(root):
        body = source.child("body")
        form = (text_at(body, "format") if body else None) or "json"
        for key, forms in _OF_FORMS.items():
            if body and key in body.keys and form not in forms:
                reason = f"only {' and '.join(forms)} has it; take it out"
                yield Complaint((*path, "body", key), reason, at_key=True)


def handshakes_are_one_thing(root: Node) -> Complaints:
    """Each gives one value back, or shows one, or is a test."""
    for path, source in sources_in(root):
        handshakes = source.child("handshakes")
        listed = handshakes.content if handshakes else None
        for index, handshake in enumerate(listed if isinstance(listed, list) else []):
            at = (*path, "handshakes", index)
            if not isinstance(handshake.content, dict):
                continue
            found = [key for key in _HANDSHAKES if key in handshake.keys]
            if len(found) != 1:
                yield Complaint(at, f"write one of {', '.join(_HANDSHAKES)}")
                continue
            for key, owners in _OF_HANDSHAKES.items():
                if key in handshake.keys and found[0] not in owners:
                    reason = f"only {', '.join(owners)} has it; take it out"
                    yield Complaint((*at, key), reason, at_key=True)


def answers_agree(root: Node) -> Complaints:
    """204 is an answer without a body."""
    for path, source in sources_in(root):
        answer = source.child("answer")
        status = answer.child("status") if answer else None
        if answer and status and status.content == 204 and text_at(answer, "body") != "empty":  # noqa: PLR2004
            reason = "an answer of 204 has no body; write `body: empty`, or another status"
            yield Complaint((*path, "answer", "status"), reason)


def kinds_own_rules(root: Node, kinds: SourceKinds) -> Complaints:
    """What a kind has against a source that says it is one of its own, or that has its keys."""
    for path, source in sources_in(root):
        for kind in kinds.values():
            for rule in kind.rules:
                yield from rule(path, source)


def rules_of(kinds: SourceKinds) -> tuple[Callable[[Node], Complaints], ...]:
    """The rules of a file whose sources are of these kinds."""
    return (
        names_differ,
        partial(keys_belong, kinds=kinds),
        partial(told_by_document, kinds=kinds),
        partial(meanings_belong, kinds=kinds),
        joining_is_told,
        partial(proofs_fit, kinds=kinds),
        partial(signatures_are_complete, kinds=kinds),
        static_secrets_are_complete,
        bodies_are_described,
        handshakes_are_one_thing,
        answers_agree,
        partial(kinds_own_rules, kinds=kinds),
    )
