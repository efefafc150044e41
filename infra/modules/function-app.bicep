// The function app on a Flex Consumption plan: its identity everywhere instead of a key, and its
// settings. Shape of `functionAppConfig`: "Create and manage function apps in the Flex Consumption
// plan", Microsoft Learn; settings of identity-based connections: "Azure Functions developer guide".

param location string
param tags { *: string }
param name string
param planName string

param identityId string
param identityClientId string

param packageContainerUrl string
param storageName string
param blobEndpoint string
param tableEndpoint string
param serviceBusNamespace string
param applicationInsightsConnectionString string
param keyVaultName string

@description('A subnet that is delegated to Microsoft.App/environments; empty where nothing is private.')
param subnetId string

@description('At most so many instances at once of each group of functions. Graph is slower than any number of them.')
@minValue(1)
@maxValue(1000)
param maximumInstanceCount int

@allowed([512, 2048, 4096])
param instanceMemoryMB int

@description('Instances that always wait for an HTTP request.')
@minValue(0)
param httpAlwaysReady int

@description('Instances of each function that takes messages off a queue that are always there.')
@minValue(0)
param queuesAlwaysReady int

// By their names in the app: Flex Consumption scales each by itself, and wakes none by another.
// Source: "Set always ready instance counts", Flex Consumption plan, Microsoft Learn.
var queueFunctions = ['enroll_people', 'apply_scope_changes', 'record_results', 'run_operation', 'tell_lifecycle']

@description('Which of Microsoft\'s clouds Graph and Entra are in; everything else follows from it.')
@allowed(['public', 'usgov', 'usgov-dod', 'china'])
param cloud string

param scopeGroupId string

@allowed(['nested', 'synced', 'cloud'])
param topology string

@description('Object ids, separated by commas.')
param excludedGroupIds string
param cloudSyncIds string

@description('The client id of the Entra app registration that operators sign in to; empty: they use a function key.')
param operatorAppId string

@description('Names of secrets in the key vault; NAME becomes the setting SSPR_HR_SECRETS__NAME.')
param hrSecretNames string[]

@description('The audience that tokens of HR webhooks are for; empty where none brings a token.')
param hrAudience string

@description('More SSPR_ settings, as local.settings.json.sample names them, to change a default.')
param moreSettings { *: string }

var signsOperatorsIn = !empty(operatorAppId)

// FUNCTIONS_WORKER_RUNTIME and FUNCTIONS_EXTENSION_VERSION are not among them: Flex Consumption
// takes the first from functionAppConfig and refuses both as settings.
var ownSettings = {
  // The account's name as well as its blobs' address: by the address alone the host has been seen not
  // to find its storage when it starts. Source: issue 11787 of Azure/azure-functions-host.
  AzureWebJobsStorage__accountName: storageName
  AzureWebJobsStorage__blobServiceUri: blobEndpoint
  AzureWebJobsStorage__credential: 'managedidentity'
  AzureWebJobsStorage__clientId: identityClientId
  // The host's locks, timers and keys are blobs. By an account it would also keep diagnostic events in
  // tables, which needs a role on all tables of the account. Source: ScriptConstants of the same.
  AzureWebJobsFeatureFlags: 'DisableDiagnosticEventLogging'

  ServiceBusConnection__fullyQualifiedNamespace: serviceBusNamespace
  ServiceBusConnection__credential: 'managedidentity'
  ServiceBusConnection__clientId: identityClientId

  APPLICATIONINSIGHTS_CONNECTION_STRING: applicationInsightsConnectionString
  APPLICATIONINSIGHTS_AUTHENTICATION_STRING: 'ClientId=${identityClientId};Authorization=AAD'
  // The app sends its own lines, without the addresses of the requests that it makes, which name people;
  // the host then leaves the lines to it, and records the requests that come in, addresses included. See shared/adapters/telemetry.py.
  PYTHON_ENABLE_OPENTELEMETRY: 'true'
  // The exporter would also tell Microsoft about itself.
  APPLICATIONINSIGHTS_STATSBEAT_DISABLED_ALL: 'true'
  APPLICATIONINSIGHTS_CONTROLPLANE_DISABLED: 'true'

  SSPR_CLOUD: cloud
  SSPR_SCOPE_GROUP_ID: scopeGroupId
  SSPR_TOPOLOGY: topology
  SSPR_EXCLUDED_GROUP_IDS: excludedGroupIds
  SSPR_CLOUD_SYNC_IDS: cloudSyncIds
  SSPR_IDENTITY_CLIENT_ID: identityClientId
  SSPR_LEDGER_ENDPOINT: tableEndpoint
  // The host refuses larger bodies before it holds them; the app takes 1 MiB and says so in words.
  FUNCTIONS_REQUEST_BODY_SIZE_LIMIT: '2097152'
  SSPR_OPERATOR_AUTH: signsOperatorsIn ? 'entra' : 'key'
  SSPR_ENTRA_TENANT_ID: tenant().tenantId
}

var schedules = {
  SSPR_CLOCK_SCHEDULE: '0 * * * * *'
  SSPR_REGISTRATION_SCHEDULE: '0 */15 * * * *'
  SSPR_RECONCILE_SCHEDULE: '0 */30 * * * *'
}

// References, not values: the platform reads the secret with the app's identity.
var hrSecrets = toObject(
  hrSecretNames,
  secret => 'SSPR_HR_SECRETS__${toUpper(replace(secret, '-', '_'))}',
  secret => '@Microsoft.KeyVault(VaultName=${keyVaultName};SecretName=${secret})'
)

