"""The audit log of self-service password reset, as `directoryAudits` shows it.

Activities and agents:
https://learn.microsoft.com/entra/identity/authentication/howto-sspr-reporting
"""

import json
from collections.abc import Iterable
from typing import Any
from uuid import uuid4

from sandbox.tenant.clock import timestamp
from sandbox.tenant.directory import ObjectChange, User

SSPR_SERVICE = "Self-service Password Management"
FLOW = "Self-service password reset flow activity progress"
RESET = "Reset password (self-service)"
SETTINGS = "Update SSPR Settings"
"""Of a published query, and in no list of Microsoft's: alexverboon, "EntraID - SSPR Configuration
Changes", read in November 2026. What the settings are called is not documented: these are the names
of the admin center's own API."""
CONVERTED = "Change Source of Authority from AD to cloud"
CONVERTED_BACK = "Undo changes to Source of Authority from AD DS to cloud"
"""Of "Configure User Source of Authority", Microsoft Learn, read on 30 Nov 2026; of the entry's
other fields the page shows nothing."""
METHODS_SERVICE = "Authentication Methods"
METHODS_POLICY = "Authentication Methods Policy Update"
"""Service, activity and category (`ApplicationManagement`) are of "Microsoft Entra audit log
categories and activities". Since April 2026 an entry has the changed properties alone, and no
longer the whole policy (What's new in Microsoft Entra, "Improved readability for Authentication
Methods Policy Update audit logs"); both read on 30 Nov 2026. What the properties are called there
is not documented: these are the names of the policy in Graph."""
REGISTERED = "User registered for self-service password reset"

CONNECT_AGENT = "Microsoft Entra Connect"
"""Who writes passwords of synced people on-premises."""
NO_AGENT = "None"
"""The password is one of the cloud alone."""


class AuditLog:
    """Entries in the order in which they were written."""

    def __init__(self) -> None:
        self.entries: list[dict[str, Any]] = []
        self._changes: list[ObjectChange] = []

    def take_changes(self) -> list[ObjectChange]:
        """What has to be stored since the last time this was called."""
        changes, self._changes = self._changes, []
        return changes

    def write(
        self,
        user: User,
        activity: str,
        reason: str,
        at: float,
        *,
        success: bool,
        correlation: str,
        agent: str | None = None,
    ) -> None:
        """Write an entry about something `user` did, through which on-premises agent if any."""
        who = {"id": user.id, "userPrincipalName": user.upn}
        named = {**who, "displayName": user.fields.get("displayName")}
        entry = {
            "id": f"SSPR_{uuid4()}",
            "category": "UserManagement",
            "correlationId": correlation,
            "result": "success" if success else "failure",
            "resultReason": reason,
            "activityDisplayName": activity,
            "activityDateTime": timestamp(at),
            "loggedByService": SSPR_SERVICE,
            "operationType": "Update",
            "initiatedBy": {"app": None, "user": {**named, "ipAddress": None}},
            "targetResources": [{**named, "type": "User", "groupType": None}],
            "additionalDetails": [{"key": "OnPremisesAgent", "value": agent}] if agent else [],
        }
        self._keep(entry)

    def write_conversion(self, user: User, at: float, *, to_cloud: bool) -> None:
        """Write an entry about somebody's source of authority, which was moved."""
        named = {"id": user.id, "userPrincipalName": user.upn}
        self._keep(
            {
                "id": f"Directory_{uuid4()}",
                "category": "UserManagement",
                "correlationId": str(uuid4()),
                "result": "success",
                "resultReason": "",
                "activityDisplayName": CONVERTED if to_cloud else CONVERTED_BACK,
                "activityDateTime": timestamp(at),
                "loggedByService": "Core Directory",
                "operationType": "Update",
                "initiatedBy": {"app": None, "user": None},
                "targetResources": [{**named, "type": "User", "modifiedProperties": []}],
                "additionalDetails": [],
            }
        )

    def write_settings(
        self, actor: User | None, settings: Iterable[tuple[str, Any, Any]], at: float
    ) -> None:
        """Write an entry about SSPR's own settings: the name, the old and the new value of each."""
        changed = [
            {"displayName": name, "oldValue": json.dumps(old), "newValue": json.dumps(new)}
            for name, old, new in settings
        ]
        who = {"id": actor.id, "userPrincipalName": actor.upn} if actor else None
        policy = {"id": None, "displayName": "SSPR policy", "type": "Policy"}
        self._keep(
            {
                "id": f"SSPR_{uuid4()}",
                "category": "Policy",
                "correlationId": str(uuid4()),
                "result": "success",
                "resultReason": "",
                "activityDisplayName": SETTINGS,
                "activityDateTime": timestamp(at),
                "loggedByService": SSPR_SERVICE,
                "operationType": "Update",
                "initiatedBy": {"app": None, "user": who},
                "targetResources": [{**policy, "modifiedProperties": changed}],
                "additionalDetails": [],
            }
        )

    def write_methods_policy(self, changed: Iterable[tuple[str, str, str]], at: float) -> None:
        """Write an entry about the Authentication methods policy: what changed, from what to what.

        Who did it is not told: here it is a test.
        """
        policy = {
            "id": "authenticationMethodsPolicy",
            "displayName": "Authentication Methods Policy",
            "type": "Policy",
        }
        properties = [
            {"displayName": name, "oldValue": json.dumps(old), "newValue": json.dumps(new)}
            for name, old, new in changed
        ]
        self._keep(
            {
                "id": f"AuthMethods_{uuid4()}",
                "category": "ApplicationManagement",
                "correlationId": str(uuid4()),
                "result": "success",
                "resultReason": "",
                "activityDisplayName": METHODS_POLICY,
                "activityDateTime": timestamp(at),
                "loggedByService": METHODS_SERVICE,
                "operationType": "Update",
                "initiatedBy": {"app": None, "user": None},
                "targetResources": [{**policy, "modifiedProperties": properties}],
                "additionalDetails": [],
            }
        )

    def _keep(self, entry: dict[str, Any]) -> None:
        self.entries.append(entry)
        self._changes.append(ObjectChange("audit", str(entry["id"]), entry))
