"""The account that the worker signs in with: until when it, and its password, are good."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from ldap3.protocol.formatters.formatters import format_sid

from hybrid_worker.active_directory.connection import DirectoryConnection, Entry
from shared.domain.errors import DirectoryUnavailable

_EPOCH: Final = datetime(1601, 1, 1, tzinfo=UTC)
_NEVER: Final = 0x7FFFFFFFFFFFFFFF
_FIRST: Final = 3
"""SIDs of a token that are looked at."""
_PASSWORD, _ACCOUNT = "msDS-UserPasswordExpiryTimeComputed", "accountExpires"


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnAccount:
    """What AD shows of the account; an end of None: there is none."""

    sid: str
    is_machine: bool
    """Whether it is a computer's or a managed service account's, whose password nobody sets."""
    password_ends: datetime | None
    account_ends: datetime | None


def own_account(connection: DirectoryConnection) -> OwnAccount:
    """Reads who the connection is signed in as, and until when.

    The end of the password is what AD itself computes, with fine-grained policies and the flags of
    the account. Source: MS-ADTS 3.1.1.4.5.33, read on 30 November 2026.

    Raises:
        DirectoryUnavailable: AD does not answer, or does not show the account.
    """
    sid, entry = _signed_in(connection)
    if _PASSWORD not in entry:
        raise DirectoryUnavailable(f"AD does not show when the password of {sid} ends")
    return OwnAccount(
        sid=sid,
        is_machine=b"computer" in entry.get("objectClass", ()),
        password_ends=_moment(entry, _PASSWORD, zero=_EPOCH),
        # Zero means never, as the greatest number does. Source: Account-Expires, Microsoft Learn.
        account_ends=_moment(entry, _ACCOUNT, zero=None),
    )


def _signed_in(connection: DirectoryConnection) -> tuple[str, Entry]:
    """Returns the one account among the SIDs that the connection acts with, which comes first."""
    sids = (connection.read("", ["tokenGroups"]) or {}).get("tokenGroups", ())
    for sid in map(str, map(format_sid, sids[:_FIRST])):
        entry = connection.read(f"<SID={sid}>", ["objectClass", _PASSWORD, _ACCOUNT])
        if entry and b"user" in entry.get("objectClass", ()):
            return sid, entry
    raise DirectoryUnavailable("AD does not show the account that is signed in")


def _moment(entry: Entry, attribute: str, *, zero: datetime | None) -> datetime | None:
    """Returns a time told in units of 100 ns since 1601; None where it is never."""
    ticks = int((entry.get(attribute) or [str(_NEVER).encode()])[0])
    if ticks == 0:
        return zero
    try:
        return _EPOCH + timedelta(microseconds=ticks // 10)
    except OverflowError:
        return None
