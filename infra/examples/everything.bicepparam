// Every parameter by itself, none as it is by default.
using '../main.bicep'

param environmentName = 'Contoso'
param location = 'West Europe'
param scopeGroupId = '4d5aa595-35c9-517f-a276-e04e05aa0f2a'
param topology = 'synced'
param cloud = 'usgov'
param excludedGroupIds = '11111111-1111-4111-8111-111111111111,22222222-2222-4222-8222-222222222222'
param cloudSyncIds = '33333333-3333-4333-8333-333333333333'
param operatorAppId = '0a4b6c1d-9e2f-4d3a-8b7c-5f6e7d8c9b0a'
param workerPrincipalId = 'b0f6c1a0-4f5e-4a39-8f0c-3c1f2b7d9e11'
param hrSecretNames = 'people-first'
param hrAudience = 'api://sspr-hr'
param alertEmail = 'identity-team@contoso.com'
param alertWebhooks = 'https://events.contoso.com/sspr?key=1,https://prod-01.westeurope.logic.azure.com/workflows/2?sig=3'
param runbookUrl = 'https://wiki.contoso.com/sspr/operations'
param privateNetwork = true
param networkAddressPrefix = '10.20.0.0/24'
param storageRedundancy = 'Standard_GZRS'
param ledgerScope = 'account'
param vaultCreateMode = 'recover'
param vaultPurgeProtection = false
param logRetentionInDays = 365
param logDailyCapInGB = 5
param maximumInstanceCount = 60
param instanceMemoryMB = 4096
param httpAlwaysReady = 1
param queuesAlwaysReady = 1
param moreSettings = 'SSPR_LEASE=PT10M;AzureWebJobs.take_hr_event.Disabled=true'
param moreTags = 'cost-center=4711;owner=identity'
