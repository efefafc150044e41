"""Health: a word for everybody, everything for operators."""

import azure.functions as func

from functions.responses import answer
from functions.routes import Request, Routes
from shared.bootstrap import Serving
from shared.contracts.api.health_views import HealthView
from shared.contracts.api.operator_requests import Nothing
from shared.domain.health import Health
from shared.use_cases.views.check_health import HealthWords, report_health

routes = Routes("health")


@routes.get("health/report", takes=Nothing, answers=HealthView)
async def get_health_report(asked: Request[Nothing]) -> HealthView:
    """Whether every queue, table and identity can be reached, and how many dead letters lie."""
    return await report_health(asked.app.dependencies, asked.world, asked.now)


def blueprint(app: Serving) -> func.Blueprint:
    """Make the word's function, which anybody may ask: 200 where all is well, else 503."""
    health = func.Blueprint()
    words = HealthWords()

    @health.function_name("get_health")
    @health.route("health", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
    async def get_health(req: func.HttpRequest) -> func.HttpResponse:  # noqa: ARG001  # the trigger's own
        word = await words.word(app().dependencies, app().now())
        return answer(word, 200 if word.word is Health.OK else 503)

    return health
