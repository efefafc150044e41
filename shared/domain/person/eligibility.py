"""Who may be enrolled at all; asked before any write."""

from shared.domain.person.people import Memberships, Person
from shared.domain.person.policy import Policy, SourceOfAuthority
from shared.domain.person.reasons import Reason


def refusal(person: Person, memberships: Memberships, policy: Policy) -> Reason | None:
    """Returns why the person may not be enrolled, or None if they may.

    Protection in AD (`adminCount=1`) is not visible in Entra; the worker checks it.
    """
    return (
        _by_account(person, policy)
        or _by_memberships(memberships, policy)
        or _by_person(person, policy)
    )


def _by_account(person: Person, policy: Policy) -> Reason | None:
    """Returns why the account is nobody's who has a password here, or cannot be used."""
    if person.guest:
        return Reason.GUEST
    if person.external_member and not policy.external_members:
        return Reason.EXTERNAL_MEMBER
    if policy.kind_of(person) is not None:
        return Reason.EXCLUDED_KIND
    return None if person.enabled else Reason.DISABLED


def _by_memberships(memberships: Memberships, policy: Policy) -> Reason | None:
    if memberships.holds_directory_role:
        return Reason.ADMINISTRATOR
    if memberships.group_ids & policy.excluded_group_ids:
        return Reason.EXCLUDED_GROUP
    if policy.population_group_ids and not memberships.group_ids & policy.population_group_ids:
        return Reason.OUTSIDE_POPULATION
    return None


def _by_person(person: Person, policy: Policy) -> Reason | None:
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
