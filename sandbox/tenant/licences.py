"""The tenant's subscriptions, and what each gives to who has it."""

from typing import Any

from sandbox.company import object_id
from sandbox.tenant.clock import timestamp
from sandbox.tenant.directory import User

SKU_ID = "078d2b04-f1bd-4111-bbd4-b4b1b354cef4"
SKU_NAME = "AAD_PREMIUM"
PLAN_ID = "41781fb2-bc02-4b7c-bd55-b576c07bb09d"
"""Microsoft Entra ID P1, which password writeback takes."""
BUSINESS_STANDARD_ID = "f245ecc8-75af-4f8e-b61f-27d8114de5f3"
"""Microsoft 365 Business Standard has no such plan; with it people of the cloud may reset."""
_SERVICE = "AADPremiumService"
_STATUS = {"premium": "Enabled", "grace": "Warning", "suspended": "Suspended"}
_BUSINESS_STANDARD = "business-standard"
_USABLE = frozenset({"premium", "grace"})


def checked_licence(name: str) -> str:
    """The licence of that name.

    Raises:
        ValueError: there is none.
    """
    if name not in {*_STATUS, _BUSINESS_STANDARD}:
        raise ValueError(f"licence: not one of {', '.join(_STATUS)}, {_BUSINESS_STANDARD}: {name}")
    return name


def may_reset(user: User, now: float) -> bool:
    """Whether what the user has is enough for SSPR."""
    if not user.licensed(now):
        return False
    return user.licence in _USABLE or (user.licence == _BUSINESS_STANDARD and not user.synced)


def assigned_plans(user: User, now: float) -> list[dict[str, Any]]:
    """The service plans a user has."""
    status = _STATUS.get(user.licence)
    if not user.licensed(now) or status is None:
        return []
    return [
        {
            "assignedDateTime": timestamp(user.licensed_at or 0.0),
            "capabilityStatus": status,
            "service": _SERVICE,
            "servicePlanId": PLAN_ID,
        }
    ]


def assigned_licences(user: User, now: float) -> list[dict[str, Any]]:
    """The subscriptions a user draws from."""
    sku = BUSINESS_STANDARD_ID if user.licence == _BUSINESS_STANDARD else SKU_ID
    return [{"disabledPlans": [], "skuId": sku}] if user.licensed(now) else []


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
