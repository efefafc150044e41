// Everything that sspr-rollout needs in Azure, in a resource group of its own: `azd up`.
// Whoever runs it needs Contributor on the subscription and the right to assign roles there.

targetScope = 'subscription'

@description('Name of the azd environment; the resource group and every resource are named by it.')
@minLength(1)
@maxLength(64)
param environmentName string

@description('A region that has Flex Consumption.')
@minLength(1)
param location string

@description('Object id of the group that is selected under Password reset > Properties in Entra.')
@minLength(36)
@maxLength(36)
param scopeGroupId string

@description('nested: a cloud group with the synced AD group in it. synced: the synced group itself. cloud: no AD.')
@allowed(['nested', 'synced', 'cloud'])
param topology string = 'nested'

@description('Object ids, separated by commas, of groups never to enrol.')
param excludedGroupIds string = ''

@description('Client id of the Entra app registration for operators (requestedAccessTokenVersion 2); empty: they use a function key.')
param operatorAppId string = ''

@description('Object id of the worker machine\'s identity (Azure Arc); empty until it is connected. Another one gets the roles too: those of the one before stay until somebody takes them away.')
param workerPrincipalId string = ''

@description('Names, separated by commas, of the secrets in the key vault that HR webhooks are signed with.')
param hrSecretNames string = ''

@description('The audience that tokens of HR webhooks are for.')
param hrAudience string = ''

@description('Who is sent alerts; empty: alerts are only shown.')
param alertEmail string = ''

@description('Private endpoints and no public ones for Service Bus, storage and the key vault. Service Bus is then of the Premium tier, which costs many times as much. The subscription has to have the resource provider Microsoft.App registered, which no deployment of this template does.')
param privateNetwork bool = false

@description('The private network\'s addresses; at least a /25.')
param networkAddressPrefix string = '10.90.0.0/24'

@description('How the ledger is kept safe.')
@allowed(['Standard_LRS', 'Standard_ZRS', 'Standard_GRS', 'Standard_GZRS'])
param storageRedundancy string = 'Standard_ZRS'

@description('On what the app gets its role for the ledger: each table, or the account. Back at each table, the one on the account stays until somebody takes it away.')
@allowed(['table', 'account'])
param ledgerScope string = 'table'

@description('Days that logs are kept.')
@minValue(30)
@maxValue(730)
param logRetentionInDays int = 90

@description('At most so many instances of the app at once.')
@minValue(1)
@maxValue(1000)
param maximumInstanceCount int = 40

@description('Memory of an instance of the app.')
@allowed([512, 2048, 4096])
param instanceMemoryMB int = 2048

@description('More SSPR_ settings, as local.settings.json.sample names them, to change a default.')
param moreSettings object = {}

var tags = { 'azd-env-name': environmentName }
var token = toLower(uniqueString(subscription().id, environmentName, location))

resource group 'Microsoft.Resources/resourceGroups@2024-11-01' = {
  name: 'rg-${environmentName}'
  location: location
  tags: tags
}

module identity 'modules/identity.bicep' = {
  scope: group
  name: 'identity'
  params: {
    location: location
    tags: tags
    name: 'id-sspr-${token}'
  }
}

module monitoring 'modules/monitoring.bicep' = {
  scope: group
  name: 'monitoring'
  params: {
    location: location
    tags: tags
    workspaceName: 'log-sspr-${token}'
    applicationInsightsName: 'appi-sspr-${token}'
    retentionInDays: logRetentionInDays
  }
}

module storage 'modules/storage.bicep' = {
  scope: group
  name: 'storage'
  params: {
    location: location
    tags: tags
    name: 'stsspr${token}'
    redundancy: storageRedundancy
    isPrivate: privateNetwork
    workspaceId: monitoring.outputs.workspaceId
  }
}

module serviceBus 'modules/service-bus.bicep' = {
  scope: group
  name: 'service-bus'
  params: {
    location: location
    tags: tags
    name: 'sbns-sspr-${token}'
    isPrivate: privateNetwork
    workspaceId: monitoring.outputs.workspaceId
  }
}

