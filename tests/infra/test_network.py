"""The private network: closed to others, and made so that it can be made, and made again."""

from typing import Any

import pytest

from tests.support.infra.snapshots import SNAPSHOTS, Snapshot

CLOSED = ("private-network", "everything")
HIDDEN = (
    "Microsoft.ServiceBus/namespaces",
    "Microsoft.Storage/storageAccounts",
    "Microsoft.KeyVault/vaults",
)
PRIVATE = SNAPSHOTS["private-network"]


@pytest.fixture(scope="session")
def network(template: dict[str, Any]) -> dict[str, Any]:
    """The network's own template, compiled."""
    module = template["resources"]["network"]
    resources: dict[str, Any] = module["properties"]["template"]["resources"]
    return resources


@pytest.mark.parametrize("one", SNAPSHOTS.values(), ids=SNAPSHOTS)
def test_public_doors_are_closed_where_it_is_asked_for_and_only_there(one: Snapshot) -> None:
    closed = one.name in CLOSED
    for kind in HIDDEN:
        assert one.only(kind)["publicNetworkAccess"] == ("Disabled" if closed else "Enabled")
    assert bool(one.made("Microsoft.Network/virtualNetworks")) == closed
    assert bool(one.only("Microsoft.Web/sites").get("virtualNetworkSubnetId")) == closed


@pytest.mark.parametrize("one", SNAPSHOTS.values(), ids=SNAPSHOTS)
def test_private_endpoints_force_the_premium_tier_of_service_bus(one: Snapshot) -> None:
    """Source: "Azure Service Bus Premium messaging tier". Basic has no duplicate detection."""
    (bus,) = one.made("Microsoft.ServiceBus/namespaces")
    assert bus["sku"]["name"] == ("Premium" if one.name in CLOSED else "Standard")


def test_a_deployment_takes_no_subnet_away_that_the_customer_has_added() -> None:
    """A list of subnets in the network would be the whole of them."""
    assert PRIVATE.only("Microsoft.Network/virtualNetworks").keys() == {"addressSpace"}
    made = PRIVATE.made("Microsoft.Network/virtualNetworks/subnets")
    assert [one["properties"]["addressPrefix"] for one in made] == ["10.90.0.0/26", "10.90.0.64/26"]


def test_what_gets_into_each_other_s_way_is_made_one_after_the_other(
    network: dict[str, Any],
) -> None:
    assert network["privateEndpoints"]["copy"]["mode"] == "serial"
    assert network["privateEndpoints"]["copy"]["batchSize"] == 1
    assert "appSubnet" in network["endpointSubnet"]["dependsOn"]


def test_whatever_is_hidden_can_be_reached_from_within() -> None:
    endpoints = [one["properties"] for one in PRIVATE.made("Microsoft.Network/privateEndpoints")]
    connections = [one["privateLinkServiceConnections"][0]["properties"] for one in endpoints]
    reached = {
        (one["privateLinkServiceId"].split("/providers/")[1].rpartition("/")[0], group)
        for one in connections
        for group in one["groupIds"]
    }
    assert reached == {
        ("Microsoft.ServiceBus/namespaces", "namespace"),
        ("Microsoft.Storage/storageAccounts", "blob"),
        ("Microsoft.Storage/storageAccounts", "table"),
        ("Microsoft.KeyVault/vaults", "vault"),
    }
    assert len(PRIVATE.made("Microsoft.Network/privateDnsZones")) == len(reached)
