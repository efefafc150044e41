#Requires -Version 5.1
<#
.SYNOPSIS
Lets the worker's account write the members of one group, and nothing else.

.DESCRIPTION
Run by somebody who may change the group's permissions. May be run again: a right that is there
stays as it is.

.PARAMETER Group
The distinguished name of the scope group.

.PARAMETER Account
The worker's account, such as CORP\svc-sspr-worker$.

.EXAMPLE
.\Grant-ScopeGroupMember.ps1 -Group 'CN=SSPR-Enabled-Users,OU=Groups,DC=corp,DC=contoso,DC=com' -Account 'CORP\svc-sspr-worker$' -WhatIf
#>
[CmdletBinding(SupportsShouldProcess = $true)]
param(
    [Parameter(Mandatory = $true)]
    [ValidatePattern('^[A-Za-z]+=')]
    [string] $Group,

    [Parameter(Mandatory = $true)]
    [ValidatePattern('^[^\\"]+\\[^\\"]+$')]
    [string] $Account
)
Set-StrictMode -Version 2.0
$ErrorActionPreference = 'Stop'

# The attribute "member" in the schema.
$member = [Guid] 'bf9679c0-0de6-11d0-a285-00aa003049e2'
$write = [System.DirectoryServices.ActiveDirectoryRights]::WriteProperty

$name = New-Object -TypeName 'System.Security.Principal.NTAccount' -ArgumentList $Account
$sid = $name.Translate([System.Security.Principal.SecurityIdentifier])
$entry = New-Object -TypeName 'System.DirectoryServices.DirectoryEntry' -ArgumentList "LDAP://$Group"
if (-not $entry.Properties['groupType'].Value) {
    throw "$Group is not a group that can be read here."
}
$rules = $entry.ObjectSecurity.GetAccessRules($true, $false, [System.Security.Principal.SecurityIdentifier])
$there = @($rules | Where-Object {
    ($_.IdentityReference -eq $sid) -and ($_.ObjectType -eq $member) -and ($_.ActiveDirectoryRights -band $write) -and ($_.AccessControlType -eq 'Allow')
})
if ($there.Count -gt 0) {
    Write-Output "$Account may write the members of $Group already."
}
elseif ($PSCmdlet.ShouldProcess($Group, "Let $Account write its members")) {
    & dsacls.exe $Group /G "${Account}:WP;member" | Out-Null
    if ($LASTEXITCODE -ne 0) {
        throw "dsacls ended with exit status $LASTEXITCODE."
    }
    Write-Output "$Account may write the members of $Group now."
}
