"""What the app says of an alarm that was asked for as a test."""

from shared.contracts.api.view import View
from shared.contracts.messages.contract import Moment


class AlarmTestView(View):
    """A test has been told: whoever hears alarms is to get one message that says so."""

    at: Moment
    alarm: str
    """Whose way is tried; `alarm-test` where none was named."""
    text: str
    """What is to come, and what to look at if it does not."""
