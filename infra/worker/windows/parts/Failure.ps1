# Every failure says what is wrong, and then what to do about it.

function Stop-WithRemedy {
    param([string] $Problem, [string] $Remedy)
    throw "$Problem`n$Remedy"
}

function Invoke-Program {
    param([string] $Path, [string[]] $Arguments, [string] $Remedy)

    # A program may say something on stderr and be well; Windows PowerShell would end here for it.
    $ErrorActionPreference = 'Continue'
    try {
        $said = @(& $Path @Arguments 2>&1 | ForEach-Object { "$_" }) -join "`n"
    }
    catch {
        Stop-WithRemedy -Problem "$Path cannot be run: $_" -Remedy $Remedy
    }
    if ($LASTEXITCODE -ne 0) {
        Stop-WithRemedy -Problem "$Path ended with exit status ${LASTEXITCODE}: $said" -Remedy $Remedy
    }
}
