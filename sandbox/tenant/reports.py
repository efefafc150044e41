"""Graph's reports on SSPR: who could use it, and what has happened."""

from collections.abc import Container
from typing import Any

from sandbox.tenant.clock import timestamp
from sandbox.tenant.directory import User
from sandbox.tenant.errors import resource_not_found, unsupported_query
from sandbox.tenant.fields import AUDIT_FIELDS, REGISTRATION_FIELDS
from sandbox.tenant.filters import parse_filter
from sandbox.tenant.methods import STRONG, is_registered
from sandbox.tenant.odata import context, page
from sandbox.tenant.tenant import Tenant
from sandbox.tenant.wire import GraphRequest, GraphResponse


def list_registration_details(tenant: Tenant, request: GraphRequest) -> GraphResponse:
    """GET /reports/authenticationMethods/userRegistrationDetails."""
    as_of = _as_of(tenant)
    scope = tenant.in_scope(as_of)
    users = [user for user in tenant.directory.users.values() if _is_listed(user, as_of)]
    if text := request.query.get("$filter"):
        wanted = parse_filter(text, REGISTRATION_FIELDS)
        users = [user for user in users if wanted.matches(_details(tenant, user, scope, as_of))]
    return page(
        request,
        "reports/authenticationMethods/userRegistrationDetails",
        users,
        key=lambda user: user.id,
        render=lambda user: _details(tenant, user, scope, as_of),
    )


def get_registration_details(tenant: Tenant, request: GraphRequest) -> GraphResponse:
    """GET /reports/authenticationMethods/userRegistrationDetails/{id}."""
    as_of = _as_of(tenant)
    user = tenant.directory.users.get(request.parameters[0])
    if user is None or not _is_listed(user, as_of):
        raise resource_not_found(request.parameters[0])
    entity = "reports/authenticationMethods/userRegistrationDetails/$entity"
    details = _details(tenant, user, tenant.in_scope(as_of), as_of)
    return GraphResponse(200, {**context(request, entity), **details})


def list_audits(tenant: Tenant, request: GraphRequest) -> GraphResponse:
    """GET /auditLogs/directoryAudits, the newest first."""
    if request.query.get("$orderby", "activityDateTime desc") != "activityDateTime desc":
        raise unsupported_query("$orderby: only 'activityDateTime desc' is offered here.")
    entries = list(enumerate(tenant.audits.entries))
    if text := request.query.get("$filter"):
        wanted = parse_filter(text, AUDIT_FIELDS)
        entries = [(position, entry) for position, entry in entries if wanted.matches(entry)]
    return page(
        request,
        "auditLogs/directoryAudits",
        entries,
        key=lambda numbered: f"{10**12 - numbered[0]:013}",
        render=lambda numbered: numbered[1],
    )


def _as_of(tenant: Tenant) -> float:
    """The moment that the report shows: it is made every now and then, and read later."""
    return tenant.clock.now() - tenant.settings.report_lag_seconds


def _is_listed(user: User, as_of: float) -> bool:
    """Whether the report has a row of them: not of whoever is disabled.

    Source: howto-authentication-methods-activity, page of 22 October 2025.
    """
    return user.visible_at <= as_of and bool(user.fields.get("accountEnabled"))


def _details(tenant: Tenant, user: User, scope: Container[str], as_of: float) -> dict[str, Any]:
    enabled = tenant.sspr_enabled(user, scope)
    shown = user.registered_at is not None and user.registered_at <= as_of
    methods = user.methods if shown else []
    registered = shown and is_registered(user, tenant.settings)
    strong = bool(STRONG.intersection(methods))
    return {
        "id": user.id,
        "isAdmin": bool(user.roles),
        "isMfaCapable": strong,
        "isMfaRegistered": strong,
        "isPasswordlessCapable": "fido2SecurityKey" in methods,
        "isSsprCapable": enabled and registered,
        "isSsprEnabled": enabled,
        "isSsprRegistered": registered,
        "isSystemPreferredAuthenticationMethodEnabled": False,
        "lastUpdatedDateTime": timestamp(as_of),
        "methodsRegistered": methods,
        "systemPreferredAuthenticationMethods": [],
        "userDisplayName": user.fields.get("displayName") or "",
        "userPreferredMethodForSecondaryAuthentication": "none",
        "userPrincipalName": user.upn,
        "userType": str(user.fields.get("userType") or "Member").lower(),
    }
