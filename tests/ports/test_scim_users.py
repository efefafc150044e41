"""What SCIM clients have written is found by every key, and guarded against others."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from shared.domain.errors import InvalidMessage, LedgerConflict
from shared.ports.scim_users import ScimKey, ScimUser, UserNameTaken
from tests.support.ports.kept import Kept, Opening
from tests.support.ports.people import NOW

ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"

NOTHING: Mapping[str, Any] = {}


def a_user(
    number: int, attributes: Mapping[str, Any] = NOTHING, *, source: str = "entra", **more: Any
) -> ScimUser:
    return ScimUser(
        source=source,
        id=f"{number:04}",
        attributes={"userName": f"Üser{number}@Contoso.test"} | {**attributes, **more},
        created_at=NOW,
        changed_at=NOW,
    )


def changed(user: ScimUser, **attributes: Any) -> ScimUser:
    return replace(
        user,
        attributes={**user.attributes, **attributes},
        version=user.version + 1,
        changed_at=NOW + timedelta(hours=1),
    )


async def test_a_user_is_found_by_id_and_by_every_key_however_it_is_written(tables: Kept) -> None:
    users = tables.scim_users
    assert await users.find("entra", "0001") is None
    user = a_user(
        1,
        {ENTERPRISE: {"employeeNumber": "e-7"}},
        externalId="Ext/1?#'",
        emails=[{"value": "A@b.test"}, {"value": "a@B.test"}, {"type": "home"}],
    )
    await users.create(user)
    assert await users.find("entra", "0001") == user
    for key, value in [
        (ScimKey.USER_NAME, "üSER1@contoso.TEST"),
        (ScimKey.EXTERNAL_ID, "Ext/1?#'"),
        (ScimKey.EMPLOYEE_NUMBER, "E-7"),
        (ScimKey.EMAIL, "a@b.test"),
    ]:
        assert list(await users.find_by("entra", key, value)) == [user]
        assert list(await users.find_by("another", key, value)) == []
    assert list(await users.find_by("entra", ScimKey.EXTERNAL_ID, "ext/1?#'")) == []


async def test_a_user_name_is_one_user_s_alone_within_a_source(tables: Kept) -> None:
    users = tables.scim_users
    await users.create(a_user(1))
    with pytest.raises(UserNameTaken):
        await users.create(replace(a_user(2), attributes={"userName": "üser1@contoso.TEST"}))
    await users.create(a_user(1, source="okta"))
    await users.create(a_user(2))
    with pytest.raises(UserNameTaken):
        await users.replace(a_user(2), changed(a_user(2), userName="ÜSER1@contoso.test"))
    assert await users.find("entra", "0002") == a_user(2)


async def test_what_is_replaced_is_found_by_its_new_values_and_no_longer_by_the_old(
    tables: Kept,
) -> None:
    users = tables.scim_users
    before = a_user(1, externalId="old", emails=[{"value": "a@b.test"}])
    await users.create(before)
    after = changed(before, userName="new@contoso.test", externalId="new", emails=[])
    await users.replace(before, after)
    assert await users.find("entra", "0001") == after
    assert list(await users.find_by("entra", ScimKey.EXTERNAL_ID, "old")) == []
    assert list(await users.find_by("entra", ScimKey.EMAIL, "a@b.test")) == []
    assert list(await users.find_by("entra", ScimKey.EXTERNAL_ID, "new")) == [after]
    assert list(await users.find_by("entra", ScimKey.USER_NAME, "NEW@contoso.test")) == [after]
    await users.create(replace(a_user(2), attributes=before.attributes))


async def test_who_was_changed_or_deleted_meanwhile_is_not_changed_again(tables: Kept) -> None:
    users = tables.scim_users
    user = a_user(1)
    await users.create(user)
    newer = changed(user, displayName="Ada")
    await users.replace(user, newer)
    with pytest.raises(LedgerConflict):
        await users.replace(user, changed(user, displayName="Eve"))
    with pytest.raises(LedgerConflict):
        await users.delete(user)
    await users.delete(newer)
    assert await users.find("entra", "0001") is None
    assert list(await users.find_by("entra", ScimKey.USER_NAME, "üser1@contoso.test")) == []
    with pytest.raises(LedgerConflict):
        await users.delete(newer)
    with pytest.raises(LedgerConflict):
        await users.replace(newer, changed(newer))
    await users.create(user)


async def test_pages_are_in_order_count_everybody_and_hold_one_source_alone(tables: Kept) -> None:
    users = tables.scim_users
    assert await users.page("entra", skip=0, most=10) == ([], 0)
    kept = [a_user(number) for number in range(1, 8)]
    for user in (*reversed(kept), a_user(9, source="entra-2")):
        await users.create(user)
    for skip, most in [(0, 3), (3, 3), (6, 3), (7, 3), (0, 0), (0, 99)]:
        page, total = await users.page("entra", skip=skip, most=most)
        assert (list(page), total) == (kept[skip : skip + most], 7)


async def test_what_a_row_cannot_hold_is_refused(tables: Kept) -> None:
    with pytest.raises(InvalidMessage, match="bytes in the ledger"):
        await tables.scim_users.create(a_user(1, displayName="x" * 600_000))
    assert await tables.scim_users.find("entra", "0001") is None


async def test_another_process_sees_the_same(opening: Opening) -> None:
    async with opening() as one, opening() as other:
        await one.scim_users.create(a_user(1))
        assert await other.scim_users.find("entra", "0001") == a_user(1)
