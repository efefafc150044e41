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
    # Windows PowerShell loses a quotation mark on the way to dsacls.
    [Parameter(Mandatory = $true)]
    [ValidatePattern('^[A-Za-z]+=[^"]+$')]
    [string] $Group,

    [Parameter(Mandatory = $true)]
    [ValidatePattern('^[^\\"]+\\[^\\"]+$')]
    [string] $Account
)
Set-StrictMode -Version 2.0
$ErrorActionPreference = 'Stop'
foreach ($part in 'Failure', 'Account') {
    . (Join-Path -Path $PSScriptRoot -ChildPath "parts\$part.ps1")
}

# The attribute "member" in the schema, and ActiveDirectoryRights.WriteProperty.
$member = [Guid] 'bf9679c0-0de6-11d0-a285-00aa003049e2'
$write = 32

function Get-Group {
    # A slash parts the names of a path of ADSI.
    $path = 'LDAP://' + $Group.Replace('/', '\/')
    $entry = New-Object -TypeName 'System.DirectoryServices.DirectoryEntry' -ArgumentList $path
    try {
        $isGroup = [bool] $entry.Properties['groupType'].Value
    }
    catch {
        Stop-WithRemedy -Problem "$Group cannot be read here: $_" -Remedy 'Write its distinguished name as Active Directory has it, and run this on a machine of the domain.'
    }
    if (-not $isGroup) {
        Stop-WithRemedy -Problem "$Group is not a group." -Remedy 'Give the distinguished name of the scope group.'
    }
    $entry
}

function Test-Right {
    param([psobject] $Entry, [string] $Sid)
    $rules = $Entry.ObjectSecurity.GetAccessRules($true, $false, [System.Security.Principal.SecurityIdentifier])
    $found = @($rules | Where-Object {
        ($_.IdentityReference.Value -eq $Sid) -and ($_.ObjectType -eq $member) -and ([int] $_.ActiveDirectoryRights -band $write) -and ($_.AccessControlType -eq 'Allow')
    })
    $found.Count -gt 0
}

$sid = Get-AccountSid -Account $Account
if (Test-Right -Entry (Get-Group) -Sid $sid) {
    Write-Output "$Account may write the members of $Group already."
}
elseif ($PSCmdlet.ShouldProcess($Group, "Let $Account write its members")) {
    $remedy = 'It takes somebody who may change the permissions of this group, and dsacls, which is part of the AD DS tools of RSAT.'
    Invoke-Program -Path 'dsacls.exe' -Arguments $Group, '/G', "${Account}:WP;member" -Remedy $remedy
    if (-not (Test-Right -Entry (Get-Group) -Sid $sid)) {
        Stop-WithRemedy -Problem "dsacls has ended well, and the right is not there on $Group." -Remedy "Another domain controller may have answered: run this again in some minutes. $remedy"
    }
    Write-Output "$Account may write the members of $Group now."
}
else {
    Write-Output 'This was a trial: nothing has been changed.'
}
