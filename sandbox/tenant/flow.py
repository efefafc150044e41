"""One person's way through self-service password reset, every step of it in the audit log."""

from dataclasses import dataclass
from json import JSONDecodeError
from typing import Any
from uuid import uuid4

import httpx

from sandbox.tenant import audits
from sandbox.tenant.clock import timestamp
from sandbox.tenant.directory import User
from sandbox.tenant.licences import may_reset
from sandbox.tenant.methods import can_prove_identity
from sandbox.tenant.tenant import Tenant

WRITEBACK_TIMEOUT_SECONDS = 30.0


@dataclass
class Refusal(Exception):
    """Why there is no reset: the code that the page shows, and the audit log's reason."""

    status: int
    code: str
    reason: str
    event_id: int | None = None
    """What the Connect host has logged."""

    def described(self) -> dict[str, Any]:
        """The refusal as the page shows it."""
        shown: dict[str, Any] = {"code": self.code, "message": self.reason}
        return shown if self.event_id is None else {**shown, "eventId": self.event_id}


def user_not_found() -> Refusal:
    """Nobody in Entra has the name that somebody typed."""
    return Refusal(404, "UserNotFound", "There is no such user.")


async def reset(
    tenant: Tenant, upn: str, password: str, writeback: httpx.AsyncClient
) -> dict[str, Any]:
    """Reset somebody's password; answers with what the page shows. Saves nothing.

    Raises:
        Refusal: it stays as it is; the audit log says why, if there is such a user.
    """
    user = tenant.directory.user_by_upn(upn)
    if user is None:
        raise user_not_found()
    return await _Flow(tenant, user, str(uuid4()), writeback).reset(password)


def register(tenant: Tenant, user: User, methods: list[str]) -> None:
    """Have somebody register; saves nothing."""
    now = tenant.clock.now()
    user.methods = sorted(set(methods))
    user.registered_at = now
    tenant.directory.put_user(user)
    reason = "User registered all required security info"
    tenant.audits.write(
        user, audits.REGISTERED, reason, now, success=True, correlation=str(uuid4())
    )


@dataclass(frozen=True)
class _Flow:
    tenant: Tenant
    user: User
    correlation: str
    writeback: httpx.AsyncClient

    async def reset(self, password: str) -> dict[str, Any]:
        self._note(audits.FLOW, "User submitted their user ID", success=True)
        self._check_allowed()
        self._note(audits.FLOW, "User submitted a new password", success=True)
        answer: dict[str, Any] = {"userPrincipalName": self.user.upn}
        agent = audits.NO_AGENT
        if self.user.synced:
            answer["eventId"] = await self._write_back(password)
            agent = audits.CONNECT_AGENT
        else:
            self.user.password = password
        changed = timestamp(self.tenant.clock.now())
        self.user.fields["lastPasswordChangeDateTime"] = changed
        self.tenant.directory.put_user(self.user)
        self._note(audits.RESET, "Successfully completed reset.", success=True, agent=agent)
        return answer

    def _check_allowed(self) -> None:
        now = self.tenant.clock.now()
        if not self.user.fields.get("accountEnabled"):
            raise self._refused(403, "AccountDisabled", "User's account is disabled")
        if not self.tenant.sspr_enabled(self.user, self.tenant.in_scope()):
            raise self._refused(403, "SSPR_0013", "Password reset is not enabled for this user")
        if not may_reset(self.user, now):
            raise self._refused(403, "SSPR_0012", "User does not have a license")
        if not can_prove_identity(self.user, self.tenant.settings, now):
            reason = "User's account has insufficient authentication methods defined"
            raise self._refused(403, "SSPR_0014", reason)
        if self.user.synced and self.tenant.settings.connect_host is None:
            raise self._refused(503, "SSPR_0010", "User's password is managed on-premises")

    async def _write_back(self, password: str) -> int:
        """Have the Connect host set the password in AD; answers the event it logged."""
        host = str(self.tenant.settings.connect_host).rstrip("/")
        anchor = self.user.fields["onPremisesImmutableId"]
        body = {"onPremisesImmutableId": anchor, "newPassword": password}
        try:
            response = await self.writeback.post(f"{host}/writeback", json=body)
            answer = response.json()
        except (httpx.TransportError, JSONDecodeError) as error:
            reason = f"We could not reach your on-premises password reset service: {error}"
            raise self._failed(503, reason) from error
        if not response.is_success:
            raise self._failed(502, str(answer.get("message")), answer.get("eventId"))
        return int(answer["eventId"])

    def _refused(self, status: int, code: str, reason: str) -> Refusal:
        self._note(audits.FLOW, reason, success=False)
        return Refusal(status, code, reason)

    def _failed(self, status: int, reason: str, event_id: int | None = None) -> Refusal:
        agent = None if event_id is None else audits.CONNECT_AGENT
        self._note(audits.RESET, reason, success=False, agent=agent)
        return Refusal(status, "SSPR_0029", reason, event_id)

    def _note(self, activity: str, reason: str, *, success: bool, agent: str | None = None) -> None:
        self.tenant.audits.write(
            self.user,
            activity,
            reason,
            self.tenant.clock.now(),
            success=success,
            correlation=self.correlation,
            agent=agent,
        )
