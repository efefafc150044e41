"""The app whose set-up is wrong: no queue, no clock, nothing but the health route.

It needs no library but azure-functions: which of the others is missing may be what it has to say.
So its answers are written by hand, to the contracts of `shared/contracts/api/health.py`.
"""

import json
import logging
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import azure.functions as func

if TYPE_CHECKING:
    from shared.settings import AppSettings

_WORD = "misconfigured"
_LOGGER = "shared.health"
"""Below the product's logger: what it gets names nobody."""
type _Admit = Callable[[func.HttpRequest], Awaitable[func.HttpResponse | None]]


def mute_app(error: Exception, settings: "AppSettings | None") -> func.FunctionApp:
    """An app that says what is wrong, in the log once and to operators whenever they ask.

    Args:
        error: what kept the app from being whole.
        settings: those that are right, with defaults for the rest; None where none can be had.
    """
    problems = _problems_of(error)
    _tell(problems, error, settings)
    level, admit = _door(settings)
    app = func.FunctionApp()

    @app.function_name("get_health")
    @app.route("health", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
    async def get_health(req: func.HttpRequest) -> func.HttpResponse:  # noqa: ARG001  # the trigger's own
        return func.HttpResponse(_WORD, status_code=503, mimetype="text/plain")

    @app.function_name("get_health_report")
    @app.route("health/report", methods=["GET"], auth_level=level)
    async def get_health_report(req: func.HttpRequest) -> func.HttpResponse:
        return await admit(req) or _report(problems)

    return app


def _report(problems: Sequence[str]) -> func.HttpResponse:
    at = datetime.now(UTC).isoformat()
    view = {"health": _WORD, "at": at, "problems": problems, "checks": []}
    try:
        from shared.contracts.messages.version import running_version

        view["version"] = running_version()
    except Exception:  # noqa: BLE001, S110  # the library that is missing may be what that needs
        pass
    return func.HttpResponse(json.dumps(view), mimetype="application/json")


def _problems_of(error: Exception) -> Sequence[str]:
    """Each thing that is wrong; what nobody foresaw is one of them."""
    known: Sequence[str] | None = getattr(error, "problems", None)
    return known or [f"the app cannot be loaded: {type(error).__name__}: {error}"]


def _tell(problems: Sequence[str], error: Exception, settings: "AppSettings | None") -> None:
    try:
        from shared.bootstrap import tell_misconfigured

        tell_misconfigured(problems, settings)
    except Exception:  # noqa: BLE001  # what tells is made of what may be missing
        _log_signal(type(error).__name__)
    if not hasattr(error, "problems"):
        logging.getLogger(_LOGGER).error("the app cannot be loaded", exc_info=error)


def _log_signal(problem: str) -> None:
    """As the signal is written; without a text that nobody has looked through for names."""
    line = {"problem": problem, "level": "error", "event": "app-misconfigured"}
    logging.getLogger(_LOGGER).error(json.dumps(line))


def _door(settings: "AppSettings | None") -> tuple[func.AuthLevel, _Admit]:
    """The operators' door as far as its own settings are right; else the host's key opens."""
    try:
        return _door_by_settings(settings)
    except Exception:  # noqa: BLE001  # as above
        return func.AuthLevel.FUNCTION, _let_in


async def _let_in(_: func.HttpRequest) -> func.HttpResponse | None:
    return None


def _door_by_settings(settings: "AppSettings | None") -> tuple[func.AuthLevel, _Admit]:
    import jwt  # noqa: F401  # without it no token could be checked

    from functions.operators import Operators
    from functions.requests import lowered_headers
    from functions.responses import refusal
    from shared.bootstrap import operator_tokens
    from shared.domain.errors import SsprRolloutError

    operators = Operators(operator_tokens(settings) if settings else None)

    async def admit(req: func.HttpRequest) -> func.HttpResponse | None:
        try:
            await operators.admit("GET", lowered_headers(req), datetime.now(UTC))
        except SsprRolloutError as error:
            return refusal(error)
        return None

    return operators.auth_level, admit
