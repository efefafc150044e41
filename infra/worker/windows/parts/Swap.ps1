# What is new is made beside what is there, as NAME.new. What is there becomes NAME.old, and stays until
# all of it has gone well. So whatever ends a script, the one or the other is there as a whole.

function Rename-Patiently {
    [CmdletBinding(SupportsShouldProcess = $true)]
    param([string] $Path, [string] $NewName)

    # Windows lets go of a process's files and folders a moment after it has ended.
    for ($try = 1; $true; $try++) {
        try {
            Rename-Item -LiteralPath $Path -NewName $NewName
            return
        }
        catch {
            if ($try -ge 30) {
                throw
            }
            Start-Sleep -Seconds 1
        }
    }
}

function Remove-Whole {
    [CmdletBinding(SupportsShouldProcess = $true)]
    param([string] $Path)
    if (Test-Path -LiteralPath $Path) {
        Remove-Item -LiteralPath $Path -Recurse -Force
    }
}

function Switch-ToNew {
    [CmdletBinding(SupportsShouldProcess = $true)]
    param([string] $Folder, [string[]] $Names)

    foreach ($name in $Names) {
        $path = Join-Path -Path $Folder -ChildPath $name
        if (Test-Path -LiteralPath $path) {
            Rename-Patiently -Path $path -NewName "$name.old"
        }
        Rename-Patiently -Path "$path.new" -NewName $name
    }
}

function Undo-Switch {
    [CmdletBinding(SupportsShouldProcess = $true)]
    param([string] $Folder, [string[]] $Names)

    foreach ($name in $Names) {
        $path = Join-Path -Path $Folder -ChildPath $name
        if (-not (Test-Path -LiteralPath "$path.new")) {
            Remove-Whole -Path $path
        }
        if (Test-Path -LiteralPath "$path.old") {
            Rename-Patiently -Path "$path.old" -NewName $name
        }
        Remove-Whole -Path "$path.new"
    }
}

function Complete-Switch {
    [CmdletBinding(SupportsShouldProcess = $true)]
    param([string] $Folder, [string[]] $Names)

    foreach ($name in $Names) {
        $path = Join-Path -Path $Folder -ChildPath $name
        # A script that was cut off between two names has left the old one alone.
        if ((Test-Path -LiteralPath "$path.old") -and -not (Test-Path -LiteralPath $path)) {
            Rename-Patiently -Path "$path.old" -NewName $name
        }
        Remove-Whole -Path "$path.old"
        Remove-Whole -Path "$path.new"
    }
}
