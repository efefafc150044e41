"""The start: all functions, or where they cannot be had the health route alone (law: never mute).

An exception while Azure imports `function_app.py` leaves a host that answers 404 to everything and
says nothing to anybody, while the queues' messages wait. So what can go wrong is imported inside
`start`, and this module and `functions.mute` need nothing but azure-functions. What they cannot
answer for is that library itself, an interpreter that does not start, and what the host refuses
once it has been handed the functions.
"""

from typing import TYPE_CHECKING

import azure.functions as func

from functions.mute import mute_app

if TYPE_CHECKING:
    from shared.settings import Reading


def start() -> func.FunctionApp:
    """The app with its functions; with the health route alone where anything is wrong."""
    read = None
    try:
        from shared.settings import examine_settings

        read = examine_settings()
        return _whole_app(read)
    except Exception as error:  # noqa: BLE001  # whatever it is, an app that is mute is worse
        return mute_app(error, read.settings if read else None)


def _whole_app(read: "Reading") -> func.FunctionApp:
    from functions import (
        clock,
        health,
        hr,
        lifecycle,
        onboarding,
        operations,
        operator_api,
        scim,
        scope,
    )
    from functions.operators import Operators
    from shared.bootstrap import check_setup, serve

    setup = check_setup(read)
    served = serve(setup)
    app = func.FunctionApp()
    for part in (onboarding, hr, scim, lifecycle, scope, clock, operations, health):
        app.register_functions(part.blueprint(served))
    operators = Operators(setup.operator_tokens)
    app.register_functions(operator_api.blueprint(served, operators))
    return app
