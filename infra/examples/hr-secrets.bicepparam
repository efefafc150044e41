// HR systems that sign their messages, and one that brings a token.
using '../main.bicep'

param environmentName = 'contoso'
param location = 'westeurope'
param scopeGroupId = '4d5aa595-35c9-517f-a276-e04e05aa0f2a'
param workerPrincipalId = 'b0f6c1a0-4f5e-4a39-8f0c-3c1f2b7d9e11'
param hrSecretNames = 'people-first, BAMBOOHR'
param hrAudience = 'api://sspr-hr'
