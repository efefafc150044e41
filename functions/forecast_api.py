"""The operator API, forecast: who can reset a password today, and who on a day ahead."""

from functions.routes import Request, Routes
from shared.contracts.api.forecast_views import (
    ForecastOn,
    ForecastPage,
    ForecastPeople,
    ResetForecastView,
)
from shared.use_cases.views.describe_reset_forecast import (
    describe_reset_forecast,
    list_forecast_people,
)

routes = Routes("forecast")


@routes.get("forecast", takes=ForecastOn, answers=ResetForecastView, refuses=(503,))
async def get_forecast(asked: Request[ForecastOn]) -> ResetForecastView:
    """Who can reset a password today, who on that day, and who loses it."""
    return await describe_reset_forecast(asked.sent, asked.world, asked.now)


@routes.get("forecast/people", takes=ForecastPage, answers=ForecastPeople)
async def get_forecast_people(asked: Request[ForecastPage]) -> ForecastPeople:
    """The people of the forecast, one by one; at most 1,000 at once."""
    return await list_forecast_people(asked.sent, asked.world, asked.now)
