"""Self-service password reset itself: the pages that people see, as an API."""

from dataclasses import dataclass
from json import JSONDecodeError
from typing import Any
from uuid import uuid4

import httpx
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sandbox.tenant import audits
from sandbox.tenant.clock import timestamp
from sandbox.tenant.directory import User
from sandbox.tenant.tenant import Tenant

_WRITEBACK_TIMEOUT_SECONDS = 30.0
_AGENT = "OnPremisesAgent"


@dataclass
class Refusal(Exception):
    """Why there is no reset: the code that the page shows, and the audit log's reason."""

    status: int
    code: str
    reason: str
    event_id: int | None = None
    """What the Connect host has logged."""

    def response(self) -> Response:
        """The refusal as it is answered."""
        body: dict[str, Any] = {"code": self.code, "message": self.reason}
        if self.event_id is not None:
            body["eventId"] = self.event_id
        return JSONResponse(body, self.status)


_NOT_FOUND = Refusal(404, "UserNotFound", "There is no such user.")


def sspr_routes(tenant: Tenant) -> list[Route]:
    """Reset, registration, and the sign-in of cloud users."""
    pages = _Pages(tenant)
    return [
        Route("/sspr/reset", pages.reset, methods=["POST"]),
        Route("/sspr/register", pages.register, methods=["POST"]),
        Route("/sspr/sign-in", pages.sign_in, methods=["POST"]),
    ]


class _Pages:
    """The handlers; bad input leaves them as a ValueError that names the field."""

    def __init__(self, tenant: Tenant) -> None:
        self._tenant = tenant

    async def reset(self, request: Request) -> Response:
        upn, password = _texts(await request.json(), "userPrincipalName", "newPassword")
        user = self._tenant.directory.user_by_upn(upn)
        if user is None:
            return _NOT_FOUND.response()
        try:
            return JSONResponse(await _Flow(self._tenant, user, str(uuid4())).reset(password))
        except Refusal as refusal:
            return refusal.response()
        finally:
            self._tenant.save()

    async def register(self, request: Request) -> Response:
        body = await request.json()
        (upn,) = _texts(body, "userPrincipalName")
        methods = body.get("methods")
        if not isinstance(methods, list) or not methods:
            raise ValueError("methods: a list of at least one method is needed")
        user = self._tenant.directory.user_by_upn(upn)
        if user is None:
            return _NOT_FOUND.response()
        _register(self._tenant, user, methods)
        return Response(status_code=204)

    async def sign_in(self, request: Request) -> Response:
        upn, password = _texts(await request.json(), "userPrincipalName", "password")
        user = self._tenant.directory.user_by_upn(upn)
        if user is None or user.synced:
            return Refusal(404, "UserNotFound", "There is no such cloud user.").response()
        if not user.fields.get("accountEnabled"):
            return Refusal(403, "AADSTS50057", "The user account is disabled.").response()
        if user.password != password:
            return Refusal(401, "AADSTS50126", "Invalid username or password.").response()
        return JSONResponse({"id": user.id, "userPrincipalName": user.upn})


@dataclass(frozen=True)
class _Flow:
    """One person's way through the pages, every step of it in the audit log."""

    tenant: Tenant
    user: User
    correlation: str

    async def reset(self, password: str) -> dict[str, Any]:
        self._note(audits.FLOW, "User submitted their user ID", success=True)
        self._check_allowed()
        self._note(audits.FLOW, "User submitted a new password", success=True)
        answer: dict[str, Any] = {"userPrincipalName": self.user.upn}
        details = {}
        if self.user.synced:
            answer["eventId"] = await self._write_back(password)
            details[_AGENT] = str(self.tenant.settings.connect_host)
        else:
            self.user.password = password
        changed = timestamp(self.tenant.clock.now())
        self.user.fields["lastPasswordChangeDateTime"] = changed
        self.tenant.directory.put_user(self.user)
        self._note(audits.RESET, "Successfully completed reset.", success=True, **details)
        return answer

    def _check_allowed(self) -> None:
        now = self.tenant.clock.now()
        if not self.user.fields.get("accountEnabled"):
            raise self._refused(403, "AccountDisabled", "User's account is disabled")
        if not self.tenant.sspr_enabled(self.user, self.tenant.in_scope()):
            raise self._refused(403, "SSPR_0013", "Password reset is not enabled for this user")
        if not self.user.licensed(now):
            raise self._refused(403, "SSPR_0012", "User does not have a license")
        if not self.user.methods:
            reason = "User's account has insufficient authentication methods defined"
            raise self._refused(403, "SSPR_0014", reason)

    async def _write_back(self, password: str) -> int:
        """Have the Connect host set the password in AD; answers the event it logged."""
        host = self.tenant.settings.connect_host
        if host is None:
            raise self._refused(503, "SSPR_0010", "Password writeback is not configured")
        body = {
            "onPremisesImmutableId": self.user.fields["onPremisesImmutableId"],
            "newPassword": password,
        }
        try:
            async with httpx.AsyncClient(timeout=_WRITEBACK_TIMEOUT_SECONDS) as client:
                response = await client.post(f"{host.rstrip('/')}/writeback", json=body)
            answer = response.json()
        except (httpx.TransportError, JSONDecodeError) as error:
            reason = f"We could not reach your on-premises password reset service: {error}"
            raise self._refused(503, "SSPR_0029", reason) from error
        if not response.is_success:
            raise self._refused(502, "SSPR_0029", str(answer.get("message")), answer.get("eventId"))
        return int(answer["eventId"])

    def _refused(self, status: int, code: str, reason: str, event_id: int | None = None) -> Refusal:
        details = {} if event_id is None else {_AGENT: f"event {event_id}"}
        activity = audits.RESET if code == "SSPR_0029" else audits.FLOW
        self._note(activity, reason, success=False, **details)
        return Refusal(status, code, reason, event_id)

    def _note(self, activity: str, reason: str, *, success: bool, **details: str) -> None:
        self.tenant.audits.write(
            self.user,
            activity,
            reason,
            self.tenant.clock.now(),
            success=success,
            correlation=self.correlation,
            **details,
        )


def _register(tenant: Tenant, user: User, methods: list[str]) -> None:
    now = tenant.clock.now()
    user.methods = [str(method) for method in methods]
    user.registered_at = now
    tenant.directory.put_user(user)
    reason = "User registered all required security info"
    tenant.audits.write(
        user, audits.REGISTERED, reason, now, success=True, correlation=str(uuid4())
    )
    tenant.save()


def _texts(body: dict[str, Any], *names: str) -> list[str]:
    for name in names:
        if not isinstance(body.get(name), str) or not body[name]:
            raise ValueError(f"{name}: a text is needed")
    return [body[name] for name in names]
