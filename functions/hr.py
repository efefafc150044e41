"""The HR systems' addresses: behind a function key, or behind a proof that we check ourselves."""

import json
from typing import Any

import azure.functions as func

from functions.guard import body_of
from functions.refusals import count_refusal
from functions.requests import lowered_headers, token_of
from functions.responses import JSON, TEXT, answer, refusal, status_of
from shared.bootstrap import App, Serving
from shared.contracts.api import scim_answers
from shared.contracts.api.hr_answers import (
    Answered,
    Echo,
    Handshake,
    HrAnswer,
    ScimBulk,
    ScimUser,
)
from shared.domain.errors import SsprRolloutError, UnknownSource
from shared.use_cases.onboarding.accept_hr import (
    Accepted,
    Door,
    OtherDoor,
    Sent,
    accept_hr,
    agrees,
)

_NO_SNIFFING = {"X-Content-Type-Options": "nosniff"}
"""A word that is given back is text, whatever it looks like."""
_PATHS = {Door.KEY: "hr", Door.PROOF: "hooks"}


def blueprint(app: Serving) -> func.Blueprint:
    """Make the functions of both addresses, for the app that `app` answers with."""
    doors = func.Blueprint()

    @doors.function_name("take_hr_event")
    @doors.route(
        "hr/{source}", methods=["POST", "GET", "OPTIONS"], auth_level=func.AuthLevel.FUNCTION
    )
    async def take_hr_event(req: func.HttpRequest) -> func.HttpResponse:
        """What a system sends that holds a function key.

        All methods are one function's, so that its own key opens them: a key of the host, which
        opens all functions, is not for somebody else's system.
        """
        return await _answered_at(Door.KEY, req, app())

    @doors.function_name("take_hook")
    @doors.route(
        "hooks/{source}", methods=["POST", "GET", "OPTIONS"], auth_level=func.AuthLevel.ANONYMOUS
    )
    async def take_hook(req: func.HttpRequest) -> func.HttpResponse:
        """What a system sends that signs it, or shows a token."""
        return await _answered_at(Door.PROOF, req, app())

    return doors


async def _answered_at(door: Door, req: func.HttpRequest, app: App) -> func.HttpResponse:
    source = req.route_params["source"]
    try:
        if req.method == "OPTIONS":
            agrees(door, source, app.senders)
            return _agreed(req)
        sent = _sent(door, source, req)
        return _answered(await accept_hr(sent, app.senders, app.world, app.now()), door, req)
    except SsprRolloutError as error:
        count_refusal(app, _PATHS[door], error, source)
        if isinstance(error, OtherDoor):
            hint = f"it is configured for /api/{_PATHS[Door.PROOF]}/{source}"
            return _refused(UnknownSource(f"{error}; {hint}"), req)
        return _refused(error, req)


def _sent(door: Door, source: str, req: func.HttpRequest) -> Sent:
    headers = lowered_headers(req)
    return Sent(
        door=door,
        source=source,
        body=body_of(req, in_any_charset=True),
        notes=headers,
        token=token_of(headers),
        method=(req.method or "POST").upper(),
        url=req.url,
    )


def _answered(accepted: Accepted, door: Door, req: func.HttpRequest) -> func.HttpResponse:
    """In the sender's own protocol, where it has one."""
    match accepted:
        case Echo(word, None):
            return func.HttpResponse(word, status_code=200, mimetype=TEXT, headers=_NO_SNIFFING)
        case Echo(word, field):
            return _json({field: word}, 200)
        case Handshake(code):
            return _json({"validationResponse": code}, 200)
        case ScimBulk(operations):
            events_url = f"{req.url.partition(f'/{_PATHS[door]}/')[0]}/events"
            return _scim(scim_answers.bulk_answer(operations, events_url), 200)
        case ScimUser(key, is_listed) if _speaks_scim(req):
            return _scim(scim_answers.user_answer(key, is_listed=is_listed), 202)
        case ScimUser(key, is_listed):
            return answer(HrAnswer(keys=(key,), listed=int(is_listed)), 202)
        case Answered(_, status, is_empty=True):
            return func.HttpResponse(status_code=status)
        case Answered(said, status):
            return answer(said, status)


def _refused(error: SsprRolloutError, req: func.HttpRequest) -> func.HttpResponse:
    if req.method == "OPTIONS" or not _speaks_scim(req):
        return refusal(error)
    status = status_of(error)
    return _scim(scim_answers.error_answer(status, str(error)), status)


def _agreed(req: func.HttpRequest) -> func.HttpResponse:
    """A sender's events are welcome; it tells that they are, and nothing of us.

    Source: "HTTP 1.1 Web Hooks for Event Delivery", CloudEvents, section 4.
    """
    origin = req.headers.get("webhook-request-origin")
    allowed = {"WebHook-Allowed-Origin": origin, "WebHook-Allowed-Rate": "*"} if origin else {}
    return func.HttpResponse(status_code=200, headers={"Allow": "POST, GET, OPTIONS", **allowed})


def _speaks_scim(req: func.HttpRequest) -> bool:
    """Whether the sender writes, and so reads, SCIM's own media type."""
    kind: str = req.headers.get("content-type", "").partition(";")[0]
    return kind.strip().lower() == scim_answers.MEDIA_TYPE


def _scim(value: Any, status: int) -> func.HttpResponse:
    return _json(value, status, scim_answers.MEDIA_TYPE)


def _json(value: Any, status: int, media_type: str = JSON) -> func.HttpResponse:
    return func.HttpResponse(json.dumps(value), status_code=status, mimetype=media_type)
