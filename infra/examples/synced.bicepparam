// The synced AD group itself is selected in SSPR; the worker writes it.
using '../main.bicep'

param environmentName = 'contoso'
param location = 'westeurope'
param scopeGroupId = '4d5aa595-35c9-517f-a276-e04e05aa0f2a'
param topology = 'synced'
param workerPrincipalId = 'b0f6c1a0-4f5e-4a39-8f0c-3c1f2b7d9e11'
