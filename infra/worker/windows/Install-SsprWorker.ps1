#Requires -Version 5.1
#Requires -RunAsAdministrator
<#
.SYNOPSIS
Installs the SSPR worker, or brings an installed one up to date.

.DESCRIPTION
Nothing is fetched from anywhere: packages come from the wheelhouse (infra/worker/build-wheelhouse),
WinSW from a file. A new version is made beside the one that is there, and tried, while that one goes
on working. Then the worker is stopped, the two change places, and it is started again if it ran.
Should that fail, the old version comes back. May be run again: what is as it should be stays
untouched; worker.env is written once and never changed after that.

.PARAMETER Account
The gMSA that the worker runs as, such as CORP\svc-sspr-worker$.

.PARAMETER Source
The repository; where none is named, the one that this script is part of.

.PARAMETER ConnectHost
The Entra Connect server, where the worker starts its sync cycles (-SyncMode connect).

.PARAMETER ConnectAuthority
The PEM file of the authority that signed the certificate of WinRM on that server, where the file is to stay.
Windows' own store is not asked for it.

.PARAMETER SyncMode
connect: Entra Connect, whose cycles the worker starts. cloud: Entra Cloud Sync. none: Entra Connect's own scheduler.

.PARAMETER ServiceKind
WinSW: a service with rotated logs. TaskScheduler: a task at start-up, where no wrapper is wanted.

.EXAMPLE
.\Install-SsprWorker.ps1 -Account 'CORP\svc-sspr-worker$' -Wheelhouse D:\wheelhouse -WinSW D:\WinSW-x64.exe -ServiceBusNamespace contoso.servicebus.windows.net -DirectoryServer dc1.corp.contoso.com -DirectoryDomain corp.contoso.com -ScopeGroup SSPR-Enabled-Users -ConnectHost connect.corp.contoso.com -ConnectAuthority 'C:\Program Files\sspr-authority.pem' -WhatIf
#>
[CmdletBinding(SupportsShouldProcess = $true)]
param(
    [Parameter(Mandatory = $true)]
    [ValidatePattern('^[^\\"%]+\\[^\\"%]+$')]
    [string] $Account,

    [Parameter(Mandatory = $true)]
    [string] $Wheelhouse,

    [Parameter(Mandatory = $true)]
    [string] $ServiceBusNamespace,

    [Parameter(Mandatory = $true)]
    [string] $DirectoryServer,

    [Parameter(Mandatory = $true)]
    [string] $DirectoryDomain,

    [Parameter(Mandatory = $true)]
    [string] $ScopeGroup,

    [string] $ConnectHost,

    [ValidateSet('connect', 'cloud', 'none')]
    [string] $SyncMode = 'connect',

    [string] $ConnectAuthority,

    [string] $ProxyHost,

    [ValidateRange(1, 65535)]
    [int] $ProxyPort = 8080,

    [ValidateSet('WinSW', 'TaskScheduler')]
    [string] $ServiceKind = 'WinSW',

    [string] $WinSW,

    [string] $Source,

    [string] $Python = "$env:ProgramFiles\Python313\python.exe",

    # WinSW and cmd.exe take what stands between two % for a variable.
    [ValidatePattern('^[^"%]+$')]
    [string] $InstallFolder = "$env:ProgramFiles\sspr-worker",

    [ValidatePattern('^[^"%]+$')]
    [string] $StateFolder = "$env:ProgramData\sspr-worker"
)
Set-StrictMode -Version 2.0
$ErrorActionPreference = 'Stop'
foreach ($part in 'Failure', 'Path', 'Account', 'ClosedFolder', 'Setting', 'Swap', 'Release', 'Worker', 'Definition') {
    . (Join-Path -Path $PSScriptRoot -ChildPath "parts\$part.ps1")
}

$name = 'sspr-worker'
if (-not $Source) {
    $Source = Join-Path -Path $PSScriptRoot -ChildPath '..\..\..'
}
$Source = Get-FullPath -Path $Source
$Wheelhouse = Get-FullPath -Path $Wheelhouse
$Python = Get-FullPath -Path $Python
$InstallFolder = Get-FullPath -Path $InstallFolder
$StateFolder = Get-FullPath -Path $StateFolder
$app = Join-Path -Path $InstallFolder -ChildPath 'app'
$venvPython = Join-Path -Path $app -ChildPath '.venv\Scripts\python.exe'
$logs = Join-Path -Path $StateFolder -ChildPath 'logs'
$envFile = Join-Path -Path $InstallFolder -ChildPath 'worker.env'
$wrapper = Join-Path -Path $InstallFolder -ChildPath "$name.exe"
$changes = @()

