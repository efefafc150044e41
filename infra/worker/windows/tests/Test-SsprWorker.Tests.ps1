# The check as a task, against a stand-in for Task Scheduler.

Describe 'Test-SsprWorker.ps1' {
    BeforeAll {
        . (Join-Path $PSScriptRoot 'Windows.ps1')
        $script = Join-Path $PSScriptRoot '..' 'Test-SsprWorker.ps1'
        function Test { & $script @given @args }
        function Set-Result {
            param([long] $Result, [string] $State = 'Ready', [string[]] $Report)
            $Windows.Answer = @{ Result = $Result; State = $State; Report = $Report }
            $Windows.OnStartTask = {
                param($task)
                $task.Result, $task.State = $Windows.Answer.Result, $Windows.Answer.State
                if ($Windows.Answer.Report) { Set-Content -Path $file -Value $Windows.Answer.Report -Encoding utf8NoBOM }
            }
        }
    }

    BeforeEach {
        $machine = Join-Path $TestDrive ([Guid]::NewGuid())
        New-Windows -Folder $machine
        Mock Start-Sleep { }
        $given = @{ Account = 'CORP\svc-sspr-worker$'; InstallFolder = "$machine/program files"; StateFolder = "$machine/state" }
        New-Item "$machine/program files/app/.venv/Scripts/python.exe", "$machine/state/logs/check.txt" -Force | Out-Null
        $file = "$machine/state/logs/check.txt"
        $report = "scope-group: CN=Z$([char] 0xfc)rich $([char]::ConvertFromUtf32(0x1f511))"
    }

    It 'tried with -WhatIf changes nothing, and promises nothing' {
        $before = Get-Picture $machine
        Test -WhatIf | Should -Be 'This was a trial: nothing has been checked.'
        Get-Picture $machine | Should -BeExactly $before
        $Windows.Changes | Should -BeNullOrEmpty
    }

    It 'says what the check said, and ends as it ended: <_>' -ForEach 0, 1, 2 {
        Set-Result -Result $_ -Report $report
        Test | Should -BeExactly $report
        $LASTEXITCODE | Should -Be $_
        $Windows.Tasks.Count | Should -Be 0
    }

    It 'run a second time leaves nothing more behind' {
        Set-Result -Result 0 -Report $report
        Test
        $tasks, $names = $Windows.Tasks.Count, (Get-ChildItem $machine -Recurse).FullName
        Test | Should -BeExactly $report
        $Windows.Tasks.Count | Should -Be $tasks
        (Get-ChildItem $machine -Recurse).FullName | Should -Be $names
    }

    It 'runs what the service runs, where it runs, as it runs' {
        $seen = @{}
        $Windows.OnStartTask = { param($task) $seen.Task = $task; Set-Content $file 'x'; $task.Result = 0; $task.State = 'Ready' }
        Test
        $python = "$machine/program files/app/.venv/Scripts/python.exe"
        $seen.Task.Action.Argument | Should -Be "/d /c `"`"$python`" -X utf8 -m hybrid_worker check --settings `"$machine/program files/worker.env`" > `"$file`" 2>&1`""
        $seen.Task.Action.WorkingDirectory | Should -Be "$machine/program files/app"
        $seen.Task.Principal.UserId | Should -Be $given.Account
    }

    It 'does not take an earlier report for this one''s' {
        Set-Content $file 'all is well, said yesterday'
        # ERROR_LOGON_TYPE_NOT_GRANTED, which Windows PowerShell's exit would turn into 0.
        Set-Result -Result 2147943785
        { Test } | Should -Throw '*The check has not run; the task''s result is 2147943785.*log on as a batch job*'
        $Windows.Tasks.Count | Should -Be 0
    }

    It 'does not take one that was cut off for one that has ended' {
        Set-Result -Result 267009 -State 'Running' -Report $report
        $Windows.Now = [datetime] "2026-11-28"
        Mock Get-Date { $Windows.Now = $Windows.Now.AddSeconds(100); $Windows.Now }
        { Test } | Should -Throw '*did not end by itself within 180 seconds*give it longer with -Seconds.'
        $Windows.Tasks.Count | Should -Be 0
    }

    It 'says what to do about an account that Task Scheduler refuses' {
        $Windows.Failures['Register-ScheduledTask'] = 1
        { Test } | Should -Throw '*cannot be registered*Write the account as DOMAIN\name*'
    }

    It 'says what to do where no worker is' {
        Remove-Item "$machine/program files/app" -Recurse -Force
        { Test } | Should -Throw '*Install the worker first*'
        $Windows.Changes | Should -BeNullOrEmpty
    }
}
