"""The port `ScimUsers`, in memory."""

from collections.abc import Sequence

from shared.adapters.memory.as_json import AsJson
from shared.adapters.memory.storage import Storage
from shared.adapters.memory.turns import Pause, straight_on
from shared.domain.errors import LedgerConflict
from shared.ports.scim_users import ScimKey, ScimUser, UserNameTaken

_USER = AsJson(ScimUser, "User")


class MemoryScimUsers:
    """What SCIM clients have written."""

    def __init__(self, storage: Storage, pause: Pause = straight_on) -> None:
        self._kept = storage.scim_users
        self._pause = pause

    async def find(self, source: str, user_id: str) -> ScimUser | None:
        """Returns the user, or None if there is none of that id."""
        await self._pause("scim_users.find")
        text = self._kept.get((source, user_id))
        return None if text is None else _USER.read(text)

    async def find_by(self, source: str, key: ScimKey, value: str) -> Sequence[ScimUser]:
        """Returns the users that have this value, however it is written, ordered by id."""
        await self._pause("scim_users.find_by")
        wanted = (key, key.folded(value))
        return [user for user in self._of(source) if wanted in user.values()]

    async def page(self, source: str, *, skip: int, most: int) -> tuple[Sequence[ScimUser], int]:
        """Returns `most` users after the first `skip`, ordered by id, and how many there are."""
        await self._pause("scim_users.page")
        users = self._of(source)
        return users[skip : skip + most], len(users)

    async def create(self, user: ScimUser) -> None:
        """Keeps a user who is new.

        Raises:
            UserNameTaken: another user has the name.
            InvalidMessage: it is larger than the ledger takes.
        """
        await self._pause("scim_users.create")
        self._refuse_taken(user)
        self._kept[user.source, user.id] = _USER.of(user)
        await self._pause("scim_users.create done")

    async def replace(self, before: ScimUser, after: ScimUser) -> None:
        """Puts one in the place of the other, as it was read.

        Raises:
            UserNameTaken: another user has the new name.
            LedgerConflict: the user was changed or deleted meanwhile.
            InvalidMessage: it is larger than the ledger takes.
        """
        await self._pause("scim_users.replace")
        self._refuse_changed(before)
        self._refuse_taken(after)
        self._kept[after.source, after.id] = _USER.of(after)
        await self._pause("scim_users.replace done")

    async def delete(self, user: ScimUser) -> None:
        """Forgets the user as it was read, and everything by which it is found.

        Raises:
            LedgerConflict: the user was changed or deleted meanwhile.
        """
        await self._pause("scim_users.delete")
        self._refuse_changed(user)
        del self._kept[user.source, user.id]
        await self._pause("scim_users.delete done")

    def _of(self, source: str) -> list[ScimUser]:
        kept = sorted(self._kept.items())
        return [_USER.read(text) for (owner, _), text in kept if owner == source]

    def _refuse_taken(self, user: ScimUser) -> None:
        name = next(iter(user.values()))
        if any(name in one.values() for one in self._of(user.source) if one.id != user.id):
            raise UserNameTaken("another user has this userName")

    def _refuse_changed(self, user: ScimUser) -> None:
        text = self._kept.get((user.source, user.id))
        if text is None or _USER.read(text).version != user.version:
            raise LedgerConflict(f"the user {user.id} was changed meanwhile")
