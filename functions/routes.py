"""Routes of the operator API: what each takes and answers, and the one door before them all."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from inspect import getdoc
from typing import Any, Literal

import azure.functions as func

from functions.guard import body_of
from functions.operators import Operators
from functions.refusals import count_refusal
from functions.requests import lowered_headers
from functions.responses import answer, refusal
from shared.bootstrap import App, Serving
from shared.contracts.api.openapi import Route
from shared.contracts.api.view import View
from shared.contracts.messages.contract import Contract
from shared.domain.errors import SsprRolloutError
from shared.ports.world import World

_OF_THE_HOST = {"code", "clientId"}
"""Query parameters that the Functions host takes its keys from."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request[T]:
    """A request that was let in and understood."""

    actor: str
    path: Mapping[str, str]
    """The parameters in the address."""
    sent: T
    """The body, or of a GET the query parameters."""
    app: App
    now: datetime

    @property
    def world(self) -> World:
        """What the use cases may reach."""
        return self.app.world


type Handler[T, A] = Callable[[Request[T]], Awaitable[A]]


@dataclass(frozen=True, slots=True)
class _Endpoint:
    route: Route
    takes: type[Contract]
    handler: Handler[Any, View]

    def read(self, req: func.HttpRequest) -> Contract:
        """The body, or of a GET the query parameters."""
        if self.route.method != "GET":
            return self.takes.read(body_of(req))
        given = {name: value for name, value in req.params.items() if name not in _OF_THE_HOST}
        return self.takes.read_object(given)


class Routes:
    """A part of the operator API, put together by its decorators.

    A decorated function's name is the function's in Azure, its docstring's first line the summary.
    """

    def __init__(self, tag: str) -> None:
        self._tag = tag
        self._endpoints: list[_Endpoint] = []

    @property
    def described(self) -> tuple[Route, ...]:
        """The routes as the description wants them."""
        return tuple(one.route for one in self._endpoints)

    def get[T: Contract, A: View](
        self, path: str, *, takes: type[T], answers: type[A], **described: Any
    ) -> Callable[[Handler[T, A]], Handler[T, A]]:
        """Let a function answer a GET; `takes` are its query parameters, the rest the route's."""
        return self._adding("GET", path, takes, answers=answers, **described)

    def post[T: Contract, A: View](
        self, path: str, *, takes: type[T], answers: type[A], **described: Any
    ) -> Callable[[Handler[T, A]], Handler[T, A]]:
        """Let a function answer a POST; `takes` is its body, the rest the route's."""
        return self._adding("POST", path, takes, answers=answers, **described)

    def register(self, blueprint: func.Blueprint, operators: Operators, app: Serving) -> None:
        """Make each route a function of the blueprint, behind the operators' door."""
        for one in self._endpoints:
            route = one.route
            triggered = blueprint.route(
                route.path, methods=[route.method], auth_level=operators.auth_level
            )
            blueprint.function_name(route.name)(triggered(_trigger(one, operators, app)))

    def _adding(
        self, method: Literal["GET", "POST"], path: str, takes: type[Contract], **described: Any
    ) -> Callable[[Handler[Any, Any]], Handler[Any, Any]]:
        def add(handler: Handler[Any, Any]) -> Handler[Any, Any]:
            route = Route(
                name=handler.__name__,
                method=method,
                path=path,
                tag=self._tag,
                summary=(getdoc(handler) or "").partition("\n")[0].rstrip("."),
                takes=takes,
                **described,
            )
            self._endpoints.append(_Endpoint(route, takes, handler))
            return handler

        return add


def _trigger(
    endpoint: _Endpoint, operators: Operators, app: Serving
) -> Callable[[func.HttpRequest], Awaitable[func.HttpResponse]]:
    async def trigger(req: func.HttpRequest) -> func.HttpResponse:
        try:
            # Before anything is read or made: who is turned away has cost next to nothing.
            now = App.now()
            actor = await operators.admit(endpoint.route.method, lowered_headers(req), now)
            asked = Request(
                actor=actor,
                path=req.route_params,
                sent=endpoint.read(req),
                app=app(),
                now=now,
            )
            return answer(await endpoint.handler(asked), endpoint.route.status)
        except SsprRolloutError as error:
            count_refusal(app(), "operators", error)
            return refusal(error)

    return trigger
