"""The rules in force: the tenant's, with a document's on top."""

from datetime import timedelta

from shared.domain.person.people import Attribute
from shared.domain.person.policy import AttributeRule, Policy, TenantRules, Topology

TENANT = TenantRules(
    scope_group_id="scope",
    topology=Topology.CLOUD,
    excluded_group_ids=frozenset({"tenant's"}),
    first_retry=timedelta(minutes=7),
)


def test_without_a_document_the_tenant_s_rules_alone_hold() -> None:
    assert Policy.of(TENANT) == Policy(
        scope_group_id="scope",
        topology=Topology.CLOUD,
        excluded_group_ids=frozenset({"tenant's"}),
        first_retry=timedelta(minutes=7),
    )


def test_a_document_adds_to_the_tenant_s_groups_and_takes_none_away() -> None:
    rule = AttributeRule(Attribute.DEPARTMENT, frozenset({"kiosk"}))
    policy = Policy.of(
        TENANT, excluded_group_ids=frozenset({"document's"}), excluded_attributes=(rule,)
    )
    assert policy.excluded_group_ids == {"tenant's", "document's"}
    assert policy.excluded_attributes == (rule,)
    assert policy.first_retry == timedelta(minutes=7)
