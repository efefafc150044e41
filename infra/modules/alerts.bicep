// Alert rules.

param location string
param tags object
param prefix string
param serviceBusNamespaceId string
param workspaceId string
param applicationInsightsId string
param alertEmail string
