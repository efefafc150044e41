#Requires -Version 5.1
<#
.SYNOPSIS
Grants the app's managed identity what permissions.json says it needs of Microsoft Graph.

.DESCRIPTION
Shows what is there, what is missing and what is too much, and changes nothing without -Apply. Needs the Azure
CLI, signed in as a Privileged Role Administrator. It does what grant-permissions does in bash.

.PARAMETER Identity
The managed identity: its object (principal) id, or its name.

.PARAMETER Apply
Grant what is missing; without it nothing is changed.

.PARAMETER RemoveSuperfluous
With -Apply: take away what the list does not have, and whichever of GroupMember.ReadWrite.All and
GroupMember.Read.All is not wanted. What a -With... of another run has granted stays.

.PARAMETER RemoveOptional
With -Apply: take that away too, where this run does not ask for it.

.PARAMETER Cloud
public, usgov (GCC High), usgov-dod or china; by default what SSPR_CLOUD says in the environment, else public. The
Azure CLI has to be set to it: az cloud set.

.PARAMETER WithLifecycleWorkflows
The app answers Lifecycle Workflows that wait for it.

.PARAMETER WithCloudSync
A worker's sync is Entra Cloud Sync: its jobs and log are read.

.PARAMETER WithOnDemand
Cloud Sync is asked for new hires (SSPR_PROVISION_ON_DEMAND).

.PARAMETER WithDoctor
sspr doctor reads policies and subscriptions.

.PARAMETER WithRoleAssignments
People count as administrators who are eligible for a role, or hold one in an administrative unit.

.PARAMETER Scoped
A restricted management administrative unit, by name or id, made where there is none: the app may then
write the group of -Group alone. Needs Entra ID P1.

.PARAMETER Group
With -Scoped: the object id of the scope group.

.PARAMETER Synced
Topology synced: the app writes no group in Entra, and only reads them.

.PARAMETER EveryGroup
GroupMember.ReadWrite.All although the app was narrowed: said once, -Scoped and -Synced hold, and a later run
grants nothing wider.

.PARAMETER GraphUrl
Where Graph is, in place of the cloud's own address; for a test.

.EXAMPLE
.\Grant-GraphPermissions.ps1 -Identity 00000000-0000-0000-0000-000000000000
#>
[CmdletBinding()]
param(
    [Parameter(Mandatory = $true, Position = 0)] [string] $Identity,
    [switch] $Apply,
    [switch] $RemoveSuperfluous,
    [switch] $RemoveOptional,
    [ValidateSet('public', 'usgov', 'usgov-dod', 'china')] [string] $Cloud,
    [switch] $WithLifecycleWorkflows,
    [switch] $WithCloudSync,
    [switch] $WithOnDemand,
    [switch] $WithDoctor,
    [switch] $WithRoleAssignments,
    [string] $Scoped,
    [string] $Group,
    [switch] $Synced,
    [switch] $EveryGroup,
    [string] $GraphUrl
)
Set-StrictMode -Version 2.0
$ErrorActionPreference = 'Stop'
. (Join-Path -Path $PSScriptRoot -ChildPath 'Graph.ps1')

$guid = '^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$'
$script:Owed = 0
$script:OtherWay = 'docs/deploy.md, "Graph refuses the Azure CLI''s own token"'
if ($Group -and -not $Scoped) {
    Stop-WithRemedy -Problem '-Group alone means nothing.' -Remedy 'Give -Scoped as well.'
}
if (@(@($Scoped, $Synced, $EveryGroup) | Where-Object { $_ }).Count -gt 1) {
    Stop-WithRemedy -Problem '-Scoped, -Synced and -EveryGroup do not go together.' -Remedy 'Say one of them.'
}
if ($Scoped -and ($Group -notmatch $guid)) {
    Stop-WithRemedy -Problem '-Group: the object id of the scope group is needed with -Scoped.' -Remedy 'The Entra admin center shows it on the page of the group.'
}
# As Graph writes it.
$Group = $Group.ToLowerInvariant()

function Find-Identity {
    if ($Identity -match $guid) {
        return Read-Graph -Path "servicePrincipals/$Identity" -Query @{ '$select' = 'id,displayName' }
    }
    $filter = "displayName eq $(Format-Literal $Identity) and servicePrincipalType eq 'ManagedIdentity'"
    $found = @(Read-GraphList -Path 'servicePrincipals' -Query @{ '$select' = 'id,displayName'; '$filter' = $filter })
    if ($found.Count -ne 1) {
        Stop-WithRemedy -Problem "${Identity}: $($found.Count) managed identities have this name." -Remedy 'Give the object id: azd env get-value AZURE_APP_PRINCIPAL_ID.'
    }
    $found[0]
}

