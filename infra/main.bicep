// Everything that sspr-rollout needs in Azure, in a resource group of its own: `azd up`.
// Whoever runs it needs Contributor on the subscription and the right to assign roles there. What the
// set-ups of examples/ come to, resource by resource, stands beside each as a snapshot.

targetScope = 'subscription'

import {
  checkedEmail
  checkedId
  checkedIds
  checkedNetwork
  checkedRedundancy
  checkedSecretNames
  checkedSettings
  redundancy
} from 'modules/checks.bicep'

@description('Name of the azd environment; the resource group and every resource are named by it, in lower case.')
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

@description('Which of Microsoft\'s clouds this is: public, usgov (GCC High), usgov-dod or china.')
@allowed(['public', 'usgov', 'usgov-dod', 'china'])
param cloud string = 'public'

@description('Object ids, separated by commas, of groups never to enrol.')
param excludedGroupIds string = ''

@description('With Cloud Sync: object ids, separated by commas, of its configurations\' service principals.')
param cloudSyncIds string = ''

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

@description('Addresses that alerts are posted to as well, with commas between, in the common alert schema; each carries its own secret.')
@secure()
param alertWebhooks string = ''

@description('Where this deployment\'s people read the runbook; every alarm links to its own heading there.')
param runbookUrl string = 'docs/operations.md'

@description('Private endpoints and no public ones for Service Bus, storage and the key vault. Service Bus is then of the Premium tier, which costs many times as much. The subscription has to have the resource provider Microsoft.App registered, which no deployment of this template does.')
param privateNetwork bool = false

@description('The private network\'s addresses; at least a /25.')
param networkAddressPrefix string = '10.90.0.0/24'

@description('How the ledger is kept safe. No later deployment can change it.')
param storageRedundancy redundancy = 'Standard_ZRS'

@description('On what the app gets its role for the ledger: each table, or the account. Back at each table, the one on the account stays until somebody takes it away.')
@allowed(['table', 'account'])
param ledgerScope string = 'table'

@description('recover: bring back the key vault of this environment that was deleted less than seven days ago.')
@allowed(['default', 'recover'])
param vaultCreateMode string = 'default'

@description('False, for an environment that comes and goes: the vault can then be purged with it. Cannot be switched off afterwards.')
param vaultPurgeProtection bool = true

@description('Days that logs are kept.')
@minValue(30)
@maxValue(730)
param logRetentionInDays int = 90

@description('Gigabytes a day after which no more logs are taken in until the next day, and alarms see nothing; -1: no end.')
@minValue(-1)
@maxValue(100)
param logDailyCapInGB int = 1

@description('At most so many instances at once of each group of functions: all of HTTP together are one, every other function is one of its own.')
@minValue(1)
@maxValue(1000)
param maximumInstanceCount int = 40

@description('Memory of an instance of the app.')
@allowed([512, 2048, 4096])
param instanceMemoryMB int = 2048

@description('Instances that always wait for an HTTP request; each is paid for by the hour.')
@minValue(0)
@maxValue(10)
param httpAlwaysReady int = 0

@description('Instances that are always there for each of the five functions that take messages off a queue; each is paid for by the hour. For where the platform does not wake the app: alarm queue-stalled.')
@minValue(0)
@maxValue(10)
param queuesAlwaysReady int = 0

@description('More settings, NAME=VALUE;NAME=VALUE, as local.settings.json.sample names them. Others that are set by hand are taken away by the next deployment.')
param moreSettings string = ''

@description('Tags of every resource and of the group, NAME=VALUE;NAME=VALUE: for policies that refuse what has none.')
param moreTags string = ''

// One spelling for what has several: West Europe and westeurope are one region, Prod and prod one
// environment. Two spellings would otherwise make everything twice.
var environmentKey = toLower(trim(environmentName))
var region = toLower(replace(location, ' ', ''))
var token = uniqueString(subscription().id, environmentKey, region)
// azd looks for its own spelling, and finds nothing again without it.
var tags = union(checkedSettings('AZURE_TAGS', moreTags), { 'azd-env-name': environmentName })

// Known before anything is made, so that a preview shows what hangs on them.
var name = {
  identity: 'id-sspr-${token}'
  workspace: 'log-sspr-${token}'
  applicationInsights: 'appi-sspr-${token}'
  storage: 'stsspr${token}'
  serviceBus: 'sbns-sspr-${token}'
  keyVault: 'kv-sspr-${token}'
  network: 'vnet-sspr-${token}'
  plan: 'plan-sspr-${token}'
  functionApp: 'func-sspr-${token}'
}

resource group 'Microsoft.Resources/resourceGroups@2024-11-01' = {
  // Not rg-NAME, which may be somebody else's: `azd down` deletes the group with all that is in it.
  name: 'rg-sspr-${environmentKey}'
  location: region
  tags: tags
}

module identity 'modules/identity.bicep' = {
  scope: group
  params: {
    location: region
    tags: tags
    name: name.identity
  }
}

module monitoring 'modules/monitoring.bicep' = {
  scope: group
  params: {
    location: region
    tags: tags
    workspaceName: name.workspace
    applicationInsightsName: name.applicationInsights
    retentionInDays: logRetentionInDays
    dailyCapInGB: logDailyCapInGB
  }
}

