# Stand-ins for what only Windows has. They keep a state, note each change in $Windows.Changes, heed
# -WhatIf where the originals do, and fail where a test asks them to.

$global:Windows = $null

function New-Windows {
    param([string] $Folder)
    New-Item -Path $Folder -ItemType 'Directory' -Force | Out-Null
    $global:Windows = @{
        Folder = $Folder
        Programs = Join-Path $Folder 'programs.log'
        Changes = [System.Collections.Generic.List[string]]::new()
        Failures = @{}
        Accounts = @{ 'CORP\svc-sspr-worker$' = 'S-1-5-21-1-2-3-1104'; "CORP\o'brien$" = 'S-1-5-21-1-2-3-1105' }
        Acls = @{}
        Services = @{}
        RunsAs = 'CORP\svc-sspr-worker$'
        DomainRole = 3
        PowerShell = '5.1'
        Tasks = @{}
        Processes = @()
        LocalGroups = @{ 'Hybrid agent extension applications' = @() }
        Endpoints = @{}
        EndpointVersions = @{}
        Listeners = @(@{ Keys = @('Transport=HTTPS', 'Address=*') })
        MayUseAccount = $true
        OnStartTask = { }
        DirectoryRules = [System.Collections.Generic.List[object]]::new()
        DirectoryEntries = @{}
        DsaclsGrants = $true
        Denied = $null
    }
    New-Program -Name 'python.exe'
    New-Program -Name 'WinSW-x64.exe'
}

# A program that notes how it was called, makes what "python -m venv" makes, and fails where the file
# "fails" beside it has a word of its arguments.
function New-Program {
    param([string] $Name)
    $path = Join-Path $Windows.Folder $Name
    $fails = Join-Path $Windows.Folder 'fails'
    @"
#!/bin/sh
printf '%s\n' "$Name `$*" >> '$($Windows.Programs)'
if [ -f '$fails' ] && printf '%s ' "`$*" | grep -q -- "`$(cat '$fails')"; then
  echo "a reason" >&2
  exit 3
fi
case "`$1 `$2" in
  "-m venv") mkdir -p "`$3/Scripts"; cp "`$0" "`$3/Scripts/python.exe" ;;
  "install ") touch '$($Windows.Folder)/service-installed' ;;
esac
"@ | Set-Content -Path $path
    chmod +x $path
}

function Get-ProgramCall {
    if (Test-Path $Windows.Programs) { Get-Content $Windows.Programs }
}

function Note {
    param([string] $Change)
    $name = $Change.Split(' ')[0]
    if ($Windows.Failures[$name] -gt 0) {
        $Windows.Failures[$name]--
        throw "$name fails, as asked"
    }
    $Windows.Changes.Add($Change)
}

# Everything below a folder: names, contents and times of change.
function Get-Picture {
    param([string] $Folder)
    if (-not (Test-Path $Folder)) { return 'nothing' }
    (Get-ChildItem -Path $Folder -Recurse -Force | Sort-Object FullName | ForEach-Object {
        $hash = if ($_.PSIsContainer) { 'folder' } else { (Get-FileHash $_.FullName).Hash }
        "$($_.FullName) $hash $($_.LastWriteTimeUtc.Ticks)"
    }) -join "`n"
}

# --- Accounts and access lists ---------------------------------------------------------------------

function New-Object {
    param([string] $TypeName, [object[]] $ArgumentList, [System.Collections.IDictionary] $Property)
    if ($TypeName -eq 'System.Security.Principal.NTAccount') {
        $found = [pscustomobject] @{ Name = $ArgumentList[0] }
        return $found | Add-Member -PassThru -MemberType ScriptMethod -Name Translate -Value {
            $sid = $Windows.Accounts[$this.Name]
            if (-not $sid) { throw 'Some or all identity references could not be translated.' }
            [pscustomobject] @{ Value = $sid }
        }
    }
    if ($TypeName -eq 'System.Security.Principal.SecurityIdentifier') {
        # As a German Windows has it.
        return [pscustomobject] @{ Sid = $ArgumentList[0] } | Add-Member -PassThru -MemberType ScriptMethod -Name Translate -Value {
            [pscustomobject] @{ Value = @{ 'S-1-5-32-573' = 'VORDEFINIERT\Ereignisprotokollleser' }[$this.Sid] }
        }
    }
    if ($TypeName -eq 'System.DirectoryServices.DirectoryEntry') {
        return New-DirectoryEntry $ArgumentList[0]
    }
    Microsoft.PowerShell.Utility\New-Object @PSBoundParameters
}

