#Requires -Version 5.1
#Requires -RunAsAdministrator
<#
.SYNOPSIS
Runs "python -m hybrid_worker check" as the worker's own account and prints what it says.

.DESCRIPTION
Nobody can sign in as a gMSA, so a task does it once: it is registered, run and removed again. The
account needs the right to log on as a batch job.

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

if ($PSCmdlet.ShouldProcess($Account, 'Run the check once, as a task')) {
    $action = New-ScheduledTaskAction -Execute "$env:SystemRoot\System32\cmd.exe" -Argument $argument -WorkingDirectory $InstallFolder
    $principal = New-ScheduledTaskPrincipal -UserId $Account -LogonType 'Password'
    Register-ScheduledTask -TaskName $taskName -Action $action -Principal $principal -Force | Out-Null
    try {
        Start-ScheduledTask -TaskName $taskName
        $deadline = (Get-Date).AddSeconds($Seconds)
        do {
            Start-Sleep -Seconds 1
            $state = (Get-ScheduledTask -TaskName $taskName).State
        } while (($state -eq 'Running') -and ((Get-Date) -lt $deadline))
        $result = (Get-ScheduledTaskInfo -TaskName $taskName).LastTaskResult
    }
    finally {
        Unregister-ScheduledTask -TaskName $taskName -Confirm:$false
    }
    Get-Content -LiteralPath $report
    exit $result
}
