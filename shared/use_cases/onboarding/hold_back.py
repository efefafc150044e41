"""Hold back: whom a sender would move beyond its brake is kept aside until an operator decides.

Joining and leaving are counted by themselves. Whoever leaves beyond the brake keeps self-service
until then, which an account that HR has disabled cannot use; a mistake that takes everybody out
would leave them all without.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import replace
from datetime import datetime

from shared.contracts.messages.queues import ONBOARDING_EVENTS
from shared.domain.person.brake import Direction, moves
from shared.domain.person.reasons import Reason
from shared.domain.person.request import Request
from shared.domain.signals import EventsHeld
from shared.ports.held_events import HeldEvent
from shared.ports.ledger import Receipt
from shared.ports.world import World
from shared.use_cases.message import Message
from shared.use_cases.onboarding.enroll import Considered
from shared.use_cases.signalling import emit

type _Count = tuple[str, Direction]
"""A brake's name, and which of its two counts."""


async def hold_back(
    considered: Considered, messages: Mapping[Request, Message], world: World, now: datetime
) -> AbstractSet[Request]:
    """Keeps aside what is beyond a brake, says so, and returns those requests.

    Args:
        considered: all requests of a batch.
        messages: each request's own.
        world: its brakes say how many people each sender may move.
        now: the time.

    Raises:
        LedgerConflict: others kept counting; all is to be taken again.
    """
    held: set[Request] = set()
    for count, people in (await _moved(considered, world, now)).items():
        asking = {
            person: [one for one in considered.by_key[person] if one.action is count[1].action]
            for person in people
        }
        beyond = await _beyond(count, asking, messages, world, now)
        asked = {person: asking[person] for person in asking if person in beyond}
        await _hold(count, asked, messages, world, now)
        held.update(one for requests in asked.values() for one in requests)
    return held


async def forget_let_through(messages: Mapping[Request, Message], world: World) -> None:
    """Forgets what an operator has let through and has been taken now."""
    returned = [request.key for request, message in messages.items() if message.returns]
    if returned:
        found = await world.held_events.of_events(returned)
        await world.held_events.forget([one for one in found if one.is_let_through])


async def _moved(
    considered: Considered, world: World, now: datetime
) -> Mapping[_Count, Mapping[str, None]]:
    """Returns who would be moved, by the count that they are in, in the order of their events."""
    known = await world.ledger.load(considered.by_key.keys()) if considered.by_key else {}
    moved: dict[_Count, dict[str, None]] = defaultdict(dict)
    for key, requests in considered.by_key.items():
        found = moves(
            requests,
            known.get(key),
            lambda request, current: considered.decide(request, current, now),
        )
        for direction, request in found:
            name = world.brakes.name_of(request)
            if world.brakes.named(name).rate(direction).people is not None:
                moved[name, direction][key] = None
    return moved


async def _beyond(
    count: _Count,
    asking: Mapping[str, Sequence[Request]],
    messages: Mapping[Request, Message],
    world: World,
    now: datetime,
) -> AbstractSet[str]:
    """Returns those who are not admitted: of whom something is held already, or who are too many.

    Whoever was let through by an operator is not counted.
    """
    name, direction = count
    people = list(asking)
    kept = await world.held_events.find(name, direction, people)
    returned = {
        person: [one for one in requests if messages[one].returns]
        for person, requests in asking.items()
    }
    by_event = await _held_by_event(returned, world)
    is_let_through = {one.person_key: one.is_let_through for one in kept}
    is_let_through |= {person: one.is_let_through for person, one in by_event.items()}
    waiting = {key for key, is_through in is_let_through.items() if not is_through}
    others = [key for key in people if key not in is_let_through]
    rate = world.brakes.named(name).rate(direction)
    admitted = await world.held_events.admit(name, direction, others, rate, now)
    return waiting | (set(others) - admitted)


async def _hold(
    count: _Count,
    asked: Mapping[str, Sequence[Request]],
    messages: Mapping[Request, Message],
    world: World,
    now: datetime,
) -> None:
    """Holds of each person the newest event; older ones that ask the same are outdated by it."""
    if not asked:
        return
    before = {
        **await _held_by_event(asked, world),
        **{one.person_key: one for one in await world.held_events.find(*count, asked.keys())},
    }
    outdated: dict[str, str] = {}
    replaced: list[HeldEvent] = []
    moved: list[HeldEvent] = []
    held: list[HeldEvent] = []
    for person, requests in asked.items():
        *older, newest = requests
        event = _held(count, person, newest, messages[newest], now)
        outdated |= {one.key: person for one in older if one.key != newest.key}
        known = before.get(person)
        is_same = known is not None and known.event_key == event.event_key
        if known and is_same:
            if known.place != event.place:
                # Held before they arrived, under what they were called then.
                moved.append(known)
                held.append(replace(event, held_at=known.held_at))
            continue
        if known and known.occurred_at > event.occurred_at:
            outdated[event.event_key] = person
            continue
        if known:
            outdated[known.event_key] = person
            replaced.append(known)
        held.append(event)
    await world.ledger.record_receipts([_outdated(*one, now) for one in outdated.items()])
    await world.held_events.forget([*replaced, *moved])
    await world.held_events.keep(held)
    _say(count, len(held) - len(replaced) - len(moved), world)


async def _held_by_event(
    asking: Mapping[str, Sequence[Request]], world: World
) -> Mapping[str, HeldEvent]:
    """Returns what is held of these very events, by who is meant now.

    It stands under what a person was called when it was held: they may have arrived since.
    """
    person_of = {one.key: person for person, requests in asking.items() for one in requests}
    found = await world.held_events.of_events(person_of.keys())
    return {person_of[one.event_key]: one for one in found}


def _say(count: _Count, people: int, world: World) -> None:
    name, direction = count
    if people:
        most = str(world.brakes.named(name).rate(direction))
        emit([EventsHeld(source=name, direction=direction, people=people, most=most)])


def _held(
    count: _Count, person: str, request: Request, message: Message, now: datetime
) -> HeldEvent:
    name, direction = count
    envelope = message.envelope
    return HeldEvent(
        brake=name,
        direction=direction,
        person_key=person,
        event_key=request.key,
        held_at=now,
        occurred_at=request.occurred_at,
        body=message.body.decode(),
        sequence_number=envelope.sequence_number,
        enqueued_at=envelope.enqueued_at,
        index=envelope.index,
    )


def _outdated(key: str, person: str, now: datetime) -> Receipt:
    return Receipt(
        key=key,
        queue=ONBOARDING_EVENTS,
        at=now,
        outcome=Reason.OUTDATED,
        person_key=person,
        detail="a newer event asks the same, and is held",
    )