function New-DirectoryEntry {
    param([string] $Path)
    $entry = [pscustomobject] @{ ObjectSecurity = (New-RuleList { $Windows.DirectoryRules }) }
    $entry | Add-Member -PassThru -MemberType ScriptProperty -Name Properties -Value {
        $found = $Windows.DirectoryEntries[$this.Path]
        if (-not $found) { throw 'There is no such object on the server.' }
        $found
    } | Add-Member -PassThru -NotePropertyName Path -NotePropertyValue $Path
}

function New-RuleList {
    param([scriptblock] $Rules)
    [pscustomobject] @{ Rules = $Rules } | Add-Member -PassThru -MemberType ScriptMethod -Name GetAccessRules -Value {
        & $this.Rules
    }
}

# What a folder in ProgramData has: an owner who made it, and from above it a right of every user. Rules of
# its own stay, whatever becomes of those.
function Get-AclState {
    param([string] $Path)
    if (-not $Windows.Acls[$Path]) {
        $Windows.Acls[$Path] = @{ Owner = 'S-1-5-21-1-2-3-500'; IsProtected = $false; Rules = @{}; Inherited = @{ 'S-1-5-32-545' = 1179817 } }
    }
    $Windows.Acls[$Path]
}

function Get-Acl {
    param([string] $LiteralPath)
    $state = Get-AclState $LiteralPath
    $rules = @(foreach ($from in $state.Rules, $state.Inherited) {
        foreach ($sid in $from.Keys) {
            [pscustomobject] @{ IdentityReference = @{ Value = $sid }; FileSystemRights = $from[$sid]; AccessControlType = 'Allow' }
        }
    })
    $acl = [pscustomobject] @{ AreAccessRulesProtected = $state.IsProtected; State = $state; Rules = $rules }
    $acl | Add-Member -PassThru -MemberType ScriptMethod -Name GetOwner -Value { @{ Value = $this.State.Owner } } |
        Add-Member -PassThru -MemberType ScriptMethod -Name GetAccessRules -Value { $this.Rules }
}

function icacls.exe {
    Note "icacls.exe $args"
    $path, $action = $args
    if ($Windows.Denied -and ($action -contains $Windows.Denied)) {
        $global:LASTEXITCODE = 5
        return 'Access is denied.'
    }
    $state = Get-AclState $path
    if ($args -contains '/setowner') { $state.Owner = $args[2].TrimStart('*') }
    if ($args -contains '/reset') { $state.Rules, $state.Inherited, $state.IsProtected = @{}, @{ 'S-1-5-32-545' = 1179817 }, $false }
    if ($args -contains '/inheritance:r') {
        $state.IsProtected, $state.Inherited = $true, @{}
        foreach ($grant in $args | Where-Object { $_ -match '^\*(S-[\d-]+):\(OI\)\(CI\)(F|M|RX)$' }) {
            $null = $grant -match '^\*(S-[\d-]+):\(OI\)\(CI\)(F|M|RX)$'
            $state.Rules[$Matches[1]] = @{ F = 2032127; M = 1245631; RX = 1179817 }[$Matches[2]]
        }
    }
    $global:LASTEXITCODE = 0
}

