#Requires -Version 5.1
#Requires -RunAsAdministrator
<#
.SYNOPSIS
Installs the SSPR worker, or brings an installed one up to date.

.DESCRIPTION
Nothing is fetched from anywhere: packages come from the wheelhouse (infra/worker/build-wheelhouse),
WinSW from a file. May be run again; worker.env is written once and never changed after that.

.PARAMETER Account
The gMSA that the worker runs as, such as CORP\svc-sspr-worker$.

.PARAMETER Source
The folder that holds hybrid_worker and shared; the repository.

.PARAMETER ServiceKind
WinSW: a service with rotated logs. TaskScheduler: a task at start-up, where no wrapper is wanted.

.EXAMPLE
.\Install-SsprWorker.ps1 -Account 'CORP\svc-sspr-worker$' -Wheelhouse D:\wheelhouse -WinSW D:\WinSW-x64.exe -ServiceBusNamespace contoso.servicebus.windows.net -DirectoryServer dc1.corp.contoso.com -DirectoryDomain corp.contoso.com -ScopeGroup SSPR-Enabled-Users -ConnectHost connect.corp.contoso.com -WhatIf
#>
[CmdletBinding(SupportsShouldProcess = $true)]
param(
    [Parameter(Mandatory = $true)]
    [ValidatePattern('^[^\\''"<>&]+\\[^\\''"<>&]+$')]
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

    [Parameter(Mandatory = $true)]
    [string] $ConnectHost,

    [string] $ConnectAuthority,

    [string] $ProxyHost,

    [ValidateRange(1, 65535)]
    [int] $ProxyPort = 8080,

    [ValidateSet('WinSW', 'TaskScheduler')]
    [string] $ServiceKind = 'WinSW',

    [string] $WinSW,

    [string] $Source = (Join-Path -Path $PSScriptRoot -ChildPath '..\..\..'),

    [string] $Python = "$env:ProgramFiles\Python313\python.exe",

    [string] $InstallFolder = "$env:ProgramFiles\sspr-worker",

    [string] $StateFolder = "$env:ProgramData\sspr-worker"
)
Set-StrictMode -Version 2.0
$ErrorActionPreference = 'Stop'

$serviceName = 'sspr-worker'
$arcGroup = 'Hybrid agent extension applications'
$venv = Join-Path -Path $InstallFolder -ChildPath '.venv'
$venvPython = Join-Path -Path $venv -ChildPath 'Scripts\python.exe'
$logs = Join-Path -Path $StateFolder -ChildPath 'logs'
$envFile = Join-Path -Path $InstallFolder -ChildPath 'worker.env'

