"""The operator API: one read model, shown as JSON."""

from typing import Any

import azure.functions as func

from functions.responses import json_response
from shared.bootstrap import app
from shared.use_cases.describe import describe_event, describe_status, describe_user

blueprint = func.Blueprint()


@blueprint.function_name("get_user")
@blueprint.route("users/{identity}", methods=["GET"], auth_level=func.AuthLevel.FUNCTION)
async def get_user(req: func.HttpRequest) -> func.HttpResponse:
    """A person's way, by object id, UPN or employee id."""
    people = await describe_user(req.route_params["identity"], app().world)
    return _answer({"people": people} if people else None)


@blueprint.function_name("get_event")
@blueprint.route("events/{key}", methods=["GET"], auth_level=func.AuthLevel.FUNCTION)
async def get_event(req: func.HttpRequest) -> func.HttpResponse:
    """What became of an event, by the key that the webhook answered."""
    return _answer(await describe_event(req.route_params["key"], app().world))


@blueprint.function_name("get_status")
@blueprint.route("status", methods=["GET"], auth_level=func.AuthLevel.FUNCTION)
async def get_status(req: func.HttpRequest) -> func.HttpResponse:  # noqa: ARG001  # the trigger's own
    """The totals, whoever needs a look, and what was refused."""
    return _answer(await describe_status(app().world))


def _answer(value: Any) -> func.HttpResponse:
    if value is None:
        problem = {"error": {"reason": "nobody and nothing is known by that name"}}
        return json_response(problem, 404)
    return json_response(value)
