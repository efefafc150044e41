# The installer, run against stand-ins for Windows' own commands; files, folders and programs are real.

Describe 'Install-SsprWorker.ps1' {
    BeforeAll {
        . (Join-Path $PSScriptRoot 'Windows.ps1')
        $script = Join-Path $PSScriptRoot '..' 'Install-SsprWorker.ps1'

        function New-Source {
            param([string] $Folder, [string] $Version)
            foreach ($file in 'hybrid_worker/__main__.py', 'hybrid_worker/check/outcome.py', 'shared/__init__.py', 'shared/__pycache__/left.pyc') {
                New-Item -Path (Join-Path $Folder $file) -Value "# $Version" -Force | Out-Null
            }
            Set-Content -Path (Join-Path $Folder 'worker.env.sample') -Value "# $Version"
            Set-Content -Path (Join-Path $Folder 'hybrid_worker/requirements.txt') -Value "ldap3==$Version" -NoNewline
        }

        function New-Wheelhouse {
            param([string] $Folder, [string] $Version)
            New-Item -Path $Folder -ItemType Directory -Force | Out-Null
            $stream = [IO.MemoryStream]::new([Text.Encoding]::UTF8.GetBytes("ldap3==$Version"))
            "# of hybrid_worker/requirements.txt, sha256:$((Get-FileHash -InputStream $stream).Hash.ToLower())" | Set-Content (Join-Path $Folder 'requirements.txt')
        }

        function Set-Version {
            param([string] $Version)
            New-Source -Folder $given.Source -Version $Version
            New-Wheelhouse -Folder $given.Wheelhouse -Version $Version
        }

        $rename = Get-Command 'Rename-Item' -CommandType Cmdlet
        $push = Get-Command 'Push-Location' -CommandType Cmdlet

        # What the script says, warnings too.
        function Install { & $script @given @args 3>&1 | ForEach-Object { "$_" } }
        function Get-Running { Get-Content (Join-Path $given.InstallFolder 'app/hybrid_worker/__main__.py') }
        function Start-Worker {
            if ($given.ServiceKind -eq 'WinSW') { Start-Service -Name 'sspr-worker' } else { Start-ScheduledTask -TaskName 'sspr-worker' }
            $Windows.Changes.Clear()
        }
        function Test-Running {
            if ($given.ServiceKind -eq 'WinSW') { $Windows.Services['sspr-worker'] -eq 'Running' } else { $Windows.Tasks['sspr-worker'].State -eq 'Running' }
        }
        function Get-Leftover { Get-ChildItem $given.InstallFolder -Force | Where-Object { $_.Name -match '\.(new|old)$|interrupted' } }
    }

    BeforeEach {
        $machine = Join-Path $TestDrive ([Guid]::NewGuid())
        New-Windows -Folder $machine
        Mock Start-Sleep { }
        $given = @{
            Account = 'CORP\svc-sspr-worker$'
            Wheelhouse = Join-Path $machine 'wheel house'
            ServiceBusNamespace = 'contoso.servicebus.windows.net'
            DirectoryServer = 'dc1.corp.contoso.com'
            DirectoryDomain = 'corp.contoso.com'
            ScopeGroup = "CN=O'Brien's team,OU=Groups,DC=corp,DC=contoso,DC=com"
            ConnectHost = 'connect.corp.contoso.com'
            ConnectAuthority = Join-Path $machine 'authority.pem'
            ServiceKind = 'WinSW'
            WinSW = Join-Path $machine 'WinSW-x64.exe'
            Source = Join-Path $machine 'repository'
            Python = Join-Path $machine 'python.exe'
            InstallFolder = Join-Path $machine 'program files/sspr-worker'
            StateFolder = Join-Path $machine 'program data/R&D'
        }
        Set-Content -Path $given.ConnectAuthority -Value 'a certificate'
        Set-Version '1'
    }

    Context 'as a <Kind>' -ForEach @{ Kind = 'WinSW'; Start = 'Start-Service' }, @{ Kind = 'TaskScheduler'; Start = 'Start-ScheduledTask' } {
        BeforeEach { $given.ServiceKind = $Kind }

        It 'tried with -WhatIf changes nothing, and promises nothing' {
            $before = Get-Picture $machine
            $said = Install -WhatIf
            Get-ProgramCall | Should -Be 'python.exe -c import sys; sys.exit(sys.version_info[:2] != (3, 13))'
            Remove-Item $Windows.Programs
            Get-Picture $machine | Should -BeExactly $before
            $Windows.Changes | Should -BeNullOrEmpty
            $said | Should -Be 'This was a trial: nothing has been changed.'
        }

        It 'tried with -WhatIf over a worker that runs changes nothing either' {
            Install
            Start-Worker
            Set-Version '2'
            $before = Get-Picture $given.InstallFolder
            Install -WhatIf | Select-Object -Last 1 | Should -Be 'This was a trial: nothing has been changed.'
            Get-Picture $given.InstallFolder | Should -BeExactly $before
            $Windows.Changes | Should -BeNullOrEmpty
        }

        It 'installs the code and its packages whole, and starts nothing' {
            $said = Install
            $said[0] | Should -Be "Installed, and not started. Check it: .\Test-SsprWorker.ps1 -Account 'CORP\svc-sspr-worker$'"
            Get-Running | Should -Be '# 1'
            Test-Running | Should -BeFalse
            $app = Join-Path $given.InstallFolder 'app'
            Join-Path $app 'hybrid_worker/check/outcome.py' | Should -Exist
            Join-Path $app 'shared/__pycache__' | Should -Not -Exist
            $pip = Get-ProgramCall | Where-Object { $_ -like '*pip*' }
            $pip | Should -BeLike "*--no-index --find-links $($given.Wheelhouse) --require-hashes -r $($given.Wheelhouse)\requirements.txt"
            Get-ProgramCall | Should -Contain 'python.exe -B -c import hybrid_worker.__main__'
            $noted = Get-ProgramCall | Where-Object { $_ -like '*note_commit.py*' }
            $noted | Should -BeLike "python.exe -I *note_commit.py $($given.Source) $app.new"
            ($noted -split ' ')[2] | Should -Exist
            Get-Leftover | Should -BeNullOrEmpty
        }

        It 'installs the repository that it is part of, where no other is named' {
            $given.Remove('Source')
            $text = [IO.File]::ReadAllText((Resolve-Path (Join-Path $PSScriptRoot '../../../../hybrid_worker/requirements.txt'))).Replace("`r", '')
            $digest = (Get-FileHash -InputStream ([IO.MemoryStream]::new([Text.Encoding]::UTF8.GetBytes($text)))).Hash
            Set-Content (Join-Path $given.Wheelhouse 'requirements.txt') "# of hybrid_worker/requirements.txt, sha256:$digest"
            Install -WhatIf | Should -Be 'This was a trial: nothing has been changed.'
        }

        It 'run a second time changes nothing more' {
            Install
            Start-Worker
            $before = Get-Picture $given.InstallFolder
            Install | Should -Be 'All is as it should be: nothing has been changed.'
            Get-Picture $given.InstallFolder | Should -BeExactly $before
            $Windows.Changes | Should -BeNullOrEmpty
            Test-Running | Should -BeTrue
        }

        It 'makes the new version while the old one works, then starts again what it has stopped' {
            Install
            Start-Worker
            Set-Version '2'
            $seen = [Collections.Generic.List[string]]::new()
            Mock Rename-Item { $seen.Add("runs at the swap: $(Test-Running)"); & $rename -LiteralPath $LiteralPath -NewName $NewName }
            Mock Push-Location { $seen.Add("runs at the trial: $(Test-Running)"); & $push -LiteralPath $LiteralPath }
            Install | Should -Be 'Up to date, and started again.'
            $seen | Select-Object -Unique | Should -Be 'runs at the trial: True', 'runs at the swap: False'
            Get-Running | Should -Be '# 2'
            Test-Running | Should -BeTrue
            Get-Leftover | Should -BeNullOrEmpty
        }

        It 'takes away what is no longer part of the code' {
            Install
            Remove-Item (Join-Path $given.Source 'hybrid_worker/check') -Recurse
            Install
            Join-Path $given.InstallFolder 'app/hybrid_worker/check' | Should -Not -Exist
        }

        It 'leaves a worker stopped that was stopped' {
            Install
            $Windows.Changes.Clear()
            Set-Version '2'
            Install | Select-Object -First 1 | Should -BeLike 'Installed, and not started.*'
            Get-Running | Should -Be '# 2'
            Test-Running | Should -BeFalse
        }

        It 'leaves the worker alone when the new version cannot be made: <Step>' -ForEach @{ Step = 'note_commit' }, @{ Step = '-m venv' }, @{ Step = 'pip install' }, @{ Step = 'import hybrid_worker' } {
            Install
            Start-Worker
            Set-Version '2'
            Set-Content -Path (Join-Path $machine 'fails') -Value $Step -NoNewline
            $before = Get-Picture $given.InstallFolder
            { Install } | Should -Throw "*the worker was left as it is*ended with exit status 3: a reason*run this again*"
            Get-Picture $given.InstallFolder | Should -BeExactly $before
            $Windows.Changes | Should -BeNullOrEmpty
            Test-Running | Should -BeTrue
        }

        It 'puts the old version back, running, when the new one cannot take its place: <Name>' -ForEach @(
            @{ Name = 'app.old' }, @{ Name = 'app' }
        ) {
            Install
            Start-Worker
            Set-Version '2'
            $fails = $Name
            Mock Rename-Item { & $rename -LiteralPath $LiteralPath -NewName $NewName }
            Mock Rename-Item { throw 'The process cannot access the file.' } -ParameterFilter { $NewName -eq $fails -and $LiteralPath -notlike '*.old' }
            { Install } | Should -Throw '*what was there before is there again*cannot access the file*Close what holds files*'
            Get-Running | Should -Be '# 1'
            Test-Running | Should -BeTrue
            Get-Leftover | Should -BeNullOrEmpty
        }

        It 'puts the old version back, running, when the new one does not start' {
            Install
            Start-Worker
            Set-Version '2'
            $Windows.Failures[$Start] = 1
            { Install } | Should -Throw '*what was there before is there again*fails, as asked*'
            Get-Running | Should -Be '# 1'
            Test-Running | Should -BeTrue
            Get-Leftover | Should -BeNullOrEmpty
        }

        It 'says so when not even the old version starts again, and mends it at the next run' {
            Install
            Start-Worker
            Set-Version '2'
            $Windows.Failures[$Start] = 2
            { Install } | Should -Throw '*what was there before does not work either*'
            Get-Running | Should -Be '# 1'
            Install | Should -Be 'Up to date, and started again.'
            Get-Running | Should -Be '# 2'
            Test-Running | Should -BeTrue
            Get-Leftover | Should -BeNullOrEmpty
        }

        It 'takes nothing half done for whole after it was cut off between two names' {
            Install
            Start-Worker
            # As a loss of power would leave it: stopped, the old one put aside, the new one not yet in place.
            . (Join-Path $PSScriptRoot '..' 'parts' 'Path.ps1')
            . (Join-Path $PSScriptRoot '..' 'parts' 'Worker.ps1')
            $app = Join-Path $given.InstallFolder 'app'
            Stop-Worker -Worker (Get-Worker -Name 'sspr-worker' -Python 'none' -Note (Join-Path $given.InstallFolder 'interrupted.txt'))
            Rename-Item $app 'app.old'
            New-Item (Join-Path "$app.new" 'hybrid_worker/half.py') -Force | Out-Null
            # Not even a new version that cannot be made then leaves none.
            Set-Version '2'
            Set-Content -Path (Join-Path $machine 'fails') -Value '-m venv' -NoNewline
            { Install } | Should -Throw '*the worker was left as it is*'
            Get-Running | Should -Be '# 1'
            Remove-Item (Join-Path $machine 'fails')
            Set-Version '1'
            Install | Should -Be 'Up to date, and started again.'
            Get-Running | Should -Be '# 1'
            Test-Running | Should -BeTrue
            Get-Leftover | Should -BeNullOrEmpty
        }

        It 'leaves a worker alone that has nothing to be started again for' {
            Install
            Start-Worker
            $Windows.LocalGroups['Hybrid agent extension applications'] = @()
            Install | Should -Be "Up to date, and left running: put CORP\svc-sspr-worker`$ into 'Hybrid agent extension applications'."
            $Windows.Changes | Should -HaveCount 1
        }

        It 'ends an interpreter that nobody has stopped, and starts the worker again' {
            Install
            $python = Join-Path $given.InstallFolder 'app/.venv/Scripts/python.exe'
            $Windows.Processes = @([pscustomobject] @{ Name = 'python'; Path = $python }, [pscustomobject] @{ Name = 'python'; Path = '/elsewhere/python.exe' })
            Set-Version '2'
            Install | Should -Be 'Up to date, and started again.'
            $Windows.Processes.Path | Should -Be '/elsewhere/python.exe'
            Test-Running | Should -BeTrue
        }

        It 'closes the state to all but three, whatever whoever made the folder has left in it' {
            New-Item $given.StateFolder -ItemType Directory -Force | Out-Null
            (Get-AclState $given.StateFolder).Rules['S-1-5-21-1-2-3-500'] = 2032127
            Install
            $acl = $Windows.Acls[$given.StateFolder]
            $acl.Owner | Should -Be 'S-1-5-32-544'
            $acl.IsProtected | Should -BeTrue
            $acl.Rules.Keys | Sort-Object | Should -Be 'S-1-5-18', 'S-1-5-21-1-2-3-1104', 'S-1-5-32-544'
            $Windows.Changes.Clear()
            $acl.Rules['S-1-5-32-545'] = 1179817
            Install | Select-Object -First 1 | Should -BeLike 'Installed, and not started.*'
            ($Windows.Changes -like 'icacls.exe*').Count | Should -Be 3
            $acl.Rules.Keys | Should -Not -Contain 'S-1-5-32-545'
            $acl.Inherited.Count | Should -Be 0
        }

        It 'lets only administrators change what runs as the worker, which may read it' {
            New-Item $given.InstallFolder -ItemType Directory -Force | Out-Null
            (Get-AclState $given.InstallFolder).Rules['S-1-5-32-545'] = 1245631
            Install
            $acl = $Windows.Acls[$given.InstallFolder]
            $acl.Owner, $acl.IsProtected, $acl.Inherited.Count | Should -Be 'S-1-5-32-544', $true, 0
            $acl.Rules.Keys | Sort-Object | Should -Be 'S-1-5-18', 'S-1-5-21-1-2-3-1104', 'S-1-5-32-544'
            $acl.Rules['S-1-5-21-1-2-3-1104'] | Should -Be 1179817
        }

        It 'keeps the administrator''s settings, and says where they differ from what was asked for' {
            Install
            $file = Join-Path $given.InstallFolder 'worker.env'
            Add-Content $file 'SSPR_WORKER_BATCH=10'
            $given.ConnectHost = 'other.corp.contoso.com'
            $said = Install
            $said[0] | Should -BeLike '*stays as it is, and has no line SSPR_WORKER_SYNC_HOST=other.corp.contoso.com. Change it there*'
            Get-Content $file | Should -Contain 'SSPR_WORKER_BATCH=10'
            Get-Content $file | Should -Contain 'SSPR_WORKER_SYNC_HOST=connect.corp.contoso.com'
        }

        It 'says once that Windows is not asked for the authority of WinRM, where none is named' {
            $authority = $given.ConnectAuthority
            $given.Remove('ConnectAuthority')
            $said = Install
            $said[0] | Should -BeLike 'Without -ConnectAuthority *Give its PEM file*'
            $file = Join-Path $given.InstallFolder 'worker.env'
            Get-Content $file | Where-Object { $_ -like '*SYNC_CA_FILE*' } | Should -BeNullOrEmpty
            Install | Where-Object { $_ -like 'Without -ConnectAuthority*' } | Should -BeNullOrEmpty
            Remove-Item $file
            $given.ConnectAuthority = $authority
            Install | Where-Object { $_ -like 'Without -ConnectAuthority*' } | Should -BeNullOrEmpty
            Get-Content $file | Should -Contain "SSPR_WORKER_SYNC_CA_FILE=$authority"
        }

        It 'asks for no Entra Connect server where the worker starts no cycle' {
            $given.Remove('ConnectHost')
            $given.SyncMode = 'cloud'
            Install
            $settings = Get-Content (Join-Path $given.InstallFolder 'worker.env')
            $settings | Should -Contain 'SSPR_WORKER_SYNC_MODE=cloud'
            $settings | Where-Object { $_ -like 'SSPR_WORKER_SYNC_HOST=*' } | Should -BeNullOrEmpty
        }

        It 'asks for the agent of Azure Arc where there is none' {
            $Windows.LocalGroups.Clear()
            Install | Select-Object -First 1 | Should -BeLike '*install the Azure Connected Machine agent, then run this again.'
        }

        It 'says what to do when the account cannot join the group of Azure Arc' {
            $Windows.Failures['Add-LocalGroupMember'] = 1
            { Install } | Should -Throw "*cannot be put into 'Hybrid agent*Put it in by hand*"
        }
    }

    Context 'what it refuses, before anything is changed' {
        It '<Case>: <Remedy>' -ForEach @(
            @{ Case = 'no repository'; Break = { $given.Source = Join-Path $machine 'nowhere' }; Remedy = '*Give the repository with -Source*' }
            @{ Case = 'half a repository'; Break = { Remove-Item (Join-Path $given.Source 'shared') -Recurse }; Remedy = '*Give the repository with -Source*' }
            @{ Case = 'no server to start a cycle on'; Break = { $given.Remove('ConnectHost') }; Remedy = '*Give -ConnectHost*' }
            @{ Case = 'no Python'; Break = { $given.Python = Join-Path $machine 'nowhere.exe' }; Remedy = '*Install 64-bit Python 3.13*' }
            @{ Case = 'another Python'; Break = { Set-Content (Join-Path $machine 'fails') 'version_info' }; Remedy = '*It has to be Python 3.13*' }
            @{ Case = 'no program'; Break = { Set-Content $given.Python 'no program'; chmod -x $given.Python }; Remedy = '*cannot be run*It has to be Python 3.13*' }
            @{ Case = 'no wheelhouse'; Break = { $given.Wheelhouse = Join-Path $machine 'nowhere' }; Remedy = '*Build one from this version*' }
            @{ Case = 'an older wheelhouse'; Break = { New-Wheelhouse $given.Wheelhouse '0' }; Remedy = '*built from another version*Build one from this version*' }
            @{ Case = 'an empty wheelhouse'; Break = { Clear-Content (Join-Path $given.Wheelhouse 'requirements.txt') }; Remedy = '*built from another version*Build one from this version*' }
            @{ Case = 'no wrapper'; Break = { $given.Remove('WinSW') }; Remedy = '*Give -WinSW*or -ServiceKind TaskScheduler*' }
            @{ Case = 'a wrapper that is not there'; Break = { $given.WinSW = Join-Path $machine 'nowhere.exe' }; Remedy = '*Give -WinSW*' }
            @{ Case = 'an authority that is not there'; Break = { $given.ConnectAuthority = Join-Path $machine 'nowhere.pem' }; Remedy = '*Give -ConnectAuthority*' }
            @{ Case = 'a machine that may not use the account'; Break = { $Windows.MayUseAccount = $false }; Remedy = '*PrincipalsAllowedToRetrieveManagedPassword*' }
            @{ Case = 'an account that nobody knows'; Break = { $given.Account = 'CORP\nobody$' }; Remedy = '*Write it as DOMAIN\name*' }
            @{ Case = 'a task beside the service'; Break = { $Windows.Tasks['sspr-worker'] = [pscustomobject] @{ State = 'Ready' } }; Remedy = '*two workers would run*Unregister-ScheduledTask -TaskName sspr-worker' }
            @{ Case = 'a service beside the task'; Break = { $Windows.Services['sspr-worker'] = 'Stopped'; $given.ServiceKind = 'TaskScheduler' }; Remedy = "*two workers would run*sspr-worker.exe' uninstall" }
            @{ Case = 'a service of another account'; Break = { $Windows.Services['sspr-worker'] = 'Running'; $Windows.RunsAs = 'LocalSystem' }; Remedy = "*runs as LocalSystem*sspr-worker.exe' uninstall" }
            @{ Case = 'a setting of two lines'; Break = { $given.ScopeGroup = "CN=a`nSSPR_WORKER_BATCH=1" }; Remedy = '*control character*Give it without*' }
            @{ Case = 'a folder with a percent sign'; Break = { $given.InstallFolder = 'C:\%TEMP%\worker' }; Remedy = '*does not match*' }
        ) {
            & $Break
            $before = Get-Picture $machine
            { Install } | Should -Throw $Remedy
            Remove-Item $Windows.Programs -ErrorAction SilentlyContinue
            Get-Picture $machine | Should -BeExactly $before
            $Windows.Changes | Should -BeNullOrEmpty
        }

        It 'says so when it cannot close the state, and what to do' {
            $Windows.Denied = '/reset'
            { Install } | Should -Throw '*ended with exit status 5: Access is denied.*Look at*who owns it*Then run this again.'
        }

        It 'says so when WinSW cannot install the service, leaves nothing half installed, and mends it at the next run' {
            Set-Content (Join-Path $machine 'fails') '^install'
            { Install } | Should -Throw '*may log on as a service*'
            Get-ChildItem $given.InstallFolder | ForEach-Object Name | Should -Be 'worker.env'
            Remove-Item (Join-Path $machine 'fails')
            Install | Select-Object -First 1 | Should -BeLike 'Installed, and not started.*'
            Get-Running | Should -Be '# 1'
        }

        It 'goes on with a warning where the module ActiveDirectory is not there' {
            $given.Account = "CORP\o'brien$"
            Mock Get-Command { } -ParameterFilter { $Name -eq 'Test-ADServiceAccount' }
            Install | Select-Object -First 1 | Should -BeLike "*so CORP\o'brien`$ was not tested."
        }
    }

    Context 'how the worker is started' {
        It 'by WinSW: every path, account and command comes through XML as it is' {
            $given.Account = "CORP\o'brien$"
            $Windows.RunsAs = $given.Account
            Install
            $service = ([xml] (Get-Content (Join-Path $given.InstallFolder 'sspr-worker.xml') -Raw)).service
            $service.executable | Should -Be (Join-Path $given.InstallFolder 'app/.venv/Scripts/python.exe')
            $service.arguments | Should -Be "-m hybrid_worker --settings `"$(Join-Path $given.InstallFolder 'worker.env')`""
            $service.workingdirectory | Should -Be (Join-Path $given.InstallFolder 'app')
            $service.logpath | Should -Be (Join-Path $given.StateFolder 'logs')
            "$($service.serviceaccount.domain)\$($service.serviceaccount.user)" | Should -Be $given.Account
            Get-Content (Join-Path $given.InstallFolder 'sspr-worker.xml') -Raw | Should -Not -Match '__[A-Z]+__'
        }

        It 'by WinSW: another wrapper or another folder for logs is put in place, and the worker started again' {
            Install
            Start-Worker
            Add-Content $given.WinSW '# a newer one'
            Install | Should -Be 'Up to date, and started again.'
            (Get-FileHash (Join-Path $given.InstallFolder 'sspr-worker.exe')).Hash | Should -Be (Get-FileHash $given.WinSW).Hash
            $given.StateFolder = Join-Path $machine 'elsewhere'
            Install | Should -Contain 'Up to date, and started again.'
            Get-ProgramCall | Where-Object { $_ -like '*install ' -or $_ -like 'WinSW*' } | Should -HaveCount 1
        }

        It 'by a task: that comes back after an error, is left alone while it runs, and logs' {
            $given.ServiceKind = 'TaskScheduler'
            Install
            $task = $Windows.Tasks['sspr-worker']
            $task.State | Should -Be 'Ready'
            $python = Join-Path $given.InstallFolder 'app/.venv/Scripts/python.exe'
            $settings = Join-Path $given.InstallFolder 'worker.env'
            $logs = Join-Path $given.StateFolder 'logs'
            $task.Action.Argument | Should -Be "/d /c `"`"$python`" -X utf8 -m hybrid_worker --settings `"$settings`" --log-file `"$logs\worker.log`" 2>> `"$logs\worker.stderr.log`"`""
            $task.Action.WorkingDirectory | Should -Be (Join-Path $given.InstallFolder 'app')
            # Restarts alone do not bring a task back that ended with an exit status (seen by others:
            # duolahypercho/codex-router issue 581).
            $task.Trigger.Repetition.TotalMinutes | Should -Be 5
            $task.Settings.MultipleInstances | Should -Be 'IgnoreNew'
            $task.Principal.UserId | Should -Be $given.Account
        }

        It 'by a task: one that was disabled stays so through an update' {
            $given.ServiceKind = 'TaskScheduler'
            Install
            Disable-ScheduledTask -TaskName 'sspr-worker'
            Set-Version '2'
            Install
            $Windows.Tasks['sspr-worker'].State | Should -Be 'Disabled'
            $given.StateFolder = Join-Path $machine 'elsewhere'
            Install
            $Windows.Tasks['sspr-worker'].State | Should -Be 'Disabled'
        }

        It 'by a task: one that is only waiting is enabled again and not started' {
            $given.ServiceKind = 'TaskScheduler'
            Install
            Set-Version '2'
            Install
            $Windows.Tasks['sspr-worker'].State | Should -Be 'Ready'
        }
    }

    Context 'the settings' {
        It 'name the proxy and the authority where they are given' {
            $given.ConnectAuthority = Join-Path $machine 'connect ca.pem'
            New-Item $given.ConnectAuthority | Out-Null
            $given.ProxyHost = 'proxy'
            Install
            $written = Get-Content (Join-Path $given.InstallFolder 'worker.env')
            $written | Should -Contain "SSPR_WORKER_SYNC_CA_FILE='$($given.ConnectAuthority)'"
            $written | Should -Contain 'SSPR_WORKER_SERVICE_BUS_PROXY_HOST=proxy'
            $written | Should -Contain 'SSPR_WORKER_SERVICE_BUS_PROXY_PORT=8080'
            $written | Should -Contain "SSPR_WORKER_DIRECTORY_SCOPE_GROUP='CN=O\'Brien\'s team,OU=Groups,DC=corp,DC=contoso,DC=com'"
        }

        It 'and paths are taken from PowerShell''s own folder, without a backslash at the end' {
            Push-Location $machine
            try {
                $given.Wheelhouse = './wheel house/'
                $given.StateFolder = './state/'
                Install
            }
            finally { Pop-Location }
            Get-Content (Join-Path $given.InstallFolder 'worker.env') | Should -Contain "SSPR_WORKER_STATE_DIRECTORY=$(Join-Path $machine 'state')"
            Get-ProgramCall | Where-Object { $_ -like '*pip*' } | Should -BeLike "*--find-links $machine/wheel house --require*"
        }
    }
}
