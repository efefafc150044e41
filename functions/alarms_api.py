"""The operator API, alarms: have one come as a test."""

from functions.routes import Request, Routes
from shared.contracts.api.alarm_views import AlarmTestView
from shared.contracts.api.operator_requests import TryAlarm
from shared.use_cases.try_alarm import try_alarm

routes = Routes("alarms")
_EXAMPLE = {"alarm": "worker-silent", "reason": "the yearly rehearsal"}


@routes.post("alarms/test", takes=TryAlarm, answers=AlarmTestView, refuses=(409,), example=_EXAMPLE)
async def send_test_alarm(asked: Request[TryAlarm]) -> AlarmTestView:
    """Have one message come to whoever hears alarms, which says that it is a test."""
    return await try_alarm(
        asked.sent.alarm,
        asked.world,
        asked.now,
        actor=asked.actor,
        reason=asked.sent.reason,
    )
