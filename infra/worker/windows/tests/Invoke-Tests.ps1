# Runs Pester on one file of tests. With -Covers, every command of these scripts has to have run as well;
# several are parted by commas, since "pwsh -File" knows no lists.
param([string] $Path, [string] $Covers)

$configuration = New-PesterConfiguration
$configuration.Run.Path = $Path
$configuration.Run.PassThru = $true
$configuration.Output.RenderMode = 'Plaintext'
if ($Covers) {
    $configuration.CodeCoverage.Enabled = $true
    $configuration.CodeCoverage.Path = $Covers.Split(',')
    $configuration.CodeCoverage.OutputPath = [System.IO.Path]::GetTempFileName()
}
$result = Invoke-Pester -Configuration $configuration
$missed = @()
if ($Covers) {
    Remove-Item $configuration.CodeCoverage.OutputPath.Value
    $missed = @($result.CodeCoverage.CommandsMissed | ForEach-Object { "$($_.File):$($_.Line): $($_.Command) was never run" })
}
$missed
if (($result.Result -ne 'Passed') -or ($result.PassedCount -ne $result.TotalCount) -or ($result.TotalCount -eq 0) -or $missed) {
    exit 1
}
"$($result.PassedCount) passed"
