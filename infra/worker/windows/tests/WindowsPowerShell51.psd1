# What the scripts use of Windows PowerShell 5.1 and of .NET Framework, each looked up: the cmdlets with
# their parameters in the references of PowerShell 5.1 (MicrosoftDocs/PowerShell-Docs, reference/5.1, of
# 20 Aug 2026) and of Windows Server 2016 (MicrosoftDocs/windows-powershell-docs, of 25 Apr 2026).
# Whoever uses another one looks it up, and adds it.
@{
    Cmdlets = @{
        'Add-LocalGroupMember' = 'Group', 'Member'
        'ConvertTo-Json' = 'InputObject', 'Compress', 'Depth'
        'Copy-Item' = 'LiteralPath', 'Destination'
        'Disable-ScheduledTask' = 'TaskName'
        'Enable-ScheduledTask' = 'TaskName'
        'ForEach-Object' = @()
        'Get-Acl' = 'LiteralPath'
        'Get-ChildItem' = 'LiteralPath', 'Path', 'Recurse', 'File'
        'Get-CimInstance' = 'ClassName', 'Filter'
        'Get-Command' = 'Name'
        'Get-Content' = 'LiteralPath', 'Encoding'
        'Get-Date' = @()
        'Get-FileHash' = 'LiteralPath', 'InputStream', 'Algorithm'
        'Get-LocalGroup' = 'Name'
        'Get-Module' = 'Name', 'ListAvailable'
        'Get-PSSessionConfiguration' = 'Name'
        'Get-Process' = 'Name'
        'Get-ScheduledTask' = 'TaskName'
        'Get-ScheduledTaskInfo' = 'TaskName'
        'Get-Service' = 'Name'
        'Get-Variable' = 'Name', 'ValueOnly'
        'Import-Module' = 'Name'
        'Join-Path' = 'Path', 'ChildPath'
        'Move-Item' = 'LiteralPath', 'Destination', 'Force'
        'New-Item' = 'Path', 'ItemType', 'Force'
        'New-Object' = 'TypeName', 'ArgumentList', 'Property'
        'New-ScheduledTaskAction' = 'Execute', 'Argument', 'WorkingDirectory'
        'New-ScheduledTaskPrincipal' = 'UserId', 'LogonType'
        'New-ScheduledTaskSettingsSet' = 'Disable', 'RestartCount', 'RestartInterval', 'ExecutionTimeLimit', 'MultipleInstances'
        'New-ScheduledTaskTrigger' = 'AtStartup', 'Once', 'At', 'RepetitionInterval'
        'New-TimeSpan' = 'Minutes', 'Seconds'
        'Out-Null' = @()
        'Pop-Location' = @()
        'Push-Location' = 'LiteralPath'
        'Register-PSSessionConfiguration' = 'Name', 'Path', 'Force'
        'Register-ScheduledTask' = 'TaskName', 'Action', 'Trigger', 'Principal', 'Settings', 'Force'
        'Remove-Item' = 'LiteralPath', 'Recurse', 'Force'
        'Rename-Item' = 'LiteralPath', 'NewName'
        'Select-Object' = 'Property'
        'Set-StrictMode' = 'Version'
        'Sort-Object' = @()
        'Split-Path' = 'Path', 'Leaf'
        'Start-ScheduledTask' = 'TaskName'
        'Start-Service' = 'Name'
        'Start-Sleep' = 'Seconds'
        'Stop-Process' = 'Force'
        'Stop-ScheduledTask' = 'TaskName'
        'Stop-Service' = 'Name'
        'Test-ADServiceAccount' = 'Identity'
        'Test-PSSessionConfigurationFile' = 'Path'
        'Test-Path' = 'LiteralPath', 'PathType'
        'Unregister-PSSessionConfiguration' = 'Name', 'Force'
        'Unregister-ScheduledTask' = 'TaskName'
        'Where-Object' = @()
        'Get-WinEvent' = 'FilterHashtable', 'MaxEvents'
        'Write-Output' = @()
        'Write-Warning' = @()
        # Of the module ADSync, as hybrid_worker calls them. What the first two return: "Azure AD Connect
        # Global Settings", integrationtrench.com, and "Azure AD Connect - Preferred Domain Controller",
        # easy365manager.com, both read on 29 November 2026.
        'Get-ADSyncGlobalSettings' = @()
        'Get-ADSyncAADPasswordResetConfiguration' = 'Connector'
        'Get-ADSyncConnector' = @()
        'Get-ADSyncRunProfileResult' = 'NumberRequested'
        'Get-ADSyncScheduler' = @()
        'Start-ADSyncSyncCycle' = 'PolicyType'
    }
    CommonParameters = 'ErrorAction', 'Confirm'
    # None of their overloads that are used came after .NET Framework 4.5.
    Methods = @(
        'AddHours', 'AddSeconds', 'ContainsKey', 'Escape', 'EscapeSingleQuotedStringContent', 'GetAccessRules', 'GetBytes', 'GetOwner', 'GetString'
        'GetUnresolvedProviderPathFromPSPath', 'ReadAllLines', 'ReadAllText', 'Replace', 'ShouldProcess', 'Split'
        'Substring', 'ToString', 'ToUniversalTime', 'Translate', 'TrimEnd', 'WriteAllLines', 'WriteAllText'
    )
    Types = @(
        'bool', 'char', 'cultureinfo', 'datetime', 'Guid', 'hashtable', 'int', 'ordered', 'psobject', 'regex', 'string', 'string[]', 'switch'
        'System.Collections.IDictionary', 'System.IO.File', 'System.Management.Automation.Language.CodeGeneration'
        'System.Security.Principal.NTAccount', 'System.Security.Principal.SecurityIdentifier', 'System.Security.SecurityElement', 'System.Text.Encoding'
    )
}
