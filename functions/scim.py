"""The SCIM service provider of each source that is one: everything below one address."""

import json
from typing import Any
from urllib.parse import urlsplit

import azure.functions as func

from functions.guard import body_of
from functions.refusals import count_refusal
from functions.requests import lowered_headers, token_of
from shared.bootstrap import Serving
from shared.contracts.api.scim_answers import MEDIA_TYPE, ScimAnswer
from shared.domain.errors import SsprRolloutError
from shared.use_cases.onboarding.scim.refusals import refused
from shared.use_cases.onboarding.scim.serve import ScimRequest, serve_scim

_METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"]
_SERVICE = "/scim/v2"


def blueprint(app: Serving) -> func.Blueprint:
    """Make the one function, for the app that `app` answers with.

    One for all paths: of functions whose routes overlap the real host takes the first by name.
    """
    service = func.Blueprint()

    @service.function_name("serve_scim")
    @service.route(
        "hr/{source}/scim/v2/{*path}", methods=_METHODS, auth_level=func.AuthLevel.ANONYMOUS
    )
    async def serve(req: func.HttpRequest) -> func.HttpResponse:
        """What a connector asks: it shows a token, which we check ourselves."""
        served = app()
        try:
            asked = _request(req)
            return _answered(await serve_scim(asked, served.senders, served.world, served.now()))
        except SsprRolloutError as error:
            count_refusal(served, "scim", error, req.route_params["source"])
            return _answered(refused(error))

    return service


def _request(req: func.HttpRequest) -> ScimRequest:
    headers = lowered_headers(req)
    address = urlsplit(req.url)
    # As it was sent, still encoded; the host matches routes whatever their case.
    at = address.path.lower().index(_SERVICE) + len(_SERVICE)
    return ScimRequest(
        source=req.route_params["source"],
        method=req.method.upper(),
        path=address.path[at:],
        query=req.params,
        headers=headers,
        body=body_of(req),
        token=token_of(headers),
        base=f"{address.scheme}://{address.netloc}{address.path[:at]}",
    )


def _answered(answer: ScimAnswer) -> func.HttpResponse:
    text: Any = json.dumps(answer.body) if answer.body is not None else None
    return func.HttpResponse(
        text, status_code=answer.status, headers=dict(answer.headers), mimetype=MEDIA_TYPE
    )