function dsacls.exe {
    Note "dsacls.exe $args"
    if ($Windows.DsaclsGrants) {
        $Windows.DirectoryRules.Add([pscustomobject] @{
            IdentityReference = @{ Value = $Windows.Accounts[$args[2].Split(':')[0]] }
            ObjectType = [Guid] 'bf9679c0-0de6-11d0-a285-00aa003049e2'
            ActiveDirectoryRights = 32
            AccessControlType = 'Allow'
        })
    }
    $global:LASTEXITCODE = 0
}

function Test-ADServiceAccount {
    param([string] $Identity)
    $Windows.MayUseAccount
}

function Get-LocalGroup {
    [CmdletBinding()]
    param([string] $Name)
    if ($Windows.LocalGroups.ContainsKey($Name)) { @{ Name = $Name } }
}

function Add-LocalGroupMember {
    [CmdletBinding(SupportsShouldProcess = $true)]
    param([string] $Group, [string] $Member)
    if (-not $PSCmdlet.ShouldProcess($Group)) { return }
    if ($Windows.LocalGroups[$Group] -contains $Member) {
        $PSCmdlet.ThrowTerminatingError([System.Management.Automation.ErrorRecord]::new([Exception]::new('is a member already'), 'MemberExists', 'ResourceExists', $Member))
    }
    Note "Add-LocalGroupMember $Group $Member"
    $Windows.LocalGroups[$Group] += $Member
}

# --- Services, processes and tasks -----------------------------------------------------------------

function Get-Service {
    [CmdletBinding()]
    param([string] $Name)
    if ((Test-Path (Join-Path $Windows.Folder 'service-installed')) -and -not $Windows.Services[$Name]) {
        $Windows.Services[$Name] = 'Stopped'
    }
    if ($Windows.Services[$Name]) { [pscustomobject] @{ Name = $Name; Status = $Windows.Services[$Name] } }
}

function Stop-Service {
    [CmdletBinding(SupportsShouldProcess = $true)]
    param([string] $Name)
    if ($PSCmdlet.ShouldProcess($Name)) { Note "Stop-Service $Name"; $Windows.Services[$Name] = 'Stopped' }
}

function Start-Service {
    [CmdletBinding(SupportsShouldProcess = $true)]
    param([string] $Name)
    if ($PSCmdlet.ShouldProcess($Name)) { Note "Start-Service $Name"; $Windows.Services[$Name] = 'Running' }
}

function Get-CimInstance {
    param([string] $ClassName, [string] $Filter)
    if ($ClassName -eq 'Win32_ComputerSystem') { return [pscustomobject] @{ DomainRole = $Windows.DomainRole } }
    [pscustomobject] @{ StartName = $Windows.RunsAs }
}

function Get-Process {
    [CmdletBinding()]
    param([string] $Name)
    $Windows.Processes | Where-Object { $_.Name -eq $Name }
}

function Stop-Process {
    [CmdletBinding(SupportsShouldProcess = $true)]
    param([Parameter(ValueFromPipeline = $true)] [psobject] $InputObject, [switch] $Force)
    process {
        if ($InputObject -and $PSCmdlet.ShouldProcess($InputObject.Path)) {
            Note "Stop-Process $($InputObject.Path)"
            $Windows.Processes = @($Windows.Processes | Where-Object { $_ -ne $InputObject })
        }
    }
}

function Get-ScheduledTask {
    [CmdletBinding()]
    param([string] $TaskName)
    $Windows.Tasks[$TaskName]
}

function Get-ScheduledTaskInfo {
    param([string] $TaskName)
    [pscustomobject] @{ LastTaskResult = $Windows.Tasks[$TaskName].Result }
}

function New-ScheduledTaskAction { param([string] $Execute, [string] $Argument, [string] $WorkingDirectory) [pscustomobject] $PSBoundParameters }
function New-ScheduledTaskTrigger { param([switch] $AtStartup, [switch] $Once, [datetime] $At, [timespan] $RepetitionInterval) [pscustomobject] @{ Repetition = $RepetitionInterval; AtStartup = $AtStartup } }
function New-ScheduledTaskPrincipal { param([string] $UserId, [string] $LogonType) [pscustomobject] $PSBoundParameters }
function New-ScheduledTaskSettingsSet {
    param([switch] $Disable, [int] $RestartCount, [timespan] $RestartInterval, [timespan] $ExecutionTimeLimit, [string] $MultipleInstances)
    [pscustomobject] $PSBoundParameters
}

