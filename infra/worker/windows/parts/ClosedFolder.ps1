# Folders where anybody may make one: closed to all but a few.

$systemSid = 'S-1-5-18'
$administratorsSid = 'S-1-5-32-544'

# What icacls calls F, M and RX, as .NET counts it (System.Security.AccessControl.FileSystemRights).
$fullControl = 2032127
$modify = 1245631
$readAndExecute = 1179817

function Test-ClosedFolder {
    param([string] $Path, [hashtable] $Rights)

    $acl = Get-Acl -LiteralPath $Path
    $sid = [System.Security.Principal.SecurityIdentifier]
    if ((-not $acl.AreAccessRulesProtected) -or ($acl.GetOwner($sid).Value -ne $administratorsSid)) {
        return $false
    }
    $rules = @($acl.GetAccessRules($true, $true, $sid))
    $others = @($rules | Where-Object {
        ($_.AccessControlType -ne 'Allow') -or ($Rights[$_.IdentityReference.Value] -ne [int] $_.FileSystemRights)
    })
    ($rules.Count -eq $Rights.Count) -and ($others.Count -eq 0)
}

function Close-Folder {
    [CmdletBinding(SupportsShouldProcess = $true)]
    param([string] $Path, [string] $Writer, [string] $Reader)

    $rights = @{ $systemSid = $fullControl; $administratorsSid = $fullControl }
    $grants = @("*${systemSid}:(OI)(CI)F", "*${administratorsSid}:(OI)(CI)F")
    if ($Writer) {
        $rights[$Writer] = $modify
        $grants += "*${Writer}:(OI)(CI)M"
    }
    if ($Reader) {
        $rights[$Reader] = $readAndExecute
        $grants += "*${Reader}:(OI)(CI)RX"
    }
    if ((Test-Path -LiteralPath $Path) -and (Test-ClosedFolder -Path $Path -Rights $rights)) {
        return
    }
    if ($PSCmdlet.ShouldProcess($Path, 'Make it, and close it to all but SYSTEM, Administrators and the account')) {
        $remedy = "Look at $Path and who owns it, as an administrator; if nothing is to be kept there, remove it. Then run this again."
        New-Item -Path $Path -ItemType 'Directory' -Force | Out-Null
        # Whoever made it before may have left rights of their own in it, and an owner may always
        # open it again.
        Invoke-Program -Path 'icacls.exe' -Arguments @($Path, '/setowner', "*$administratorsSid", '/T', '/Q') -Remedy $remedy
        Invoke-Program -Path 'icacls.exe' -Arguments @($Path, '/reset', '/T', '/Q') -Remedy $remedy
        Invoke-Program -Path 'icacls.exe' -Arguments (@($Path, '/inheritance:r', '/grant:r') + $grants + '/Q') -Remedy $remedy
        "closed $Path"
    }
}
