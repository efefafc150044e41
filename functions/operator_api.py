"""The operator API: all of its routes, and the description of them."""

from typing import Any, Literal

import azure.functions as func
from pydantic import ConfigDict

from functions import (
    alarms_api,
    audit_api,
    checks_api,
    dead_letters_api,
    doctor_api,
    forecast_api,
    health,
    held_events_api,
    moves_api,
    people_api,
    plans_api,
    refused_api,
    rollout_api,
    writing_api,
)
from functions.operators import Operators
from functions.routes import Request, Routes
from shared.bootstrap import Serving
from shared.contracts.api.event_views import AcceptedEvents
from shared.contracts.api.health_views import HealthWord
from shared.contracts.api.hr_answers import HrAnswer, HrBody, SenderAnswer
from shared.contracts.api.openapi import Route, openapi
from shared.contracts.api.operator_requests import Nothing
from shared.contracts.api.view import View
from shared.contracts.api.webhook import EventsBody

description = Routes("description")
_PARTS = (
    rollout_api.routes,
    writing_api.routes,
    plans_api.routes,
    moves_api.routes,
    people_api.routes,
    checks_api.routes,
    forecast_api.routes,
    doctor_api.routes,
    audit_api.routes,
    alarms_api.routes,
    dead_letters_api.routes,
    held_events_api.routes,
    refused_api.routes,
    health.routes,
    description,
)
_HEALTH = Route(
    name="get_health",
    method="GET",
    path="health",
    tag="health",
    summary="How the app is, in a word; for whoever asks, and at most a minute old",
    takes=Nothing,
    answers=HealthWord,
    also={503: HealthWord},
    for_operators=False,
    open_to_all=True,
)
_WEBHOOK = Route(
    name="onboarding_webhook",
    method="POST",
    path="onboarding-events",
    tag="onboarding",
    summary="Take in an onboarding event or a list of them, each by itself",
    takes=EventsBody,
    answers=AcceptedEvents,
    status=202,
    also={207: AcceptedEvents},
    for_operators=False,
    example={"userPrincipalName": "grace@contoso.com", "effectiveDate": "2026-09-01"},
)
_HR_DOORS = (
    ("take_hr_event", "agree_to_hr_events", "greet_hr_sender", "hr/{source}", False),
    ("take_hook", "agree_to_hooks", "greet_hook_sender", "hooks/{source}", True),
)
_HR = [
    route
    for take, agree, greet, path, by_proof in _HR_DOORS
    for route in (
        Route(
            name=take,
            method="POST",
            path=path,
            tag="HR systems",
            summary="Take in what an HR system sends, as the file of sources describes it",
            takes=HrBody,
            answers=HrAnswer,
            status=202,
            also={200: SenderAnswer, 207: HrAnswer},
            refuses=(403, 413, 503) if by_proof else (404, 413),
            for_operators=False,
            by_proof=by_proof,
            example={
                "type": "employee.created",
                "timestamp": "2026-01-31T18:42:00+0000",
                "data": {"companyId": "12345", "employeeId": "67890"},
            },
        ),
        Route(
            name=agree,
            method="OPTIONS",
            path=path,
            tag="HR systems",
            summary="Whether a sender's events are welcome (CloudEvents' protection against abuse)",
            takes=Nothing,
            answers=None,
            refuses=() if by_proof else (404,),
            for_operators=False,
            by_proof=by_proof,
        ),
        Route(
            name=greet,
            method="GET",
            path=path,
            tag="HR systems",
            summary="Give a word back to a sender that asks for it before it sends events",
            takes=Nothing,
            answers=SenderAnswer,
            refuses=(404,),
            for_operators=False,
            by_proof=by_proof,
        ),
    )
]
_INFO = {
    "title": "sspr-rollout",
    "version": "1",
    "description": "Progressive delivery for Microsoft Entra self-service password reset: "
    "what operators, the `sspr` command line and HR systems ask of the function app.",
}
_PATH_PARAMETERS = {
    "fingerprint": "A plan's fingerprint, as the operation that drew it up answered it.",
    "identity": "An object id, a UPN or an employee id; `id:`, `upn:` or `employee:` before it "
    "says which.",
    "key": "The key that the answer to the request gave.",
    "source": "The name of an HR source.",
    "number": "A dead letter's sequence number.",
    "queue": "A queue of the app's, such as `onboarding-events`.",
    "partition": "A part of the audit, as `GET /audit` names it.",
}


class ApiDescription(View):
    """The description of this API, OpenAPI 3.1."""

    model_config = ConfigDict(extra="allow")

    openapi: Literal["3.1.0"]


@description.get("openapi.json", takes=Nothing, answers=ApiDescription)
async def get_openapi(asked: Request[Nothing]) -> ApiDescription:  # noqa: ARG001  # every route's
    """The description of this API."""
    return ApiDescription.model_validate(describe_api())


def describe_api() -> dict[str, Any]:
    """The OpenAPI description of every HTTP function."""
    described = [route for part in _PARTS for route in part.described]
    described += [_HEALTH, _WEBHOOK, *_HR]
    return openapi(described, info=_INFO, path_parameters=_PATH_PARAMETERS)


def blueprint(app: Serving, operators: Operators) -> func.Blueprint:
    """Make a function of each route of the operator API, behind these operators' door."""
    api = func.Blueprint()
    for part in _PARTS:
        part.register(api, operators, app)
    return api
