# The JEA endpoint, and the file that it was registered from.

# What registers an endpoint also runs its sessions (PowerShell/PowerShell issue 4275), and PowerShell 7 neither
# shows nor takes away one of Windows PowerShell (issue 11616).
function Confirm-WindowsPowerShell {
    if ((Get-Variable -Name 'PSVersionTable' -ValueOnly).PSEdition -ne 'Desktop') {
        Stop-WithRemedy -Problem 'This is PowerShell 7. An endpoint that it registers runs PowerShell 7, where the module ADSync is not expected to load. Nothing was changed.' -Remedy 'Start Windows PowerShell 5.1 as an administrator (powershell.exe), and run this again there.'
    }
}

function Test-EndpointOfPowerShell7 {
    param([psobject] $Endpoint)
    $version = $Endpoint.PSObject.Properties['PSVersion']
    [bool] $version -and ("$($version.Value)" -match '^([6-9]|[1-9][0-9])\.')
}

function Copy-Changed {
    [CmdletBinding(SupportsShouldProcess = $true)]
    param([string] $Path, [string] $Folder)

    $target = Join-Path -Path $Folder -ChildPath (Split-Path -Path $Path -Leaf)
    if ((Test-Path -LiteralPath $target) -and ((Get-FileHash -LiteralPath $target).Hash -eq (Get-FileHash -LiteralPath $Path).Hash)) {
        return
    }
    if ($PSCmdlet.ShouldProcess($target, "Copy $Path")) {
        # Beside it first: a session that begins now reads the old one or the new one, whole.
        Copy-Item -LiteralPath $Path -Destination "$target.new"
        Move-Item -LiteralPath "$target.new" -Destination $target -Force
        "wrote $target"
    }
}

function Get-EventReaderGroup {
    # By the number that the group has in every language ("Well-known SIDs", Microsoft Learn); without its domain.
    $group = New-Object -TypeName 'System.Security.Principal.SecurityIdentifier' -ArgumentList 'S-1-5-32-573'
    $group.Translate([System.Security.Principal.NTAccount]).Value.Split('\')[-1]
}

function Get-SessionConfiguration {
    param([string] $Template, [string] $Account, [string] $TranscriptFolder, [string] $EventReaders)

    $text = [System.IO.File]::ReadAllText($Template)
    foreach ($pair in @('__ACCOUNT__', $Account), @('__TRANSCRIPTS__', $TranscriptFolder), @('__EVENTREADERS__', $EventReaders)) {
        $text = $text.Replace($pair[0], [System.Management.Automation.Language.CodeGeneration]::EscapeSingleQuotedStringContent($pair[1]))
    }
    $text
}

function Set-Endpoint {
    [CmdletBinding(SupportsShouldProcess = $true)]
    param([string] $Name, [string] $File, [string] $Text, [bool] $IsRegistered)

    # With a byte order mark, without which Windows PowerShell takes a letter beyond ASCII for others.
    # And with this end of its name, without which Windows refuses it.
    $new = $File -replace '\.pssc$', '.new.pssc'
    [System.IO.File]::WriteAllText($new, $Text, (New-Object -TypeName 'System.Text.UTF8Encoding' -ArgumentList $true))
    try {
        if (-not (Test-PSSessionConfigurationFile -Path $new)) {
            Stop-WithRemedy -Problem "Windows refuses the session configuration made for this account; $Name was left as it is." -Remedy 'Run this again with -Verbose, which says why; look at the names of the account and of the folder for transcripts.'
        }
        if ($IsRegistered) {
            Unregister-PSSessionConfiguration -Name $Name -Force
        }
        try {
            Register-PSSessionConfiguration -Name $Name -Path $new -Force | Out-Null
        }
        catch {
            $failure = $_
            $now = 'there is no such endpoint now'
            if ($IsRegistered -and (Test-Path -LiteralPath $File)) {
                try {
                    Register-PSSessionConfiguration -Name $Name -Path $File -Force | Out-Null
                    $now = 'the endpoint that was there is there again'
                }
                catch {
                    $now = "the endpoint that was there could not be put back ($_)"
                }
            }
            Stop-WithRemedy -Problem "The endpoint $Name could not be registered, and ${now}: $failure" -Remedy 'Run this on the host itself, not through remoting, as an administrator; look at the service WinRM. Then run this again.'
        }
        # Last: a later run that finds another text here registers again.
        Move-Item -LiteralPath $new -Destination $File -Force
    }
    finally {
        if (Test-Path -LiteralPath $new) {
            Remove-Item -LiteralPath $new
        }
    }
}
