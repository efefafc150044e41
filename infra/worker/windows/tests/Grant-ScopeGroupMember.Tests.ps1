# The delegation, against stand-ins for Active Directory and dsacls.

Describe 'Grant-ScopeGroupMember.ps1' {
    BeforeAll {
        . (Join-Path $PSScriptRoot 'Windows.ps1')
        $script = Join-Path $PSScriptRoot '..' 'Grant-ScopeGroupMember.ps1'
        function Grant { & $script @given @args }
    }

    BeforeEach {
        New-Windows -Folder (Join-Path $TestDrive ([Guid]::NewGuid()))
        $given = @{ Account = 'CORP\svc-sspr-worker$'; Group = "CN=O'Brien's #1 team\, Z$([char] 0xfc)rich,OU=R/D,DC=corp" }
        $Windows.DirectoryEntries['LDAP://' + $given.Group.Replace('/', '\/')] = @{ groupType = @{ Value = -2147483646 } }
        $Windows.DirectoryEntries['LDAP://CN=somebody,DC=corp'] = @{ groupType = @{ Value = $null } }
    }

    It 'tried with -WhatIf changes nothing, and promises nothing' {
        Grant -WhatIf | Should -Be 'This was a trial: nothing has been changed.'
        $Windows.Changes | Should -BeNullOrEmpty
    }

    It 'grants the one right, on whatever the group is called' {
        Grant | Should -Be "CORP\svc-sspr-worker$ may write the members of $($given.Group) now."
        $Windows.Changes | Should -Be "dsacls.exe $($given.Group) /G CORP\svc-sspr-worker`$:WP;member"
    }

    It 'run a second time changes nothing more' {
        Grant
        $Windows.Changes.Clear()
        Grant | Should -Be "CORP\svc-sspr-worker$ may write the members of $($given.Group) already."
        $Windows.Changes | Should -BeNullOrEmpty
    }

    It 'does not take another right, of another account or a denial, for this one: <Name>' -ForEach @(
        @{ Name = 'IdentityReference'; Value = @{ Value = 'S-1-5-21-9' } }
        @{ Name = 'ObjectType'; Value = [Guid]::Empty }
        @{ Name = 'ActiveDirectoryRights'; Value = 16 }
        @{ Name = 'AccessControlType'; Value = 'Deny' }
    ) {
        Grant
        $Windows.DirectoryRules[0].$Name = $Value
        Grant | Should -BeLike '* now.'
        $Windows.Changes.Count | Should -Be 2
    }

    It 'believes the directory, not dsacls' {
        $Windows.DsaclsGrants = $false
        { Grant } | Should -Throw '*the right is not there*run this again in some minutes*'
    }

    It 'says what it takes when dsacls refuses' {
        $Windows.Failures['dsacls.exe'] = 1
        { Grant } | Should -Throw '*dsacls.exe cannot be run*AD DS tools of RSAT.'
    }

    It 'refuses <Case>' -ForEach @(
        @{ Case = 'a group that is not there'; Break = { $given.Group = 'CN=nobody,DC=corp' }; Remedy = '*cannot be read here*Write its distinguished name*' }
        @{ Case = 'what is no group'; Break = { $given.Group = 'CN=somebody,DC=corp' }; Remedy = '*is not a group.*Give the distinguished name*' }
        @{ Case = 'a name that is not distinguished'; Break = { $given.Group = 'SSPR-Enabled-Users' }; Remedy = '*does not match*' }
        @{ Case = 'an account that nobody knows'; Break = { $given.Account = 'CORP\nobody$' }; Remedy = '*Write it as DOMAIN\name*' }
    ) {
        & $Break
        { Grant } | Should -Throw $Remedy
        $Windows.Changes | Should -BeNullOrEmpty
    }
}