function Find-Unit {
    $select = @{ '$select' = 'id,isMemberManagementRestricted' }
    if ($Scoped -match $guid) {
        return Read-Graph -Path "directory/administrativeUnits/$Scoped" -Query $select
    }
    $select['$filter'] = "displayName eq $(Format-Literal $Scoped)"
    Read-GraphList -Path 'directory/administrativeUnits' -Query $select
}

function Find-UnitsOfRole {
    param([object] $Principal, [string] $Role)
    $filter = "principalId eq '$($Principal.id)' and roleDefinitionId eq '$Role'"
    Read-GraphList -Path 'roleManagement/directory/roleAssignments' -Query @{ '$filter' = $filter } |
        Where-Object { $_.directoryScopeId -like '/administrativeUnits/*' } | ForEach-Object { $_.directoryScopeId.Split('/')[-1] }
}

function Assert-GroupFits {
    $found = Read-Graph -Path "groups/$Group" -Query @{ '$select' = 'groupTypes,onPremisesSyncEnabled,isAssignableToRole' }
    if (@($found.groupTypes).Count -or $found.onPremisesSyncEnabled -or $found.isAssignableToRole) {
        Stop-WithRemedy -Problem "${Group}: only a security group that is not synced, dynamic or role-assignable can be scoped." -Remedy 'Name another group, or leave -Scoped out.'
    }
}

# The role comes first, and permissions are taken away last: in the unit, nobody without a role there can
# write the group.
function Set-Scope {
    param([object] $Principal, [string] $Role)
    Assert-GroupFits
    Write-Output "Administrative unit $Scoped"
    $units = @(Find-Unit)
    $isNew = $units.Count -eq 0
    if ($units.Count -gt 1) {
        Stop-WithRemedy -Problem "${Scoped}: more than one unit has this name." -Remedy 'Give its id.'
    }
    if ($isNew) {
        Complete-Step -Text 'restricted unit' -Do {
            $script:Unit = Invoke-Graph -Method 'POST' -Path 'directory/administrativeUnits' -Body @{ displayName = $Scoped; isMemberManagementRestricted = $true }
        }
        if (-not $Apply) {
            Complete-Step -Text 'Groups Administrator there' -Do { }
            Complete-Step -Text 'group in the unit' -Do { }
            return
        }
    }
    else {
        $script:Unit = $units[0]
    }
    if (-not $script:Unit.isMemberManagementRestricted) {
        Stop-WithRemedy -Problem "${Scoped}: its management is not restricted, and cannot become so." -Remedy 'Name another unit.'
    }
    $place = "/administrativeUnits/$($script:Unit.id)"
    if ($roleAt -contains $script:Unit.id) {
        Write-Step -Text 'Groups Administrator there' -State 'there'
    }
    else {
        Complete-Step -Text 'Groups Administrator there' -Do {
            Invoke-Graph -Method 'POST' -Path 'roleManagement/directory/roleAssignments' -Body @{ roleDefinitionId = $Role; principalId = $Principal.id; directoryScopeId = $place }
        }
    }
    $members = @()
    if (-not $isNew) {
        $members = @(Read-GraphList -Path "directory$place/members" -Query @{ '$select' = 'id'; '$top' = '999' } | Where-Object { $_.id -eq $Group })
    }
    if ($members.Count) {
        Write-Step -Text 'group in the unit' -State 'there'
    }
    else {
        Complete-Step -Text 'group in the unit' -Do {
            Invoke-Graph -Method 'POST' -Path "directory$place/members/`$ref" -Body @{ '@odata.id' = "$($script:Graph.Address)/groups/$Group" }
        }
    }
}

$list = ConvertFrom-Json -InputObject ([IO.File]::ReadAllText((Join-Path -Path $PSScriptRoot -ChildPath 'permissions.json')))
$kinds = @('always')
if ($WithLifecycleWorkflows) { $kinds += 'lifecycle-workflows' }
if ($WithCloudSync) { $kinds += 'cloud-sync' }
if ($WithOnDemand) { $kinds += 'on-demand' }
if ($WithDoctor) { $kinds += 'doctor' }
if ($WithRoleAssignments) { $kinds += 'role-assignments' }

