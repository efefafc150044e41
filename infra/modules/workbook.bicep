// The workbook of the rollout.

param location string
param tags object
param workspaceId string
param serviceBusNamespaceId string
param displayName string
