#Requires -Version 5.1
#Requires -RunAsAdministrator
<#
.SYNOPSIS
Registers the JEA endpoint SSPR.DeltaSync on the Entra Connect host.

.DESCRIPTION
The worker's account, and nobody else, may start delta cycles and look at them through it. May be
run again: what is as it should be stays untouched. Registering restarts WinRM.

.PARAMETER Account
The worker's account, such as CORP\svc-sspr-worker$ (a gMSA ends in $).

.EXAMPLE
.\Register-SsprJeaEndpoint.ps1 -Account 'CORP\svc-sspr-worker$' -WhatIf
#>
[CmdletBinding(SupportsShouldProcess = $true)]
param(
    [Parameter(Mandatory = $true)]
    [ValidatePattern('^[^\\''"]+\\[^\\''"]+$')]
    [string] $Account,

    [ValidatePattern('^[A-Za-z0-9._-]+$')]
    [string] $Name = 'SSPR.DeltaSync',

    [string] $TranscriptFolder = "$env:ProgramData\SsprDeltaSync\Transcripts",

    [string] $ModuleFolder = "$env:ProgramFiles\WindowsPowerShell\Modules\SsprDeltaSync"
)
Set-StrictMode -Version 2.0
$ErrorActionPreference = 'Stop'

if (-not (Get-Module -ListAvailable -Name 'ADSync')) {
    throw 'There is no module ADSync here: run this on the Entra Connect host.'
}

# The role capability, where Windows PowerShell looks for it.
$capabilities = Join-Path -Path $ModuleFolder -ChildPath 'RoleCapabilities'
foreach ($folder in $capabilities, $TranscriptFolder) {
    if (-not (Test-Path -LiteralPath $folder)) {
        New-Item -Path $folder -ItemType 'Directory' | Out-Null
    }
}
$source = Join-Path -Path $PSScriptRoot -ChildPath 'SsprDeltaSync'
Copy-Item -Path "$source\SsprDeltaSync.psd1" -Destination $ModuleFolder -Force
Copy-Item -Path "$source\RoleCapabilities\SsprDeltaSync.psrc" -Destination $capabilities -Force

# Transcripts are written by Local System; nobody but administrators reads them.
if ($PSCmdlet.ShouldProcess($TranscriptFolder, 'Close to everybody but SYSTEM and Administrators')) {
    # Anybody may make folders in ProgramData, and an owner may always open them again.
    & icacls.exe $TranscriptFolder /setowner '*S-1-5-32-544' | Out-Null
    if ($LASTEXITCODE -ne 0) {
        throw "icacls ended with exit status $LASTEXITCODE."
    }
    & icacls.exe $TranscriptFolder /inheritance:r /grant:r '*S-1-5-18:(OI)(CI)F' '*S-1-5-32-544:(OI)(CI)F' | Out-Null
    if ($LASTEXITCODE -ne 0) {
        throw "icacls ended with exit status $LASTEXITCODE."
    }
}

# The session configuration, for this account.
$template = Get-Content -LiteralPath "$PSScriptRoot\SSPR.DeltaSync.pssc" -Raw
$text = $template.Replace('__ACCOUNT__', $Account).Replace('__TRANSCRIPTS__', $TranscriptFolder)
$file = Join-Path -Path $ModuleFolder -ChildPath "$Name.pssc"
$before = ''
if (Test-Path -LiteralPath $file) {
    $before = Get-Content -LiteralPath $file -Raw
}
$registered = Get-PSSessionConfiguration -Name $Name -ErrorAction 'SilentlyContinue'

if ($registered -and ($before -eq $text)) {
    Write-Output "The endpoint $Name is registered as it should be."
}
else {
    # In this order: should it end here, the next run sees that the file is not as it should be.
    if ($registered) {
        Unregister-PSSessionConfiguration -Name $Name -Force
    }
    Set-Content -LiteralPath $file -Value $text -Encoding 'UTF8' -NoNewline
    if ($PSCmdlet.ShouldProcess($Name, 'Register the endpoint, which restarts WinRM')) {
        if (-not (Test-PSSessionConfigurationFile -Path $file)) {
            throw "$file is not a valid session configuration."
        }
        Register-PSSessionConfiguration -Name $Name -Path $file -Force | Out-Null
    }
}

# The worker comes over HTTPS only.
$listeners = @(Get-ChildItem -Path 'WSMan:\localhost\Listener' | Where-Object { $_.Keys -contains 'Transport=HTTPS' })
if ($listeners.Count -eq 0) {
    Write-Warning 'WinRM has no HTTPS listener: the worker cannot connect. Create one with a certificate of this host.'
}
