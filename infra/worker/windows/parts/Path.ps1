# Paths as .NET and programs take them.

function Get-FullPath {
    param([string] $Path)

    # .NET does not know PowerShell's current folder. And a program reads "D:\a folder\" as a path that
    # ends in a quotation mark, so no backslash stays at the end, but for that of a drive.
    $full = $ExecutionContext.SessionState.Path.GetUnresolvedProviderPathFromPSPath($Path)
    $full -replace '(?<=[^:\\/])[\\/]+$', ''
}

function Confirm-File {
    param([string] $Path, [string] $Remedy)
    if (-not (Test-Path -LiteralPath $Path -PathType 'Leaf')) {
        Stop-WithRemedy -Problem "There is no $Path." -Remedy $Remedy
    }
}