module storage 'modules/storage.bicep' = {
  scope: group
  params: {
    location: region
    tags: tags
    name: name.storage
    chosenRedundancy: checkedRedundancy('AZURE_STORAGE_REDUNDANCY', storageRedundancy, region, loadJsonContent('regions.json').withoutZones)
    isPrivate: privateNetwork
    workspaceId: monitoring.outputs.workspaceId
  }
}

module serviceBus 'modules/service-bus.bicep' = {
  scope: group
  params: {
    location: region
    tags: tags
    name: name.serviceBus
    isPrivate: privateNetwork
    workspaceId: monitoring.outputs.workspaceId
  }
}

module keyVault 'modules/key-vault.bicep' = {
  scope: group
  params: {
    location: region
    tags: tags
    name: name.keyVault
    createMode: vaultCreateMode
    purgeProtection: vaultPurgeProtection
    isPrivate: privateNetwork
    workspaceId: monitoring.outputs.workspaceId
  }
}

module roles 'modules/roles.bicep' = {
  scope: group
  dependsOn: [identity, monitoring, storage, serviceBus, keyVault]
  params: {
    serviceBusName: name.serviceBus
    storageName: name.storage
    keyVaultName: name.keyVault
    applicationInsightsName: name.applicationInsights
    appIdentityName: name.identity
    workerPrincipalId: checkedId('AZURE_WORKER_PRINCIPAL_ID', workerPrincipalId)
    ledgerScope: ledgerScope
  }
}

module network 'modules/network.bicep' = if (privateNetwork) {
  scope: group
  params: {
    location: region
    tags: tags
    name: name.network
    cloud: cloud
    addressPrefix: checkedNetwork('AZURE_NETWORK_ADDRESS_PREFIX', networkAddressPrefix)
    serviceBusId: serviceBus.outputs.id
    storageId: storage.outputs.id
    keyVaultId: keyVault.outputs.id
  }
}

module functionApp 'modules/function-app.bicep' = {
  scope: group
  // Settings that refer to the key vault are read when they are written.
  dependsOn: [roles]
  params: {
    location: region
    tags: tags
    name: name.functionApp
    planName: name.plan
    identityId: identity.outputs.id
    identityClientId: identity.outputs.clientId
    packageContainerUrl: storage.outputs.packageContainerUrl
    storageName: name.storage
    blobEndpoint: storage.outputs.blobEndpoint
    tableEndpoint: storage.outputs.tableEndpoint
    serviceBusNamespace: serviceBus.outputs.fullyQualifiedNamespace
    applicationInsightsConnectionString: monitoring.outputs.connectionString
    keyVaultName: name.keyVault
    subnetId: network.?outputs.appSubnetId ?? ''
    maximumInstanceCount: maximumInstanceCount
    instanceMemoryMB: instanceMemoryMB
    httpAlwaysReady: httpAlwaysReady
    queuesAlwaysReady: queuesAlwaysReady
    cloud: cloud
    scopeGroupId: checkedId('SSPR_SCOPE_GROUP_ID', scopeGroupId)
    topology: topology
    excludedGroupIds: checkedIds('SSPR_EXCLUDED_GROUP_IDS', excludedGroupIds)
    cloudSyncIds: checkedIds('SSPR_CLOUD_SYNC_IDS', cloudSyncIds)
    operatorAppId: checkedId('AZURE_OPERATOR_APP_ID', operatorAppId)
    hrSecretNames: checkedSecretNames('AZURE_HR_SECRET_NAMES', hrSecretNames)
    hrAudience: hrAudience
    moreSettings: checkedSettings('AZURE_MORE_SETTINGS', moreSettings)
  }
}

module alerts 'modules/alerts.bicep' = {
  scope: group
  params: {
    location: region
    tags: tags
    prefix: 'sspr-${environmentKey}'
    serviceBusNamespaceId: serviceBus.outputs.id
    workspaceId: monitoring.outputs.workspaceId
    applicationInsightsId: monitoring.outputs.applicationInsightsId
    alertEmail: checkedEmail('AZURE_ALERT_EMAIL', alertEmail)
    webhooks: alertWebhooks
    runbook: runbookUrl
    expectsWorker: topology != 'cloud' && !empty(workerPrincipalId)
  }
}

module workbook 'modules/workbook.bicep' = {
  scope: group
  params: {
    location: region
    tags: tags
    workspaceId: monitoring.outputs.workspaceId
    serviceBusNamespaceId: serviceBus.outputs.id
    displayName: 'SSPR rollout (${environmentName})'
  }
}

output AZURE_LOCATION string = region
output AZURE_TENANT_ID string = tenant().tenantId
output AZURE_RESOURCE_GROUP string = group.name
output AZURE_FUNCTION_APP_NAME string = functionApp.outputs.name
output AZURE_KEY_VAULT_NAME string = name.keyVault

@description('To whom the Graph permissions are granted.')
output AZURE_APP_PRINCIPAL_ID string = identity.outputs.principalId

@description('For the command line.')
output SSPR_URL string = functionApp.outputs.url

@description('For worker.env.')
output SSPR_WORKER_SERVICE_BUS_NAMESPACE string = serviceBus.outputs.fullyQualifiedNamespace
