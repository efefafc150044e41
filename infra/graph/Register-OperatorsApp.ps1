#Requires -Version 5.1
<#
.SYNOPSIS
Registers the application that operators sign in to, as operators-app.json says.

.DESCRIPTION
Shows what is there and what is missing, and changes nothing without -Apply. Run again, it puts right what has come
to differ. Needs the Azure CLI, signed in as an Application Administrator. It does what
register-operators does in bash.

.PARAMETER Apply
Do it; without it nothing is changed.

.PARAMETER Name
Under which name, where it is not the list's own.

.PARAMETER ReaderGroup
The object id of the group whose people may look.

.PARAMETER OperatorGroup
The object id of the group whose people may act.

.PARAMETER Cloud
public, usgov (GCC High), usgov-dod or china; by default what SSPR_CLOUD says in the environment, else public. The
Azure CLI has to be set to it: az cloud set.

.PARAMETER GraphUrl
Where Graph is, in place of the cloud's own address; for a test.

.EXAMPLE
.\Register-OperatorsApp.ps1 -OperatorGroup 00000000-0000-0000-0000-000000000000
#>
[CmdletBinding()]
param(
    [switch] $Apply,
    [string] $Name,
    [string] $ReaderGroup,
    [string] $OperatorGroup,
    [ValidateSet('public', 'usgov', 'usgov-dod', 'china')] [string] $Cloud,
    [string] $GraphUrl
)
Set-StrictMode -Version 2.0
$ErrorActionPreference = 'Stop'
. (Join-Path -Path $PSScriptRoot -ChildPath 'Graph.ps1')

$guid = '^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$'
$script:Owed = 0
$script:OtherWay = 'make the application in the Entra admin center, as infra/graph/operators-app.json has it'
$list = ConvertFrom-Json -InputObject ([IO.File]::ReadAllText((Join-Path -Path $PSScriptRoot -ChildPath 'operators-app.json')))
if (-not $Name) { $Name = $list.displayName }
$groups = @{ 'Rollout.Reader' = $ReaderGroup; 'Rollout.Operator' = $OperatorGroup }
foreach ($group in $groups.Values) {
    if ($group -and ($group -notmatch $guid)) {
        Stop-WithRemedy -Problem "${group}: no object id of a group." -Remedy 'The Entra admin center shows it on the page of the group.'
    }
}

# What the application should have beyond its name. The address names the application, so it comes second.
function Get-WantedApi {
    @{
        requestedAccessTokenVersion = 2
        oauth2PermissionScopes = @($list.scope)
        preAuthorizedApplications = @(@{ appId = $list.azureCliAppId; delegatedPermissionIds = @($list.scope.id) })
    }
}

function Test-Application {
    param([object] $Found)
    $roles = @($Found.appRoles | Where-Object { $_.isEnabled } | ForEach-Object { $_.value })
    $clients = @($Found.api.preAuthorizedApplications | ForEach-Object { $_.appId })
    ($Found.api.requestedAccessTokenVersion -eq 2) -and
    (@($Found.identifierUris) -contains "api://$($Found.appId)") -and
    (@($list.roles | Where-Object { $roles -notcontains $_.value }).Count -eq 0) -and
    ($clients -contains $list.azureCliAppId)
}

Connect-Graph -Cloud (Get-CloudName -Given $Cloud) -GraphUrl $GraphUrl
$found = @(Read-GraphList -Path 'applications' -Query @{ '$filter' = "displayName eq $(Format-Literal $Name)" })
if ($found.Count -gt 1) {
    Stop-WithRemedy -Problem "${Name}: more than one application has this name." -Remedy 'Give another name by -Name, or delete the one that is not used.'
}
$script:Application = $null
$script:Principal = $null
if ($found.Count) { $script:Application = $found[0] }

Write-Output $Name
if ($script:Application) {
    Write-Step -Text 'application' -State 'there'
}
else {
    Complete-Step -Text 'application' -Do {
        $script:Application = Invoke-Graph -Method 'POST' -Path 'applications' -Body @{ displayName = $Name; signInAudience = 'AzureADMyOrg'; appRoles = @($list.roles); api = @{ requestedAccessTokenVersion = 2; oauth2PermissionScopes = @($list.scope) } }
    }
}
if ($script:Application -and (Test-Application -Found $script:Application)) {
    Write-Step -Text 'roles, address, Azure CLI' -State 'there'
}
else {
    Complete-Step -Text 'roles, address, Azure CLI' -Do {
        Invoke-Graph -Method 'PATCH' -Path "applications/$($script:Application.id)" -Body @{ identifierUris = @("api://$($script:Application.appId)"); appRoles = @($list.roles); api = (Get-WantedApi) }
    }
}
if ($script:Application) {
    $principals = @(Read-GraphList -Path 'servicePrincipals' -Query @{ '$filter' = "appId eq '$($script:Application.appId)'" })
    if ($principals.Count) { $script:Principal = $principals[0] }
}
if ($script:Principal) {
    Write-Step -Text 'enterprise application' -State 'there'
}
else {
    Complete-Step -Text 'enterprise application' -Do {
        $script:Principal = Invoke-Graph -Method 'POST' -Path 'servicePrincipals' -Body @{ appId = $script:Application.appId; appRoleAssignmentRequired = $true }
    }
}
if ($script:Principal -and $script:Principal.appRoleAssignmentRequired) {
    Write-Step -Text 'assignment required' -State 'there'
}
else {
    Complete-Step -Text 'assignment required' -Do {
        Invoke-Graph -Method 'PATCH' -Path "servicePrincipals/$($script:Principal.id)" -Body @{ appRoleAssignmentRequired = $true }
    }
}
$assigned = @()
if ($script:Principal) {
    $assigned = @(Read-GraphList -Path "servicePrincipals/$($script:Principal.id)/appRoleAssignedTo" -Query @{ '$top' = '999' })
}
foreach ($role in $list.roles) {
    $group = $groups[$role.value]
    if (-not $group) { continue }
    if (@($assigned | Where-Object { ($_.principalId -eq $group) -and ($_.appRoleId -eq $role.id) }).Count) {
        Write-Step -Text "$($role.value) for the group" -State 'there'
        continue
    }
    Complete-Step -Text "$($role.value) for the group" -Do {
        Invoke-Graph -Method 'POST' -Path "servicePrincipals/$($script:Principal.id)/appRoleAssignedTo" -Body @{ principalId = $group; resourceId = $script:Principal.id; appRoleId = $role.id }
    }
}
Write-Ending
if ($script:Application) {
    Write-Output "Client id: $($script:Application.appId)"
    Write-Output "Then: azd env set AZURE_OPERATOR_APP_ID $($script:Application.appId)"
}
