<#
.SYNOPSIS
Runs one cmdlet of Entra Connect and prints one line of JSON: its objects, or its error.

.DESCRIPTION
For a worker on the Connect host itself. Which cmdlets there are stands here, so that nothing
else can be asked for.
#>
[CmdletBinding()]
param(
    [Parameter(Mandatory = $true)]
    [ValidateSet('Get-ADSyncScheduler', 'Get-ADSyncRunProfileResult', 'Start-ADSyncSyncCycle')]
    [string] $Cmdlet,

    [string] $Module = 'ADSync'
)

$ErrorActionPreference = 'Stop'
$answer = @{ error = $null; objects = @() }
try {
    Import-Module -Name $Module
    switch ($Cmdlet) {
        'Get-ADSyncScheduler' {
            $properties = @('StagingModeEnabled', 'SchedulerSuspended', 'SyncCycleInProgress')
            $found = Get-ADSyncScheduler | Select-Object -Property $properties
        }
        'Get-ADSyncRunProfileResult' {
            $identifier = @{ Name = 'RunHistoryId'; Expression = { "$($_.RunHistoryId)" } }
            $properties = @($identifier, 'ConnectorName', 'RunProfileName', 'Result')
            $found = Get-ADSyncRunProfileResult -NumberRequested 100 | Select-Object -Property $properties
        }
        'Start-ADSyncSyncCycle' {
            $result = @{ Name = 'Result'; Expression = { "$($_.Result)" } }
            $found = Start-ADSyncSyncCycle -PolicyType 'Delta' | Select-Object -Property $result
        }
    }
    $answer.objects = @($found)
}
catch {
    $answer.error = "$_"
}
# The console's code page would spoil other characters: JSON in ASCII only.
$json = ConvertTo-Json -InputObject $answer -Compress -Depth 3
[regex]::Replace($json, '[^\x20-\x7E]', '?')
