"""Active Directory: the way there, the bind, and the one right on the one group."""

import getpass
import sys
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from functools import partial

from hybrid_worker.active_directory.connection import DirectoryConnection
from hybrid_worker.active_directory.scope_group import ScopeGroup
from hybrid_worker.active_directory.sign_in import SignInMemory
from hybrid_worker.check.forest import forest_checks
from hybrid_worker.check.group_rights import (
    MOST_GROUPS,
    RIGHTS,
    OtherGroups,
    Rights,
    look_at,
    shown,
)
from hybrid_worker.check.keytab import has_strong_keys
from hybrid_worker.check.outcome import Check, CheckFailed, NotApplicable
from hybrid_worker.check.server import (
    certificate_lasts,
    certificate_verified,
    clock_agrees,
    of_each,
    resolved,
    takes_changes,
)
from hybrid_worker.settings import DirectorySettings

_DELEGATE = 'dsacls <DN of the group> /G "<account>:WP;member" (Grant-ScopeGroupMember.ps1)'


def directory_checks(
    settings: DirectorySettings,
    connection: DirectoryConnection,
    sign_in: SignInMemory,
    clock: Callable[[], datetime],
) -> Sequence[Check]:
    """Returns the checks from the name of the server to the rights on its groups."""
    rights = _GroupRights(settings, connection)
    verified, bind = "directory-certificate", "directory-bind"
    each = partial(of_each, settings=settings, places=settings.controllers)
    return (
        Check("directory-name", partial(resolved, settings, settings.controllers)),
        Check(verified, partial(each, certificate_verified)),
        Check("certificate-lasts", lambda: each(partial(certificate_lasts, now=clock())), verified),
        Check("clock", lambda: each(partial(clock_agrees, now=clock())), verified),
        Check("directory-writable", partial(each, takes_changes), verified),
        Check("keytab", partial(has_strong_keys, settings)),
        Check(bind, partial(_bound_to_each, settings, sign_in), "directory-writable"),
        Check("directory-domain", partial(_served, connection, settings), "directory-bind"),
        Check("scope-group", rights.exists, "directory-domain"),
        Check("scope-group-write", rights.may_write_members, "scope-group"),
        Check("scope-group-no-more", rights.may_write_nothing_else, "scope-group"),
        Check("other-groups", rights.may_write_no_other, "scope-group"),
        Check("minimum-password-age", partial(_no_age, settings, connection), "directory-domain"),
        *forest_checks(settings, connection, sign_in),
        Check("connector-account", _out_of_sight),
    )


def _bound_to_each(settings: DirectorySettings, sign_in: SignInMemory) -> str:
    """Signs in to every controller; where one refuses the account, the others are not asked."""
    for place in settings.controllers:
        alone = settings.model_copy(update={"server": place.name, "address": place.host})
        connection = DirectoryConnection(alone, sign_in)
        try:
            connection.read("", ["defaultNamingContext"])
        finally:
            connection.close()
    if settings.bind == "simple":
        return f"by simple bind over LDAPS, as {settings.user}"
    return f"by Kerberos over LDAPS, as {_principal()}"


def _principal() -> str:
    """Returns whom the ticket is for: this process's account, or on Linux the keytab's."""
    if sys.platform == "win32":
        return getpass.getuser()
    import gssapi

    return str(gssapi.Credentials(usage="initiate").name)


def _served(connection: DirectoryConnection, settings: DirectorySettings) -> str:
    connection.ping()
    return f"the server serves {settings.domain}"


class _GroupRights:
    """What the account may do to the scope group, and to all the others."""

    def __init__(self, settings: DirectorySettings, connection: DirectoryConnection) -> None:
        self._settings = settings
        self._connection = connection

    def exists(self) -> str:
        group = self._group()
        return f"a {group.scope} security group, objectGUID {group.guid}"

    def may_write_members(self) -> str:
        if "member" not in self._rights().attributes:
            raise CheckFailed("the account may not write the scope group's members", _DELEGATE)
        return "the account may write the scope group's members"

    def may_write_nothing_else(self) -> str:
        more = self._rights().beyond_members
        if more:
            raise CheckFailed(
                f"the account may also write the scope group's {shown(more)}",
                f"Take the other rights away and delegate `member` alone: {_DELEGATE}",
            )
        return "the account may write nothing but the scope group's members"

    def may_write_no_other(self) -> str:
        groups = self._connection.search(
            "(objectCategory=group)", ["objectGUID", "sAMAccountName", *RIGHTS]
        )
        return judge_other_groups(look_at(groups, self._group().guid.bytes_le))

    def _group(self) -> ScopeGroup:
        return ScopeGroup.resolve(
            self._connection,
            self._settings.scope_group,
            of_forest=bool(self._settings.catalogues),
        )

    def _rights(self) -> Rights:
        entry = self._connection.read(f"<GUID={self._group().guid}>", RIGHTS)
        return Rights.of(entry or {})


def judge_other_groups(found: OtherGroups) -> str:
    """Checks that the account may write none of the groups that are not its own to write."""
    if found.writable:
        raise CheckFailed(
            f"the account may also write {len(found.writable)} of {found.looked_at} other "
            f"groups: {shown(found.writable)}",
            "Take away what it inherits or has as a member of other groups; delegate on the "
            "scope group itself, not on its OU.",
        )
    if found.silent and found.silent == found.looked_at:
        raise CheckFailed(
            "AD says of no other group what the account may write there",
            "Let it read sDRightsEffective, as everybody may by default (General Information).",
        )
    bound = f", the first {MOST_GROUPS} that AD showed" if found.more else ""
    silent = f"; of {found.silent} AD does not say" if found.silent else ""
    return f"the account may write none of {found.looked_at} other groups{bound}{silent}"


def _no_age(settings: DirectorySettings, connection: DirectoryConnection) -> str:
    entry = connection.read(settings.base, ["minPwdAge"]) or {}
    if "minPwdAge" not in entry:
        raise NotApplicable("the account may not read the domain's password policy")
    # A negative number of 100 ns (MS-ADTS, the syntax of intervals).
    age = timedelta(microseconds=abs(int(entry["minPwdAge"][0])) // 10)
    if age:
        raise CheckFailed(
            f"the domain's minimum password age is {age}",
            "Set it to 0 in the Default Domain Policy, or a second reset within that time fails "
            "(event 33008).",
        )
    return "0 in the domain's policy; fine-grained policies are not read"


def _out_of_sight() -> str:
    raise NotApplicable(
        "the rights of Entra Connect's connector account cannot be seen by the worker's account",
        "On the Connect host: Get-ADSyncADConnectorAccount, and "
        "Set-ADSyncPasswordWritebackPermissions where a writeback fails with 33004.",
    )
