// What deploy.md has one begin with: a synced AD group in a cloud group, and the worker connected.
using '../main.bicep'

param environmentName = 'contoso'
param location = 'westeurope'
param scopeGroupId = '4d5aa595-35c9-517f-a276-e04e05aa0f2a'
param topology = 'nested'
param workerPrincipalId = 'b0f6c1a0-4f5e-4a39-8f0c-3c1f2b7d9e11'
param alertEmail = 'identity-team@contoso.com'
