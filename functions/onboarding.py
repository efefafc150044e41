"""Onboarding: the webhook that takes events in, and the function that enrols people."""

from collections.abc import Sequence

import azure.functions as func

from functions.guard import body_of
from functions.messages import event_of
from functions.refusals import count_refusal
from functions.responses import answer, refusal
from shared.bootstrap import Serving
from shared.contracts.messages.cloud_event_modes import attributes_of_headers, in_structured_mode
from shared.contracts.messages.queues import ONBOARDING_EVENTS
from shared.domain.errors import InvalidMessage
from shared.use_cases.gathering import Gathering
from shared.use_cases.in_portions import in_portions
from shared.use_cases.message import Message
from shared.use_cases.onboarding.accept_events import accept_events
from shared.use_cases.onboarding.take_events import take_events


def blueprint(app: Serving) -> func.Blueprint:
    """Make the webhook and its queue's function, for the app that `app` answers with."""
    arrivals = func.Blueprint()

    async def enroll(batch: Sequence[Message]) -> None:
        await in_portions(take_events, ONBOARDING_EVENTS, batch, app().world, app().now())

    gathered = Gathering(enroll)

    @arrivals.function_name("onboarding_webhook")
    @arrivals.route("onboarding-events", methods=["POST"], auth_level=func.AuthLevel.FUNCTION)
    async def onboarding_webhook(req: func.HttpRequest) -> func.HttpResponse:
        """One event or a list: 202 with keys to follow them by, 207 with refusals too, or 400."""
        try:
            accepted = await accept_events(_event_of(req), app().world, app().now())
        except InvalidMessage as error:
            count_refusal(app(), "onboarding-events", error)
            return refusal(error)
        return answer(accepted, 207 if accepted.refused else 202)

    @arrivals.function_name("enroll_people")
    @arrivals.service_bus_queue_trigger(
        "event",
        connection="ServiceBusConnection",
        queue_name=ONBOARDING_EVENTS,
        cardinality="one",
        data_type=func.DataType.BINARY,
    )
    async def enroll_people(event: func.ServiceBusMessage) -> None:
        """One onboarding event, together with those that come at the same time."""
        await gathered.add(event_of(event))

    return arrivals


def _event_of(req: func.HttpRequest) -> bytes:
    """What was sent; of a CloudEvent in binary mode its attributes stand in the headers."""
    attributes = attributes_of_headers(req.headers)
    return in_structured_mode(attributes, body_of(req), req.headers.get("content-type"))
