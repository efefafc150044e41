// Private networking, for tenants that ask for it: a network with the app on one subnet and private
// endpoints of Service Bus, storage and the key vault on another, found by private DNS zones. The app
// itself stays reachable from outside: HR systems and operators call it.
//
// The worker needs a way in (VPN, ExpressRoute) and a resolver that knows the zones.

param location string
param tags { *: string }
param name string
param addressPrefix string

@allowed(['public', 'usgov', 'usgov-dod', 'china'])
param cloud string

param serviceBusId string
param storageId string
param keyVaultId string

// What Azure calls the zones of Service Bus and Key Vault in each cloud; those of storage the compiler
// knows. Source: https://learn.microsoft.com/azure/private-link/private-endpoint-dns, read on 29
// November 2026.
var namesOfZones = {
  public: { serviceBus: 'servicebus.windows.net', vault: 'vaultcore.azure.net' }
  usgov: { serviceBus: 'servicebus.usgovcloudapi.net', vault: 'vaultcore.usgovcloudapi.net' }
  'usgov-dod': { serviceBus: 'servicebus.usgovcloudapi.net', vault: 'vaultcore.usgovcloudapi.net' }
  china: { serviceBus: 'servicebus.chinacloudapi.cn', vault: 'vaultcore.azure.cn' }
}
var names = namesOfZones[cloud]

var endpoints = [
  {
    name: 'servicebus'
    resourceId: serviceBusId
    group: 'namespace'
    zone: 'privatelink.${names.serviceBus}'
  }
  {
    name: 'blob'
    resourceId: storageId
    group: 'blob'
    zone: 'privatelink.blob.${environment().suffixes.storage}'
  }
  {
    name: 'table'
    resourceId: storageId
    group: 'table'
    zone: 'privatelink.table.${environment().suffixes.storage}'
  }
  {
    name: 'vault'
    resourceId: keyVaultId
    group: 'vault'
    zone: 'privatelink.${names.vault}'
  }
]

// Its default rules let in only what comes from within the network.
resource guard 'Microsoft.Network/networkSecurityGroups@2024-05-01' = {
  name: '${name}-nsg'
  location: location
  tags: tags
}

resource network 'Microsoft.Network/virtualNetworks@2024-05-01' = {
  name: name
  location: location
  tags: tags
  properties: {
    addressSpace: {
      addressPrefixes: [addressPrefix]
    }
    // No subnets here: the list would be the whole of them, and a deployment would take away those that
    // somebody added for a gateway. Source: issue 1687 of Azure/bicep-types-az.
  }
}

// Flex Consumption shares no subnet with anything else and takes one address an instance.
resource appSubnet 'Microsoft.Network/virtualNetworks/subnets@2024-05-01' = {
  parent: network
  name: 'app'
  properties: {
    addressPrefix: cidrSubnet(addressPrefix, 26, 0)
    networkSecurityGroup: { id: guard.id }
    delegations: [
      {
        name: 'functions'
        properties: { serviceName: 'Microsoft.App/environments' }
      }
    ]
  }
}

// A network refuses a change while another one is under way.
resource endpointSubnet 'Microsoft.Network/virtualNetworks/subnets@2024-05-01' = {
  parent: network
  name: 'endpoints'
  dependsOn: [appSubnet]
  properties: {
    addressPrefix: cidrSubnet(addressPrefix, 26, 1)
    networkSecurityGroup: { id: guard.id }
    privateEndpointNetworkPolicies: 'Enabled'
  }
}

resource zones 'Microsoft.Network/privateDnsZones@2020-06-01' = [
  for endpoint in endpoints: {
    name: endpoint.zone
    location: 'global'
    tags: tags
  }
]

resource zoneLinks 'Microsoft.Network/privateDnsZones/virtualNetworkLinks@2020-06-01' = [
  for (endpoint, i) in endpoints: {
    parent: zones[i]
    name: name
    location: 'global'
    tags: tags
    properties: {
      registrationEnabled: false
      virtualNetwork: { id: network.id }
    }
  }
]

// One after the other: side by side on one subnet or account, one of three fails. Source: issue 6001 of
// Azure/bicep-registry-modules.
@batchSize(1)
resource privateEndpoints 'Microsoft.Network/privateEndpoints@2024-05-01' = [
  for endpoint in endpoints: {
    name: '${name}-${endpoint.name}'
    location: location
    tags: tags
    properties: {
      subnet: { id: endpointSubnet.id }
      privateLinkServiceConnections: [
        {
          name: endpoint.name
          properties: {
            #disable-next-line use-resource-id-functions // they come by the list above, as parameters
            privateLinkServiceId: endpoint.resourceId
            groupIds: [endpoint.group]
          }
        }
      ]
    }
  }
]

resource zoneGroups 'Microsoft.Network/privateEndpoints/privateDnsZoneGroups@2024-05-01' = [
  for (endpoint, i) in endpoints: {
    parent: privateEndpoints[i]
    name: 'default'
    properties: {
      privateDnsZoneConfigs: [
        {
          name: endpoint.name
          properties: { privateDnsZoneId: zones[i].id }
        }
      ]
    }
  }
]

output appSubnetId string = appSubnet.id
