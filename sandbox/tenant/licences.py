"""The tenant's one subscription, and what it gives to who has it."""

from typing import Any

from sandbox.company import object_id
from sandbox.tenant.clock import timestamp
from sandbox.tenant.directory import User

SKU_ID = "078d2b04-f1bd-4111-bbd4-b4b1b354cef4"
SKU_NAME = "AAD_PREMIUM"
PLAN_ID = "41781fb2-bc02-4b7c-bd55-b576c07bb09d"
"""Microsoft Entra ID P1, which password writeback takes."""
_SERVICE = "AADPremiumService"


def assigned_plans(user: User, now: float) -> list[dict[str, Any]]:
    """The service plans a user has."""
    if not user.licensed(now):
        return []
    return [
        {
            "assignedDateTime": timestamp(user.licensed_at or 0.0),
            "capabilityStatus": "Enabled",
            "service": _SERVICE,
            "servicePlanId": PLAN_ID,
        }
    ]


def assigned_licences(user: User, now: float) -> list[dict[str, Any]]:
    """The subscriptions a user draws from."""
    return [{"disabledPlans": [], "skuId": SKU_ID}] if user.licensed(now) else []


def plan_infos() -> list[dict[str, Any]]:
    """The subscription's service plans."""
    return [
        {
            "servicePlanId": PLAN_ID,
            "servicePlanName": SKU_NAME,
            "provisioningStatus": "Success",
            "appliesTo": "User",
        }
    ]


def subscription(enabled: int, consumed: int) -> dict[str, Any]:
    """The subscription, as `subscribedSkus` shows it."""
    account = object_id("tenant", "contoso")
    units = {"enabled": enabled, "suspended": 0, "warning": 0, "lockedOut": 0}
    return {
        "id": f"{account}_{SKU_ID}",
        "accountId": account,
        "accountName": "contoso",
        "appliesTo": "User",
        "capabilityStatus": "Enabled",
        "consumedUnits": consumed,
        "prepaidUnits": units,
        "servicePlans": plan_infos(),
        "skuId": SKU_ID,
        "skuPartNumber": SKU_NAME,
        "subscriptionIds": [object_id("subscription", "contoso")],
    }
