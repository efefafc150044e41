"""Password writeback: what a Connect host and a Cloud Sync agent do with a new password.

The event ids are those of the Application log on a real Connect host. Whose password may be set, AD
decides by the connector account's rights. What the sync engine refuses by itself, and what AD would
enforce and Samba does not, is looked up here; each stands in `DIFFERENCES.md`.
"""

from base64 import b64decode
from binascii import Error as Base64Error

import ldap3
from ldap3.core.exceptions import LDAPException
from ldap3.core.results import (
    RESULT_CONSTRAINT_VIOLATION,
    RESULT_INSUFFICIENT_ACCESS_RIGHTS,
    RESULT_SUCCESS,
    RESULT_UNWILLING_TO_PERFORM,
)
from ldap3.utils.conv import escape_bytes

from sandbox.directory_sync import reset_policy
from sandbox.directory_sync.active_directory import ActiveDirectory
from sandbox.domain_controller import domain

SUCCESS = 31002
NOT_WORKING = 31044

_FAILURES = {
    33001: "Active Directory returned an unknown error.",
    33002: "The user could not be found in Active Directory.",
    33003: "More than one user matches the source anchor.",
    33004: "The connector account may not reset this user's password; it may be protected.",
    33005: "The user's account is disabled.",
    33006: "The user's account is locked.",
    33008: "The password does not meet the domain's policy.",
}
_DISABLED = 2
_LOCKED = 16
_GUID_BYTES = 16


class WritebackError(Exception):
    """A password was not written; `event_id` is what the host logs."""

    def __init__(self, event_id: int, message: str | None = None) -> None:
        super().__init__(message or _FAILURES.get(event_id, "The password was not written back."))
        self.event_id = event_id


def write_back(ad: ActiveDirectory, immutable_id: str, password: str) -> None:
    """Set a person's password in AD, unlock the account and mark the password as fresh.

    Raises:
        ValueError: `immutable_id` is not the base64 of 16 bytes.
        WritebackError: AD refused, or nobody was found.
    """
    anchor = _anchor(immutable_id)
    try:
        with ad.connect() as connection:
            dn = _find(connection, anchor)
            if reset_policy.has_reserved_ou(connection, dn):
                raise WritebackError(33001)
            with ad.connect(*reset_policy.ANYBODY) as anybody:
                if reset_policy.cannot_change_password(anybody, dn):
                    raise WritebackError(33004)
            with ad.connect(*reset_policy.CONTROLLER_ITSELF) as controller:
                if reset_policy.is_too_young(controller, dn):
                    raise WritebackError(33008)
            connection.extend.microsoft.modify_password(dn, password)
            _check(connection)
            _freshen(connection, dn)
    except LDAPException as error:
        raise WritebackError(NOT_WORKING, f"AD does not answer: {error}") from error


def _anchor(immutable_id: str) -> bytes:
    try:
        anchor = b64decode(immutable_id, validate=True)
    except Base64Error as error:
        raise ValueError(f"onPremisesImmutableId: not base64: {error}") from error
    if len(anchor) != _GUID_BYTES:
        raise ValueError(f"onPremisesImmutableId: {len(anchor)} bytes instead of {_GUID_BYTES}")
    return anchor


def _find(connection: ldap3.Connection, anchor: bytes) -> str:
    value = escape_bytes(anchor)
    by_guid = f"(&(objectGUID={value})(!(mS-DS-ConsistencyGuid=*)))"
    status = ["userAccountControl", "msDS-User-Account-Control-Computed"]
    connection.search(
        domain.BASE,
        f"(&(objectClass=user)(|(mS-DS-ConsistencyGuid={value}){by_guid}))",
        attributes=status,
    )
    found = [entry for entry in connection.response if entry["type"] == "searchResEntry"]
    if len(found) != 1:
        raise WritebackError(33003 if found else 33002)
    flags = [int(found[0]["raw_attributes"][name][0]) for name in status]
    if flags[0] & _DISABLED:
        raise WritebackError(33005)
    if flags[1] & _LOCKED:
        raise WritebackError(33006)
    return str(found[0]["dn"])


def _freshen(connection: ldap3.Connection, dn: str) -> None:
    changes = {"lockoutTime": "0", "pwdLastSet": "-1"}
    connection.modify(
        dn, {name: [(ldap3.MODIFY_REPLACE, [value])] for name, value in changes.items()}
    )
    _check(connection)


def _check(connection: ldap3.Connection) -> None:
    match connection.result["result"]:
        case code if code == RESULT_SUCCESS:
            return
        case code if code == RESULT_INSUFFICIENT_ACCESS_RIGHTS:
            raise WritebackError(33004)
        case code if code in (RESULT_CONSTRAINT_VIOLATION, RESULT_UNWILLING_TO_PERFORM):
            raise WritebackError(33008)
        case _:
            raise WritebackError(NOT_WORKING, connection.result["message"])
