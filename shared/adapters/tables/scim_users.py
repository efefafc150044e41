"""The `ScimUsers` port on Azure Tables: a partition for each source, with an index in it.

A user and whatever it is found by are written in one transaction, so that a userName is one user's.
The index holds digests of the values: row keys stand in addresses, and those in storage's logs.
"""

from collections.abc import Iterable, Sequence
from hashlib import sha256

from shared.adapters.tables.json_columns import JsonColumns
from shared.adapters.tables.keys import RowKind, row_key, rows_of
from shared.adapters.tables.table import Row, Table, Verb, Write, etag_of
from shared.domain.errors import LedgerConflict
from shared.ports.scim_users import ScimKey, ScimUser, UserNameTaken

_USER = JsonColumns(ScimUser, "User")
_ID = "UserId"


class TableScimUsers:
    """What SCIM clients have written."""

    def __init__(self, table: Table) -> None:
        self._table = table

    async def find(self, source: str, user_id: str) -> ScimUser | None:
        """Returns the user, or None if there is none of that id."""
        row = await self._table.get(_partition(source), _user_key(user_id))
        return _USER.read(row) if row else None

    async def find_by(self, source: str, key: ScimKey, value: str) -> Sequence[ScimUser]:
        """Returns the users that have this value, however it is written, ordered by id."""
        digest = _digest(key.folded(value))
        partition = _partition(source)
        if key is ScimKey.USER_NAME:
            row = await self._table.get(partition, row_key(RowKind.SCIM_KEY, key, digest))
            found = [row] if row else []
        else:
            found = await self._table.scan(partition, rows_of(RowKind.SCIM_KEY, key, digest))
        users = await self._users(partition, (str(row[_ID]) for row in found))
        # The index may be a moment ahead of, or behind, the rows that are read after it.
        wanted = (key, key.folded(value))
        return [user for user in users if wanted in user.values()]

    async def page(self, source: str, *, skip: int, most: int) -> tuple[Sequence[ScimUser], int]:
        """Returns `most` users after the first `skip`, ordered by id, and how many there are.

        The ids alone of all of them are read for it: SCIM counts, and pages by number.
        """
        partition = _partition(source)
        rows = await self._table.scan(partition, rows_of(RowKind.SCIM_USER), select=[_ID])
        ids = [str(row[_ID]) for row in rows]
        return await self._users(partition, ids[skip : skip + most]), len(ids)

    async def create(self, user: ScimUser) -> None:
        """Keeps a user who is new.

        Raises:
            UserNameTaken: another user has the name.
            InvalidMessage: it is larger than the ledger takes.
        """
        writes = [_user_write(Verb.CREATE, user), *_index(Verb.CREATE, user, _index_keys(user))]
        try:
            await self._table.submit(writes)
        except LedgerConflict:
            # Or it is our own, of which the answer was lost and the SDK has asked again.
            if await self.find(user.source, user.id) != user:
                raise UserNameTaken("another user has this userName") from None

    async def replace(self, before: ScimUser, after: ScimUser) -> None:
        """Puts one in the place of the other, as it was read.

        Raises:
            UserNameTaken: another user has the new name.
            LedgerConflict: the user was changed or deleted meanwhile.
            InvalidMessage: it is larger than the ledger takes.
        """
        etag = await self._etag(before)
        old, new = _index_keys(before), _index_keys(after)
        writes = [
            _user_write(Verb.REPLACE, after, etag),
            *_index(Verb.DELETE, before, [one for one in old if one not in new]),
            *_index(Verb.CREATE, after, [one for one in new if one not in old]),
        ]
        try:
            await self._table.submit(writes)
        except LedgerConflict:
            await self._refuse_taken(after)
            raise

    async def delete(self, user: ScimUser) -> None:
        """Forgets the user as it was read, and everything by which it is found.

        Raises:
            LedgerConflict: the user was changed or deleted meanwhile.
        """
        etag = await self._etag(user)
        place = {"PartitionKey": _partition(user.source), "RowKey": _user_key(user.id)}
        keys = _index_keys(user)
        await self._table.submit(
            [Write(Verb.DELETE, place, etag), *_index(Verb.DELETE, user, keys)]
        )

    async def _users(self, partition: str, ids: Iterable[str]) -> list[ScimUser]:
        rows = await self._table.get_many(partition, [_user_key(one) for one in sorted(set(ids))])
        return [_USER.read(row) for row in rows]

    async def _etag(self, user: ScimUser) -> str:
        row = await self._table.get(_partition(user.source), _user_key(user.id))
        if row is None or _USER.read(row).version != user.version:
            raise LedgerConflict(f"the user {user.id} was changed meanwhile")
        return etag_of(row)

    async def _refuse_taken(self, user: ScimUser) -> None:
        name = user.attributes["userName"]
        for other in await self.find_by(user.source, ScimKey.USER_NAME, name):
            if other.id != user.id:
                raise UserNameTaken("another user has this userName") from None


def index_of_user(row: Row) -> list[str]:
    """Returns the keys of the rows by which the user in a row is found."""
    return _index_keys(_USER.read(row))


def _user_write(verb: Verb, user: ScimUser, etag: str | None = None) -> Write:
    place = {"PartitionKey": _partition(user.source), "RowKey": _user_key(user.id)}
    return Write(verb, {**place, _ID: user.id, **_USER.of(user)}, etag)


def _index_keys(user: ScimUser) -> list[str]:
    """Returns the keys of the rows by which the user is found; a userName's is one user's alone."""
    return [
        row_key(RowKind.SCIM_KEY, key, _digest(value))
        if key is ScimKey.USER_NAME
        else row_key(RowKind.SCIM_KEY, key, _digest(value), user.id)
        for key, value in user.values()
    ]


def _index(verb: Verb, user: ScimUser, keys: Iterable[str]) -> list[Write]:
    def row(key: str) -> Row:
        place = {"PartitionKey": _partition(user.source), "RowKey": key}
        return place if verb is Verb.DELETE else {**place, _ID: user.id}

    return [Write(verb, row(key)) for key in keys]


def _partition(source: str) -> str:
    return f"scim-{source}"


def _user_key(user_id: str) -> str:
    return row_key(RowKind.SCIM_USER, user_id)


def _digest(value: str) -> str:
    return sha256(value.encode()).hexdigest()
