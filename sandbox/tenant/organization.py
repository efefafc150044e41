"""Graph's view of the tenant itself: its subscription and its tie to on-premises."""

from typing import Any

from sandbox.company import UPN_SUFFIX
from sandbox.tenant.clock import timestamp
from sandbox.tenant.licences import subscription
from sandbox.tenant.odata import context, selected
from sandbox.tenant.tenant import TENANT_ID, Tenant
from sandbox.tenant.wire import GraphRequest, GraphResponse

_CREATED = "2015-03-02T09:00:00Z"


def list_subscribed_skus(tenant: Tenant, request: GraphRequest) -> GraphResponse:
    """GET /subscribedSkus."""
    now = tenant.clock.now()
    users = tenant.directory.users.values()
    sku = subscription(len(users) + 100, sum(user.licensed(now) for user in users))
    return _only(request, "subscribedSkus", sku, "subscribedSku")


def list_organization(tenant: Tenant, request: GraphRequest) -> GraphResponse:
    """GET /organization."""
    synced = tenant.directory.last_synced_at
    organization = {
        "id": TENANT_ID,
        "displayName": "Contoso",
        "tenantType": "AAD",
        "createdDateTime": _CREATED,
        "assignedPlans": [],
        "onPremisesSyncEnabled": True if synced else None,
        "onPremisesLastSyncDateTime": timestamp(synced) if synced else None,
        "verifiedDomains": [
            {
                "name": UPN_SUFFIX,
                "isDefault": True,
                "isInitial": False,
                "capabilities": "Email",
                "type": "Managed",
            }
        ],
    }
    return _only(request, "organization", organization, "organization")


def list_on_premises_synchronization(tenant: Tenant, request: GraphRequest) -> GraphResponse:
    """GET /directory/onPremisesSynchronization."""
    synced = tenant.directory.last_synced_at is not None
    synchronization = {
        "id": TENANT_ID,
        "configuration": {
            "accidentalDeletionPrevention": {
                "alertThreshold": 500,
                "synchronizationPreventionType": "enabledForCount",
            }
        },
        # Documented as not in use: it says nothing about password writeback.
        "features": {"passwordSyncEnabled": synced, "passwordWritebackEnabled": False},
    }
    return _only(request, "directory/onPremisesSynchronization", synchronization, "")


def _only(request: GraphRequest, entity: str, item: dict[str, Any], kind: str) -> GraphResponse:
    """The answer that lists the one object there is."""
    names = selected(request, item, kind) or list(item)
    value = [{name: item[name] for name in names}]
    return GraphResponse(200, {**context(request, entity), "value": value})
