#Requires -Version 5.1
#Requires -RunAsAdministrator
<#
.SYNOPSIS
Runs "python -m hybrid_worker check" as the worker's own account and prints what it says.

.DESCRIPTION
Nobody can sign in as a gMSA, so a task does it once: it is registered, run and removed again. The
account needs the right to log on as a batch job. Exit status: that of the check.

.EXAMPLE
.\Test-SsprWorker.ps1 -Account 'CORP\svc-sspr-worker$'
#>
[CmdletBinding(SupportsShouldProcess = $true)]
param(
    [Parameter(Mandatory = $true)]
    [string] $Account,

    [string] $InstallFolder = "$env:ProgramFiles\sspr-worker",

    [string] $StateFolder = "$env:ProgramData\sspr-worker",

    [ValidateRange(10, 600)]
    [int] $Seconds = 180
)
Set-StrictMode -Version 2.0
$ErrorActionPreference = 'Stop'

$taskName = 'sspr-worker-check'
$report = Join-Path -Path $StateFolder -ChildPath 'logs\check.txt'
$python = Join-Path -Path $InstallFolder -ChildPath '.venv\Scripts\python.exe'
$argument = "/d /c `"`"$python`" -m hybrid_worker check > `"$report`" 2>&1`""

# Task Scheduler's answer until a task has run once (SCHED_S_TASK_HAS_NOT_RUN).
$hasNotRun = 267011

if ($PSCmdlet.ShouldProcess($Account, 'Run the check once, as a task')) {
    # What an earlier check has left must not be taken for this one's.
    if (Test-Path -LiteralPath $report) {
        Remove-Item -LiteralPath $report
    }
    $action = New-ScheduledTaskAction -Execute "$env:SystemRoot\System32\cmd.exe" -Argument $argument -WorkingDirectory $InstallFolder
    $principal = New-ScheduledTaskPrincipal -UserId $Account -LogonType 'Password'
    Register-ScheduledTask -TaskName $taskName -Action $action -Principal $principal -Force | Out-Null
    try {
        Start-ScheduledTask -TaskName $taskName
        $deadline = (Get-Date).AddSeconds($Seconds)
        do {
            Start-Sleep -Seconds 1
            $state = (Get-ScheduledTask -TaskName $taskName).State
            $result = (Get-ScheduledTaskInfo -TaskName $taskName).LastTaskResult
        } while ((($state -eq 'Running') -or ($state -eq 'Queued') -or ($result -eq $hasNotRun)) -and ((Get-Date) -lt $deadline))
    }
    finally {
        Unregister-ScheduledTask -TaskName $taskName -Confirm:$false
    }
    if (-not (Test-Path -LiteralPath $report)) {
        throw "The check has not run; the task's result is $result. May $Account log on as a batch job?"
    }
    Get-Content -LiteralPath $report
    # Anything else is of Task Scheduler, and beyond an Int32 it would leave here as 0.
    if (@(0, 1, 2) -notcontains $result) {
        throw "The check did not end by itself within $Seconds seconds; the task's result is $result."
    }
    exit $result
}
