"""HR systems: the users that they write by SCIM, and when each was heard of."""

from collections.abc import Mapping

from shared.adapters.tables.tables import Tables
from shared.ports.scim_users import ScimUser
from tests.support.golden_rows.golden import LATER, NOW, Golden

SCIM_USER = ScimUser(
    source="entra",
    id="5c1a0000-0000-5000-8000-000000000000",
    attributes={
        "userName": "Ada@contoso.test",
        "externalId": "Ada-1",
        "active": True,
        "name": {"givenName": "Ada"},
        "emails": [{"value": "ada@contoso.test", "type": "work", "primary": True}],
        "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": {"employeeNumber": "4711"},
    },
    created_at=NOW,
    changed_at=LATER,
    version=2,
)


async def _write_scim(tables: Tables) -> None:
    await tables.scim_users.create(SCIM_USER)


async def _expect_scim(tables: Tables) -> None:
    assert await tables.scim_users.find(SCIM_USER.source, SCIM_USER.id) == SCIM_USER
    for key, value in SCIM_USER.values():
        assert list(await tables.scim_users.find_by("entra", key, value)) == [SCIM_USER]


async def _write_source(tables: Tables) -> None:
    await tables.sources_heard.hear("workday", NOW)


async def _expect_source(tables: Tables) -> None:
    assert await tables.sources_heard.heard() == {"workday": NOW}


GOLDEN: Mapping[str, Golden] = {
    "scim": Golden(_write_scim, _expect_scim),
    "source": Golden(_write_source, _expect_source),
}
