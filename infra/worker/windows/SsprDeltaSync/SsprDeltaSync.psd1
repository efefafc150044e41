@{
    # A module without commands: Windows looks for role capabilities in modules.
    ModuleVersion = '1.0.0'
    GUID = 'b9a1a6a2-3b0d-4d0c-8b3f-8f6f3f5f7d10'
    Author = 'sspr-rollout'
    Description = 'Holds the role capability of the JEA endpoint SSPR.DeltaSync.'
    FunctionsToExport = @()
    CmdletsToExport = @()
    AliasesToExport = @()
    VariablesToExport = @()
}
