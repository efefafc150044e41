"""Graph's view of the tenant's policies: which methods there are, and who may register them.

Sources: "Get authenticationMethodsPolicy" and "List policies" of Conditional Access, Microsoft
Graph v1.0, read on 29 Nov 2026.
"""

from typing import Any

from sandbox.company import object_id
from sandbox.tenant.odata import context
from sandbox.tenant.settings import Settings
from sandbox.tenant.tenant import Tenant
from sandbox.tenant.wire import GraphRequest, GraphResponse

_METHODS = {
    "Email": "email",
    "Fido2": "fido2SecurityKey",
    "HardwareOath": "hardwareOneTimePasscode",
    "MicrosoftAuthenticator": "microsoftAuthenticatorPush",
    "Sms": "mobilePhone",
    "SoftwareOath": "softwareOneTimePasscode",
    "TemporaryAccessPass": "temporaryAccessPass",
    "Voice": "officePhone",
}
"""The policy's methods, and what the report and the settings here call each."""
_EVERYBODY = [{"targetType": "group", "id": "all_users", "isRegistrationRequired": False}]


def methods_policy_changes(before: Settings, after: Settings) -> list[tuple[str, str, str]]:
    """What has changed of the policy between the two: the property, the old and the new value."""
    changed = [
        (f"authenticationMethodConfigurations.{name}.state", *states)
        for name, reported in _METHODS.items()
        if (states := (_state(reported, before), _state(reported, after)))[0] != states[1]
    ]
    if before.methods_migration != after.methods_migration:
        migration = ("policyMigrationState", before.methods_migration, after.methods_migration)
        changed.append(migration)
    return changed


def _state(method: str, settings: Settings) -> str:
    return "disabled" if method in settings.disabled_methods else "enabled"


def get_methods_policy(tenant: Tenant, request: GraphRequest) -> GraphResponse:
    """GET /policies/authenticationMethodsPolicy."""
    policy: dict[str, Any] = {
        "id": "authenticationMethodsPolicy",
        "displayName": "Authentication Methods Policy",
        "description": "The tenant-wide policy",
        "policyVersion": "1.5",
        "policyMigrationState": tenant.settings.methods_migration,
        "authenticationMethodConfigurations": [
            {
                "@odata.type": f"#microsoft.graph.{name[0].lower()}{name[1:]}"
                "AuthenticationMethodConfiguration",
                "id": name,
                "state": _state(reported, tenant.settings),
                "includeTargets": [] if name == "Email" else _EVERYBODY,
                "excludeTargets": [],
            }
            for name, reported in _METHODS.items()
        ],
    }
    return GraphResponse(200, {**context(request, "authenticationMethodsPolicy"), **policy})


def list_access_policies(tenant: Tenant, request: GraphRequest) -> GraphResponse:
    """GET /identity/conditionalAccess/policies: one about everything, and what is set."""
    policies = [
        _policy("Everybody with a second factor", {"includeApplications": ["All"]}, ["mfa"])
    ]
    if controls := tenant.settings.registration_controls:
        action = {"includeUserActions": ["urn:user:registersecurityinfo"]}
        policies.append(_policy("Registering security information", action, list(controls)))
    entity = "identity/conditionalAccess/policies"
    return GraphResponse(200, {**context(request, entity), "value": policies})


def _policy(name: str, applications: dict[str, Any], controls: list[str]) -> dict[str, Any]:
    return {
        "id": object_id("policy", name),
        "displayName": name,
        "state": "enabled",
        "conditions": {
            "clientAppTypes": ["all"],
            "applications": {
                "includeApplications": [],
                "excludeApplications": [],
                "includeUserActions": [],
                **applications,
            },
            "users": {"includeUsers": ["All"], "excludeUsers": []},
        },
        "grantControls": {"operator": "OR", "builtInControls": controls},
    }