var identities = { '${identityId}': {} }

resource plan 'Microsoft.Web/serverfarms@2024-04-01' = {
  name: planName
  location: location
  tags: tags
  kind: 'functionapp'
  sku: {
    name: 'FC1'
    tier: 'FlexConsumption'
  }
  properties: { reserved: true }
}

resource app 'Microsoft.Web/sites@2024-04-01' = {
  name: name
  location: location
  // azd finds by this tag where to deploy the service `app` of azure.yaml.
  tags: union(tags, { 'azd-service-name': 'app' })
  kind: 'functionapp,linux'
  identity: {
    type: 'UserAssigned'
    userAssignedIdentities: identities
  }
  properties: {
    serverFarmId: plan.id
    httpsOnly: true
    keyVaultReferenceIdentity: identityId
    virtualNetworkSubnetId: empty(subnetId) ? null : subnetId
    // Nothing here that Flex Consumption has no use for, such as ftpsState: some regions refuse the app
    // for it. Source: issue 360 of Azure/terraform-azurerm-avm-res-web-site.
    siteConfig: {
      minTlsVersion: '1.2'
      scmMinTlsVersion: '1.2'
      http20Enabled: true
    }
    functionAppConfig: {
      runtime: {
        name: 'python'
        version: '3.13'
      }
      deployment: {
        storage: {
          type: 'blobContainer'
          value: packageContainerUrl
          authentication: {
            type: 'UserAssignedIdentity'
            userAssignedIdentityResourceId: identityId
          }
        }
      }
      scaleAndConcurrency: {
        maximumInstanceCount: maximumInstanceCount
        instanceMemoryMB: instanceMemoryMB
        // Without it the size of an instance decides, and for Python it is reported as one request at a
        // time. The app's doors wait for others most of the time, and do so without a thread each.
        triggers: { http: { perInstanceConcurrency: 16 } }
        alwaysReady: concat(
          httpAlwaysReady == 0 ? [] : [{ name: 'http', instanceCount: httpAlwaysReady }],
          queuesAlwaysReady == 0 ? [] : map(queueFunctions, each => { name: 'function:${each}', instanceCount: queuesAlwaysReady })
        )
      }
    }
  }
}

// These are all there are: what somebody has set by hand is taken away. The last one wins: what the
// template itself decides cannot be changed by moreSettings. Written before the door is opened or shut: an app that is told of sign-in does not start before there is one.
resource settings 'Microsoft.Web/sites/config@2024-04-01' = {
  parent: app
  name: 'appsettings'
  properties: union(schedules, moreSettings, ownSettings, hrSecrets, empty(hrAudience) ? {} : { SSPR_HR_AUDIENCE: hrAudience }, signsOperatorsIn ? { SSPR_OPERATOR_AUDIENCE: operatorAppId } : {})
}

// Writes to one site's configuration get into each other's way, so they come one after the other: the
// settings, these, and who signs in. Source: pull request 3125 of Azure/azure-dev.
//
// The location is not among the published properties, and Azure has refused these without it. Source:
// issue 6378 of Azure/bicep, 1571 of Azure/bicep-types-az.
resource scmByPassword 'Microsoft.Web/sites/basicPublishingCredentialsPolicies@2024-04-01' = {
  parent: app
  name: 'scm'
  #disable-next-line BCP187
  location: location
  dependsOn: [settings]
  properties: { allow: false }
}

resource ftpByPassword 'Microsoft.Web/sites/basicPublishingCredentialsPolicies@2024-04-01' = {
  parent: app
  name: 'ftp'
  #disable-next-line BCP187
  location: location
  dependsOn: [scmByPassword]
  properties: { allow: false }
}

// Switched off where nobody signs in, not left out: a deployment takes nothing away, and function keys
// would be turned away by what an earlier one has switched on.
resource operatorSignIn 'Microsoft.Web/sites/config@2024-04-01' = {
  parent: app
  name: 'authsettingsV2'
  dependsOn: [ftpByPassword]
  properties: signsOperatorsIn ? {
    platform: {
      enabled: true
      runtimeVersion: '~1'
    }
    globalValidation: {
      requireAuthentication: true
      unauthenticatedClientAction: 'Return401'
      // These bring their own authentication: a function key, a signature, or a token for another
      // audience. The star covers what is below. Source: issue 86514 of MicrosoftDocs/azure-docs.
      // Nothing hangs on how these are matched: the app checks operators' tokens itself as well.
      excludedPaths: [
        '/api/health'
        '/api/onboarding-events'
        '/api/hr/*'
        '/api/hooks/*'
      ]
    }
    identityProviders: {
      azureActiveDirectory: {
        enabled: true
        registration: {
          clientId: operatorAppId
          openIdIssuer: '${environment().authentication.loginEndpoint}${tenant().tenantId}/v2.0'
        }
        validation: {
          allowedAudiences: [
            operatorAppId
            'api://${operatorAppId}'
          ]
        }
      }
    }
    login: {
      tokenStore: { enabled: false }
    }
    httpSettings: { requireHttps: true }
  } : {
    platform: { enabled: false }
  }
}

output name string = app.name
@description('The address with its /api, which the command line wants as SSPR_URL.')
output url string = 'https://${app.properties.defaultHostName}/api'
