#Requires -Version 5.1
#Requires -RunAsAdministrator
<#
.SYNOPSIS
Registers the JEA endpoint SSPR.DeltaSync on the Entra Connect host.

.DESCRIPTION
The worker's account, and nobody else, may start delta cycles and look at them through it. May be
run again: what is as it should be stays untouched. Registering restarts WinRM. An endpoint that
cannot be replaced is put back. It takes Windows PowerShell 5.1 (powershell.exe): PowerShell 7 is refused.

.PARAMETER Account
The worker's account, such as CORP\svc-sspr-worker$ (a gMSA ends in $).

.EXAMPLE
.\Register-SsprJeaEndpoint.ps1 -Account 'CORP\svc-sspr-worker$' -WhatIf
#>
[CmdletBinding(SupportsShouldProcess = $true)]
param(
    [Parameter(Mandatory = $true)]
    [ValidatePattern('^[^\\"]+\\[^\\"]+$')]
    [string] $Account,

    [ValidatePattern('^[A-Za-z0-9._-]+$')]
    [string] $Name = 'SSPR.DeltaSync',

    [string] $TranscriptFolder = "$env:ProgramData\SsprDeltaSync\Transcripts",

    [string] $ModuleFolder = "$env:ProgramFiles\WindowsPowerShell\Modules\SsprDeltaSync"
)
Set-StrictMode -Version 2.0
$ErrorActionPreference = 'Stop'
foreach ($part in 'Failure', 'Path', 'Account', 'ClosedFolder', 'Swap', 'Endpoint') {
    . (Join-Path -Path $PSScriptRoot -ChildPath "parts\$part.ps1")
}
# "#Requires -Version 5.1" lets PowerShell 7 through.
Confirm-WindowsPowerShell

$TranscriptFolder = Get-FullPath -Path $TranscriptFolder
$ModuleFolder = Get-FullPath -Path $ModuleFolder
$capabilities = Join-Path -Path $ModuleFolder -ChildPath 'RoleCapabilities'
$file = Join-Path -Path $ModuleFolder -ChildPath "$Name.pssc"
$source = Join-Path -Path $PSScriptRoot -ChildPath 'SsprDeltaSync'
$changes = @()

# 1. What has to be there before anything is changed.
if (-not (Get-Module -ListAvailable -Name 'ADSync')) {
    Stop-WithRemedy -Problem 'There is no module ADSync here.' -Remedy 'Run this on the Entra Connect host.'
}
# From 4 on it is a domain controller (Win32_ComputerSystem). There virtual accounts belong to Domain Admins,
# and their groups are the domain's ("JEA security considerations", Microsoft Learn; PowerShell/JEA issue 60).
if ((Get-CimInstance -ClassName 'Win32_ComputerSystem').DomainRole -ge 4) {
    Stop-WithRemedy -Problem 'This host is a domain controller, where a session of the endpoint would have the rights of Domain Admins, or none that ADSync takes.' -Remedy 'Run Entra Connect on a member server. Until then leave the delta sync to its scheduler: SSPR_WORKER_SYNC_MODE=none.'
}
# An account that nobody knows would only be noticed when WinRM refuses the endpoint.
Get-AccountSid -Account $Account | Out-Null
try {
    $listeners = @(Get-ChildItem -Path 'WSMan:\localhost\Listener' | Where-Object { $_.Keys -contains 'Transport=HTTPS' })
}
catch {
    Stop-WithRemedy -Problem "WinRM does not answer on this host: $_" -Remedy 'Start it: Start-Service -Name WinRM; where it was never set up: Enable-PSRemoting. Then run this again.'
}

# 2. The role capability, where Windows PowerShell looks for it. Sessions read it as they begin.
foreach ($folder in $ModuleFolder, $capabilities) {
    if (-not (Test-Path -LiteralPath $folder)) {
        New-Item -Path $folder -ItemType 'Directory' | Out-Null
    }
}
$changes += @(Copy-Changed -Path (Join-Path -Path $source -ChildPath 'SsprDeltaSync.psd1') -Folder $ModuleFolder)
$changes += @(Copy-Changed -Path (Join-Path -Path $source -ChildPath 'RoleCapabilities\SsprDeltaSync.psrc') -Folder $capabilities)

# 3. Transcripts are written by Local System; nobody but administrators reads them.
$changes += @(Close-Folder -Path $TranscriptFolder)

# 4. The session configuration, for this account.
$text = Get-SessionConfiguration -Template (Join-Path -Path $PSScriptRoot -ChildPath 'SSPR.DeltaSync.pssc') -Account $Account -TranscriptFolder $TranscriptFolder -EventReaders (Get-EventReaderGroup)
$isWritten = (Test-Path -LiteralPath $file) -and ([System.IO.File]::ReadAllText($file) -ceq $text)
$registered = Get-PSSessionConfiguration -Name $Name -ErrorAction 'SilentlyContinue'
$isRegistered = [bool] $registered
# An earlier version of this script let PowerShell 7 register it.
$isAsItShouldBe = $isWritten -and $isRegistered -and -not (Test-EndpointOfPowerShell7 -Endpoint $registered)
if ((-not $isAsItShouldBe) -and $PSCmdlet.ShouldProcess($Name, 'Register the endpoint, which restarts WinRM')) {
    Set-Endpoint -Name $Name -File $file -Text $text -IsRegistered $isRegistered
    $changes += "registered $Name"
}

# 5. What has become of it.
if ($WhatIfPreference) {
    Write-Output 'This was a trial: nothing has been changed.'
}
elseif ($changes.Count -eq 0) {
    Write-Output "The endpoint $Name is as it should be: nothing has been changed."
}
else {
    Write-Output "The endpoint $Name is registered for $Account ($($changes -join ', '))."
}
# The worker comes over HTTPS only.
if ($listeners.Count -eq 0) {
    Write-Warning 'WinRM has no HTTPS listener: the worker cannot connect. Create one with a certificate of this host.'
}
