"""The operator API, checks of people: would their resets be written back?"""

from functions.responses import there
from functions.routes import Request, Routes
from shared.contracts.api.check_views import (
    CheckAsked,
    CheckedPeople,
    CheckPeople,
    PeopleCheckView,
)
from shared.contracts.api.operator_requests import Nothing, Page
from shared.use_cases.check_people import check_named
from shared.use_cases.rollout.check_plan import check_plan
from shared.use_cases.views.describe_check import describe_check, list_checked

routes = Routes("checks")
_NO_CHECK = "no check has this key"


@routes.post(
    "people-checks",
    takes=CheckPeople,
    answers=CheckAsked,
    status=202,
    refuses=(503,),
    example={"people": ["ada@contoso.com", "100003"]},
)
async def check_people(asked: Request[CheckPeople]) -> CheckAsked:
    """Have the worker look whether these people's resets would be written back."""
    return await check_named(asked.sent.people, asked.world, asked.now, actor=asked.actor)


@routes.post(
    "rollout/plans/{fingerprint}/check",
    takes=Nothing,
    answers=CheckAsked,
    status=202,
    refuses=(404, 503),
)
async def check_plan_people(asked: Request[Nothing]) -> CheckAsked:
    """Have the worker look at everybody whom a plan would add."""
    check = await check_plan(asked.path["fingerprint"], asked.world, asked.now, actor=asked.actor)
    return there(check, "no plan with this fingerprint was shown")


@routes.get("people-checks/{key}", takes=Nothing, answers=PeopleCheckView, refuses=(404,))
async def get_check(asked: Request[Nothing]) -> PeopleCheckView:
    """How a check stands, and what it has found so far."""
    return there(await describe_check(asked.path["key"], asked.world, asked.now), _NO_CHECK)


@routes.get("people-checks/{key}/people", takes=Page, answers=CheckedPeople, refuses=(404,))
async def get_checked_people(asked: Request[Page]) -> CheckedPeople:
    """A page of the people of a check, and what was found of each."""
    return there(await list_checked(asked.path["key"], asked.sent.page, asked.world), _NO_CHECK)
