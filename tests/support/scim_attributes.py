"""A user's attributes as they are kept, and the schemas' names."""

from typing import Any

CORE = "urn:ietf:params:scim:schemas:core:2.0:User"
ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
OWN = "urn:ietf:params:scim:schemas:extension:contoso:2.0:User"
"""A tenant's own."""
WORK: dict[str, Any] = {"value": "kim@contoso.test", "type": "work", "primary": True}
KIM: dict[str, Any] = {
    "userName": "kim@contoso.test",
    "active": True,
    "name": {"givenName": "Kim", "familyName": "Ahn"},
    "emails": [WORK],
    ENTERPRISE: {"employeeNumber": "7"},
}
