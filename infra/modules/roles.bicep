// Who may do what, all of it in one file: no other module assigns a role. Each is the narrowest
// built-in role at the narrowest scope; none is an owner's or a contributor's of a resource.
//
// Sender here and Receiver there mean that the worker can neither make commands nor read anybody
// else's messages. Of its commands the app reads and takes the dead letters alone: Azure has no role
// on a dead-letter sub-queue that is not one on the whole queue. Without "Manage" the
// Functions platform scales by the age of the oldest message and not by their number; that is enough.

param serviceBusName string
param storageName string
param keyVaultName string
param applicationInsightsName string

param appIdentityName string

@description('Object id of the worker machine\'s identity (Azure Arc), or of an app registration; empty: none yet.')
param workerPrincipalId string

@description('table: on each of the ledger\'s tables. account: on all tables of the account, should transactions be refused with AuthorizationPermissionMismatch.')
@allowed(['table', 'account'])
param ledgerScope string

var appReceivesFrom = [
  'onboarding-events'
  'scope-changes'
  // Its dead letters only: sspr dead-letters. The worker takes what lies in front.
  'directory-commands'
  'directory-results'
  'rollout-operations'
  'lifecycle-callbacks'
]
var appSendsTo = [
  'onboarding-events'
  'scope-changes'
  'directory-commands'
  // What it has received and cannot record yet it gives back.
  'directory-results'
  'rollout-operations'
  'lifecycle-callbacks'
]
var workerReceivesFrom = empty(workerPrincipalId) ? [] : ['directory-commands']
var workerSendsTo = empty(workerPrincipalId) ? [] : ['directory-results']
var tables = ledgerScope == 'table' ? loadJsonContent('../tables.json') : []

// Source of the ids: "Azure built-in roles", Microsoft Learn.
var role = {
  serviceBusDataReceiver: '4f6d3b9b-027b-4f4c-9142-0e5a2a2247e0'
  serviceBusDataSender: '69a216fc-b8fb-44d8-bc22-1f3c2cd27a39'
  storageTableDataContributor: '0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3'
  storageBlobDataOwner: 'b7e6dc6d-f1e8-4753-8033-0f276bb0955b'
  keyVaultSecretsUser: '4633458b-17de-408a-b874-0445c86b69e6'
  monitoringMetricsPublisher: '3913510d-42f4-4e42-8a64-420c390055eb'
}

// An assignment is named by the identity's address and not by its principal id, which nobody knows
// before it is made: a preview would show no assignment. So where the identity is made anew under its
// old name, the assignments of the one before have to be deleted first.
resource appIdentity 'Microsoft.ManagedIdentity/userAssignedIdentities@2023-01-31' existing = {
  name: appIdentityName
}

resource serviceBus 'Microsoft.ServiceBus/namespaces@2024-01-01' existing = {
  name: serviceBusName
}

resource appReceiverQueues 'Microsoft.ServiceBus/namespaces/queues@2024-01-01' existing = [
  for queue in appReceivesFrom: {
    parent: serviceBus
    name: queue
  }
]

resource appReceives 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for (queue, i) in appReceivesFrom: {
    scope: appReceiverQueues[i]
    name: guid(serviceBus.id, queue, appIdentity.id, role.serviceBusDataReceiver)
    properties: {
      principalId: appIdentity.properties.principalId
      principalType: 'ServicePrincipal'
      roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', role.serviceBusDataReceiver)
    }
  }
]

resource appSenderQueues 'Microsoft.ServiceBus/namespaces/queues@2024-01-01' existing = [
  for queue in appSendsTo: {
    parent: serviceBus
    name: queue
  }
]

resource appSends 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for (queue, i) in appSendsTo: {
    scope: appSenderQueues[i]
    name: guid(serviceBus.id, queue, appIdentity.id, role.serviceBusDataSender)
    properties: {
      principalId: appIdentity.properties.principalId
      principalType: 'ServicePrincipal'
      roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', role.serviceBusDataSender)
    }
  }
]

resource workerReceiverQueues 'Microsoft.ServiceBus/namespaces/queues@2024-01-01' existing = [
  for queue in workerReceivesFrom: {
    parent: serviceBus
    name: queue
  }
]

resource workerReceives 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for (queue, i) in workerReceivesFrom: {
    scope: workerReceiverQueues[i]
    name: guid(serviceBus.id, queue, workerPrincipalId, role.serviceBusDataReceiver)
    properties: {
      principalId: workerPrincipalId
      principalType: 'ServicePrincipal'
      roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', role.serviceBusDataReceiver)
    }
  }
]

resource workerSenderQueues 'Microsoft.ServiceBus/namespaces/queues@2024-01-01' existing = [
  for queue in workerSendsTo: {
    parent: serviceBus
    name: queue
  }
]

resource workerSends 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for (queue, i) in workerSendsTo: {
    scope: workerSenderQueues[i]
    name: guid(serviceBus.id, queue, workerPrincipalId, role.serviceBusDataSender)
    properties: {
      principalId: workerPrincipalId
      principalType: 'ServicePrincipal'
      roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', role.serviceBusDataSender)
    }
  }
]

resource storage 'Microsoft.Storage/storageAccounts@2024-01-01' existing = {
  name: storageName
}

// The host makes containers of its own and takes leases; Microsoft asks for Owner of the blob data,
// which is no role on the account itself. Source: "Connecting to host storage with an identity",
// Azure Functions developer guide.
resource hostBlobs 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: storage
  name: guid(storage.id, appIdentity.id, role.storageBlobDataOwner)
  properties: {
    principalId: appIdentity.properties.principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', role.storageBlobDataOwner)
  }
}

resource tableService 'Microsoft.Storage/storageAccounts/tableServices@2024-01-01' existing = {
  parent: storage
  name: 'default'
}

resource ledgerTables 'Microsoft.Storage/storageAccounts/tableServices/tables@2024-01-01' existing = [
  for table in tables: {
    parent: tableService
    name: table
  }
]

resource ledgerRows 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for (table, i) in tables: {
    scope: ledgerTables[i]
    name: guid(storage.id, table, appIdentity.id, role.storageTableDataContributor)
    properties: {
      principalId: appIdentity.properties.principalId
      principalType: 'ServicePrincipal'
      roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', role.storageTableDataContributor)
    }
  }
]

resource ledgerAccount 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (ledgerScope == 'account') {
  scope: storage
  name: guid(storage.id, appIdentity.id, role.storageTableDataContributor)
  properties: {
    principalId: appIdentity.properties.principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', role.storageTableDataContributor)
  }
}

resource vault 'Microsoft.KeyVault/vaults@2023-07-01' existing = {
  name: keyVaultName
}

// On the vault and not on each secret: a secret is put in by hand later, and a role needs its scope to
// be there. Nothing else is in this vault.
resource secrets 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: vault
  name: guid(vault.id, appIdentity.id, role.keyVaultSecretsUser)
  properties: {
    principalId: appIdentity.properties.principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', role.keyVaultSecretsUser)
  }
}

resource applicationInsights 'Microsoft.Insights/components@2020-02-02' existing = {
  name: applicationInsightsName
}

resource telemetry 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: applicationInsights
  name: guid(applicationInsights.id, appIdentity.id, role.monitoringMetricsPublisher)
  properties: {
    principalId: appIdentity.properties.principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', role.monitoringMetricsPublisher)
  }
}
