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
    [ValidateSet('Get-ADSyncScheduler', 'Get-ADSyncRunProfileResult', 'Start-ADSyncSyncCycle', 'Get-SsprConnectFact', 'Get-SsprWritebackFact')]
    [string] $Cmdlet,

    [string] $Module = 'ADSync',

    [ValidateRange(1, 1000)]
    [int] $NumberRequested = 100
)

function Get-WritebackFact {
    # As the role capability SsprDeltaSync.psrc has it; a test compares the two.
    function Write-Fact {
        param([string] $Name, [string] $Scope, [string] $Value)
        @{ Name = $Name; Scope = $Scope; Value = $Value }
    }
    # begin of the writeback's facts
    foreach ($connector in Get-ADSyncConnector) {
        if ("$($connector.Name)" -like '* - AAD') {
            $configuration = Get-ADSyncAADPasswordResetConfiguration -Connector $connector.Name
            Write-Fact -Name 'Enabled' -Value "$($configuration.Enabled)"
        }
    }
    # The writeback runs within the service of Entra Connect, and stops with it.
    $service = Get-Service -Name 'ADSync' -ErrorAction 'SilentlyContinue'
    if ($service) {
        Write-Fact -Name 'Service' -Value "$($service.Status)"
    }
    $since = [datetime]::UtcNow.AddHours(-24)
    $most = 20000
    $found = @()
    $trouble = ''
    try {
        $found = @(Get-WinEvent -FilterHashtable @{ LogName = 'Application'; ProviderName = 'PasswordResetService'; StartTime = $since } -MaxEvents $most -ErrorAction 'Stop')
    }
    catch {
        # That there are none is an answer, and told as an error.
        if ("$($_.FullyQualifiedErrorId)" -notlike 'NoMatchingEventsFound*') {
            $trouble = "$($_.FullyQualifiedErrorId)"
        }
    }
    if ($trouble) {
        Write-Fact -Name 'EventsProblem' -Value $trouble
    }
    else {
        $counts = @{}
        $newest = @{}
        foreach ($one in $found) {
            $at = $one.TimeCreated.ToUniversalTime()
            $key = "$($one.Id) $($at.ToString('yyyy-MM-ddTHH:00:00Z', [cultureinfo]::InvariantCulture))"
            $counts[$key] = 1 + $counts[$key]
            if ((-not $newest.ContainsKey($one.Id)) -or ($newest[$one.Id] -lt $at)) {
                $newest[$one.Id] = $at
            }
        }
        # Of a log with more than were read only the newest are known: none before these.
        if ($found.Count -ge $most) {
            $since = $found[$found.Count - 1].TimeCreated.ToUniversalTime()
        }
        Write-Fact -Name 'EventsSince' -Value $since.ToString('yyyy-MM-ddTHH:mm:ssZ', [cultureinfo]::InvariantCulture)
        foreach ($key in $counts.Keys) {
            Write-Fact -Name 'Events' -Scope $key -Value "$($counts[$key])"
        }
        foreach ($id in 31015, 31016, 31019) {
            if ($newest.ContainsKey($id)) {
                Write-Fact -Name 'Newest' -Scope "$id" -Value $newest[$id].ToString('yyyy-MM-ddTHH:mm:ssZ', [cultureinfo]::InvariantCulture)
            }
        }
    }
    # end of the writeback's facts
}

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
        'Get-SsprWritebackFact' {
            $found = @(Get-WritebackFact)
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
