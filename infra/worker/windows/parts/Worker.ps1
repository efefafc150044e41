# The worker that is there: a service of WinSW, or a task.

function Get-WorkerProcess {
    param([string] $Python)
    Get-Process -Name 'python' -ErrorAction 'SilentlyContinue' | Where-Object { $_.Path -eq $Python }
}

function Get-Worker {
    param([string] $Name, [string] $Python, [string] $Note)

    $service = Get-Service -Name $Name -ErrorAction 'SilentlyContinue'
    $task = Get-ScheduledTask -TaskName $Name -ErrorAction 'SilentlyContinue'
    $processes = @(Get-WorkerProcess -Python $Python)
    $runs = ($processes.Count -gt 0) -or ($service -and ($service.Status -ne 'Stopped')) -or ($task -and ($task.State -eq 'Running'))
    # A task may be enabled and not run; it would be started within five minutes.
    $isEnabled = (-not $task) -or ($task.State -ne 'Disabled')
    if (Test-Path -LiteralPath $Note) {
        # An update was cut off after it had stopped the worker.
        $runs, $isEnabled = [System.IO.File]::ReadAllText($Note).Split(' ') | ForEach-Object { $_ -eq 'True' }
    }
    New-Object -TypeName 'PSObject' -Property @{
        Name = $Name
        Python = $Python
        Note = $Note
        Service = $service
        Task = $task
        Runs = $runs
        IsEnabled = $isEnabled
    }
}

function Stop-Worker {
    [CmdletBinding(SupportsShouldProcess = $true)]
    param([psobject] $Worker)

    # Should this script be cut off, the next run still knows what to start again.
    [System.IO.File]::WriteAllText($Worker.Note, "$($Worker.Runs) $($Worker.IsEnabled)")
    if ($Worker.Service -and ($Worker.Service.Status -ne 'Stopped')) {
        Stop-Service -Name $Worker.Name
    }
    if ($Worker.Task) {
        # Disabled, or its repetition would start it amid the update.
        Disable-ScheduledTask -TaskName $Worker.Name | Out-Null
        Stop-ScheduledTask -TaskName $Worker.Name
    }
    # Ending a task ends cmd.exe alone. The interpreter of the environment takes its child with it.
    Get-WorkerProcess -Python $Worker.Python | Stop-Process -Force
}

function Restore-Worker {
    [CmdletBinding(SupportsShouldProcess = $true)]
    param([psobject] $Worker)

    if ($Worker.Task -and $Worker.IsEnabled) {
        Enable-ScheduledTask -TaskName $Worker.Name | Out-Null
    }
    if ($Worker.Runs -and $Worker.Service) {
        Start-Service -Name $Worker.Name
    }
    if ($Worker.Runs -and $Worker.Task -and $Worker.IsEnabled) {
        Start-ScheduledTask -TaskName $Worker.Name
    }
    Remove-Whole -Path $Worker.Note
}

function Confirm-Worker {
    param([psobject] $Worker, [string] $Kind, [string] $Account, [string] $Wrapper)

    $name = $Worker.Name
    $uninstall = "Stop-Service -Name $name; & '$Wrapper' uninstall"
    if ($Worker.Task -and ($Kind -eq 'WinSW')) {
        Stop-WithRemedy -Problem "There is a task $name, and two workers would run." -Remedy "Stop it as docs/deploy.md says, then remove it: Unregister-ScheduledTask -TaskName $name"
    }
    if ($Worker.Service -and ($Kind -eq 'TaskScheduler')) {
        Stop-WithRemedy -Problem "There is a service $name, and two workers would run." -Remedy "Remove it first: $uninstall"
    }
    if ($Worker.Service) {
        # WinSW sets the account when it installs a service, and never again.
        $runsAs = (Get-CimInstance -ClassName 'Win32_Service' -Filter "Name='$name'").StartName
        if ($runsAs -ne $Account) {
            Stop-WithRemedy -Problem "The service $name runs as $runsAs, not as $Account." -Remedy "Give that account, or remove the service and run this again: $uninstall"
        }
    }
}
