"""The start: all functions, or where they cannot be had the health route alone (law: never mute).

An exception while Azure imports `function_app.py` leaves a host that answers 404 to everything and
says nothing to anybody, while the queues' messages wait. So what can go wrong is imported inside
`start`, and this module and `functions.mute` need nothing but azure-functions. What they cannot
answer for is that library itself, an interpreter that does not start, and what the host refuses
once it has been handed the functions.
"""

import azure.functions as func

from functions.mute import mute_app


def start() -> func.FunctionApp:
    """The app with its functions; with the health route alone where anything is wrong."""
    try:
        return _whole_app()
    except Exception as error:  # noqa: BLE001  # whatever it is, an app that is mute is worse
        return mute_app(error)


def _whole_app() -> func.FunctionApp:
    from functions import clock, health, hr, lifecycle, onboarding, operations, operator_api, scope
    from functions.operators import Operators
    from shared.bootstrap import read_setup

    settings = read_setup()
    app = func.FunctionApp()
    for part in (onboarding, hr, lifecycle, scope, clock, operations):
        app.register_functions(part.blueprint)
    app.register_functions(health.health_blueprint())
    app.register_functions(operator_api.operator_blueprint(Operators(settings.operator_auth)))
    return app
