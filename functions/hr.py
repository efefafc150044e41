"""The HR systems' addresses: behind a function key, or behind a proof that we check ourselves."""

import json
from collections.abc import Mapping

import azure.functions as func

from functions.responses import refusal, status_of
from shared.bootstrap import app
from shared.domain.errors import SsprRolloutError
from shared.hr import scim
from shared.use_cases.onboarding.accept_hr import Door, Reply, Sent, accept_hr, agrees, speaks_scim

blueprint = func.Blueprint()


@blueprint.function_name("take_hr_event")
@blueprint.route("hr/{source}", methods=["POST", "OPTIONS"], auth_level=func.AuthLevel.FUNCTION)
async def take_hr_event(req: func.HttpRequest) -> func.HttpResponse:
    """What a system sends that holds a function key.

    Both methods are one function's, so that its own key opens both: a key of the host, which opens
    all functions, is not for somebody else's system.
    """
    return await _answered_at(Door.KEY, req)


@blueprint.function_name("take_hook")
@blueprint.route("hooks/{source}", methods=["POST", "OPTIONS"], auth_level=func.AuthLevel.ANONYMOUS)
async def take_hook(req: func.HttpRequest) -> func.HttpResponse:
    """What a system sends that signs it, or shows a token."""
    return await _answered_at(Door.HOOK, req)


async def _answered_at(door: Door, req: func.HttpRequest) -> func.HttpResponse:
    if req.method == "OPTIONS":
        return _agreed(door, req)
    return await _taken(door, req)


async def _taken(door: Door, req: func.HttpRequest) -> func.HttpResponse:
    sent = _sent(door, req)
    try:
        reply = await accept_hr(sent, app().senders, app().world.outbox, app().now())
    except SsprRolloutError as error:
        return _refused(error, sent.headers)
    return _answered(reply)


def _sent(door: Door, req: func.HttpRequest) -> Sent:
    return Sent(
        door=door,
        source=req.route_params["source"],
        headers={name.lower(): value for name, value in req.headers.items()},
        body=req.get_body(),
        events_url=f"{req.url.partition(f'/{door}/')[0]}/events",
    )


def _answered(reply: Reply) -> func.HttpResponse:
    return func.HttpResponse(
        reply.view.as_json(), status_code=reply.status, mimetype=reply.media_type
    )


def _refused(error: SsprRolloutError, headers: Mapping[str, str]) -> func.HttpResponse:
    if not speaks_scim(headers):
        return refusal(error)
    status = status_of(error)
    text = json.dumps(scim.error_answer(status, str(error)))
    return func.HttpResponse(text, status_code=status, mimetype=scim.MEDIA_TYPE)


def _agreed(door: Door, req: func.HttpRequest) -> func.HttpResponse:
    """Whether a sender's events are welcome; it tells that they are, and nothing of us.

    Source: "HTTP 1.1 Web Hooks for Event Delivery", CloudEvents, section 4.
    """
    try:
        agrees(door, req.route_params["source"], app().senders)
    except SsprRolloutError as error:
        return refusal(error)
    origin = req.headers.get("webhook-request-origin")
    allowed = {"WebHook-Allowed-Origin": origin, "WebHook-Allowed-Rate": "*"} if origin else {}
    return func.HttpResponse(status_code=200, headers={"Allow": "POST, OPTIONS", **allowed})
