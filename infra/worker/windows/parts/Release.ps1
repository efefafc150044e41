# A release: the worker's code and its packages in one folder, and the digest of what they were made from.

$packages = 'hybrid_worker', 'shared'

function Get-ReleaseFile {
    param([string] $Source)
    foreach ($package in $packages) {
        Get-ChildItem -LiteralPath (Join-Path -Path $Source -ChildPath $package) -Recurse -File |
            Where-Object { $_.FullName -notmatch '[\\/]__pycache__[\\/]' } |
            ForEach-Object { $_.FullName.Substring($Source.Length + 1) }
    }
    'worker.env.sample'
}

function Get-TextDigest {
    param([string] $Text)
    $stream = New-Object -TypeName 'System.IO.MemoryStream' -ArgumentList (, [System.Text.Encoding]::UTF8.GetBytes($Text))
    (Get-FileHash -InputStream $stream -Algorithm 'SHA256').Hash
}

function Get-ReleaseDigest {
    param([string] $Source, [string] $Wheelhouse, [string] $Python)

    $lines = @(Get-ReleaseFile -Source $Source | Sort-Object | ForEach-Object {
        "$_ " + (Get-FileHash -LiteralPath (Join-Path -Path $Source -ChildPath $_) -Algorithm 'SHA256').Hash
    })
    $lines += (Get-FileHash -LiteralPath "$Wheelhouse\requirements.txt" -Algorithm 'SHA256').Hash
    Get-TextDigest -Text (($lines + $Python) -join "`n")
}

function Confirm-Wheelhouse {
    param([string] $Source, [string] $Wheelhouse)

    $remedy = 'Build one from this version, in a new folder: infra/worker/build-wheelhouse windows FOLDER'
    Confirm-File -Path "$Wheelhouse\requirements.txt" -Remedy $remedy
    # git may have changed the ends of lines.
    $text = [System.IO.File]::ReadAllText((Join-Path -Path $Source -ChildPath 'hybrid_worker\requirements.txt')).Replace("`r", '')
    $first = @([System.IO.File]::ReadAllLines((Join-Path -Path $Wheelhouse -ChildPath 'requirements.txt')) + '')[0]
    if ($first -ne ('# of hybrid_worker/requirements.txt, sha256:' + (Get-TextDigest -Text $text))) {
        Stop-WithRemedy -Problem "The wheelhouse $Wheelhouse was built from another version's hybrid_worker/requirements.txt." -Remedy $remedy
    }
}

function Test-Release {
    param([string] $Path, [string] $Digest)
    $file = Join-Path -Path $Path -ChildPath 'release.txt'
    (Test-Path -LiteralPath $file) -and ([System.IO.File]::ReadAllText($file) -eq $Digest)
}

function New-Release {
    [CmdletBinding(SupportsShouldProcess = $true)]
    param([string] $Path, [string] $Source, [string] $Wheelhouse, [string] $Python, [string] $Digest)

    Remove-Whole -Path $Path
    foreach ($file in Get-ReleaseFile -Source $Source) {
        $target = Join-Path -Path $Path -ChildPath $file
        New-Item -Path (Split-Path -Path $target) -ItemType 'Directory' -Force | Out-Null
        Copy-Item -LiteralPath (Join-Path -Path $Source -ChildPath $file) -Destination $target
    }
    $noteCommit = Get-FullPath -Path (Join-Path -Path $PSScriptRoot -ChildPath '..\..\note_commit.py')
    Invoke-Program -Path $Python -Arguments '-I', $noteCommit, $Source, $Path -Remedy 'Repair this Python, or name another with -Python. Then run this again.'
    $venv = Join-Path -Path $Path -ChildPath '.venv'
    Invoke-Program -Path $Python -Arguments '-m', 'venv', $venv -Remedy 'Repair this Python, or name another with -Python. Then run this again.'
    $venvPython = Join-Path -Path $venv -ChildPath 'Scripts\python.exe'
    # From the wheelhouse alone, each package with its hash.
    $pip = '-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--no-index', '--find-links', $Wheelhouse, '--require-hashes', '-r', "$Wheelhouse\requirements.txt"
    Invoke-Program -Path $venvPython -Arguments $pip -Remedy 'Build the wheelhouse again, in a new folder, copy it here whole, and run this again.'
    Push-Location -LiteralPath $Path
    try {
        Invoke-Program -Path $venvPython -Arguments '-B', '-c', 'import hybrid_worker.__main__' -Remedy 'Build the wheelhouse again from this version, for 64-bit Python 3.13, and run this again.'
    }
    finally {
        Pop-Location
    }
    # Last, so that nothing half made is ever taken for whole.
    [System.IO.File]::WriteAllText((Join-Path -Path $Path -ChildPath 'release.txt'), $Digest)
}
