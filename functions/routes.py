"""Routes of the operator API: what each takes and answers, and the one door before them all."""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import azure.functions as func

from functions.operators import Operators
from functions.responses import answer, refusal
from shared.bootstrap import App
from shared.contracts.contract import Contract
from shared.contracts.openapi import Route
from shared.contracts.view import View
from shared.domain.errors import SsprRolloutError
from shared.ports import World

_KEY_PARAMETERS = {"code", "clientId"}
"""Query parameters that belong to the Functions host."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked[T]:
    """A request that was let in and understood."""

    actor: str
    path: Mapping[str, str]
    """The parameters in the address."""
    sent: T
    """The body, or of a GET the query parameters."""
    world: World
    now: datetime


type Handler[T, A] = Callable[[Asked[T]], Awaitable[A]]


class Routes:
    """A part of the operator API, as its decorators put it together."""

    def __init__(self, tag: str) -> None:
        self._tag = tag
        self._handlers: list[tuple[Route, Handler[Any, View]]] = []

    @property
    def described(self) -> tuple[Route, ...]:
        """The routes, for the description."""
        return tuple(route for route, _ in self._handlers)

    def get[T: Contract, A: View](
        self, path: str, *, takes: type[T], answers: type[A], refuses: Iterable[int] = ()
    ) -> Callable[[Handler[T, A]], Handler[T, A]]:
        """Let a function answer a GET; `takes` are its query parameters."""
        return self._route("GET", path, takes, answers, 200, refuses)

    def post[T: Contract, A: View](
        self,
        path: str,
        *,
        takes: type[T],
        answers: type[A],
        status: int = 200,
        refuses: Iterable[int] = (409, 503),
    ) -> Callable[[Handler[T, A]], Handler[T, A]]:
        """Let a function answer a POST; `takes` is its body."""
        return self._route("POST", path, takes, answers, status, refuses)

    def register(
        self, blueprint: func.Blueprint, operators: Operators, serving: Callable[[], App]
    ) -> None:
        """Make each route a function of the blueprint, behind the operators' door."""
        for route, handler in self._handlers:
            trigger = _trigger(route, handler, operators, serving)
            named = blueprint.function_name(route.name)
            routed = blueprint.route(
                route.path, methods=[route.method], auth_level=operators.auth_level
            )
            named(routed(trigger))

    def _route(
        self,
        method: str,
        path: str,
        takes: type[Contract],
        answers: type[View],
        status: int,
        refuses: Iterable[int],
    ) -> Callable[[Handler[Any, Any]], Handler[Any, Any]]:
        def add(handler: Handler[Any, Any]) -> Handler[Any, Any]:
            summary, _, details = getdoc(handler).partition("\n")
            route = Route(
                name=handler.__name__,
                method=method,
                path=path,
                tag=self._tag,
                summary=summary.rstrip("."),
                details=details.strip(),
                takes=takes,
                answers=answers,
                status=status,
                refuses=tuple(refuses),
            )
            self._handlers.append((route, handler))
            return handler

        return add


def _trigger(
    route: Route,
    handler: Handler[Any, View],
    operators: Operators,
    serving: Callable[[], App],
) -> Callable[[func.HttpRequest], Awaitable[func.HttpResponse]]:
    async def trigger(req: func.HttpRequest) -> func.HttpResponse:
        try:
            actor = operators.admit(route.method, req.headers)
            asked = Asked(
                actor=actor,
                path=req.route_params,
                sent=_read(route, req),
                world=serving().world,
                now=serving().now(),
            )
            return answer(await handler(asked), route.status)
        except SsprRolloutError as error:
            return refusal(error)

    return trigger


def _read(route: Route, req: func.HttpRequest) -> Contract:
    if route.method != "GET":
        return route.takes.read(req.get_body())
    given = {name: value for name, value in req.params.items() if name not in _KEY_PARAMETERS}
    return route.takes.read_object(given)
