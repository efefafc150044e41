"""Try an alarm: one message comes by the way of all alarms, and says that it is a test.

What is told is a signal of its own, with a rule of its own: no other rule finds it, so that no test
raises, ends or hides what is meant in earnest.
"""

import json
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from shared.contracts.api.alarm_views import AlarmTestView
from shared.contracts.api.alarms import ALARMS, TEST
from shared.domain.audit import AuditEnd
from shared.domain.errors import InvalidMessage, NotPossible
from shared.domain.person.partitions import MESSAGES
from shared.domain.signals import AlarmTested
from shared.ports.world import World
from shared.use_cases.signalling import emit
from shared.use_cases.until_kept import until_kept

EVERY: Final = timedelta(minutes=15)
"""Between two tests, whoever asks: each is a message to everybody who hears alarms."""
_ACTION: Final = "test-alarm"
_LOOKED_AT: Final = 100
"""Of the newest records: among as many of one kind nobody has done more in a quarter of an hour."""
_TEXT: Final = (
    "One message that says test comes to whoever hears alarms, mostly within ten minutes. If none "
    "does: the runbook's alarm-test says where it was lost."
)


async def try_alarm(
    alarm: str | None, world: World, now: datetime, *, actor: str, reason: str
) -> AlarmTestView:
    """Tells of a test, which the audit has.

    Args:
        alarm: The alarm whose name the message is to carry; None: that of the test itself.
        world: What may be reached.
        now: The time.
        actor: Who asks.
        reason: What for.

    Raises:
        InvalidMessage: there is no such alarm.
        NotPossible: the newest test was less than a quarter of an hour ago; of two that are asked
            for at once that is one of them.
        LedgerConflict: others kept appending to the audit.
    """
    name = alarm or TEST
    if name not in {one.name for one in ALARMS}:
        raise InvalidMessage("alarm", "no alarm has that name; sspr alarms list has them all")
    change = {"action": _ACTION, "key": name, "reason": reason}
    async for attempt in until_kept():
        with attempt:
            end = await _end(world)
            _check_pause(await _tests(end, world), now)
            # Whoever else has asked since is seen at the next attempt.
            await world.audit.append({"changes": [change]}, actor=actor, now=now, behind=end)
    emit([AlarmTested(alarm=name)])
    return AlarmTestView(at=now, alarm=name, text=_TEXT)


def _check_pause(tests: Iterable[datetime], now: datetime) -> None:
    """Lets pass whoever asks long enough after the newest test."""
    newest = max(tests, default=None)
    if newest and now - newest < EVERY:
        again = newest + EVERY
        raise NotPossible(f"the newest test was at {newest:%H:%M} UTC; again from {again:%H:%M} on")


async def _end(world: World) -> AuditEnd:
    """Returns where the chain ends of what operators do with messages."""
    (end,) = [one for one in await world.audit.ends() if one.partition == MESSAGES]
    return end


async def _tests(end: AuditEnd, world: World) -> list[datetime]:
    """Returns when there were tests, by the newest records."""
    records = await world.audit.records(MESSAGES, max(end.number - _LOOKED_AT, 0), _LOOKED_AT)
    said = [json.loads(one.content) for one in records]
    return [datetime.fromisoformat(one["at"]) for one in said if _is_test(one)]


def _is_test(said: Mapping[str, Any]) -> bool:
    return any(one.get("action") == _ACTION for one in said.get("changes", ()))
