# Every file of PowerShell parses, needs nothing beyond Windows PowerShell 5.1, reads the same in every
# code page, and runs or fetches nothing that is not in it.

BeforeDiscovery {
    $windows = Join-Path $PSScriptRoot '..'
    $files = @(Get-ChildItem $windows -Recurse -File) + (Get-ChildItem (Join-Path $windows '../../../hybrid_worker') -Recurse -File) |
        Where-Object { $_.Extension -in '.ps1', '.psm1', '.psd1', '.psrc', '.pssc' -and $_.DirectoryName -notmatch '[\\/]tests$' } |
        ForEach-Object { @{ Name = $_.Name; Path = $_.FullName } }
    $scripts = $files | Where-Object { $_.Name -like '*.ps1' }
    $installers = $scripts | Where-Object { $_.Path -notmatch '[\\/](parts|delta_sync)[\\/]' }
}

BeforeAll {
    . (Join-Path $PSScriptRoot 'Language.ps1')
    $windows = Join-Path $PSScriptRoot '..'
    $known = Import-PowerShellDataFile (Join-Path $PSScriptRoot 'WindowsPowerShell51.psd1')
    $own = Get-ChildItem $windows, (Join-Path $windows '../../../hybrid_worker') -Recurse -Filter '*.ps1' | Where-Object { $_.DirectoryName -notmatch '[\\/]tests$' } | ForEach-Object {
        Find-Node (Read-Script $_.FullName) ([Management.Automation.Language.FunctionDefinitionAst]) | ForEach-Object Name
    }
    # Commands that touch an endpoint, and the functions of ours that call one of them.
    $ofEndpoints = @('Register', 'Unregister', 'Get', 'Set', 'Enable', 'Disable' | ForEach-Object { "$_-PSSessionConfiguration" })
    $ofEndpoints += Get-ChildItem (Join-Path $windows 'parts') -Filter '*.ps1' | ForEach-Object {
        Find-Node (Read-Script $_.FullName) ([Management.Automation.Language.FunctionDefinitionAst]) | Where-Object { $_.Extent.Text -match '(Register|Unregister|Get)-PSSessionConfiguration' } | ForEach-Object Name
    }
    function Read-Text {
        param([string] $Text)
        $file = Join-Path $TestDrive 'script.ps1'
        Set-Content $file $Text -NoNewline
        Read-Script $file
    }
}

Describe 'The files of PowerShell' {
    It 'are these' -TestCases @{ Names = $files.Name } {
        foreach ($name in 'Install-SsprWorker.ps1', 'Invoke-DeltaSync.ps1', 'SSPR.DeltaSync.pssc', 'SsprDeltaSync.psrc', 'SsprDeltaSync.psd1', 'Worker.ps1') { $Names | Should -Contain $name }
    }

    It 'parse: <Name>' -ForEach $files {
        (Read-Script $Path).Errors | Should -BeNullOrEmpty
    }

    It 'are ASCII, which every code page of Windows reads alike: <Name>' -ForEach $files {
        # Windows PowerShell reads a file without a byte order mark in the code page of the machine.
        [IO.File]::ReadAllBytes($Path) | Where-Object { $_ -gt 126 -or ($_ -lt 32 -and $_ -notin 10, 13) } | Should -BeNullOrEmpty
    }

    It 'use no syntax that came after 5.1: <Name>' -ForEach $files {
        Find-NewerSyntax (Read-Script $Path) | Should -BeNullOrEmpty
    }

    It 'use no command, parameter, method or type that nobody has looked up in 5.1: <Name>' -ForEach $scripts {
        Find-Unknown (Read-Script $Path) -Known $known -Own $own | Should -BeNullOrEmpty
    }

    It 'fetch nothing and hold no secret: <Name>' -ForEach $files {
        $text = Get-Content $Path -Raw
        $text | Should -Not -Match 'https?://'
        $text | Should -Not -Match '(password|secret|pwd)\s*='
    }

    It 'are data, where they are said to be data: <Name>' -ForEach ($files | Where-Object { $_.Name -notlike '*.ps1' }) {
        $copy = Join-Path $TestDrive 'data.psd1'
        Copy-Item $Path $copy
        Import-PowerShellDataFile $copy | Should -BeOfType [hashtable]
    }

    It 'stop at the first error, and can be tried with -WhatIf: <Name>' -ForEach $installers {
        $text = Get-Content $Path -Raw
        $text | Should -Match '^#Requires -Version 5\.1\r?\n'
        $text | Should -Match '\[CmdletBinding\(SupportsShouldProcess = \$true\)\]'
        $text | Should -Match "\`$ErrorActionPreference = 'Stop'"
        $text | Should -Match 'Set-StrictMode -Version 2\.0'
    }

    It 'make sure that it is Windows PowerShell before they touch an endpoint: <Name>' -ForEach $installers {
        # PowerShell 7 registers one of its own, and does not see those of Windows PowerShell.
        $script = Read-Script $Path
        $called = @(Find-Node $script ([Management.Automation.Language.CommandAst]) | ForEach-Object { $_.GetCommandName() })
        $confirms, $first = $called.IndexOf('Confirm-WindowsPowerShell'), ($called | Where-Object { $ofEndpoints -contains $_ } | Select-Object -First 1)
        if ($first) {
            $confirms | Should -BeGreaterOrEqual 0
            # Nothing but the parts is read before.
            $called[0..$confirms] | Where-Object { $_ -and ($_ -notin 'Set-StrictMode', 'Join-Path', 'Confirm-WindowsPowerShell') } | Should -BeNullOrEmpty
        }
    }

    It 'touch an endpoint in one of them' -TestCases @{ Installers = $installers } {
        # So that the test above does not pass for want of any.
        @($Installers | Where-Object { (Get-Content $_.Path -Raw) -match 'PSSessionConfiguration' }).Count | Should -BeGreaterThan 0
    }

    It 'fail with a remedy, always, and look at the exit status of each program: <Name>' -ForEach $scripts {
        $script = Read-Script $Path
        # One place throws, and one runs programs; the others go through them. "throw" alone goes on with
        # an error that somebody further out gives a remedy.
        $throws = @(Find-Node $script ([Management.Automation.Language.ThrowStatementAst]) | Where-Object Pipeline)
        $runs = @(Find-Node $script ([Management.Automation.Language.CommandAst]) | Where-Object { $_.InvocationOperator -eq 'Ampersand' })
        $allowed = if ($Name -eq 'Failure.ps1') { 1 } else { 0 }
        $throws.Count, $runs.Count | Should -Be $allowed, $allowed
        foreach ($call in Find-Node $script ([Management.Automation.Language.CommandAst]) | Where-Object { $_.GetCommandName() -in 'Stop-WithRemedy', 'Invoke-Program', 'Confirm-File' }) {
            $call.CommandElements.ParameterName | Should -Contain 'Remedy'
        }
    }
}

