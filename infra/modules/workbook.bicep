// The rollout at a glance, in the portal: what the app has told of itself, and the queues.
param location string
param tags { *: string }
param workspaceId string
param serviceBusNamespaceId string
param displayName string

var content = loadTextContent('../monitoring/rollout.workbook.json')

resource workbook 'Microsoft.Insights/workbooks@2023-06-01' = {
  // By what is known beforehand, so that a preview shows the workbook.
  name: guid(resourceGroup().id, 'sspr-rollout')
  location: location
  tags: tags
  kind: 'shared'
  properties: {
    displayName: displayName
    category: 'workbook'
    version: '1.0'
    sourceId: workspaceId
    serializedData: replace(replace(content, '__workspaceId__', workspaceId), '__serviceBusNamespaceId__', serviceBusNamespaceId)
  }
}
