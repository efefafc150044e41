"""Health: a word for everybody, everything for operators."""

import azure.functions as func

from functions.responses import answer
from functions.routes import Asked, Routes, Serving
from shared.bootstrap import app
from shared.contracts.api.health_views import HealthView
from shared.contracts.api.operator_requests import Nothing
from shared.domain.health import Health
from shared.use_cases.views.check_health import HealthWords, check_health

routes = Routes("health")


@routes.get("health/report", takes=Nothing, answers=HealthView)
async def get_health_report(asked: Asked[Nothing]) -> HealthView:
    """Whether every queue, table and identity can be reached, looked at now."""
    return await check_health(asked.world, asked.now)


def health_blueprint(serving: Serving = app) -> func.Blueprint:
    """The word, which anybody may ask for: 200 where all is well, else 503."""
    blueprint = func.Blueprint()
    words = HealthWords()

    @blueprint.function_name("get_health")
    @blueprint.route("health", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
    async def get_health(req: func.HttpRequest) -> func.HttpResponse:  # noqa: ARG001  # the trigger's own
        word = await words.word(serving().world, serving().now())
        return answer(word, 200 if word.word is Health.OK else 503)

    return blueprint
