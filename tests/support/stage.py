"""The memory world as the tests of use cases fill it, look into it and deliver its messages."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from shared.adapters.memory.broker import QueuedMessage
from shared.adapters.memory.storage import DOOR_KEY
from shared.adapters.memory.world import MemoryWorld
from shared.contracts.messages.door_proof import proved
from shared.contracts.messages.onboarding_event import Envelope
from shared.contracts.messages.returned_message import ReturnedMessage
from shared.domain.person.enrolment import Enrolment
from shared.domain.person.people import Person, UserRef
from shared.domain.rollout.state import Rollout
from shared.use_cases.message import Message
from tests.support.enrolments import NOW, POLICY


class Stage(MemoryWorld):
    """A memory world with a few words for tests."""

    def arrive(self, number: int, *group_ids: str, **attributes: Any) -> Person:
        """Somebody comes to be in Entra, in the cloud unless the attributes say otherwise."""
        administrator = attributes.pop("administrator", False)
        known: dict[str, Any] = {"synced": False} | attributes
        anchor = f"anchor-{number}==" if known["synced"] else None
        ref = UserRef(
            object_id=an_id(number),
            user_principal_name=upn_of(number),
            employee_id=str(number),
            source_anchor=anchor,
            sid=f"S-1-5-21-{number}" if anchor else None,
        )
        person = Person(ref=ref, **known)
        return self.tenant.put(person, *group_ids, administrator=administrator)

    async def store(self, *people: Enrolment) -> None:
        """Put people into the ledger as they are, without anybody's being told."""
        wanted = {person.key: person for person in people}
        await self.another().ledger.amend(wanted, lambda key, _: wanted[key], actor="test", now=NOW)

    async def person(self, key: str | int) -> Enrolment:
        """Whoever is remembered under this key, or number."""
        key = an_id(key) if isinstance(key, int) else key
        (found,) = (await self.another().ledger.load([key])).values()
        return found

    async def applies(self, rollout: Rollout) -> None:
        """Let this rollout be the one that is stored."""
        rollouts = self.another().rollouts
        stored = await rollouts.current()
        await rollouts.replace(stored, rollout, action="test", now=NOW)

    def deliver(self, queue: str, *, enqueued_at: datetime = NOW) -> Sequence[Message]:
        """Take what can be taken off a queue, as a trigger gets it."""
        return [message_of(one, enqueued_at) for one in self.broker.take(queue)]

    @property
    def scope(self) -> frozenset[str]:
        """Who is in the scope group, whether it shows or not."""
        return frozenset(self.tenant.groups[self.tenant.scope_group_id].members)


def messages(*bodies: Any, enqueued_at: datetime = NOW, returns: int = 0) -> list[Message]:
    """Messages as a trigger gets them; what is no bytes is written as JSON."""
    texts = [one if isinstance(one, bytes) else json.dumps(one).encode() for one in bodies]
    return [
        Message(text, Envelope(number, enqueued_at), returns)
        for number, text in enumerate(texts, start=1)
    ]


def message_of(queued: QueuedMessage, enqueued_at: datetime = NOW) -> Message:
    """The message as a trigger gets it: one that was returned has its first place."""
    envelope = Envelope(queued.sequence_number, enqueued_at)
    first = ReturnedMessage.read(queued.body, envelope, queued.properties)
    if first:
        return Message(first.body, first.envelope, first.returns)
    return Message(queued.body, envelope)


def an_id(number: int) -> str:
    """The object id of somebody with that number."""
    return f"{number:08x}-0000-4000-8000-000000000000"


def upn_of(number: int) -> str:
    """The UPN of somebody with that number."""
    return f"person{number}@contoso.test"


def from_door(event: Mapping[str, Any]) -> dict[str, Any]:
    """The event as the address of its HR source puts it on the queue."""
    return proved(event, DOOR_KEY)


def a_stage(**changes: Any) -> Stage:
    """An empty one, under the usual policy or one with these changes."""
    return Stage(replace(POLICY, **changes))


def said(lines: Sequence[Mapping[str, Any]], event: str) -> list[dict[str, Any]]:
    """What was signalled under that name, without the name and its level."""
    return [
        {name: value for name, value in line.items() if name not in {"event", "log_level"}}
        for line in lines
        if line["event"] == event
    ]
