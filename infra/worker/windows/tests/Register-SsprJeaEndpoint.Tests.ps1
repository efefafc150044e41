# Registering the endpoint, against stand-ins for WinRM. What the endpoint then lets through:
# JeaEndpoint.Tests.ps1.

Describe 'Register-SsprJeaEndpoint.ps1' {
    BeforeAll {
        . (Join-Path $PSScriptRoot 'Windows.ps1')
        $script = Join-Path $PSScriptRoot '..' 'Register-SsprJeaEndpoint.ps1'
        $children = Get-Command 'Get-ChildItem' -CommandType Cmdlet
        function Register { & $script @given @args 3>&1 | ForEach-Object { "$_" } }
        function Get-Account { (Read-Configuration $Windows.Endpoints['SSPR.DeltaSync']).RoleDefinitions.Keys }
        function Read-Configuration {
            param([string] $Text)
            $file = Join-Path $machine 'read.psd1'
            Set-Content $file $Text
            Import-PowerShellDataFile $file
        }
    }

    BeforeEach {
        $machine = Join-Path $TestDrive ([Guid]::NewGuid())
        New-Windows -Folder $machine
        Mock Get-Module { 'ADSync' } -ParameterFilter { $Name -eq 'ADSync' }
        Mock Get-ChildItem { & $children @PesterBoundParameters }
        Mock Get-ChildItem { $Windows.Listeners } -ParameterFilter { "$Path" -like 'WSMan:*' }
        $given = @{
            Account = 'CORP\svc-sspr-worker$'
            TranscriptFolder = Join-Path $machine 'program data/Transcripts'
            ModuleFolder = Join-Path $machine 'modules/SsprDeltaSync'
        }
    }

    It 'tried with -WhatIf changes nothing, and promises nothing' {
        $before = Get-Picture $machine
        Register -WhatIf | Should -Be 'This was a trial: nothing has been changed.'
        Get-Picture $machine | Should -BeExactly $before
        $Windows.Changes | Should -BeNullOrEmpty
    }

    It 'registers the endpoint for one account, with its role where Windows looks for it' {
        Register | Should -BeLike 'The endpoint SSPR.DeltaSync is registered for CORP\svc-sspr-worker$ (*'
        Get-Account | Should -Be 'CORP\svc-sspr-worker$'
        Join-Path $given.ModuleFolder 'RoleCapabilities/SsprDeltaSync.psrc' | Should -Exist
        Join-Path $given.ModuleFolder 'SsprDeltaSync.psd1' | Should -Exist
        (Read-Configuration $Windows.Endpoints['SSPR.DeltaSync']).RunAsVirtualAccountGroups | Should -Be 'ADSyncOperators', 'Ereignisprotokollleser'
        $acl = $Windows.Acls[$given.TranscriptFolder]
        $acl.Owner, $acl.IsProtected | Should -Be 'S-1-5-32-544', $true
        $acl.Rules.Keys | Sort-Object | Should -Be 'S-1-5-18', 'S-1-5-32-544'
    }

    It 'run a second time changes nothing more' {
        Register
        $Windows.Changes.Clear()
        $before = Get-Picture $machine
        Register | Should -Be 'The endpoint SSPR.DeltaSync is as it should be: nothing has been changed.'
        Get-Picture $machine | Should -BeExactly $before
        $Windows.Changes | Should -BeNullOrEmpty
    }

    It 'takes a new role, and leaves the endpoint and WinRM alone' {
        Register
        $Windows.Changes.Clear()
        Set-Content (Join-Path $given.ModuleFolder 'RoleCapabilities/SsprDeltaSync.psrc') '@{}'
        Register | Should -BeLike '*(wrote *SsprDeltaSync.psrc).'
        $Windows.Changes | Should -BeNullOrEmpty
        Get-ChildItem $given.ModuleFolder -Recurse | Where-Object { $_.Name -match 'new' } | Should -BeNullOrEmpty
    }

    It 'gives the endpoint to another account' {
        Register
        $given.Account = "CORP\o'brien$"
        Register
        Get-Account | Should -Be "CORP\o'brien$"
    }

    It 'writes down whatever the account and the folder are called: <Account>' -ForEach @(
        @{ Account = "CORP\o'brien$" }, @{ Account = "CORP\$([char] 0xe4)$([char] 0x2019)#;)}$" }
    ) {
        $given.Account = $Account
        $Windows.Accounts[$Account] = 'S-1-5-21-1-2-3-1106'
        $given.TranscriptFolder = Join-Path $machine "it's #1"
        Register
        Get-Account | Should -BeExactly $Account
        (Read-Configuration $Windows.Endpoints['SSPR.DeltaSync']).TranscriptDirectory | Should -BeExactly $given.TranscriptFolder
        # Windows PowerShell reads a file as UTF-8 only by this mark.
        [System.IO.File]::ReadAllBytes((Join-Path $given.ModuleFolder 'SSPR.DeltaSync.pssc'))[0..2] | Should -Be 0xef, 0xbb, 0xbf
    }

    It 'puts the endpoint back that it could not replace, and replaces it at the next run' {
        Register
        $given.Account = "CORP\o'brien$"
        $Windows.Failures['Register-PSSessionConfiguration'] = 1
        { Register } | Should -Throw '*the endpoint that was there is there again*fails, as asked*Run this on the host itself*'
        Get-Account | Should -Be 'CORP\svc-sspr-worker$'
        Register
        Get-Account | Should -Be "CORP\o'brien$"
        Get-ChildItem $given.ModuleFolder | Where-Object { $_.Name -like '*new*' } | Should -BeNullOrEmpty
    }

    It 'says so when not even that goes, and mends it at the next run' {
        Register
        $given.Account = "CORP\o'brien$"
        $Windows.Failures['Register-PSSessionConfiguration'] = 2
        { Register } | Should -Throw '*could not be put back*'
        $given.Account = 'CORP\svc-sspr-worker$'
        Register
        Get-Account | Should -Be 'CORP\svc-sspr-worker$'
    }

    It 'says so when the first endpoint cannot be registered' {
        $Windows.Failures['Register-PSSessionConfiguration'] = 1
        { Register } | Should -Throw '*there is no such endpoint now*Then run this again.'
        Register | Should -BeLike 'The endpoint SSPR.DeltaSync is registered*'
    }

    It 'leaves the endpoint alone when Windows refuses the new configuration' {
        Register
        $Windows.Changes.Clear()
        $given.Account = "CORP\o'brien$"
        $Windows.Failures['Test-PSSessionConfigurationFile'] = 1
        { Register } | Should -Throw '*was left as it is*Run this again with -Verbose*'
        Get-Account | Should -Be 'CORP\svc-sspr-worker$'
        $Windows.Changes | Should -BeNullOrEmpty
    }

    It 'says what WinRM lacks' {
        $Windows.Listeners = @(@{ Keys = @('Transport=HTTP') })
        Register | Select-Object -Last 1 | Should -BeLike 'WinRM has no HTTPS listener*Create one*'
    }

    It 'says so in the PowerShell 7 that this test runs in, and not only by a stand-in' {
        $Windows.PowerShell = $null
        { Register -WhatIf } | Should -Throw '*This is PowerShell 7*powershell.exe*'
    }

    It 'replaces an endpoint that runs PowerShell 7, which an earlier version let through' {
        Register
        $Windows.Changes.Clear()
        $Windows.EndpointVersions['SSPR.DeltaSync'] = '7.4'
        Register | Should -BeLike '*(registered SSPR.DeltaSync).'
        $Windows.Changes | Should -Be 'Unregister-PSSessionConfiguration SSPR.DeltaSync', 'Register-PSSessionConfiguration SSPR.DeltaSync'
        $Windows.EndpointVersions['SSPR.DeltaSync'] | Should -Be '5.1'
        $Windows.Changes.Clear()
        Register | Should -Be 'The endpoint SSPR.DeltaSync is as it should be: nothing has been changed.'
        $Windows.Changes | Should -BeNullOrEmpty
    }

    It 'refuses, before anything is changed, <Case>' -ForEach @(
        @{ Case = 'PowerShell 7'; Break = { $Windows.PowerShell = '7.5.4' }; Remedy = '*This is PowerShell 7.*Nothing was changed.*Start Windows PowerShell 5.1 as an administrator (powershell.exe), and run this again there.' }
        @{ Case = 'a host that is no Connect host'; Break = { Mock Get-Module { } -ParameterFilter { $Name -eq 'ADSync' } }; Remedy = '*Run this on the Entra Connect host.' }
        @{ Case = 'a domain controller'; Break = { $Windows.DomainRole = 5 }; Remedy = '*is a domain controller*on a member server*SSPR_WORKER_SYNC_MODE=none.' }
        @{ Case = 'an account that nobody knows'; Break = { $given.Account = 'CORP\nobody$' }; Remedy = '*Write it as DOMAIN\name*' }
        @{ Case = 'a WinRM that does not answer'; Break = { Mock Get-ChildItem { throw 'The client cannot connect.' } -ParameterFilter { "$Path" -like 'WSMan:*' } }; Remedy = '*Start it: Start-Service -Name WinRM*' }
    ) {
        $before = Get-Picture $machine
        . $Break
        { Register } | Should -Throw $Remedy
        Get-Picture $machine | Should -BeExactly $before
        $Windows.Changes | Should -BeNullOrEmpty
    }
}