# 1. What has to be there before anything is changed.
Confirm-File -Path "$Source\hybrid_worker\__main__.py" -Remedy 'Give the repository with -Source, or run this script from inside it.'
Confirm-File -Path "$Source\shared\__init__.py" -Remedy 'Give the repository with -Source, or run this script from inside it.'
Confirm-File -Path $Python -Remedy 'Install 64-bit Python 3.13 for all users, or name its python.exe with -Python.'
Invoke-Program -Path $Python -Arguments '-c', 'import sys; sys.exit(sys.version_info[:2] != (3, 13))' -Remedy 'It has to be Python 3.13: install it for all users, or name its python.exe with -Python.'
Confirm-Wheelhouse -Source $Source -Wheelhouse $Wheelhouse
if ($ServiceKind -eq 'WinSW') {
    if (-not $WinSW) {
        Stop-WithRemedy -Problem 'There is no service without a wrapper.' -Remedy 'Give -WinSW, the path of WinSW-x64.exe (2.12), or -ServiceKind TaskScheduler.'
    }
    $WinSW = Get-FullPath -Path $WinSW
    Confirm-File -Path $WinSW -Remedy 'Give -WinSW, the path of WinSW-x64.exe (2.12).'
}
if (($SyncMode -eq 'connect') -and -not $ConnectHost) {
    Stop-WithRemedy -Problem 'The worker cannot start a sync cycle without a server.' -Remedy 'Give -ConnectHost, the Entra Connect server, or -SyncMode cloud or none.'
}
if ($ConnectAuthority) {
    $ConnectAuthority = Get-FullPath -Path $ConnectAuthority
    Confirm-File -Path $ConnectAuthority -Remedy 'Give -ConnectAuthority, the PEM file of the authority that signed the certificate of WinRM, where it is to stay.'
}
elseif (($SyncMode -eq 'connect') -and -not (Test-Path -LiteralPath $envFile)) {
    Write-Warning 'Without -ConnectAuthority the worker trusts no authority of your own for WinRM, whatever Windows trusts. Give its PEM file, unless a public authority signed the certificate.'
}
if (Get-Command -Name 'Test-ADServiceAccount' -ErrorAction 'SilentlyContinue') {
    if (-not (Test-ADServiceAccount -Identity $Account.Split('\')[1].TrimEnd('$'))) {
        Stop-WithRemedy -Problem "This machine may not use $Account." -Remedy 'Add it to PrincipalsAllowedToRetrieveManagedPassword and restart it.'
    }
}
else {
    Write-Warning "The module ActiveDirectory is not here, so $Account was not tested."
}
$accountSid = Get-AccountSid -Account $Account
$worker = Get-Worker -Name $name -Python $venvPython -Note (Join-Path -Path $InstallFolder -ChildPath 'interrupted.txt')
Confirm-Worker -Worker $worker -Kind $ServiceKind -Account $Account -Wrapper $wrapper

$values = [ordered] @{
    STATE_DIRECTORY = $StateFolder
    SERVICE_BUS_NAMESPACE = $ServiceBusNamespace
    DIRECTORY_SERVER = $DirectoryServer
    DIRECTORY_DOMAIN = $DirectoryDomain
    DIRECTORY_SCOPE_GROUP = $ScopeGroup
    SYNC_HOST = $ConnectHost
    SYNC_CA_FILE = $ConnectAuthority
    SERVICE_BUS_PROXY_HOST = $ProxyHost
}
# The default is not written: a file of before would be said to lack it.
if ($SyncMode -ne 'connect') {
    $values['SYNC_MODE'] = $SyncMode
}
if ($ProxyHost) {
    $values['SERVICE_BUS_PROXY_PORT'] = "$ProxyPort"
}
$lines = @(Get-SettingLine -Values $values)

# 2. Folders. The state is open to the worker and administrators only. And only administrators may change
# what runs as the worker; outside of Program Files everybody might.
$parts = @('app', "$name.exe", "$name.xml", "$name.task.txt")
Complete-Switch -Folder $InstallFolder -Names $parts
$changes += @(Close-Folder -Path $InstallFolder -Reader $accountSid)
$changes += @(Close-Folder -Path $StateFolder -Writer $accountSid)
if (-not (Test-Path -LiteralPath $logs)) {
    New-Item -Path $logs -ItemType 'Directory' | Out-Null
}

# 3. The settings, once. There are no secrets in them: the gMSA and Azure Arc carry the rights.
$changes += @(Write-SettingFile -Path $envFile -Lines $lines)

# 4. Azure Arc's managed identity is for members of this group.
$arcGroup = 'Hybrid agent extension applications'
if (Get-LocalGroup -Name $arcGroup -ErrorAction 'SilentlyContinue') {
    # Not looked up first: Get-LocalGroupMember fails on a group with a member that is no longer
    # there (PowerShell/PowerShell issue 2996).
    try {
        Add-LocalGroupMember -Group $arcGroup -Member $Account
        $changes += "put $Account into '$arcGroup'"
    }
    catch {
        if ($_.FullyQualifiedErrorId -notlike 'MemberExists,*') {
            Stop-WithRemedy -Problem "$Account cannot be put into '$arcGroup': $_" -Remedy "Put it in by hand (lusrmgr.msc), and run this again."
        }
    }
}
else {
    Write-Warning "There is no group '$arcGroup': install the Azure Connected Machine agent, then run this again."
}

# 5. What is new, made beside what is there; the worker goes on meanwhile.
$command = "-m hybrid_worker --settings `"$envFile`""
$new = @()
$digest = Get-ReleaseDigest -Source $Source -Wheelhouse $Wheelhouse -Python $Python
if ((-not (Test-Release -Path $app -Digest $digest)) -and $PSCmdlet.ShouldProcess("$app.new", 'Make the new version, with the packages of the wheelhouse')) {
    try {
        New-Release -Path "$app.new" -Source $Source -Wheelhouse $Wheelhouse -Python $Python -Digest $digest
        $new += 'app'
    }
    catch {
        Stop-WithRemedy -Problem "The new version could not be made, and the worker was left as it is: $_" -Remedy 'Fix that, and run this again.'
    }
    finally {
        # Also when somebody presses Ctrl-C.
        if (-not $new) {
            Remove-Whole -Path "$app.new"
        }
    }
}
if ($ServiceKind -eq 'WinSW') {
    $definitionFile = Join-Path -Path $InstallFolder -ChildPath "$name.xml"
    $definition = Get-ServiceDefinition -Template (Join-Path -Path $PSScriptRoot -ChildPath "$name.xml") -Values @{
        PYTHON = $venvPython
        COMMAND = $command
        APP = $app
        LOGS = $logs
        DOMAIN = $Account.Split('\')[0]
        USER = $Account.Split('\')[1]
    }
    $isThere = (Test-Path -LiteralPath $wrapper) -and ((Get-FileHash -LiteralPath $wrapper).Hash -eq (Get-FileHash -LiteralPath $WinSW).Hash)
    if ((-not $isThere) -and $PSCmdlet.ShouldProcess($wrapper, "Copy $WinSW")) {
        Copy-Item -LiteralPath $WinSW -Destination "$wrapper.new"
        $new += "$name.exe"
    }
}
else {
    $definitionFile = Join-Path -Path $InstallFolder -ChildPath "$name.task.txt"
    $argument = Get-TaskArgument -Python $venvPython -Command "$command --log-file `"$logs\worker.log`"" -Output "2>> `"$logs\worker.stderr.log`""
    $definition = "$Account`n$argument"
}
$isDefined = (Test-Path -LiteralPath $definitionFile) -and ([System.IO.File]::ReadAllText($definitionFile) -eq $definition)
if ((-not $isDefined) -and $PSCmdlet.ShouldProcess($definitionFile, 'Write how the worker is started')) {
    [System.IO.File]::WriteAllText("$definitionFile.new", $definition)
    $new += Split-Path -Path $definitionFile -Leaf
}

# 6. Both change places, or neither does.
$isRegistered = $worker.Service -or $worker.Task
$isDue = $new -or (-not $isRegistered) -or (Test-Path -LiteralPath $worker.Note)
if ($isDue -and $PSCmdlet.ShouldProcess($name, 'Stop the worker, put what is new in its place, start it again if it ran')) {
    $failure = $null
    $isDone = $false
    $now = 'what was there before is there again'
    try {
        Stop-Worker -Worker $worker
        Switch-ToNew -Folder $InstallFolder -Names $new
        if (($ServiceKind -eq 'WinSW') -and -not $worker.Service) {
            Invoke-Program -Path $wrapper -Arguments 'install' -Remedy "Look at $wrapper, and whether $Account may log on as a service."
        }
        if (($ServiceKind -eq 'TaskScheduler') -and -not ($worker.Task -and $isDefined)) {
            Register-WorkerTask -Name $name -Account $Account -Argument $argument -Folder $app -IsEnabled $worker.IsEnabled
        }
        Restore-Worker -Worker $worker
        $isDone = $true
    }
    catch {
        $failure = $_
    }
    finally {
        if (-not $isDone) {
            try {
                Stop-Worker -Worker $worker
                Undo-Switch -Folder $InstallFolder -Names $new
                Restore-Worker -Worker $worker
            }
            catch {
                $now = "what was there before does not work either ($_)"
            }
        }
    }
    if ($failure) {
        Stop-WithRemedy -Problem "The new version could not take the old one's place, and ${now}: $failure" -Remedy "Close what holds files in $app open (a console in that folder, an editor, a virus scanner), look at $logs, and run this again."
    }
    Complete-Switch -Folder $InstallFolder -Names $new
    $changes += $new
}

# 7. What has become of it.
if ($WhatIfPreference) {
    Write-Output 'This was a trial: nothing has been changed.'
}
elseif ($isDue -and $worker.Runs) {
    Write-Output 'Up to date, and started again.'
}
elseif ($changes.Count -eq 0) {
    Write-Output 'All is as it should be: nothing has been changed.'
}
elseif ($worker.Runs) {
    Write-Output "Up to date, and left running: $($changes -join ', ')."
}
else {
    Write-Output "Installed, and not started. Check it: .\Test-SsprWorker.ps1 -Account '$Account'"
    if ($ServiceKind -eq 'WinSW') {
        Write-Output "Then start it: Start-Service -Name $name"
    }
    else {
        Write-Output "Then start it: Enable-ScheduledTask -TaskName $name; Start-ScheduledTask -TaskName $name"
    }
}
