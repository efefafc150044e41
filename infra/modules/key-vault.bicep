// The secrets that HR systems sign their webhooks with. They are put in by hand, never by a
// deployment, so that no template, parameter file or log has them.

param location string
param tags { *: string }
param name string

@description('recover: bring back the vault of this name that was deleted less than seven days ago.')
@allowed(['default', 'recover'])
param createMode string

@description('Nobody can destroy the vault for good within seven days; cannot be switched off again.')
param purgeProtection bool

@description('No public endpoint; a private endpoint is made by the module network.')
param isPrivate bool

@description('Log Analytics: every use of a secret is logged there with who used it.')
param workspaceId string

resource vault 'Microsoft.KeyVault/vaults@2023-07-01' = {
  name: name
  location: location
  tags: tags
  properties: {
    tenantId: tenant().tenantId
    createMode: createMode
    sku: {
      family: 'A'
      name: 'standard'
    }
    enableRbacAuthorization: true
    enableSoftDelete: true
    // The shortest there is: a secret can be made anew at the HR system, and until it is over the
    // vault's name is taken: only createMode recover, or another environment, goes on before that.
    softDeleteRetentionInDays: 7
    // Absent, not false: Azure refuses false. Source: the vault's reference of templates.
    enablePurgeProtection: purgeProtection ? true : null
    publicNetworkAccess: isPrivate ? 'Disabled' : 'Enabled'
    networkAcls: {
      bypass: 'None'
      defaultAction: isPrivate ? 'Deny' : 'Allow'
    }
  }
}

resource logs 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  scope: vault
  name: 'audit'
  properties: {
    workspaceId: workspaceId
    logs: [
      {
        categoryGroup: 'audit'
        enabled: true
      }
    ]
  }
}

output id string = vault.id
