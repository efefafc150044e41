# Accounts, by the number that Windows knows them by in every language.

function Get-AccountSid {
    param([string] $Account)
    $name = New-Object -TypeName 'System.Security.Principal.NTAccount' -ArgumentList $Account
    try {
        $name.Translate([System.Security.Principal.SecurityIdentifier]).Value
    }
    catch {
        Stop-WithRemedy -Problem "There is no account ${Account}: $_" -Remedy 'Write it as DOMAIN\name, where the name of a gMSA ends in $; the domain has to be in reach.'
    }
}
