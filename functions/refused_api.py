"""The operator API, refused messages: what would be sent again, and sending it."""

from functions.routes import Request, Routes
from shared.contracts.api.resend_request import Resend
from shared.contracts.api.resend_views import ResendView
from shared.use_cases.onboarding.resend_refused import resend_refused

routes = Routes("refused messages")


@routes.post(
    "refused/resend",
    takes=Resend,
    answers=ResendView,
    example={
        "outcome": "invalid",
        "field": "employeeID",
        "fixes": {"rename": {"employeeID": "employeeId"}},
        "reason": "the sender has fixed its template",
    },
    refuses=(409, 503),
)
async def resend_refused_messages(asked: Request[Resend]) -> ResendView:
    """Show which refused messages would be sent again; with `plan`, send them."""
    return await resend_refused(asked.sent, asked.world, asked.now, actor=asked.actor)
