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
    [ValidateSet('Get-ADSyncScheduler', 'Get-ADSyncRunProfileResult', 'Start-ADSyncSyncCycle', 'Get-SsprConnectFact')]
    [string] $Cmdlet,

    [string] $Module = 'ADSync',

    [ValidateRange(1, 1000)]
    [int] $NumberRequested = 100
)

$ErrorActionPreference = 'Stop'
$answer = @{ error = $null; identifier = ''; objects = @() }
try {
    Import-Module -Name $Module
    switch ($Cmdlet) {
        'Get-ADSyncScheduler' {
            $interval = @{ Name = 'CurrentlyEffectiveSyncCycleInterval'; Expression = { "$($_.CurrentlyEffectiveSyncCycleInterval)" } }
            $properties = @('StagingModeEnabled', 'SchedulerSuspended', 'SyncCycleInProgress', 'SyncCycleEnabled', $interval)
            $found = Get-ADSyncScheduler | Select-Object -Property $properties
        }
        'Get-ADSyncRunProfileResult' {
            $identifier = @{ Name = 'RunHistoryId'; Expression = { "$($_.RunHistoryId)" } }
            $properties = @($identifier, 'ConnectorName', 'RunProfileName', 'Result')
            $found = Get-ADSyncRunProfileResult -NumberRequested $NumberRequested | Select-Object -Property $properties
        }
        'Start-ADSyncSyncCycle' {
            $result = @{ Name = 'Result'; Expression = { "$($_.Result)" } }
            $found = Start-ADSyncSyncCycle -PolicyType 'Delta' | Select-Object -Property $result
        }
        'Get-SsprConnectFact' {
            # As the role capability SsprDeltaSync.psrc has it.
            $settings = (Get-ADSyncGlobalSettings).Parameters
            $found = @($settings | Where-Object { $_.Name -eq 'Microsoft.Synchronize.ServerConfigurationVersion' } | ForEach-Object { @{ Name = 'Version'; Scope = ''; Value = "$($_.Value)" } })
            foreach ($partition in @(Get-ADSyncConnector | ForEach-Object { $_.Partitions })) {
                $found += @($partition.Parameters | Where-Object { $_.Name -eq 'last-dc' } | ForEach-Object { @{ Name = 'LastDomainController'; Scope = "$($partition.Name)"; Value = "$($_.Value)" } })
            }
        }
    }
    $answer.objects = @($found)
}
catch {
    $answer.error = "$_"
    $answer.identifier = "$($_.FullyQualifiedErrorId)"
}
# The console's code page has other characters, or none: JSON can say each of them in ASCII. What is
# half a character (a surrogate alone) is none in any text, and would break whoever reads it.
$utf8 = [System.Text.Encoding]::UTF8
$json = $utf8.GetString($utf8.GetBytes((ConvertTo-Json -InputObject $answer -Compress -Depth 3)))
[regex]::Replace($json, '[^\x20-\x7E]', { param($match) '\u{0:x4}' -f [int] [char] $match.Value })
