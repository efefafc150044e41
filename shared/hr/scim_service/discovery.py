"""What a SCIM service provider says of itself; RFC 7643, sections 5 to 7."""

from typing import Any

from shared.contracts.api.scim_answers import CORE, Json
from shared.hr.scim_service.attributes import ENTERPRISE, HIRE, SCHEMAS

MOST_RESULTS = 200
"""To a page."""
MOST_BULK_OPERATIONS = 100
"""Each waits for storage and queue, and a client for all of them."""
_CORE = "urn:ietf:params:scim:schemas:core:2.0:"


def service_provider_config(base: str, largest_body: int) -> Json:
    """Returns what this service provider can do: nothing stands here that is not so.

    Args:
        base: the address of the service.
        largest_body: bytes.
    """
    no: Json = {"supported": False}
    return {
        "schemas": [f"{_CORE}ServiceProviderConfig"],
        "patch": {"supported": True},
        "bulk": {
            "supported": True,
            "maxOperations": MOST_BULK_OPERATIONS,
            "maxPayloadSize": largest_body,
        },
        "filter": {"supported": True, "maxResults": MOST_RESULTS},
        "changePassword": no,
        "sort": no,
        "etag": {"supported": True},
        "authenticationSchemes": [
            {
                "type": "oauthbearertoken",
                "name": "Bearer token",
                "description": "The source's secret, or a token of Entra, as its file says.",
                "primary": True,
            }
        ],
        "meta": _meta("ServiceProviderConfig", f"{base}/ServiceProviderConfig"),
    }


def resource_types(base: str) -> list[Json]:
    """Returns the kinds of resources there are: users alone."""
    return [
        {
            "schemas": [f"{_CORE}ResourceType"],
            "id": "User",
            "name": "User",
            "endpoint": "/Users",
            "description": "Somebody who joins or leaves",
            "schema": CORE,
            "schemaExtensions": [
                {"schema": ENTERPRISE, "required": False},
                {"schema": HIRE, "required": False},
            ],
            "meta": _meta("ResourceType", f"{base}/ResourceTypes/User"),
        }
    ]


def schemas(base: str) -> list[Json]:
    """Returns the schemas, with the attributes that are kept and no others."""
    return [
        {
            "schemas": [f"{_CORE}Schema"],
            "id": urn,
            "name": name,
            "description": f"{name}: what is kept of it",
            "attributes": [attribute.described() for attribute in attributes],
            "meta": _meta("Schema", f"{base}/Schemas/{urn}"),
        }
        for urn, (name, attributes) in SCHEMAS.items()
    ]


def _meta(kind: str, location: str) -> dict[str, Any]:
    return {"resourceType": kind, "location": location}