function Register-ScheduledTask {
    [CmdletBinding()]
    param([string] $TaskName, [psobject] $Action, [psobject] $Trigger, [psobject] $Principal, [psobject] $Settings, [switch] $Force)
    Note "Register-ScheduledTask $TaskName"
    $state = if ($Settings -and $Settings.Disable) { 'Disabled' } else { 'Ready' }
    $Windows.Tasks[$TaskName] = [pscustomobject] @{ State = $state; Action = $Action; Trigger = $Trigger; Principal = $Principal; Settings = $Settings; Result = 267011 }
}

function Start-ScheduledTask {
    [CmdletBinding()]
    param([string] $TaskName)
    Note "Start-ScheduledTask $TaskName"
    if ($Windows.Tasks[$TaskName].State -eq 'Disabled') { throw 'The task is disabled.' }
    $Windows.Tasks[$TaskName].State = 'Running'
    & $Windows.OnStartTask $Windows.Tasks[$TaskName]
}

function Stop-ScheduledTask { param([string] $TaskName) Note "Stop-ScheduledTask $TaskName" }
function Disable-ScheduledTask { param([string] $TaskName) Note "Disable-ScheduledTask $TaskName"; $Windows.Tasks[$TaskName].State = 'Disabled' }
function Enable-ScheduledTask { param([string] $TaskName) Note "Enable-ScheduledTask $TaskName"; $Windows.Tasks[$TaskName].State = 'Ready' }
function Unregister-ScheduledTask {
    [CmdletBinding(SupportsShouldProcess = $true)]
    param([string] $TaskName)
    Note "Unregister-ScheduledTask $TaskName"
    $Windows.Tasks.Remove($TaskName)
}

# --- PowerShell remoting ---------------------------------------------------------------------------

# Which PowerShell runs the script; where a test names none, the one that it is.
function Get-Variable {
    [CmdletBinding()]
    param([string] $Name, [switch] $ValueOnly)
    if (($Name -eq 'PSVersionTable') -and $Windows.PowerShell) {
        return @{ PSVersion = [version] $Windows.PowerShell; PSEdition = $(if ($Windows.PowerShell -like '5.*') { 'Desktop' } else { 'Core' }) }
    }
    Microsoft.PowerShell.Utility\Get-Variable @PSBoundParameters
}

function Get-PSSessionConfiguration {
    [CmdletBinding()]
    param([string] $Name)
    if ($Windows.Endpoints[$Name]) { [pscustomobject] @{ Name = $Name; PSVersion = $Windows.EndpointVersions[$Name] } }
}

function Test-PSSessionConfigurationFile {
    [CmdletBinding()]
    param([string] $Path)
    if ($Path -notlike '*.pssc') { throw 'The file name must end in .pssc.' }
    -not ($Windows.Failures['Test-PSSessionConfigurationFile'] -gt 0)
}

function Register-PSSessionConfiguration {
    [CmdletBinding(SupportsShouldProcess = $true)]
    param([string] $Name, [string] $Path, [switch] $Force)
    if ($PSCmdlet.ShouldProcess($Name)) {
        if ($Windows.Endpoints[$Name]) { throw "The session configuration $Name exists." }
        Note "Register-PSSessionConfiguration $Name"
        $Windows.Endpoints[$Name] = [System.IO.File]::ReadAllText($Path)
        $Windows.EndpointVersions[$Name] = $Windows.PowerShell
    }
}

function Unregister-PSSessionConfiguration {
    [CmdletBinding(SupportsShouldProcess = $true)]
    param([string] $Name, [switch] $Force)
    if ($PSCmdlet.ShouldProcess($Name)) { Note "Unregister-PSSessionConfiguration $Name"; $Windows.Endpoints.Remove($Name) }
}