# 1. What has to be there before anything is changed.
$needed = @($Python, "$Wheelhouse\requirements.txt", "$Source\hybrid_worker\__main__.py", "$Source\shared\__init__.py")
if ($ServiceKind -eq 'WinSW') {
    if (-not $WinSW) {
        throw 'Give -WinSW, the path of WinSW-x64.exe (2.12), or -ServiceKind TaskScheduler.'
    }
    $needed += $WinSW
}
foreach ($file in $needed) {
    if (-not (Test-Path -LiteralPath $file -PathType 'Leaf')) {
        throw "There is no $file."
    }
}
if (Get-Command -Name 'Test-ADServiceAccount' -ErrorAction 'SilentlyContinue') {
    $accountName = $Account.Split('\')[1].TrimEnd('$')
    if (-not (Test-ADServiceAccount -Identity $accountName)) {
        throw "This machine may not use $Account. Add it to PrincipalsAllowedToRetrieveManagedPassword and restart it."
    }
}
else {
    Write-Warning "The module ActiveDirectory is not here, so $Account was not tested."
}

$service = Get-Service -Name $serviceName -ErrorAction 'SilentlyContinue'
$task = Get-ScheduledTask -TaskName $serviceName -ErrorAction 'SilentlyContinue'
if ($task -and ($ServiceKind -eq 'WinSW')) {
    throw "There is a task $serviceName, and two workers would run. Remove it: Unregister-ScheduledTask -TaskName $serviceName"
}
if ($service -and ($ServiceKind -eq 'TaskScheduler')) {
    throw "There is a service $serviceName, and two workers would run. Stop it, then remove it: & '$InstallFolder\$serviceName.exe' uninstall"
}
if ($service) {
    # WinSW sets the account when it installs a service, and never again.
    $runsAs = (Get-CimInstance -ClassName 'Win32_Service' -Filter "Name='$serviceName'").StartName
    if ($runsAs -ne $Account) {
        throw "The service $serviceName runs as $runsAs. Stop it, remove it (& '$InstallFolder\$serviceName.exe' uninstall), and run this again."
    }
}

# 2. A service that runs holds its files open.
if ($service -and ($service.Status -ne 'Stopped')) {
    Stop-Service -Name $serviceName
}
if ($task -and $PSCmdlet.ShouldProcess($serviceName, 'Stop the task')) {
    # Disabled, or its repetition would start it amid the update; registering enables it again.
    Disable-ScheduledTask -TaskName $serviceName | Out-Null
    Stop-ScheduledTask -TaskName $serviceName
}
# Ending a task ends cmd.exe alone. The interpreter of the environment takes its child with it.
Get-Process -Name 'python' -ErrorAction 'SilentlyContinue' | Where-Object { $_.Path -eq $venvPython } | Stop-Process -Force

# 3. Folders. The state is open to the worker and administrators only.
foreach ($folder in $InstallFolder, $StateFolder, $logs) {
    if (-not (Test-Path -LiteralPath $folder)) {
        New-Item -Path $folder -ItemType 'Directory' | Out-Null
    }
}
if ($PSCmdlet.ShouldProcess($StateFolder, "Close to everybody but SYSTEM, Administrators and $Account")) {
    # Anybody may make folders in ProgramData, and an owner may always open them again.
    & icacls.exe $StateFolder /setowner '*S-1-5-32-544' | Out-Null
    if ($LASTEXITCODE -ne 0) {
        throw "icacls ended with exit status $LASTEXITCODE."
    }
    & icacls.exe $StateFolder /inheritance:r /grant:r '*S-1-5-18:(OI)(CI)F' '*S-1-5-32-544:(OI)(CI)F' "${Account}:(OI)(CI)M" | Out-Null
    if ($LASTEXITCODE -ne 0) {
        throw "icacls ended with exit status $LASTEXITCODE."
    }
}

# 4. The code, as a whole: what is no longer part of it goes.
foreach ($package in 'hybrid_worker', 'shared') {
    $target = Join-Path -Path $InstallFolder -ChildPath $package
    if (Test-Path -LiteralPath $target) {
        Remove-Item -LiteralPath $target -Recurse -Force
    }
    Copy-Item -Path (Join-Path -Path $Source -ChildPath $package) -Destination $target -Recurse
}

# 5. The packages, from the wheelhouse alone, each with its hash.
if ((-not (Test-Path -LiteralPath $venvPython)) -and $PSCmdlet.ShouldProcess($venv, 'Create the virtual environment')) {
    & $Python -m venv $venv
    if ($LASTEXITCODE -ne 0) {
        throw "python -m venv ended with exit status $LASTEXITCODE."
    }
}
if ($PSCmdlet.ShouldProcess($venv, "Install the packages of $Wheelhouse")) {
    & $venvPython -m pip install --quiet --disable-pip-version-check --no-index --find-links $Wheelhouse --require-hashes -r "$Wheelhouse\requirements.txt"
    if ($LASTEXITCODE -ne 0) {
        throw "pip install ended with exit status $LASTEXITCODE."
    }
}

# 6. The settings, once. There are no secrets in them: the gMSA and Azure Arc carry the rights.
if (-not (Test-Path -LiteralPath $envFile)) {
    $lines = @(
        '# Every setting there is: worker.env.sample.'
        "SSPR_WORKER_STATE_DIRECTORY=$StateFolder"
        "SSPR_WORKER_SERVICE_BUS_NAMESPACE=$ServiceBusNamespace"
        "SSPR_WORKER_DIRECTORY_SERVER=$DirectoryServer"
        "SSPR_WORKER_DIRECTORY_DOMAIN=$DirectoryDomain"
        "SSPR_WORKER_DIRECTORY_SCOPE_GROUP='$ScopeGroup'"
        "SSPR_WORKER_SYNC_HOST=$ConnectHost"
    )
    if ($ConnectAuthority) {
        $lines += "SSPR_WORKER_SYNC_CA_FILE=$ConnectAuthority"
    }
    if ($ProxyHost) {
        $lines += "SSPR_WORKER_SERVICE_BUS_PROXY_HOST=$ProxyHost"
        $lines += "SSPR_WORKER_SERVICE_BUS_PROXY_PORT=$ProxyPort"
    }
    if ($PSCmdlet.ShouldProcess($envFile, 'Write the settings')) {
        # UTF-8 without a byte order mark, which Set-Content of Windows PowerShell cannot do.
        [System.IO.File]::WriteAllLines($envFile, $lines)
    }
}

# 7. Azure Arc's managed identity is for members of this group.
if (Get-LocalGroup -Name $arcGroup -ErrorAction 'SilentlyContinue') {
    # Not looked up first: Get-LocalGroupMember fails on a group with a member that is no longer
    # there (PowerShell/PowerShell issue 2996).
    try {
        Add-LocalGroupMember -Group $arcGroup -Member $Account
    }
    catch [Microsoft.PowerShell.Commands.MemberExistsException] {
        Write-Verbose "$Account is in '$arcGroup' already."
    }
}
else {
    Write-Warning "There is no group '$arcGroup': install the Azure Connected Machine agent, then run this again."
}

# 8. The service.
if ($ServiceKind -eq 'WinSW') {
    $wrapper = Join-Path -Path $InstallFolder -ChildPath "$serviceName.exe"
    Copy-Item -LiteralPath $WinSW -Destination $wrapper -Force
    $xml = Get-Content -LiteralPath "$PSScriptRoot\sspr-worker.xml" -Raw
    $xml = $xml.Replace('__PYTHON__', $venvPython).Replace('__LOGS__', $logs)
    $xml = $xml.Replace('__DOMAIN__', $Account.Split('\')[0]).Replace('__USER__', $Account.Split('\')[1])
    Set-Content -LiteralPath "$InstallFolder\$serviceName.xml" -Value $xml -Encoding 'UTF8'
    if ((-not $service) -and $PSCmdlet.ShouldProcess($serviceName, 'Install the service')) {
        & $wrapper install
        if ($LASTEXITCODE -ne 0) {
            throw "WinSW ended with exit status $LASTEXITCODE."
        }
    }
}
elseif ($PSCmdlet.ShouldProcess($serviceName, 'Register the task at start-up')) {
    $argument = "/d /c `"`"$venvPython`" -m hybrid_worker 2>> `"$logs\worker.log`"`""
    $action = New-ScheduledTaskAction -Execute "$env:SystemRoot\System32\cmd.exe" -Argument $argument -WorkingDirectory $InstallFolder
    $trigger = New-ScheduledTaskTrigger -AtStartup
    # Task Scheduler's restarts are for tasks that could not be started; a worker that ended with an
    # error comes back by this. One that runs is left alone (MultipleInstances: IgnoreNew).
    $often = New-ScheduledTaskTrigger -Once -At (Get-Date) -RepetitionInterval (New-TimeSpan -Minutes 5)
    $trigger.Repetition = $often.Repetition
    $principal = New-ScheduledTaskPrincipal -UserId $Account -LogonType 'Password'
    $options = New-ScheduledTaskSettingsSet -RestartCount 99 -RestartInterval (New-TimeSpan -Minutes 1) -ExecutionTimeLimit (New-TimeSpan -Seconds 0) -MultipleInstances 'IgnoreNew'
    Register-ScheduledTask -TaskName $serviceName -Action $action -Trigger $trigger -Principal $principal -Settings $options -Force | Out-Null
}

Write-Output "Installed, and not started. Check it: .\Test-SsprWorker.ps1 -Account '$Account'"
if ($ServiceKind -eq 'WinSW') {
    Write-Output "Then start it: Start-Service -Name $serviceName"
}
else {
    Write-Output "Then start it: Start-ScheduledTask -TaskName $serviceName"
}
