# What the service or the task is told; kept as a file beside the worker, so that a change is seen.

function Get-ServiceDefinition {
    param([string] $Template, [hashtable] $Values)

    $xml = [System.IO.File]::ReadAllText($Template)
    foreach ($name in $Values.Keys) {
        $xml = $xml.Replace("__${name}__", [System.Security.SecurityElement]::Escape($Values[$name]))
    }
    $xml
}

function Get-TaskArgument {
    param([string] $Python, [string] $Command, [string] $Output)
    "/d /c `"`"$Python`" -X utf8 $Command $Output`""
}

function Register-WorkerTask {
    [CmdletBinding(SupportsShouldProcess = $true)]
    param([string] $Name, [string] $Account, [string] $Argument, [string] $Folder, [bool] $IsEnabled)

    $action = New-ScheduledTaskAction -Execute "$env:SystemRoot\System32\cmd.exe" -Argument $Argument -WorkingDirectory $Folder
    $trigger = New-ScheduledTaskTrigger -AtStartup
    # Task Scheduler's restarts are for tasks that could not be started; a worker that ended with an
    # error comes back by this. One that runs is left alone (MultipleInstances: IgnoreNew).
    $often = New-ScheduledTaskTrigger -Once -At (Get-Date) -RepetitionInterval (New-TimeSpan -Minutes 5)
    $trigger.Repetition = $often.Repetition
    $principal = New-ScheduledTaskPrincipal -UserId $Account -LogonType 'Password'
    $options = New-ScheduledTaskSettingsSet -Disable:(-not $IsEnabled) -RestartCount 99 -RestartInterval (New-TimeSpan -Minutes 1) -ExecutionTimeLimit (New-TimeSpan -Seconds 0) -MultipleInstances 'IgnoreNew'
    Register-ScheduledTask -TaskName $Name -Action $action -Trigger $trigger -Principal $principal -Settings $options -Force | Out-Null
}
