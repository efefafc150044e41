# Lines of worker.env, as the worker reads them back (hybrid_worker/settings/, python-dotenv).

function ConvertTo-SettingLine {
    param([string] $Name, [string] $Value)

    if ($Value -match '[\x00-\x1f]') {
        Stop-WithRemedy -Problem "The value for $Name has a control character in it." -Remedy 'Give it without; the settings file could not hold it.'
    }
    if ($Value -cmatch '^[A-Za-z0-9._:\\/-]+$') {
        return "$Name=$Value"
    }
    "$Name='" + $Value.Replace('\', '\\').Replace("'", "\'") + "'"
}

function Get-SettingLine {
    param([System.Collections.IDictionary] $Values)
    foreach ($name in $Values.Keys) {
        if ($Values[$name]) {
            ConvertTo-SettingLine -Name "SSPR_WORKER_$name" -Value $Values[$name]
        }
    }
}

function Write-SettingFile {
    [CmdletBinding(SupportsShouldProcess = $true)]
    param([string] $Path, [string[]] $Lines)

    if (Test-Path -LiteralPath $Path) {
        # Written once: it is the administrator's after that.
        $there = [System.IO.File]::ReadAllLines($Path)
        foreach ($line in $Lines | Where-Object { $there -cnotcontains $_ }) {
            Write-Warning "$Path stays as it is, and has no line $line. Change it there, if that is what you want."
        }
    }
    elseif ($PSCmdlet.ShouldProcess($Path, 'Write the settings')) {
        # UTF-8 without a byte order mark, which Set-Content of Windows PowerShell cannot do.
        [System.IO.File]::WriteAllLines("$Path.new", @('# Every setting there is: app\worker.env.sample.') + $Lines)
        Rename-Item -LiteralPath "$Path.new" -NewName (Split-Path -Path $Path -Leaf)
        "wrote $Path"
    }
}
