// The rollout at a glance, in the portal: what the app has told of itself, and the queues.
param location string
param tags object
param workspaceId string
param serviceBusNamespaceId string
param displayName string

var content = loadTextContent('../monitoring/rollout.workbook.json')

resource workbook 'Microsoft.Insights/workbooks@2023-06-01' = {
  name: guid(workspaceId, 'sspr-rollout')
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

output workbookId string = workbook.id