module keyVault 'modules/key-vault.bicep' = {
  scope: group
  name: 'key-vault'
  params: {
    location: location
    tags: tags
    name: 'kv-sspr-${token}'
    isPrivate: privateNetwork
    workspaceId: monitoring.outputs.workspaceId
  }
}

module roles 'modules/roles.bicep' = {
  scope: group
  name: 'roles'
  params: {
    serviceBusName: serviceBus.outputs.name
    storageName: storage.outputs.name
    keyVaultName: keyVault.outputs.name
    applicationInsightsName: monitoring.outputs.applicationInsightsName
    appPrincipalId: identity.outputs.principalId
    workerPrincipalId: workerPrincipalId
    ledgerScope: ledgerScope
  }
}

module network 'modules/network.bicep' = if (privateNetwork) {
  scope: group
  name: 'network'
  params: {
    location: location
    tags: tags
    name: 'vnet-sspr-${token}'
    addressPrefix: networkAddressPrefix
    serviceBusId: serviceBus.outputs.id
    storageId: storage.outputs.id
    keyVaultId: keyVault.outputs.id
  }
}

module functionApp 'modules/function-app.bicep' = {
  scope: group
  name: 'function-app'
  // Settings that refer to the key vault are read when they are written.
  dependsOn: [roles]
  params: {
    location: location
    tags: tags
    name: 'func-sspr-${token}'
    planName: 'plan-sspr-${token}'
    identityId: identity.outputs.id
    identityClientId: identity.outputs.clientId
    packageContainerUrl: storage.outputs.packageContainerUrl
    blobEndpoint: storage.outputs.blobEndpoint
    tableEndpoint: storage.outputs.tableEndpoint
    serviceBusNamespace: serviceBus.outputs.fullyQualifiedNamespace
    applicationInsightsConnectionString: monitoring.outputs.connectionString
    keyVaultName: keyVault.outputs.name
    subnetId: privateNetwork ? network.outputs.appSubnetId : ''
    maximumInstanceCount: maximumInstanceCount
    instanceMemoryMB: instanceMemoryMB
    scopeGroupId: scopeGroupId
    topology: topology
    excludedGroupIds: excludedGroupIds
    operatorAppId: operatorAppId
    hrSecretNames: filter(split(replace(hrSecretNames, ' ', ''), ','), name => !empty(name))
    hrAudience: hrAudience
    moreSettings: moreSettings
  }
}

module alerts 'modules/alerts.bicep' = {
  scope: group
  name: 'alerts'
  params: {
    location: location
    tags: tags
    prefix: 'sspr-${environmentName}'
    serviceBusNamespaceId: serviceBus.outputs.id
    workspaceId: monitoring.outputs.workspaceId
    applicationInsightsId: monitoring.outputs.applicationInsightsId
    alertEmail: alertEmail
    expectsWorker: topology != 'cloud'
  }
}

module workbook 'modules/workbook.bicep' = {
  scope: group
  name: 'workbook'
  params: {
    location: location
    tags: tags
    workspaceId: monitoring.outputs.workspaceId
    serviceBusNamespaceId: serviceBus.outputs.id
    displayName: 'SSPR rollout (${environmentName})'
  }
}

output AZURE_LOCATION string = location
output AZURE_TENANT_ID string = tenant().tenantId
output AZURE_RESOURCE_GROUP string = group.name
output AZURE_FUNCTION_APP_NAME string = functionApp.outputs.name
output AZURE_KEY_VAULT_NAME string = keyVault.outputs.name

@description('To whom the Graph permissions are granted.')
output AZURE_APP_PRINCIPAL_ID string = identity.outputs.principalId

@description('For the command line.')
output SSPR_URL string = functionApp.outputs.url

@description('For worker.env.')
output SSPR_WORKER_SERVICE_BUS_NAMESPACE string = serviceBus.outputs.fullyQualifiedNamespace
