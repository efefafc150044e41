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
    [ValidatePattern('^[^\\"%]+\\[^\\"%]+$')]
    [string] $Account,

    [ValidatePattern('^[^"%]+$')]
    [string] $InstallFolder = "$env:ProgramFiles\sspr-worker",

    [ValidatePattern('^[^"%]+$')]
    [string] $StateFolder = "$env:ProgramData\sspr-worker",

    [ValidateRange(10, 600)]
    [int] $Seconds = 180
)
Set-StrictMode -Version 2.0
$ErrorActionPreference = 'Stop'
foreach ($part in 'Failure', 'Path', 'Definition') {
    . (Join-Path -Path $PSScriptRoot -ChildPath "parts\$part.ps1")
}

$taskName = 'sspr-worker-check'
$app = Join-Path -Path (Get-FullPath -Path $InstallFolder) -ChildPath 'app'
$envFile = Join-Path -Path (Get-FullPath -Path $InstallFolder) -ChildPath 'worker.env'
$report = Join-Path -Path (Get-FullPath -Path $StateFolder) -ChildPath 'logs\check.txt'
$python = Join-Path -Path $app -ChildPath '.venv\Scripts\python.exe'
$argument = Get-TaskArgument -Python $python -Command "-m hybrid_worker check --settings `"$envFile`"" -Output "> `"$report`" 2>&1"

# Task Scheduler's answer until a task has run once (SCHED_S_TASK_HAS_NOT_RUN).
$hasNotRun = 267011

Confirm-File -Path $python -Remedy 'Install the worker first (Install-SsprWorker.ps1), or say where it is with -InstallFolder.'
if (-not $PSCmdlet.ShouldProcess($Account, 'Run the check once, as a task')) {
    Write-Output 'This was a trial: nothing has been checked.'
    return
}
# What an earlier check has left must not be taken for this one's.
if (Test-Path -LiteralPath $report) {
    Remove-Item -LiteralPath $report
}
$action = New-ScheduledTaskAction -Execute "$env:SystemRoot\System32\cmd.exe" -Argument $argument -WorkingDirectory $app
$principal = New-ScheduledTaskPrincipal -UserId $Account -LogonType 'Password'
try {
    Register-ScheduledTask -TaskName $taskName -Action $action -Principal $principal -Force | Out-Null
}
catch {
    Stop-WithRemedy -Problem "The task $taskName cannot be registered for ${Account}: $_" -Remedy 'Write the account as DOMAIN\name, where the name of a gMSA ends in $; this machine has to be one that may use it.'
}
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
    Stop-WithRemedy -Problem "The check has not run; the task's result is $result." -Remedy "Let $Account log on as a batch job on this machine (Local Security Policy, User Rights Assignment), and write to $(Split-Path -Path $report)."
}
Get-Content -LiteralPath $report -Encoding 'UTF8'
# Anything else is of Task Scheduler, and beyond an Int32 it would leave here as 0.
if (@(0, 1, 2) -notcontains $result) {
    Stop-WithRemedy -Problem "The check did not end by itself within $Seconds seconds; the task's result is $result." -Remedy 'What it said last stands above: look there first, then give it longer with -Seconds.'
}
exit $result
