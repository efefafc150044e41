"""What of an HR system's message cannot be taken: kept whole, said aloud, named in the answer.

A key is the same for the same words of the same source, so that a sender's retries keep no second
copy.
"""

import hashlib
import json
from collections.abc import Iterable
from datetime import datetime

from shared.contracts.api.refused_view import RefusedView
from shared.contracts.documents.hr_sources.vocabulary import Source
from shared.contracts.messages.queues import ONBOARDING_EVENTS
from shared.domain.errors import InvalidMessage
from shared.domain.person.reasons import Reason
from shared.hr.handshakes import Shown
from shared.hr.translation import RefusedRecord
from shared.ports.ledger import Receipt
from shared.ports.world import World
from shared.use_cases.kept_text import kept_text
from shared.use_cases.recording import keep_refusals

_KEY_LENGTH = 32


async def keep_records(
    source: Source, records: Iterable[RefusedRecord], world: World, now: datetime
) -> None:
    """Keeps records that could not be taken, each by itself."""
    kept = [
        _receipt(source, one.text.encode(), InvalidMessage(one.field, one.reason), one.text, now)
        for one in records
    ]
    await keep_refusals(kept, world)


async def keep_body(
    source: Source, body: bytes, error: InvalidMessage, world: World, now: datetime
) -> None:
    """Keeps a body of which nothing can be taken: not every sender looks at our answer."""
    await keep_refusals([_receipt(source, body, error, kept_text(body), now)], world)


async def keep_word(source: Source, shown: Shown, world: World, now: datetime) -> None:
    """Keeps a word that a person has to see; one an hour, since its sender has proved nothing.

    It is not signalled: that would let anybody ring the alarm for messages that were refused.
    """
    hour = f"{now:%Y-%m-%dT%H}".encode()
    reason = "is no event, but a word that is to be entered at the sender"
    body = json.dumps({"source": source.name, "word": shown.word})
    receipt = _receipt(source, hour, InvalidMessage(shown.field, reason), body, now)
    await world.ledger.record_receipts([receipt])


def view_of_record(source: Source, record: RefusedRecord) -> RefusedView:
    """Returns what the sender is told of a record that could not be taken."""
    return RefusedView(
        index=record.index,
        field=record.field,
        reason=record.reason,
        key=_key(source, record.text.encode()),
    )


def view_of_body(source: Source, body: bytes, error: InvalidMessage) -> RefusedView:
    """Returns what the sender is told of a body of which nothing could be taken."""
    return RefusedView(index=None, field=error.field, reason=error.reason, key=_key(source, body))


def _receipt(
    source: Source, content: bytes, error: InvalidMessage, body: str, now: datetime
) -> Receipt:
    return Receipt(
        key=_key(source, content),
        queue=ONBOARDING_EVENTS,
        at=now,
        outcome=Reason.INVALID,
        field=error.field,
        detail=f"hr/{source.name}: {error.reason}",
        body=body,
    )


def _key(source: Source, content: bytes) -> str:
    name = f"hr/{source.name}\n".encode()
    return hashlib.sha256(name + content).hexdigest()[:_KEY_LENGTH]
