// No AD and no worker: Graph writes everybody.
using '../main.bicep'

param environmentName = 'contoso'
param location = 'westeurope'
param scopeGroupId = '4d5aa595-35c9-517f-a276-e04e05aa0f2a'
param topology = 'cloud'
