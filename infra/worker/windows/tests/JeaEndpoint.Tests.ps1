# What the endpoint lets through, in PowerShell's own machinery: the session configuration that
# Register-SsprJeaEndpoint.ps1 makes opens a session here, with cmdlets that stand in for ADSync's.
# Only Windows can show: WinRM, the virtual account and its group, the execution policy, and
# Test-PSSessionConfigurationFile, which PowerShell has nowhere else.

Describe 'The JEA endpoint' {
    BeforeAll {
        $windows = Join-Path $PSScriptRoot '..'
        . (Join-Path $windows 'parts/Endpoint.ps1')
        $account = "CORP\o'brien$"
        $transcripts = Join-Path $TestDrive 'transcripts'
        $text = Get-SessionConfiguration -Template (Join-Path $windows 'SSPR.DeltaSync.pssc') -Account $account -TranscriptFolder $transcripts -EventReaders 'Event Log Readers'

        # ADSync has cmdlets, no functions; more of them and of their parameters than the worker may use.
        $module = New-Item (Join-Path $TestDrive 'modules/ADSync') -ItemType Directory -Force
        Add-Type -OutputAssembly (Join-Path $module 'ADSync.dll') -TypeDefinition @'
using System.Management.Automation;
public class Said : PSCmdlet { protected override void ProcessRecord() { WriteObject(string.Join(",", MyInvocation.BoundParameters.Values)); } }
[Cmdlet("Start", "ADSyncSyncCycle")] public class StartCycle : Said { [Parameter] public string PolicyType { get; set; } [Parameter] public string InteractiveMode { get; set; } }
[Cmdlet("Stop", "ADSyncSyncCycle")] public class StopCycle : Said { }
[Cmdlet("Get", "ADSyncScheduler")] public class GetScheduler : Said { }
[Cmdlet("Set", "ADSyncScheduler")] public class SetScheduler : Said { [Parameter] public bool SyncCycleEnabled { get; set; } }
[Cmdlet("Get", "ADSyncRunProfileResult")] public class GetRuns : Said { [Parameter] public int NumberRequested { get; set; } [Parameter] public string RunHistoryId { get; set; } }
public class Reset { public string Connector { get; set; } public bool Enabled { get; set; } public override string ToString() { return Connector; } }
[Cmdlet("Get", "ADSyncAADPasswordResetConfiguration")] public class GetReset : PSCmdlet { [Parameter] public string Connector { get; set; } protected override void ProcessRecord() { WriteObject(new Reset { Connector = Connector, Enabled = true }); } }
public class Parameter { public string Name { get; set; } public object Value { get; set; } }
public class Partition { public string Name { get; set; } public Parameter[] Parameters { get; set; } }
public class Connector { public string Name { get; set; } public Partition[] Partitions { get; set; } }
public class Settings { public Parameter[] Parameters { get; set; } }
[Cmdlet("Get", "ADSyncGlobalSettings")] public class GetSettings : PSCmdlet { protected override void ProcessRecord() { WriteObject(new Settings { Parameters = new [] {
    new Parameter { Name = "Microsoft.Synchronize.ServerConfigurationVersion", Value = "2.5.190.0" }, new Parameter { Name = "Secret", Value = "tenant" } } }); } }
[Cmdlet("Get", "ADSyncConnector")] public class GetConnector : PSCmdlet { protected override void ProcessRecord() {
    var dc = new Parameter { Name = "last-dc", Value = "dc1.corp.contoso.com" };
    WriteObject(new Connector { Name = "contoso.com", Partitions = new [] { new Partition { Name = "DC=corp,DC=contoso,DC=com", Parameters = new [] { dc, new Parameter { Name = "Secret", Value = 1 } } } } });
    WriteObject(new Connector { Name = "contoso - AAD", Partitions = new [] { new Partition { Name = "default", Parameters = new Parameter[0] } } }); } }
[Cmdlet("Set", "ADSyncAADPasswordResetConfiguration")] public class SetReset : Said { [Parameter] public string Connector { get; set; } }
'@
        Set-Content (Join-Path $module 'ADSync.psd1') "@{ ModuleVersion = '1.0'; RootModule = 'ADSync.dll'; CmdletsToExport = '*' }"
        # What Windows has and PowerShell elsewhere lacks: services, and the log of events. The log's answer is
        # in a file: events, or the error that Windows tells by this identifier.
        $diagnostics = New-Item (Join-Path $TestDrive 'modules/Microsoft.PowerShell.Diagnostics') -ItemType Directory -Force
        $log = Join-Path $TestDrive 'log.txt'
        Add-Type -OutputAssembly (Join-Path $diagnostics 'Diagnostics.dll') -TypeDefinition @"
using System; using System.Collections; using System.IO; using System.Linq; using System.Management.Automation;
public class Record { public int Id { get; set; } public DateTime TimeCreated { get; set; } public string Message { get; set; } }
public class Service { public string Status { get; set; } }
[Cmdlet("Get", "WinEvent")] public class GetWinEvent : PSCmdlet { [Parameter] public Hashtable FilterHashtable { get; set; } [Parameter] public long MaxEvents { get; set; }
    protected override void ProcessRecord() {
        if ((string) FilterHashtable["LogName"] != "Application" || (string) FilterHashtable["ProviderName"] != "PasswordResetService") throw new ArgumentException("another log");
        var since = (DateTime) FilterHashtable["StartTime"];
        var lines = File.ReadAllLines(@"$log");
        if (lines.Length == 1 && !lines[0].Contains(" ")) ThrowTerminatingError(new ErrorRecord(new Exception("no"), lines[0], ErrorCategory.ObjectNotFound, null));
        foreach (var line in lines.Select(one => one.Split(' ')).OrderByDescending(one => one[1])) {
            var at = DateTime.Parse(line[1], null, System.Globalization.DateTimeStyles.RoundtripKind);
            if (at >= since) WriteObject(new Record { Id = int.Parse(line[0]), TimeCreated = at.ToLocalTime(), Message = "the password of ada@contoso.com" });
        } } }
[Cmdlet("Get", "Service")] public class GetService : PSCmdlet { [Parameter] public string Name { get; set; } protected override void ProcessRecord() { WriteObject(new Service { Status = Name == "ADSync" ? "Running" : "Stopped" }); } }
"@
        Set-Content (Join-Path $diagnostics 'Microsoft.PowerShell.Diagnostics.psd1') "@{ ModuleVersion = '1.0'; RootModule = 'Diagnostics.dll'; CmdletsToExport = '*' }"
        function Write-Log { param([string[]] $Lines) [IO.File]::WriteAllLines($log, $Lines) }
        function Get-Told {
            $shell = [powershell]::Create()
            $shell.Runspace = $session
            $shell.AddCommand('Get-SsprWritebackFact').Invoke() | ForEach-Object { "$($_.Name)|$($_.Scope)|$($_.Value)" }
        }
        Copy-Item (Join-Path $windows 'SsprDeltaSync') (Join-Path $TestDrive 'modules') -Recurse
        $modulePath = $env:PSModulePath
        $env:PSModulePath = (Join-Path $TestDrive 'modules') + [IO.Path]::PathSeparator + $env:PSModulePath

        $file = Join-Path $TestDrive 'SSPR.DeltaSync.pssc'
        Set-Content $file ($text -replace "(?m)^ *ExecutionPolicy = .*$")
        $asked = [Collections.Generic.List[string]]::new()
        $state = [initialsessionstate]::CreateFromSessionConfigurationFile($file, { param($role) $asked.Add($role); $role -eq $account })
        $session = [runspacefactory]::CreateRunspace($state)
        $session.Open()

        # What the worker's client sends: one cmdlet with its parameters.
        function Invoke-InSession {
            param([string] $Cmdlet, [hashtable] $Parameters = @{})
            $shell = [powershell]::Create()
            $shell.Runspace = $session
            $null = $shell.AddCommand($Cmdlet).AddParameters($Parameters)
            try { $shell.Invoke() | ForEach-Object { "$_" } } catch { throw $_.Exception.InnerException }
        }
    }

    AfterAll {
        $session.Dispose()
        $env:PSModulePath = $modulePath
    }

    It 'asks for one account' {
        $asked | Should -Be $account
    }

    It 'gives nothing to somebody else' {
        $nothing = [initialsessionstate]::CreateFromSessionConfigurationFile($file, { $false })
        $nothing.Commands | Where-Object { $_.Visibility -eq 'Public' -and $_.Name -like '*ADSync*' } | Should -BeNullOrEmpty
    }

    It 'shows four cmdlets of ADSync and two functions of its own, and beside them what every restricted session shows' {
        Invoke-InSession 'Get-Command' | Sort-Object | Should -Be @(
            'Clear-Host', 'Exit-PSSession', 'Get-ADSyncAADPasswordResetConfiguration', 'Get-ADSyncRunProfileResult', 'Get-ADSyncScheduler'
            'Get-Command', 'Get-FormatData', 'Get-Help', 'Get-SsprConnectFact', 'Get-SsprWritebackFact', 'Measure-Object', 'Out-Default', 'Select-Object', 'Start-ADSyncSyncCycle'
        )
    }

    It 'runs what the worker asks for: <Cmdlet>' -ForEach @(
        @{ Cmdlet = 'Start-ADSyncSyncCycle'; Parameters = @{ PolicyType = 'Delta' }; Said = 'Delta' }
        @{ Cmdlet = 'Get-ADSyncScheduler'; Parameters = @{}; Said = '' }
        @{ Cmdlet = 'Get-ADSyncRunProfileResult'; Parameters = @{ NumberRequested = 100 }; Said = '100' }
        @{ Cmdlet = 'Get-ADSyncAADPasswordResetConfiguration'; Parameters = @{ Connector = 'contoso - AAD' }; Said = 'contoso - AAD' }
    ) {
        Invoke-InSession $Cmdlet $Parameters | Should -Be $Said
    }

    It 'tells the version and the controllers of the last imports, and nothing else of what the cmdlets know' {
        $shell = [powershell]::Create()
        $shell.Runspace = $session
        $told = $shell.AddCommand('Get-SsprConnectFact').Invoke()
        $told | ForEach-Object { "$($_.Name)|$($_.Scope)|$($_.Value)" } | Should -Be @(
            'Version||2.5.190.0'
            'LastDomainController|DC=corp,DC=contoso,DC=com|dc1.corp.contoso.com'
        )
    }

    It 'tells of the writeback: whether it is on and runs, and its events by hour and number, never what they say' {
        $hour = [datetime]::UtcNow.Date.AddHours([datetime]::UtcNow.Hour)
        $recent = $hour.AddHours(-2)
        Write-Log @(
            "31003 $($recent.AddMinutes(1).ToString('o'))", "31003 $($recent.AddMinutes(59).ToString('o'))", "31002 $($recent.AddMinutes(60).ToString('o'))"
            "31019 $($recent.AddMinutes(61).ToString('o'))", "31019 $($recent.AddMinutes(3).ToString('o'))", "31015 $($hour.AddHours(-30).ToString('o'))"
        )
        $told = @(Get-Told)
        $told[0..1] | Should -Be 'Enabled||True', 'Service||Running'
        $told[2] | Should -Match '^EventsSince\|\|\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$'
        $first, $second = $recent, $recent.AddHours(1) | ForEach-Object { $_.ToString('yyyy-MM-ddTHH:00:00Z') }
        $told | Where-Object { $_ -like 'Events|*' } | Sort-Object | Should -Be "Events|31002 $second|1", "Events|31003 $first|2", "Events|31019 $first|1", "Events|31019 $second|1"
        $told[-1] | Should -Be "Newest|31019|$($recent.AddMinutes(61).ToString('yyyy-MM-ddTHH:mm:ssZ'))"
        $told | Should -Not -Match 'ada'
    }

    It 'tells a log without such events from one that cannot be read' {
        Write-Log 'NoMatchingEventsFound'
        @(Get-Told) | Select-Object -Last 1 | Should -BeLike 'EventsSince||*Z'
        Write-Log 'NoMatchingProvidersFound'
        @(Get-Told) | Select-Object -Last 1 | Should -Be 'EventsProblem||NoMatchingProvidersFound,GetWinEvent'
    }

    It 'refuses a full cycle' {
        { Invoke-InSession 'Start-ADSyncSyncCycle' @{ PolicyType = 'Initial' } } | Should -Throw '*does not belong to the set "Delta"*'
    }

    It 'refuses a parameter that the worker does not use: <Cmdlet> -<Name>' -ForEach @(
        @{ Cmdlet = 'Start-ADSyncSyncCycle'; Name = 'InteractiveMode' }
        @{ Cmdlet = 'Get-ADSyncRunProfileResult'; Name = 'RunHistoryId' }
    ) {
        { Invoke-InSession $Cmdlet @{ $Name = 'x' } } | Should -Throw "*parameter name '$Name'*"
    }

    It 'does not know <_>' -ForEach 'Set-ADSyncScheduler', 'Stop-ADSyncSyncCycle', 'Get-ADSyncGlobalSettings', 'Get-ADSyncConnector', 'Set-ADSyncAADPasswordResetConfiguration', 'Write-Fact', 'Get-WinEvent', 'Get-Service', 'Stop-Service', 'Get-ChildItem', 'Invoke-Expression', '/bin/sh' {
        { Invoke-InSession $_ } | Should -Throw '*is not recognized*'
    }

    It 'runs no text' {
        $shell = [powershell]::Create()
        $shell.Runspace = $session
        $null = $shell.AddScript('Get-ADSyncScheduler')
        { $shell.Invoke() } | Should -Throw '*syntax is not supported by this runspace*'
    }

    It 'keeps a transcript where only administrators read' {
        $state.TranscriptDirectory | Should -Be $transcripts
        Get-ChildItem $transcripts -Recurse -File | Should -Not -BeNullOrEmpty
    }

    It 'has a configuration and a role that say nothing which PowerShell''s own writers do not know: <Writer>' -ForEach @(
        @{ Writer = 'New-PSSessionConfigurationFile'; File = 'SSPR.DeltaSync.pssc' }
        @{ Writer = 'New-PSRoleCapabilityFile'; File = 'SsprDeltaSync/RoleCapabilities/SsprDeltaSync.psrc' }
    ) {
        $copy = Join-Path $TestDrive 'read.psd1'
        Copy-Item (Join-Path $windows $File) $copy
        foreach ($key in (Import-PowerShellDataFile $copy).Keys) {
            (Get-Command $Writer).Parameters.Keys | Should -Contain $key
        }
    }

    It 'runs sessions as a virtual account that is in two groups, no administrator' {
        $copy = Join-Path $TestDrive 'read.psd1'
        Set-Content $copy $text
        $said = Import-PowerShellDataFile $copy
        $said.SessionType, $said.LanguageMode | Should -Be 'RestrictedRemoteServer', 'NoLanguage'
        $said.RunAsVirtualAccount | Should -BeTrue
        $said.RunAsVirtualAccountGroups | Should -Be 'ADSyncOperators', 'Event Log Readers'
    }
}
