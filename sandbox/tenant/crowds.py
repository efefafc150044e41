"""What many people do at once, where a demo cannot wait for one after the other."""

import asyncio
from typing import Any

import httpx
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sandbox.tenant import flow
from sandbox.tenant.directory import User
from sandbox.tenant.flow import WRITEBACK_TIMEOUT_SECONDS, Refusal
from sandbox.tenant.sspr import texts
from sandbox.tenant.tenant import Tenant

_METHODS = ["email", "mobilePhone"]
"""What each registers where nothing is said: one of them stays when Microsoft's SMS ends."""
_WRITEBACKS_AT_ONCE = 8
_NAMES = "userPrincipalNames"


def crowd_routes(tenant: Tenant) -> list[Route]:
    """Registrations and resets of many; each request is stored once, at its end."""

    async def registrations(request: Request) -> Response:
        body = await request.json()
        people, methods = _people(tenant, body), _methods(body)
        for user in people:
            flow.register(tenant, user, methods)
        tenant.save()
        return JSONResponse({"registered": len(people)})

    async def resets(request: Request) -> Response:
        body = await request.json()
        names, (password,) = _names(body), texts(body, "newPassword")
        try:
            return JSONResponse(await _reset_all(tenant, names, password))
        finally:
            tenant.save()

    return [
        Route("/sandbox/registrations", registrations, methods=["POST"]),
        Route("/sandbox/resets", resets, methods=["POST"]),
    ]


async def _reset_all(tenant: Tenant, names: list[str], password: str) -> list[dict[str, Any]]:
    at_once = asyncio.Semaphore(_WRITEBACKS_AT_ONCE)
    async with httpx.AsyncClient(timeout=WRITEBACK_TIMEOUT_SECONDS) as writeback:

        async def attempt(upn: str) -> dict[str, Any]:
            async with at_once:
                try:
                    return {**await flow.reset(tenant, upn, password, writeback), "code": "ok"}
                except Refusal as refusal:
                    return {"userPrincipalName": upn, **refusal.described()}

        return await asyncio.gather(*map(attempt, names))


def _people(tenant: Tenant, body: dict[str, Any]) -> list[User]:
    people = []
    for position, upn in enumerate(_names(body)):
        user = tenant.directory.user_by_upn(upn)
        if user is None:
            raise ValueError(f"{_NAMES}[{position}]: there is no such user: {upn}")
        people.append(user)
    return people


def _methods(body: dict[str, Any]) -> list[str]:
    """What they have registered afterwards; nothing, where a helpdesk takes all of it away."""
    methods = body.get("methods", _METHODS)
    if not isinstance(methods, list) or not all(isinstance(name, str) for name in methods):
        raise ValueError("methods: a list of texts is needed")
    return methods


def _names(body: dict[str, Any]) -> list[str]:
    names = body.get(_NAMES)
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise ValueError(f"{_NAMES}: a list of texts is needed")
    return names
