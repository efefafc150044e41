// Operators sign in with Entra instead of holding a function key.
using '../main.bicep'

param environmentName = 'contoso'
param location = 'westeurope'
param scopeGroupId = '4d5aa595-35c9-517f-a276-e04e05aa0f2a'
param workerPrincipalId = 'b0f6c1a0-4f5e-4a39-8f0c-3c1f2b7d9e11'
param operatorAppId = '0a4b6c1d-9e2f-4d3a-8b7c-5f6e7d8c9b0a'
