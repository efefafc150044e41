"""Tell the writers whom to look up: one scope change for every 500 people."""

import hashlib
from collections.abc import Iterable
from itertools import batched

from shared.contracts.messages.scope_change import MOST_KEYS, ScopeChange
from shared.domain.person.enrolment import TO_WRITE, Enrolment
from shared.ports.outbox import Outbox


def awaits_writer(enrolment: Enrolment) -> bool:
    """Whether a write is owed and nobody is at it."""
    return enrolment.state in TO_WRITE and enrolment.command_key is None


async def announce(enrolments: Iterable[Enrolment], outbox: Outbox) -> None:
    """Send the keys of everybody among these who awaits a writer.

    The change's key follows from what it asks for, so that a handler that runs twice sends the
    same message, of which the broker delivers one.
    """
    waiting = sorted({e.key: e for e in enrolments if awaits_writer(e)}.items())
    changes = [
        _change([e for _, e in group]) for group in batched(waiting, MOST_KEYS, strict=False)
    ]
    if changes:
        await outbox.send_scope_changes(changes)


def _change(enrolments: list[Enrolment]) -> ScopeChange:
    asked = "\n".join(f"{e.key} {e.state} {e.since.isoformat()} {e.reissues}" for e in enrolments)
    return ScopeChange(
        change_key=hashlib.sha256(asked.encode()).hexdigest()[:32],
        person_keys=tuple(e.key for e in enrolments),
    )
