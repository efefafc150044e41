"""Who may be enrolled at all; asked before any write."""

from shared.domain.person.people import Memberships, Person
from shared.domain.person.policy import Policy, SourceOfAuthority
from shared.domain.person.reasons import Reason


def refusal(person: Person, memberships: Memberships, policy: Policy) -> Reason | None:
    """Returns why the person may not be enrolled, or None if they may.

    Protection in AD (`adminCount=1`) is not visible in Entra; the worker checks it.
    """
    if person.guest:
        return Reason.GUEST
    if not person.enabled:
        return Reason.DISABLED
    if memberships.holds_directory_role:
        return Reason.ADMINISTRATOR
    if memberships.group_ids & policy.excluded_group_ids:
        return Reason.EXCLUDED_GROUP
    if policy.population_group_ids and not memberships.group_ids & policy.population_group_ids:
        return Reason.OUTSIDE_POPULATION
    if person.object_id in policy.excluded_object_ids:
        return Reason.EXCLUDED_PERSON
    if any(rule.matches(person) for rule in policy.excluded_attributes):
        return Reason.EXCLUDED_ATTRIBUTE
    if not person.licensed:
        return Reason.UNLICENSED
    return _out_of_reach(person, policy)


def _out_of_reach(person: Person, policy: Policy) -> Reason | None:
    """Returns why nobody could write the person's membership, or None if somebody can."""
    source_of_authority = policy.topology.source_of_authority(synced=person.synced)
    if source_of_authority is None:
        return Reason.CLOUD_USER_OUT_OF_REACH
    on_premises = source_of_authority is SourceOfAuthority.ON_PREMISES
    return None if not on_premises or policy.serves(person.domain) else Reason.DOMAIN_NOT_SERVED
