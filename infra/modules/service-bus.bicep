// The namespace and its queues. How each queue behaves stands in queues.json, which the sandbox reads
// as well, so that what was tried there is what is deployed here.

param location string
param tags { *: string }
param name string

@description('No public endpoint. Private endpoints exist in the Premium tier only, which this chooses.')
param isPrivate bool

@description('Log Analytics: changes of the namespace and who connects, where the tier tells.')
param workspaceId string

// TimeSpan.MaxValue, which is how Service Bus writes "never".
var never = 'P10675199DT2H48M5.4775807S'

resource namespace 'Microsoft.ServiceBus/namespaces@2024-01-01' = {
  name: name
  location: location
  tags: tags
  // Basic has neither duplicate detection nor messages that are kept for longer than two weeks.
  sku: isPrivate ? { name: 'Premium', tier: 'Premium', capacity: 1 } : { name: 'Standard', tier: 'Standard' }
  properties: {
    disableLocalAuth: true
    minimumTlsVersion: '1.2'
    publicNetworkAccess: isPrivate ? 'Disabled' : 'Enabled'
  }
}

resource queues 'Microsoft.ServiceBus/namespaces/queues@2024-01-01' = [
  for queue in items(loadJsonContent('../queues.json')): {
    parent: namespace
    name: queue.key
    properties: {
      lockDuration: 'PT${queue.value.lockDurationSeconds}S'
      maxDeliveryCount: queue.value.maxDeliveryCount
      requiresDuplicateDetection: true
      duplicateDetectionHistoryTimeWindow: 'PT${queue.value.duplicateDetectionWindowSeconds}S'
      defaultMessageTimeToLive: queue.value.?defaultTimeToLiveSeconds == null ? never : 'PT${queue.value.?defaultTimeToLiveSeconds}S'
      deadLetteringOnMessageExpiration: queue.value.deadLetterOnExpiration
      maxSizeInMegabytes: 5120
    }
  }
]

resource logs 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  scope: namespace
  name: 'all'
  properties: {
    workspaceId: workspaceId
    logs: [
      {
        categoryGroup: 'allLogs'
        enabled: true
      }
    ]
  }
}

output id string = namespace.id
output name string = namespace.name
@description('As clients want it: NAME.servicebus.windows.net.')
output fullyQualifiedNamespace string = replace(replace(namespace.properties.serviceBusEndpoint, 'https://', ''), ':443/', '')
