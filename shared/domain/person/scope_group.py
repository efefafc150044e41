"""The scope group's kind: whether Graph may write it, looked at before anybody is written."""

from dataclasses import dataclass

from shared.domain.person.policy import Topology
from shared.domain.person.reasons import Reason


@dataclass(frozen=True, slots=True, kw_only=True)
class ScopeGroup:
    """A group as Graph shows it, as far as it matters who may write it."""

    synced: bool = False
    dynamic: bool = False
    microsoft_365: bool = False
    mail_enabled: bool = False
    security_enabled: bool = True
    role_assignable: bool = False


def obstacle_to_writing(group: ScopeGroup) -> Reason | None:
    """Returns why Graph does not let this app write the group, or should not; None if nothing does.

    The order is that of the remedies: the first is the one without which the others are in vain.
    """
    found = {
        Reason.GROUP_SYNCED: group.synced,
        Reason.GROUP_DYNAMIC: group.dynamic,
        Reason.GROUP_MICROSOFT_365: group.microsoft_365,
        Reason.GROUP_MAIL_ENABLED: group.mail_enabled or not group.security_enabled,
        Reason.GROUP_ROLE_ASSIGNABLE: group.role_assignable,
    }
    return next((reason for reason, is_so in found.items() if is_so), None)


def obstacle_to_topology(group: ScopeGroup, topology: Topology) -> Reason | None:
    """Returns what is wrong with the group where SSPR's one group is built like that."""
    if topology is Topology.SYNCED:
        return None if group.synced else Reason.GROUP_NOT_SYNCED
    return obstacle_to_writing(group)
