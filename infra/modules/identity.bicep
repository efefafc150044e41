// Who the app is, to every other resource and to Microsoft Graph. Assigned by the user and not by the
// system, so that its roles are there before the app first starts and survive the app's replacement.

param location string
param tags { *: string }
param name string

resource identity 'Microsoft.ManagedIdentity/userAssignedIdentities@2023-01-31' = {
  name: name
  location: location
  tags: tags
}

output id string = identity.id
output clientId string = identity.properties.clientId
output principalId string = identity.properties.principalId