Describe 'What came after 5.1 is noticed' {
    It '<Text>' -ForEach @(
        @{ Text = '$a ?? 1' }, @{ Text = '$a ??= 1' }, @{ Text = '${a}?.b' }, @{ Text = '${a}?.b()' }, @{ Text = '${a}?[0]' }, @{ Text = '$a ? 1 : 2' }
        @{ Text = 'Get-Date && Get-Date' }, @{ Text = 'Get-Date || Get-Date' }, @{ Text = 'Get-Date &' }
        @{ Text = "Get-Date`n| Out-Null" }, @{ Text = '0b1' }, @{ Text = '1u' }, @{ Text = '2uy' }, @{ Text = '10n' }, @{ Text = '"`e[0m"' }, @{ Text = '"`u{e4}"' }
        @{ Text = 'function f { clean { } }' }, @{ Text = 'if ($IsWindows) { }' }, @{ Text = '$PSStyle' }
    ) {
        Find-NewerSyntax (Read-Text $Text) | Should -Not -BeNullOrEmpty
    }

    It '<Text>' -ForEach @(
        @{ Text = 'ForEach-Object -Parallel { }' }, @{ Text = 'ConvertFrom-Json -AsHashtable' }, @{ Text = "Join-Path 'a' 'b' 'c'" }
        @{ Text = "Split-Path -Path 'a' -LeafBase" }, @{ Text = "Get-Content -LiteralPath 'a' -AsByteStream" }, @{ Text = 'Remove-Service x' }
        @{ Text = "Copy-Item -LiteralPath 'a' -Destination 'b' -Recurse" }, @{ Text = '[System.IO.Path]::GetRelativePath(1, 2)' }, @{ Text = '[System.HashCode]' }
        @{ Text = 'Invoke-Expression $a' }, @{ Text = 'Invoke-WebRequest x' }, @{ Text = 'Add-Type x' }
    ) {
        Find-Unknown (Read-Text $Text) -Known $known -Own $own | Should -Not -BeNullOrEmpty
    }

    It 'and nothing else: <Text>' -ForEach @(
        @{ Text = '1; 0x1f; 0xb; 1kb; 1.5; 1L' }, @{ Text = '"``e ``u{"' }, @{ Text = "Get-Date |`nOut-Null" }, @{ Text = 'Get-Date | Where-Object { $_ }' }
    ) {
        Find-NewerSyntax (Read-Text $Text) | Should -BeNullOrEmpty
    }
}
