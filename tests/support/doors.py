"""The app's own triggers on a memory world: whatever comes in by any queue or address."""

import inspect
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import azure.functions as func

from functions import health, hr, lifecycle, onboarding, operations, operator_api, scim, scope
from functions.operators import Operators
from shared.bootstrap import App
from shared.ports.senders import Senders
from tests.support.stage import Stage


@dataclass(frozen=True)
class Address:
    """Where an HTTP function is, and how it may be asked."""

    route: str
    methods: tuple[str, ...]


class Doors:
    """Every queue and every address of the app, on this stage."""

    def __init__(self, stage: Stage, senders: Senders | None = None) -> None:
        served = App(world=stage.world, senders=senders or Senders(sources={}), dependencies=())
        app = func.FunctionApp()
        for part in (onboarding, hr, scim, lifecycle, scope, operations, health):
            app.register_functions(part.blueprint(lambda: served))
        app.register_functions(operator_api.blueprint(lambda: served, Operators(None)))
        self._functions: dict[str, Any] = {}
        self.queues: dict[str, str] = {}
        """The names of the functions by the queues that they take messages off."""
        self.addresses: dict[str, Address] = {}
        for one in app.get_functions():
            name, trigger = str(one.get_function_name()), one.get_trigger()
            told = trigger.get_dict_repr() if trigger else {}
            self._functions[name] = one.get_user_function()
            if queue := told.get("queueName"):
                self.queues[queue] = name
            else:
                methods = tuple(str(method) for method in told["methods"])
                self.addresses[name] = Address(told["route"], methods)

    async def deliver(self, queue: str, message: func.ServiceBusMessage) -> None:
        """Hand a message to the function of its queue, as the host does."""
        function = self._functions[self.queues[queue]]
        (name,) = inspect.signature(function).parameters
        await function(**{name: message})

    async def ask(self, name: str, request: func.HttpRequest) -> func.HttpResponse:
        """Hand a request to an HTTP function."""
        answer: func.HttpResponse = await self._functions[name](request)
        return answer


def delivered(
    body: bytes,
    number: int,
    properties: Mapping[str, Any] | None = None,
    *,
    content_type: str | None = None,
    subject: str | None = None,
) -> func.ServiceBusMessage:
    """A message as the host binds it."""
    from azure.functions.servicebus import ServiceBusMessage

    return ServiceBusMessage(
        body=body,
        application_properties=dict(properties or {}),
        content_type=content_type,
        subject=subject,
        message_id=f"m{number}",
        sequence_number=number,
        enqueued_time_utc=datetime.now(UTC).replace(tzinfo=None),
        delivery_count=1,
        user_properties={},
    )


def asked(
    method: str,
    url: str,
    body: bytes = b"",
    headers: Mapping[str, str] | None = None,
    *,
    params: Mapping[str, str] | None = None,
    route_params: Mapping[str, str] | None = None,
) -> func.HttpRequest:
    """A request as the host binds it."""
    return func.HttpRequest(
        method, url, headers=headers, params=params, route_params=route_params, body=body
    )
