"""The proof that an event came in by an HR address, and not from whoever may send to the queue.

The brake counts by the sender, and events are taken back by the sender: who may put messages on
the queue must not choose whom they count as. So the HR addresses add a proof to each event, which
goes wherever the event goes: into the ledger while it is held, and back on the queue.
"""

import hmac
import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from shared.domain.person.brake import OF_SOURCES
from shared.domain.person.request import Request

PROOF = "ssprproof"
"""The attribute of the CloudEvent; names of attributes are lower-case letters and digits."""
CLAIMED = "queue/"
"""What is put before a name of an HR source that whoever sent the event has not proved."""


def proved(event: Mapping[str, Any], key: bytes) -> dict[str, Any]:
    """Returns the event with its proof."""
    return {**event, PROOF: _proof_of(event, key)}


def is_proved(value: Any, key: bytes) -> bool:
    """Tells whether the event has a proof, and is as it was when it got it."""
    shown = value.get(PROOF) if isinstance(value, Mapping) else None
    if not isinstance(shown, str) or not shown.isascii():
        return False
    return hmac.compare_digest(shown, _proof_of(value, key))


def claim_of_a_source(request: Request) -> str | None:
    """Returns what speaks for an HR source, `source` or `actor`; None if neither does."""
    said = {"source": request.source or "", "actor": request.cause.actor}
    return next((name for name, text in said.items() if text.startswith(OF_SOURCES)), None)


def as_claimed(request: Request) -> Request:
    """Returns the request with what is said of an HR source marked as not proved."""
    return replace(
        request,
        source=_marked(request.source) if request.source else None,
        cause=replace(request.cause, actor=_marked(request.cause.actor)),
    )


def _marked(name: str) -> str:
    return f"{CLAIMED}{name}" if name.startswith(OF_SOURCES) else name


def _proof_of(event: Mapping[str, Any], key: bytes) -> str:
    said = {name: value for name, value in event.items() if name != PROOF}
    text = json.dumps(said, sort_keys=True, separators=(",", ":"))
    return hmac.new(key, text.encode(), "sha256").hexdigest()
