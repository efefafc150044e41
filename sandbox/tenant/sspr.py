"""Self-service password reset itself: the pages that people see, as an API."""

from typing import Any

import httpx
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sandbox.tenant import campaigns, flow
from sandbox.tenant.flow import WRITEBACK_TIMEOUT_SECONDS, Refusal, user_not_found
from sandbox.tenant.scope_choice import CHOICES
from sandbox.tenant.tenant import Tenant


def sspr_routes(tenant: Tenant) -> list[Route]:
    """Reset, registration, campaigns, cloud sign-in, and whom it is all switched on for."""
    pages = _Pages(tenant)
    return [
        Route("/sspr/reset", pages.reset, methods=["POST"]),
        Route("/sspr/register", pages.register, methods=["POST"]),
        Route("/sspr/sign-in", pages.sign_in, methods=["POST"]),
        Route("/sspr/interrupt", pages.interrupt, methods=["POST"]),
        Route("/sspr/properties", pages.properties, methods=["GET", "POST"]),
    ]


class _Pages:
    """The handlers; bad input leaves them as a ValueError that names the field."""

    def __init__(self, tenant: Tenant) -> None:
        self._tenant = tenant

    async def reset(self, request: Request) -> Response:
        upn, password = texts(await request.json(), "userPrincipalName", "newPassword")
        try:
            async with httpx.AsyncClient(timeout=WRITEBACK_TIMEOUT_SECONDS) as writeback:
                return JSONResponse(await flow.reset(self._tenant, upn, password, writeback))
        except Refusal as refusal:
            return _refused(refusal)
        finally:
            self._tenant.save()

    async def register(self, request: Request) -> Response:
        body = await request.json()
        (upn,) = texts(body, "userPrincipalName")
        methods = body.get("methods")
        if not isinstance(methods, list) or not methods:
            raise ValueError("methods: a list of at least one method is needed")
        user = self._tenant.directory.user_by_upn(upn)
        if user is None:
            return _refused(user_not_found())
        flow.register(self._tenant, user, [str(method) for method in methods])
        self._tenant.save()
        return Response(status_code=204)

    async def sign_in(self, request: Request) -> Response:
        upn, password = texts(await request.json(), "userPrincipalName", "password")
        user = self._tenant.directory.user_by_upn(upn)
        if user is None or user.synced:
            return _refused(Refusal(404, "UserNotFound", "There is no such cloud user."))
        if not user.fields.get("accountEnabled"):
            return _refused(Refusal(403, "AADSTS50057", "The user account is disabled."))
        if user.password != password:
            return _refused(Refusal(401, "AADSTS50126", "Invalid username or password."))
        return JSONResponse({"id": user.id, "userPrincipalName": user.upn})

    async def interrupt(self, request: Request) -> Response:
        """What a campaign asks at a sign-in with a second factor; and what the user does then."""
        body = await request.json()
        (upn,) = texts(body, "userPrincipalName")
        user = self._tenant.directory.user_by_upn(upn)
        if user is None:
            return _refused(user_not_found())
        methods, skips = body.get("methods", []), body.get("skip") is True
        if not isinstance(methods, list) or (methods and skips):
            raise ValueError("methods: a list of methods is needed, or skip")
        if methods or skips:
            campaigns.answer(self._tenant, user, [str(one) for one in methods], skips=skips)
            self._tenant.save()
        nudge = campaigns.nudge_of(self._tenant, user, self._tenant.clock.now())
        return JSONResponse({"nudge": nudge.described() if nudge else None})

    async def properties(self, request: Request) -> Response:
        """The page Properties of the admin center, which no API of Microsoft's offers."""
        if request.method == "POST":
            body = await request.json()
            (scope,) = texts(body, "scope")
            if scope not in CHOICES:
                raise ValueError(f"scope: one of {', '.join(CHOICES)} is needed")
            actor = self._tenant.directory.user_by_upn(str(body.get("by")))
            self._tenant.choose_scope(scope, self._group(body), actor)
            self._tenant.save()
        return JSONResponse(self._tenant.choices.as_of().described())

    def _group(self, body: dict[str, Any]) -> str | None:
        if "group" not in body:
            return None
        group = self._tenant.directory.group_named(str(body["group"]))
        if group is None:
            raise ValueError("group: there is no such group")
        return group.id


def texts(body: dict[str, Any], *names: str) -> list[str]:
    """The fields of that name.

    Raises:
        ValueError: one of them is no text, or an empty one.
    """
    for name in names:
        if not isinstance(body.get(name), str) or not body[name]:
            raise ValueError(f"{name}: a text is needed")
    return [body[name] for name in names]


def _refused(refusal: Refusal) -> Response:
    return JSONResponse(refusal.described(), refusal.status)