Connect-Graph -Cloud (Get-CloudName -Given $Cloud) -GraphUrl $GraphUrl
$principal = Find-Identity
$resources = @(Read-GraphList -Path 'servicePrincipals' -Query @{ '$filter' = "appId eq '$($list.resourceAppId)'" })
if ($resources.Count -ne 1) {
    Stop-WithRemedy -Problem 'Microsoft Graph has no service principal in this tenant.' -Remedy 'Is the Azure CLI signed in to the right tenant? az account show'
}
$resource = $resources[0]
$names = @{}
foreach ($role in $resource.appRoles | Where-Object { $_.allowedMemberTypes -contains 'Application' }) {
    $names[$role.id] = $role.value
}
$granted = @{}
foreach ($one in @(Read-GraphList -Path "servicePrincipals/$($principal.id)/appRoleAssignments" -Query @{ '$top' = '999' })) {
    if ($one.resourceId -eq $resource.id) { $granted[$one.appRoleId] = $one.id }
}
# An app that was narrowed stays so: nothing wider is granted unasked. One that may read groups and not write
# them was narrowed, too: only -Scoped and -Synced grant that.
$roleAt = @(Find-UnitsOfRole -Principal $principal -Role $list.scopedRole.id)
$mayRead = @($list.permissions | Where-Object { ($_.when -eq 'scoped') -and $granted.ContainsKey($_.id) }).Count
$mayWrite = @($list.permissions | Where-Object { ($_.when -eq 'unscoped') -and $granted.ContainsKey($_.id) }).Count
$isNarrow = $Scoped -or $Synced -or $roleAt.Count -or ($mayRead -and -not $mayWrite)
if ($isNarrow -and -not $EveryGroup) { $kinds += 'scoped' } else { $kinds += 'unscoped' }
$wanted = @($list.permissions | Where-Object { $kinds -contains $_.when })
$optional = @{}
foreach ($one in $list.permissions | Where-Object { (@('scoped', 'unscoped') + $kinds) -notcontains $_.when }) {
    $optional[$one.id] = '-With' + (($one.when -split '-' | ForEach-Object { $_.Substring(0, 1).ToUpperInvariant() + $_.Substring(1) }) -join '')
}
foreach ($one in $wanted) {
    if ($names[$one.id] -ne $one.name) {
        Stop-WithRemedy -Problem "$($one.name): this tenant knows it by another id than the list." -Remedy "Nothing was done. Tell us. Meanwhile it can be granted by its name: $script:OtherWay."
    }
}

Write-Output "$($principal.displayName) ($($principal.id))"
if ($Scoped) {
    Set-Scope -Principal $principal -Role $list.scopedRole.id
}
else {
    foreach ($id in $roleAt) {
        Write-Output "Administrative unit $id"
        Write-Step -Text 'Groups Administrator there' -State 'there'
    }
}
Write-Output 'Microsoft Graph'
foreach ($one in $wanted) {
    if ($granted.ContainsKey($one.id)) {
        Write-Step -Text $one.name -State 'there'
        $granted.Remove($one.id)
        continue
    }
    Complete-Step -Text $one.name -Do {
        Invoke-Graph -Method 'POST' -Path "servicePrincipals/$($principal.id)/appRoleAssignments" -Body @{ principalId = $principal.id; resourceId = $resource.id; appRoleId = $one.id }
    }
}
foreach ($id in @($granted.Keys)) {
    $name = $id
    if ($names.ContainsKey($id)) { $name = $names[$id] }
    if ($optional.ContainsKey($id) -and -not $RemoveOptional) {
        Write-Step -Text $name -State "of $($optional[$id]), and stays; -RemoveOptional takes it away"
    }
    elseif ($RemoveSuperfluous -or $optional.ContainsKey($id)) {
        Complete-Step -Text "without $name" -Do {
            Invoke-Graph -Method 'DELETE' -Path "servicePrincipals/$($principal.id)/appRoleAssignments/$($granted[$id])"
        }
    }
    else {
        Write-Step -Text $name -State 'superfluous; -RemoveSuperfluous takes it away'
    }
}
Write-Ending
if ($Apply -and $script:Owed) {
    # Source: issue 101801 of MicrosoftDocs/azure-docs.
    Write-Output 'An app that has asked Graph before now goes by its old token for up to 24 hours.'
}
