"""The function app: its blueprints, and the check of its settings before anything starts."""

import azure.functions as func

from functions import clock, hr, lifecycle, onboarding, operations, operator_api, scope
from functions.operators import Operators
from shared.bootstrap import read_senders
from shared.settings import read_settings

settings = read_settings()
read_senders(settings)  # a source that lacks something stops the start, not its first event

app = func.FunctionApp()
app.register_functions(onboarding.blueprint)
app.register_functions(hr.blueprint)
app.register_functions(lifecycle.blueprint)
app.register_functions(scope.blueprint)
app.register_functions(clock.blueprint)
app.register_functions(operations.blueprint)
app.register_functions(operator_api.operator_blueprint(Operators(settings.operator_auth)))
