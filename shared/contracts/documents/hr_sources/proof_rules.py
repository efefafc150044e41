"""What has to be said of a sender's proof, so that it proves something.

As everywhere every rule looks at what was written and passes over what is not as it should be.
"""

import re
from collections.abc import Iterator

from shared.contracts.documents.finding import Complaint, Path
from shared.contracts.documents.hr_sources.kind import KnownSignature, SourceKind, SourceKinds
from shared.contracts.documents.hr_sources.nodes import kind_of, sources_in, text_at
from shared.contracts.documents.hr_sources.proofs import Authentication
from shared.contracts.documents.node import Node
from shared.contracts.documents.scalars import nearest

PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
PLACEHOLDERS = ("{body}", "{timestamp}", "{method}", "{url}", "{path}", "{header:NAME}")
HEADER = "header:"
_HEADER = re.compile(r"header:[A-Za-z0-9_-]{1,60}")
_SCHEMES = ("basic", "bearer")
_DESCRIBED = (Authentication.HMAC, Authentication.SECRET, Authentication.ENTRA)

type Complaints = Iterator[Complaint]


def proofs_fit(root: Node, kinds: SourceKinds) -> Complaints:
    """A sender proves who they are in one way, and it has to be described."""
    for path, source in sources_in(root):
        kind, proof = kind_of(source, kinds), text_at(source, "authentication")
        if proof not in set(Authentication):
            continue
        if kind and proof not in kind.proofs:
            reason = f"{kind.name} cannot do that; write {' or '.join(sorted(kind.proofs))}"
            yield Complaint((*path, "authentication"), reason)
        for key in _DESCRIBED:
            if key in source.keys and proof != key:
                reason = f"`authentication` is {proof}; take this out, or write {key} there"
                yield Complaint((*path, key), reason, at_key=True)
            if key not in source.keys and proof == key:
                yield Complaint(path, f"say in `{key}` how it is checked")


def signatures_are_complete(root: Node, kinds: SourceKinds) -> Complaints:
    """A time that is not signed can be made up, and one that is signed has to be sent."""
    for path, source in sources_in(root):
        hmac, at = source.child("hmac"), (*path, "hmac")
        if hmac is None or not isinstance(hmac.content, dict):
            continue
        kind = kind_of(source, kinds)
        known = kind.signature if kind else None
        if not known and "header" not in hmac.keys:
            yield Complaint(at, "say in `header` which header carries the signature")
        signed = text_at(hmac, "signed") or (known.signed if known else "{body}")
        yield from _what_is_signed(signed, at)
        yield from _times(hmac, at, signed, kind, known)
        if "address" in hmac.keys and "{url}" not in signed:
            yield Complaint((*at, "address"), "{url} is not signed; take this out", at_key=True)


def static_secrets_are_complete(root: Node) -> Complaints:
    """It stands in one place, and Basic credentials are a header's."""
    for path, source in sources_in(root):
        secret, at = source.child("secret"), (*path, "secret")
        if secret is None or not isinstance(secret.content, dict):
            continue
        places = [key for key in ("header", "field") if key in secret.keys]
        form = text_at(secret, "form")
        if not places and form in _SCHEMES:
            places = ["header"]
        if len(places) != 1:
            yield Complaint(at, "say in `header` or in `field` where it is sent")
        if "prefix" in secret.keys and form in _SCHEMES:
            reason = f"{form} says already what stands before it; take this out"
            yield Complaint((*at, "prefix"), reason, at_key=True)
        for key in ("form", "prefix"):
            if key in secret.keys and places == ["field"]:
                yield Complaint((*at, key), "only a header has it; take it out", at_key=True)


def _times(
    hmac: Node, at: Path, signed: str, kind: SourceKind | None, known: KnownSignature | None
) -> Complaints:
    in_parts = hmac.at("parts", "timestamp") is not None
    in_header, has_time = "timestampHeader" in hmac.keys, "{timestamp}" in signed
    key = ("timestampHeader",) if in_header else ("parts", "timestamp")
    if in_header and in_parts:
        reason = "the time stands in `parts` already; take one of them out"
        yield Complaint((*at, "timestampHeader"), reason, at_key=True)
    if has_time and not (in_header or in_parts or known):
        reason = "say in `timestampHeader` or in `parts` where {timestamp} is sent"
        yield Complaint((*at, "signed"), reason)
    if (in_header or in_parts) and not has_time:
        reason = "this time is not signed, so anybody may change it; see `signed`"
        yield Complaint((*at, *key), reason, at_key=True)
    elif kind and known and not has_time:
        reason = f"{kind.name} signs it, and unsigned anybody may change it"
        yield Complaint((*at, "signed"), f"{{timestamp}} is missing: {reason}")


def _what_is_signed(signed: str, at: Path) -> Complaints:
    if "{body}" not in signed:
        yield Complaint((*at, "signed"), "{body} is missing: nothing of what is sent is signed")
    if signed.count("{body}") > 1:
        yield Complaint((*at, "signed"), "write {body} once")
    for name in PLACEHOLDER.findall(signed):
        if f"{{{name}}}" not in PLACEHOLDERS[:-1] and not _HEADER.fullmatch(name):
            known = [one.strip("{}") for one in PLACEHOLDERS]
            reason = f"{{{name}}} stands for nothing; there are {', '.join(PLACEHOLDERS)}"
            yield Complaint((*at, "signed"), reason + nearest(name, known))
    if set(PLACEHOLDER.sub("", signed)) & set("{}"):
        yield Complaint((*at, "signed"), "a brace stands alone; {…} is a placeholder")
